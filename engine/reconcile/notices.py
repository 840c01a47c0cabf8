"""What people notice of a plan, in words that every report shares."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple

from engine.caps import Cost
from engine.reconcile.changes import Change, Plan, Reason
from engine.reconcile.effects import GONE, Odd, QueuedEffect, Rendering, RenderingEffect, RouteEffect

REASONS: Mapping[Reason, str] = {
    Reason.EDITED: "edited here",
    Reason.DEPENDENCY: "what it is made of changed",
    Reason.ENVIRONMENT: "set by the environment",
    Reason.DRIFT: "changed at the provider",
    Reason.PLUGIN: "read otherwise by another version",
}
"""Why an object changes, in words."""

_FATES = {
    "pin": "go out as they were queued (pin)",
    "migrate": "go out as they read then (migrate)",
    "cancel": "are cancelled (cancel)",
}
_MOST_ODD = 3


class Said(NamedTuple):
    """A sentence of ours with names in it that are not: texts, links, addresses. Each `{}` is one of them."""

    words: str
    names: tuple[str, ...] = ()

    def text(self, quote: Callable[[str], str]) -> str:
        """Gives the sentence, each name in it made safe by `quote`."""
        return self.words.format(*map(quote, self.names))


def of_rendering(effect: RenderingEffect) -> list[Said]:
    """Gives how a message differs beside its words; all that is known of it where it is new."""
    before, after = effect.before, effect.after
    if before is None or before.error is not None or after.error is not None:
        return list(_arrives(before, after))
    said = list(_differs(before, after))
    return said or [_measured(after)]


def of_queued(effect: QueuedEffect) -> Said:
    """Gives what becomes of messages that wait."""
    what = "queued message" if effect.messages == 1 else "queued messages"
    return Said(f"{effect.messages} {what} of {{}} {_FATES[effect.on_change]}", (effect.template,))


def of_route(effect: RouteEffect) -> Said:
    """Gives which rule takes a text, before and after."""
    times = "" if effect.times == 1 else f", {effect.times} times"
    where = f"in the conversation tests{times}" if effect.origin == "tests" else f"came in lately{times}"
    rules = [rule for rule in (effect.before, effect.after) if rule is not None]
    move = " → ".join("{}" if rule is not None else "no rule" for rule in (effect.before, effect.after))
    to = " to {}" if effect.sender is not None else ""
    senders = [effect.sender] if effect.sender is not None else []
    if effect.text is None:
        what = "text that one person wrote" if effect.times == 1 else f"{effect.times} texts that one person each wrote"
        return Said(f"{what}{to}: {move}", (*senders, *rules))
    return Said(f"“{{}}”{to} ({where}): {move}", (effect.text, *senders, *rules))


def of_change(change: Change) -> str:
    """Gives how many people's views a change touches: `2 messages, 1 text`. Empty where it touches none."""
    count = Counter(effect.as_json()["kind"] for effect in change.effects)
    waiting = sum(effect.messages for effect in change.effects if isinstance(effect, QueuedEffect))
    texts = sum(effect.times for effect in change.effects if isinstance(effect, RouteEffect))
    parts = [
        _counted(count["rendering"], "message"),
        _counted(waiting, "queued message"),
        _counted(texts, "text routed otherwise", "texts routed otherwise"),
    ]
    return ", ".join(part for part in parts if part)


def of_plan(plan: Plan) -> list[Said]:
    """Gives what people notice of the whole plan: counts, and sums over one message of each sample."""
    effects = [effect for change in plan.changes for effect in change.effects]
    messages = [effect for effect in effects if isinstance(effect, RenderingEffect)]
    found = [
        *_messages(messages),
        *_sums(messages),
        *_waiting([effect for effect in effects if isinstance(effect, QueuedEffect)]),
    ]
    times = sum(effect.times for effect in effects if isinstance(effect, RouteEffect))
    if times:
        found.append(Said(f"{_counted(times, 'text goes', 'texts go')} to another keyword rule"))
    return found


def money(cost: Cost | None) -> str:
    """Gives an estimate as people write it."""
    return f"about {_amount(cost)}" if cost is not None else "cost unknown"


def segments(rendering: Rendering) -> str:
    """Gives a message's size: `2 segments`, or `MMS`."""
    return "MMS" if rendering.kind == "mms" else _counted(rendering.segments or 0, "segment") or "0 segments"


def _arrives(before: Rendering | None, after: Rendering) -> Iterator[Said]:
    was = before.error if before is not None else None
    if after == GONE:
        yield Said("goes away")
        return
    if after.error is not None:
        yield Said("no message: {} → {}", (was, after.error)) if was else Said("no message: {}", (after.error,))
        return
    if was is not None:
        yield Said("could not be composed before: {}", (was,))
    yield _measured(after)
    if after.cost is not None:
        yield Said(money(after.cost))


def _measured(rendering: Rendering) -> Said:
    because, names = _because(rendering.odd) if rendering.kind != "mms" else ("", ())
    return Said(f"{rendering.encoding}{because}, {segments(rendering)}", names)


def _differs(before: Rendering, after: Rendering) -> Iterator[Said]:
    if before.to != after.to:
        yield Said("to {} → {}", (before.to or "nobody", after.to or "nobody"))
    if before.sender != after.sender:
        yield Said("from {} → {}", (before.sender or "nobody", after.sender or "nobody"))
    if before.kind != after.kind:
        yield Said(f"{before.kind} → {after.kind}")
    if before.encoding != after.encoding:
        because, names = _because(after.odd)
        yield Said(f"{before.encoding} → {after.encoding}{because}", names)
    if before.segments != after.segments:
        yield Said(f"{before.segments} → {segments(after)}")
    if before.cost != after.cost:
        yield Said(f"{money(before.cost)} → {_amount(after.cost) if after.cost else 'unknown'}")
    was, now = [url for url, _ in before.links], [url for url, _ in after.links]
    yield from (Said("link gone: {}", (url,)) for url in was if url not in now)
    yield from (Said("link added: {}", (url,)) for url in now if url not in was)
    yield from (Said("media gone: {}", (url,)) for url in before.media if url not in after.media)
    yield from (Said("media added: {}", (url,)) for url in after.media if url not in before.media)


def _because(odd: Odd | None) -> tuple[str, tuple[str, ...]]:
    if odd is None:
        return "", ()
    name = f" {odd.name}" if odd.name else ""
    return f" because of {{}} ({odd.codepoint}{name}, character {odd.position})", (odd.character,)


def _messages(effects: Sequence[RenderingEffect]) -> Iterator[Said]:
    new = sum(effect.before is None for effect in effects)
    gone = sum(effect.after == GONE for effect in effects)
    otherwise = len(effects) - new - gone
    if otherwise:
        yield Said(
            f"{_counted(otherwise, 'message reads', 'messages read')} or {'goes' if otherwise == 1 else 'go'} otherwise"
        )
    if new:
        yield Said(f"{_counted(new, 'message is', 'messages are')} new")
    if gone:
        yield Said(f"{_counted(gone, 'message goes', 'messages go')} away")
    stopped = sum(
        e.after.error not in (None, GONE.error) and (e.before is None or e.before.error is None) for e in effects
    )
    if stopped:
        yield Said(f"{_counted(stopped, 'message', 'messages')} cannot be composed")
    turned = [e for e in effects if e.before is not None and e.before.encoding == "GSM-7" and e.after.odd is not None]
    if turned:
        odd = {e.after.odd.character: e.after.odd for e in turned if e.after.odd is not None}
        shown = list(odd.values())[:_MOST_ODD]
        listed = ", ".join(f"{{}} ({one.codepoint}{' ' if one.name else ''}{one.name})" for one in shown)
        more = f" and {len(odd) - len(shown)} more characters" if len(odd) > len(shown) else ""
        what = _counted(len(turned), "message turns", "messages turn")
        yield Said(f"{what} from GSM-7 to UCS-2 because of {listed}{more}", tuple(one.character for one in shown))


def _sums(effects: Sequence[RenderingEffect]) -> Iterator[Said]:
    """Compares what can be compared: messages that there were and are."""
    both = [(e.before, e.after) for e in effects if e.before is not None and not (e.before.error or e.after.error)]
    was = sum(before.segments or 0 for before, _ in both)
    now = sum(after.segments or 0 for _, after in both)
    if was != now:
        yield Said(f"{was} → {now} segments, one message of each sample")
    sums: dict[str, list[Decimal]] = {}
    for before, after in both:
        if before.cost is not None and after.cost is not None and before.cost.currency == after.cost.currency:
            pair = sums.setdefault(before.cost.currency, [Decimal(0), Decimal(0)])
            pair[0] += before.cost.amount
            pair[1] += after.cost.amount
    for currency, (before_sum, after_sum) in sorted(sums.items()):
        if before_sum != after_sum:
            costs = _amount(Cost(before_sum, currency)), _amount(Cost(after_sum, currency))
            yield Said(f"about {costs[0]} → {costs[1]}, one message of each sample")


def _waiting(effects: Sequence[QueuedEffect]) -> Iterator[Said]:
    for fate, words in _FATES.items():
        messages = sum(effect.messages for effect in effects if effect.on_change == fate)
        if messages:
            yield Said(f"{_counted(messages, 'queued message', 'queued messages')}: {words}")


def _counted(number: int, one: str, many: str = "") -> str:
    return f"{number} {one if number == 1 else many or one + 's'}" if number else ""


def _amount(cost: Cost) -> str:
    return f"{cost.amount.normalize():f} {cost.currency}"

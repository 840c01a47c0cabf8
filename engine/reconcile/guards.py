"""Rails for single objects: what is protected, what queued messages need, opting out, and where credentials go."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from engine.config.words import normalise, plain
from engine.reconcile import diff
from engine.reconcile.addresses import Objects, kind_of, workspace_of
from engine.reconcile.changes import Action, Blocked, Change
from engine.reconcile.step import Step
from engine.types import Json

CREDENTIALS_GO = ("provider", "account_sid", "api_url", "region", "edge")
"""Keys of `delivery` that say whom the workspace's credentials are shown to, whichever provider it is."""

_WIDTHS = ("exact", "first-word", "phrase", "any")


def protect(step: Step) -> Iterator[Blocked]:
    """Blocks the deletion of an object that was applied with `protect: true`.

    The protection is read from the release, not from the config: it must outlive the file that declares it
    (Terraform's prevent_destroy does not, hashicorp/terraform#18481).
    """
    for change in step.of(Action.DELETE):
        if change.before is not None and change.before.get("protect") is True:
            yield Blocked(
                "protect",
                change.address,
                f"{change.address} is protected and would be deleted; apply `protect: false` first, or allow it",
            )


def queued(step: Step) -> Iterator[Blocked]:
    """Blocks the deletion of a template, sender or workspace that messages in the queue still need."""
    for change in step.of(Action.DELETE):
        count = step.needed.get(change.address, 0)
        if count and (kind_of(change.address) == "workspace" or not step.goes_away(change.address)):
            messages = f"{count} message{'' if count == 1 else 's'} in the queue"
            yield Blocked(
                "queued",
                change.address,
                f"{change.address} would be deleted, and {messages} still "
                f"{'needs' if count == 1 else 'need'} it; let them go out or cancel them first, or allow it",
            )


def opt_out(step: Step) -> Iterator[Blocked]:
    """Blocks what makes it harder to opt out: words that stop meaning STOP or HELP, a STOP that stops less, marketing
    to who never subscribed, answers left to somebody else (47 CFR 64.1200(a)(10): any reasonable means must work)."""
    for change in step.changes:
        if change.before is None or step.goes_away(change.address):
            continue
        kind = kind_of(change.address)
        if kind == "consent":
            weaker = list(_weaker_consent(change.before, change.after or {}))
        elif kind == "keyword":
            weaker = list(_weaker_rule(change, step))
        else:
            continue
        if weaker:
            yield Blocked("opt-out", change.address, f"{change.address} would be weaker: {'; '.join(weaker)}")


def credentials(step: Step) -> Iterator[Blocked]:
    """Blocks a change of where credentials go, or of where the provider sends what people answer.

    Credentials that went nowhere before may go where they are told to for the first time.
    """
    went = _destinations(step.before)
    for change in step.changes:
        was, now = change.before or {}, change.after or {}
        kind = kind_of(change.address)
        if kind == "workspace":
            secrets, destination = _secrets(now), _destination(now)
            elsewhere = [name for name in secrets if went.get(name, {destination}).isdisjoint({destination})]
            moved = change.before is not None and _secrets(was) and _destination(was) != destination
            if secrets and (moved or elsewhere):
                yield Blocked("credentials", change.address, _moved(change.address, was, now, elsewhere))
        elif kind == "engine" and was.get("public_url") and was["public_url"] != now.get("public_url"):
            yield Blocked(
                "credentials",
                change.address,
                f"public_url would be {now.get('public_url') or 'nothing'} and no longer {was['public_url']}: what "
                "people answer would be sent elsewhere",
            )


def _moved(address: str, was: Mapping[str, Any], now: Mapping[str, Any], elsewhere: Iterable[str]) -> str:
    before, after = was.get("delivery") or {}, now.get("delivery") or {}
    keys = ", ".join(key for key in CREDENTIALS_GO if before.get(key) != after.get(key))
    names = ", ".join(sorted(elsewhere)) or "its credentials"
    return f"{address} would show {names} to somebody else than before; what differs in delivery: {keys}"


def _destinations(objects: Objects) -> Mapping[str, set[str]]:
    """Gives by secret where it goes."""
    found: dict[str, set[str]] = {}
    for address, data in objects.items():
        if kind_of(address) == "workspace":
            for name in _secrets(data):
                found.setdefault(name, set()).add(_destination(data))
    return found


def _destination(workspace: Mapping[str, Any]) -> str:
    delivery = workspace.get("delivery") or {}
    return diff.canonical([delivery.get(key) for key in CREDENTIALS_GO])


def _secrets(workspace: Mapping[str, Any]) -> set[str]:
    """Gives the secrets under `delivery`. Other references have their values in a release."""
    values = (workspace.get("delivery") or {}).values()
    flat = [one for value in values for one in (value if isinstance(value, list) else [value])]
    return {value for value in flat if isinstance(value, str) and value.startswith("${")}


def _weaker_consent(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[str]:
    if before.get("scope") == "workspace" and after.get("scope") == "sender":
        yield "a STOP would stop one sender, and no longer all of them"
    if before.get("marketing") == "subscribed" and after.get("marketing") == "not-stopped":
        yield "marketing would reach people who never subscribed"
    if before.get("replies_by") == "engine" and after.get("replies_by") != "engine":
        yield "STOP and HELP would no longer be answered by the engine"
    for meaning in ("stop", "help"):
        gone = _words(before, meaning) - _words(after, meaning)
        if gone:
            yield f"{_listed(gone)} would no longer mean {meaning.upper()}"


def _words(consent: Mapping[str, Any], meaning: str) -> set[str]:
    """Gives the workspace's own words for STOP or HELP, in the form in which texts are compared with them."""
    found: Iterable[str] = (consent.get(meaning) or {}).get("extra_words") or ()
    return {plain(word) for word in found}


def _weaker_rule(change: Change, step: Step) -> Iterator[str]:
    """Compares a keyword rule that takes consent back, as STOP does."""
    was, now = change.before or {}, change.after or {}
    if not was.get("unsubscribe"):
        return
    if not now:
        yield "it takes consent back, and would be deleted"
    elif now.get("unsubscribe") not in (True, was["unsubscribe"]):
        yield "it would no longer take consent back"
    else:
        if _narrower(was.get("senders"), now.get("senders"), step, change.address):
            yield "fewer senders would listen to it"
        if not _as_wide(was["match"], now["match"]):
            yield f"its words would be looked for as {now['match']}, and no longer as {was['match']}"
        gone = {normalise(word) for word in was.get("words", ())} - {normalise(word) for word in now.get("words", ())}
        if gone and now["match"] != "any":
            yield f"{_listed(gone)} would no longer take consent back"


def _as_wide(before: str, after: str) -> bool:
    """True where words match in every text in which they did: exact, first-word, phrase, any are wider one by one."""
    return before == after or (before in _WIDTHS and after in _WIDTHS and _WIDTHS.index(before) < _WIDTHS.index(after))


def _narrower(before: Json, after: Json, step: Step, address: str) -> bool:
    """True where a rule would listen on fewer of the senders that stay. None is all of them."""
    if after is None:
        return False
    there = {
        name.rpartition("/")[2]
        for name in step.after
        if kind_of(name) == "sender" and workspace_of(name) == workspace_of(address)
    }
    return bool(((there if before is None else set(before)) & there) - set(after))


def _listed(words: Iterable[str]) -> str:
    return ", ".join(repr(word) for word in sorted(words))

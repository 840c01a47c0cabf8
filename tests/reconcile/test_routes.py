from __future__ import annotations

import pytest

from engine.reconcile.effects import RouteEffect
from engine.reconcile.routes import Arrived, Heard, Route, routes

Table = dict[str, str | None]


def router(rules: Table, *, sender: str | None = "support") -> Route:
    """Gives where texts go by a table; what is not in it goes nowhere, as where its sender is not there."""

    def route(heard: Heard) -> Arrived | None:
        return Arrived(sender, rules[heard.text.strip().lower()]) if heard.text.strip().lower() in rules else None

    return route


def heard(text: str, number: str = "", *, workspace: str = "acme") -> Heard:
    return Heard(workspace, "support", text, "inbound" if number else "tests", number)


def found(changed: list[str], corpus: list[Heard], before: Table, after: Table) -> dict[str, list[RouteEffect]]:
    made = routes(changed, corpus, route_before=router(before), route=router(after))
    return {address: list(effects) for address, effects in made.items()}


@pytest.mark.parametrize(
    ("changed", "cause"),
    [
        (["acme/keyword/new", "acme/keyword/old", "acme/consent"], "acme/keyword/new"),  # the rule that wins
        (["acme/keyword/old", "acme/consent"], "acme/keyword/old"),  # the rule that won
        (["acme/keyword/other", "acme/consent"], "acme/consent"),
        (["acme/keyword/other", "acme/keywords"], "acme/keywords"),  # their order
        (["acme/keyword/b", "acme/keyword/a", "acme/workspace"], "acme/keyword/a"),
        (["acme/sender/support", "acme/workspace"], "acme/sender/support"),
        (["acme/workspace", "acme/sender/other"], "acme/workspace"),
        (["other/keyword/new", "acme/template/x"], None),  # nothing that concerns it: told nowhere
    ],
)
def test_the_likeliest_change_is_told(changed: list[str], cause: str | None) -> None:
    told = found(changed, [heard("hi")], {"hi": "old"}, {"hi": "new"})
    assert list(told) == ([cause] if cause else [])


def test_texts_alike_are_counted_together_and_the_most_frequent_comes_first() -> None:
    corpus = [heard("A word"), heard("OFTEN"), heard(" often "), heard("Often"), heard("same"), heard("nowhere")]
    before: Table = {"a word": "old", "often": "old", "same": "old"}
    after: Table = {"a word": "new", "often": "new", "same": "old", "nowhere": "new"}
    (effects,) = found(["acme/keyword/new"], corpus, before, after).values()
    assert [(effect.text, effect.times) for effect in effects] == [("OFTEN", 3), ("A word", 1)]


def test_real_texts_are_shown_only_where_several_people_wrote_the_same() -> None:
    corpus = [
        heard("mine", "+14155550130"),
        heard("mine", "+14155550130"),  # the same person again
        heard("secret", "+14155550131"),
        heard("shared", "+14155550130"),
        heard("shared", "+14155550131"),
    ]
    table: Table = dict.fromkeys(("mine", "secret", "shared"), None)
    (effects,) = found(["acme/keyword/new"], corpus, table, {**table, **dict.fromkeys(table, "new")}).values()
    assert [(effect.text, effect.times, effect.before) for effect in effects] == [("shared", 2, None), (None, 3, None)]


def test_tests_and_real_texts_are_told_apart() -> None:
    corpus = [heard("hi"), heard("hi", "+14155550130"), heard("hi", "+14155550131")]
    (effects,) = found(["acme/keyword/old"], corpus, {"hi": "old"}, {"hi": None}).values()
    assert sorted((effect.origin, effect.times) for effect in effects) == [("inbound", 2), ("tests", 1)]

from __future__ import annotations

import json
from typing import Any

import pytest

from engine.errors import UsageError
from engine.reconcile import saved
from engine.reconcile.changes import Plan
from engine.reconcile.plan import plan


def make(before: dict[str, Any] | None = None, after: dict[str, Any] | None = None, **changed: Any) -> Plan:
    arguments: dict[str, Any] = {"base": "1", "environment": "live", "versions": {"engine-sms": "1"}, "sources": {}}
    return plan(
        before if before is not None else {"a": {"x": 1}, "b": {"x": 1}},
        after if after is not None else {"a": {"x": 2}, "c": {"x": 1}},
        **{**arguments, **changed},
    )


def test_a_plan_comes_back_as_it_was_saved() -> None:
    made = make()
    back = saved.from_text(saved.to_text(made))
    assert (back.digest, back.base, back.environment, back.versions) == (made.digest, "1", "live", {"engine-sms": "1"})
    assert back.changes == {c.address: (str(c.action), c.before, c.after) for c in made.changes}


def test_what_plan_prints_as_json_can_be_applied_too() -> None:
    made = make()
    back = saved.from_text(json.dumps({"version": 1, **made.as_json()}))
    assert (back.digest, back.versions) == (made.digest, None)


@pytest.mark.parametrize("text", ["", "x", "[]", "{}", "null", '{"digest": "a"}', '{"digest": "a", "changes": [1]}'])
def test_what_is_no_plan_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        saved.from_text(text)


@pytest.mark.parametrize("key", ["digest", "base", "environment", "versions", "changes"])
def test_an_edited_plan_is_refused(key: str) -> None:
    document = json.loads(saved.to_text(make()))
    edited: dict[str, Any] = {
        "digest": "0" * 64,
        "base": "2",
        "environment": None,
        "versions": {},
        "changes": document["changes"][:1],
    }
    document[key] = edited[key]
    with pytest.raises(UsageError):
        saved.from_text(json.dumps(document))


def test_another_version_of_the_format_is_refused() -> None:
    document = json.loads(saved.to_text(make()))
    with pytest.raises(UsageError):
        saved.from_text(json.dumps({**document, "version": 2}))


@pytest.mark.parametrize(
    ("fresh", "named"),
    [
        (make(base="2"), ["release 1", "2 is live"]),
        (make(base=None), ["none is live"]),
        (make(environment=None), ["environment live"]),
        (make(versions={"engine-sms": "2"}), ["engine-sms 1", "this is 2"]),
        (make(after={"a": {"x": 2}, "b": {"x": 1}}), ["b:", "c:"]),  # no longer deleted, no longer created
        (make(after={"a": {"x": 3}, "c": {"x": 1}}), ["a:"]),
        (make(after={"a": {"x": 2}, "c": {"x": 1}, "d": {}}), ["d:"]),
        (make(before={"a": {"x": 0}, "b": {"x": 1}}), ["a:"]),
    ],
)
def test_tells_what_differs(fresh: Plan, named: list[str]) -> None:
    told = saved.differences(saved.from_text(saved.to_text(make())), fresh)
    assert all(name in "\n".join(told) for name in named), told
    assert len(told) == (2 if named == ["b:", "c:"] else 1)


def test_names_a_few_of_many_differences() -> None:
    told = saved.differences(
        saved.from_text(saved.to_text(make({}, {}))), make({}, {f"a{number}": {} for number in range(9)})
    )
    assert len(told) == 6
    assert told[-1] == "and 4 more"

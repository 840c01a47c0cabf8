from __future__ import annotations

import copy
import json
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.reconcile import diff
from engine.reconcile.changes import Action, Plan
from engine.reconcile.plan import plan
from engine.types import Finding, Severity, Source

BEFORE: dict[str, dict[str, Any]] = {
    "acme/workspace": {"name": "Acme", "quiet_hours": {"from": "21:00", "to": "08:00"}, "protect": True},
    "acme/sender/support": {"number": "+14155550100", "countries": ["US"], "mms": False, "protect": False},
    "acme/template/old": {"body": "Old", "protect": True},
}
AFTER: dict[str, dict[str, Any]] = {
    "acme/workspace": {"name": "Acme", "quiet_hours": {"from": "20:00", "to": "08:00"}, "protect": True},
    "acme/sender/support": {"number": "+14155550100", "countries": ["US", "CA"], "mms": True, "protect": False},
    "acme/template/new": {"body": "New", "protect": False},
}
SOURCES = {
    "acme/workspace": Source("config/workspaces/acme/workspace.yaml", 1),
    "acme/workspace#quiet_hours.from": Source("config/workspaces/acme/workspace.yaml", 7, 9),
    "acme/sender/support": Source("config/workspaces/acme/senders.yaml", 2, 3),
    "acme/template/new": Source("config/workspaces/acme/templates/new.liquid", 1),
}


def make(
    before: Mapping[str, Mapping[str, Any]] | None = BEFORE,
    after: Mapping[str, Mapping[str, Any]] = AFTER,
    **changed: Any,
) -> Plan:
    arguments: dict[str, Any] = {
        "base": "1111",
        "environment": None,
        "versions": {"engine-sms": "0.1.0"},
        "sources": SOURCES,
    }
    return plan(before, after, **{**arguments, **changed})


def test_says_what_happens_to_each_object() -> None:
    made = make()
    assert [(c.address, c.action, c.fields) for c in made.changes] == [
        ("acme/sender/support", Action.UPDATE, ("countries", "mms")),
        ("acme/template/new", Action.CREATE, ()),
        ("acme/template/old", Action.DELETE, ()),
        ("acme/workspace", Action.UPDATE, ("quiet_hours.from",)),
    ]
    assert made.summary == {"create": 1, "update": 2, "delete": 1}


def test_everything_is_new_before_the_first_release() -> None:
    assert make(None, base=None).summary == {"create": 3, "update": 0, "delete": 0}


def test_points_at_the_changed_value_and_else_at_the_object() -> None:
    gone = Source("config/workspaces/acme/templates/old.liquid", 4)
    made = make(sources_before={"acme/template/old": gone})
    assert {c.address: c.source for c in made.changes} == {
        "acme/workspace": SOURCES["acme/workspace#quiet_hours.from"],
        "acme/sender/support": SOURCES["acme/sender/support"],
        "acme/template/new": SOURCES["acme/template/new"],
        "acme/template/old": gone,
    }


def test_is_pure() -> None:
    before, after = copy.deepcopy(BEFORE), copy.deepcopy(AFTER)
    assert make(before, after) == make(before, after)
    assert (before, after) == (BEFORE, AFTER)


def test_does_not_depend_on_the_order_of_its_inputs() -> None:
    def turned(objects: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
        return {key: dict(reversed(objects[key].items())) for key in reversed(objects)}

    one, other = make(), make(turned(BEFORE), turned(AFTER))
    assert json.dumps(one.as_json(), sort_keys=True) == json.dumps(other.as_json(), sort_keys=True)


@pytest.mark.parametrize(
    "changed",
    [
        pytest.param({"base": "2222"}, id="another base release"),
        pytest.param({"base": None}, id="no base release"),
        pytest.param({"environment": "production"}, id="another environment"),
        pytest.param({"versions": {"engine-sms": "0.2.0"}}, id="another engine"),
        pytest.param({"versions": {"engine-sms": "0.1.0", "engine-sms-mms": "0.1.0"}}, id="one more plugin"),
        pytest.param({"before": {**BEFORE, "acme/template/old": {"body": "Older"}}}, id="another before"),
        pytest.param({"after": {**AFTER, "acme/template/new": {"body": "Newer"}}}, id="another after"),
        pytest.param(
            {"after": {("acme/template/newest" if a.endswith("new") else a): o for a, o in AFTER.items()}},
            id="another address",
        ),
        pytest.param({"before": {}}, id="creates instead of updates"),
    ],
)
def test_the_digest_binds(changed: dict[str, Any]) -> None:
    assert make(**changed).digest != make().digest


@pytest.mark.parametrize(
    "changed",
    [
        pytest.param({"sources": {}}, id="where things stand in files"),
        pytest.param({"warnings": [Finding("x", Severity.WARNING, "x")]}, id="warnings"),
    ],
)
def test_the_digest_does_not_bind(changed: dict[str, Any]) -> None:
    assert make(**changed).digest == make().digest


def test_the_same_edit_in_two_workspaces_has_two_digests() -> None:
    assert make({}, {"acme/template/x": {"body": "x"}}).digest != make({}, {"brew/template/x": {"body": "x"}}).digest


def test_deleting_what_was_protected_is_blocked() -> None:
    blocked = make().blocked
    assert [(b.rail, b.address, b.allow) for b in blocked] == [
        ("protect", "acme/template/old", "protect:acme/template/old")
    ]


def test_changing_what_is_protected_is_not_blocked() -> None:
    assert (
        make({"acme/workspace": {"a": 1, "protect": True}}, {"acme/workspace": {"a": 2, "protect": False}}).blocked
        == ()
    )


@pytest.mark.parametrize(
    ("one", "other", "names"),
    [
        ({"a": 1}, {"a": 1}, []),
        ({"a": 1}, {"a": True}, ["a"]),  # equal in Python, not in JSON
        ({"a": 1}, {"a": 1.0}, ["a"]),  # see above
        ({"a": None}, {}, ["a"]),  # null is a value
        ({"a": {"b": {"c": 1, "d": 1}}}, {"a": {"b": {"c": 2, "d": 1}}}, ["a.b.c"]),
        ({"a": {"b": 1}}, {"a": None}, ["a"]),
        ({"a": [1, 2]}, {"a": [2, 1]}, ["a"]),  # order means something in a list
        ({"a": {"c": 1, "b": 1}}, {"a": {"b": 1, "c": 1}}, []),
        ({"b": 1, "a": 1}, {"c": 1}, ["a", "b", "c"]),
    ],
)
def test_names_the_fields_that_differ(one: dict[str, Any], other: dict[str, Any], names: list[str]) -> None:
    assert [field.name for field in diff.fields(one, other)] == names


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
OBJECTS = st.dictionaries(st.text(min_size=1), st.dictionaries(st.text(min_size=1), VALUES, max_size=3), max_size=4)


@given(before=OBJECTS, after=OBJECTS)
def test_carrying_a_plan_out_gives_the_config(before: dict[str, Any], after: dict[str, Any]) -> None:
    made = make(before, after)
    state = copy.deepcopy(before)
    for change in made.changes:
        assert diff.same(state.pop(change.address, None), change.before)
        if change.after is not None:
            state[change.address] = dict(change.after)
    assert diff.same(state, after)
    assert [c.address for c in made.changes] == sorted({c.address for c in made.changes})
    assert make(state, after).changes == ()


def test_a_release_id_binds_content_and_base() -> None:
    ids = {
        diff.release_id(base=base, environment=environment, objects=objects)
        for base in (None, "1")
        for environment in (None, "live")
        for objects in (BEFORE, AFTER)
    }
    assert len(ids) == 8
    assert diff.release_id(base=None, environment=None, objects=dict(reversed(BEFORE.items()))) in ids
    assert {len(one) for one in ids} == {16}

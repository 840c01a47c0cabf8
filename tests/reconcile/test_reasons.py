from __future__ import annotations

from dataclasses import replace

import pytest

from engine.reconcile.changes import Action, Change, Plan, Reason
from engine.reconcile.reasons import Known, with_reasons
from engine.types import Source

AT = "acme/workspace"
OWN = Source("config/workspaces/acme/workspace.yaml", 1)
OVERLAY = Source("config/environments/production.yaml", 4)
NAME = Source("config/workspaces/acme/workspace.yaml", 2)
SOURCES = {AT: OWN, f"{AT}#name": NAME}
UPDATE = Change(AT, Action.UPDATE, ("name",), {"name": "a"}, {"name": "b"}, NAME)
KNOWN = Known(SOURCES, SOURCES, frozenset(), same_versions=True, has_variable=lambda place: False)


def reason(change: Change, known: Known) -> Reason:
    (found,) = with_reasons(Plan("d", None, None, {}, (change,)), known).changes
    return found.reason


@pytest.mark.parametrize(
    ("known", "expected"),
    [
        (replace(KNOWN, edited=frozenset({OWN.file})), Reason.EDITED),
        (replace(KNOWN, edited=None), Reason.EDITED),  # git does not know: nothing cleverer is claimed
        (replace(KNOWN, sources={**SOURCES, f"{AT}#name": OVERLAY}), Reason.ENVIRONMENT),
        (replace(KNOWN, sources_before={**SOURCES, f"{AT}#name": OVERLAY}), Reason.ENVIRONMENT),  # it went away
        (replace(KNOWN, sources={AT: OVERLAY, f"{AT}#name": NAME}), Reason.DEPENDENCY),  # of another field
        (replace(KNOWN, has_variable=lambda place: place == NAME), Reason.ENVIRONMENT),
        (replace(KNOWN, has_variable=lambda place: place == NAME, edited={OWN.file}), Reason.EDITED),
        (replace(KNOWN, same_versions=False), Reason.PLUGIN),
        (replace(KNOWN, same_versions=False, edited={OWN.file}), Reason.EDITED),
        (KNOWN, Reason.DEPENDENCY),
    ],
)
def test_of_an_update(known: Known, expected: Reason) -> None:
    assert reason(UPDATE, known) is expected


def test_a_field_inside_is_looked_up_as_near_as_it_is_written() -> None:
    inside = replace(UPDATE, fields=("limits.spend.amount",))
    known = replace(KNOWN, sources={AT: OWN, f"{AT}#limits": NAME, f"{AT}#limits.spend": OVERLAY})
    assert reason(inside, known) is Reason.ENVIRONMENT


def test_what_is_deleted_was_edited_away() -> None:
    gone = Change("acme/keyword/join", Action.DELETE, (), {}, None, None)
    place = {"acme/keyword/join": Source("config/workspaces/acme/keywords.yaml", 2)}
    known = replace(KNOWN, sources={}, sources_before=place)
    assert reason(gone, replace(known, edited={"config/workspaces/acme/keywords.yaml"})) is Reason.EDITED
    assert reason(gone, known) is Reason.DEPENDENCY


@pytest.mark.parametrize("own", [Reason.DRIFT, Reason.EDITED])
def test_changes_at_a_provider_keep_their_own(own: Reason) -> None:
    there = replace(UPDATE, address="acme/provider/support", reason=own)
    assert reason(there, replace(KNOWN, same_versions=False)) is own

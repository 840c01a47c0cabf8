"""`sending.on_change`: what becomes of messages that wait when a release changes their template."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from engine.outbox import Send
from engine.plugins import load
from engine.reconcile.apply import Desired, apply
from engine.reconcile.queued import OnChange, fates
from engine.reconcile.stale import Reviewed
from engine.store import Store
from engine.types import Purpose

NOW = datetime(2026, 3, 1, 18, tzinfo=UTC)
WELCOME = "acme/template/club/welcome"
Objects = dict[str, dict[str, Any]]


def objects(on_change: str = "pin", **bodies: str) -> Objects:
    found: Objects = {
        "acme/workspace": {"name": "Acme", "sending": {"on_change": on_change}},
        "acme/snippet/footer": {"body": bodies.get("footer", "Bye")},
        WELCOME: {"body": bodies.get("welcome", "Hi {% render 'footer' %}"), "purpose": "marketing", "protect": False},
        "acme/template/plain": {"body": bodies.get("plain", "Hi"), "purpose": "transactional", "protect": False},
    }
    return {address: body for address, body in found.items() if body.get("body") != "-"}


def changed(before: Objects, after: Objects) -> list[str]:
    return [address for address in before.keys() | after.keys() if before.get(address) != after.get(address)]


def fates_of(before: Objects, after: Objects) -> list[tuple[str, str, OnChange]]:
    return list(fates(changed(before, after), before, after))


def test_a_template_changes_with_its_file_and_with_the_snippets_that_it_renders() -> None:
    assert fates_of(objects(), objects(welcome="Hello")) == [(WELCOME, WELCOME, OnChange.PIN)]
    assert fates_of(objects(), objects(footer="Ciao")) == [(WELCOME, "acme/snippet/footer", OnChange.PIN)]
    assert fates_of(objects(), objects(welcome="Hello", footer="Ciao")) == [(WELCOME, WELCOME, OnChange.PIN)]


def test_what_no_message_shows_changes_no_message() -> None:
    after = objects("cancel")
    after[WELCOME] |= {"description": "The first one", "protect": True}
    assert fates_of(objects("cancel"), after) == []


def test_the_word_that_is_applied_holds() -> None:
    assert fates_of(objects("cancel"), objects("migrate", plain="Hey")) == [
        ("acme/template/plain", "acme/template/plain", OnChange.MIGRATE)
    ]


@pytest.mark.parametrize(("asked", "fate"), [("pin", "pin"), ("migrate", "pin"), ("cancel", "cancel")])
def test_what_goes_away_has_no_words_to_migrate_to(asked: str, fate: str) -> None:
    (told,) = fates_of(objects(asked), objects(asked, plain="-"))
    assert told == ("acme/template/plain", "acme/template/plain", fate)


def test_a_workspace_that_goes_away_keeps_its_promises() -> None:
    assert {fate for _, _, fate in fates_of(objects("cancel"), {"engine": {}})} == {OnChange.PIN}


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = load([]).store("sqlite").open("sqlite:///state/engine.db", folder=tmp_path)
    yield opened
    opened.close()


def applied(store: Store, asked: Objects, faults: Any = lambda point: None) -> str:
    done = apply(
        store,
        Desired(asked, {}, None, {}),
        reviewed=Reviewed(),
        allow=(),
        unset=(),
        commit=None,
        by="ada@desk",
        wait=timedelta(0),
        clock=lambda: NOW,
        faults=faults,
    )
    return done.release.id


def queued(store: Store, template: str, release: str) -> str:
    send = Send("acme", template, release, Purpose.MARKETING, "acme/sender/support", {}, {}, NOW, NOW)
    return store.queue(send, numbers=["+14155550123"]).ids[0]


@pytest.mark.parametrize(
    ("on_change", "state", "reason", "moves"),
    [
        ("pin", "queued", None, False),
        ("migrate", "queued", None, True),
        ("cancel", "cancelled", "cancelled.by-release", False),
    ],
)
def test_apply_does_it(store: Store, on_change: str, state: str, reason: str | None, *, moves: bool) -> None:
    first = applied(store, objects(on_change))
    ids = [queued(store, name, first) for name in ("club/welcome", "plain")]
    second = applied(store, objects(on_change, footer="Ciao"))
    welcome, plain = (store.message(one) for one in ids)
    assert welcome is not None
    assert plain is not None
    assert (welcome.state, welcome.reason, welcome.release) == (state, reason, second if moves else first)
    assert (plain.state, plain.release) == ("queued", first)


def test_the_release_and_what_it_does_to_messages_are_one_step(store: Store, tmp_path: Path) -> None:
    first = applied(store, objects("cancel"))
    message_id = queued(store, "plain", first)
    other = load([]).store("sqlite").open("sqlite:///state/engine.db", folder=tmp_path)
    seen = []

    def looks(point: str) -> None:
        message = other.message(message_id)
        assert message is not None
        seen.append((point, other.live_release_id() == first, message.state.value))

    applied(store, objects("cancel", plain="Hey"), looks)
    other.close()
    assert seen == [
        ("apply-locked", True, "queued"),
        ("mid-apply", True, "queued"),
        ("apply-written", True, "queued"),
        ("apply-carried", True, "queued"),
        ("mid-apply", False, "cancelled"),
        ("apply-unlocked", False, "cancelled"),
    ]


def test_nothing_is_done_where_the_release_is_refused(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    first = applied(store, objects("cancel"))
    message_id = queued(store, "plain", first)

    def full(*_: Any, **__: Any) -> int:
        raise RuntimeError("full")

    monkeypatch.setattr(store, "cancel_waiting", full)
    with pytest.raises(RuntimeError, match="full"):
        applied(store, objects("cancel", plain="Hey"))
    message = store.message(message_id)
    assert message is not None
    assert (store.live_release_id(), message.state) == (first, "queued")

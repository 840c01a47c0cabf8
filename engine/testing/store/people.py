"""People and their consent."""

from __future__ import annotations

import pytest

from engine.store import Store
from engine.testing.store.base import NOW, SECOND, StoreSuite, consent, number, person
from engine.types import ConsentState

SUBSCRIBED, STOPPED, UNKNOWN = ConsentState.SUBSCRIBED, ConsentState.STOPPED, ConsentState.UNKNOWN


class PeopleSuite(StoreSuite):
    """Of people and consent."""

    def test_a_person_comes_back_as_they_came(self, store: Store) -> None:
        ada = person("ada", number(1), first_name="Ada", tags=["a", {"b": 1.5}], vip=True, note="“Grüße” 👋\n")
        assert store.upsert_people([ada], at=NOW) == (1, 0)
        assert store.person("acme", "ada") == ada
        assert store.person("acme", "bob") is None
        assert store.person("other", "ada") is None

    def test_merges_attributes_and_none_removes_one(self, store: Store) -> None:
        store.upsert_people([person("ada", number(1), a=1, b={"x": 1}, c=3)], at=NOW)
        assert store.upsert_people([person("ada", None, b={"y": 2}, c=None, d=None)], at=NOW) == (0, 1)
        assert store.person("acme", "ada") == person("ada", number(1), a=1, b={"y": 2})

    def test_an_empty_phone_takes_the_number_away(self, store: Store) -> None:
        store.upsert_people([person("ada", number(1)), person("bob", "")], at=NOW)
        store.upsert_people([person("ada", "")], at=NOW)
        assert [found.phone for found in store.people("acme")] == [None, None]
        assert list(store.people_with_number("acme", number(1))) == []

    def test_the_same_person_twice_in_a_batch_is_added_and_merged(self, store: Store) -> None:
        assert store.upsert_people([person("ada", number(1), a=1), person("ada", None, b=2)], at=NOW) == (1, 1)
        assert store.person("acme", "ada") == person("ada", number(1), a=1, b=2)

    def test_gives_people_in_order_of_id_a_page_at_a_time(self, store: Store) -> None:
        ids = ["Zoe", "ada", "bob", "bob2", "émile"]
        store.upsert_people([person(name) for name in reversed(ids)], at=NOW)
        assert [found.id for found in store.people("acme")] == ids
        assert [found.id for found in store.people("acme", limit=2)] == ["Zoe", "ada"]
        assert [found.id for found in store.people("acme", after="ada", limit=2)] == ["bob", "bob2"]
        assert list(store.people("acme", after="émile")) == []

    def test_counts_and_finds_within_a_workspace(self, store: Store) -> None:
        store.upsert_people(
            [person("ada", number(1)), person("bob", number(1)), person("cy"), person("ada", number(1), "other")],
            at=NOW,
        )
        assert store.count_people("acme") == 3
        assert store.count_people("nowhere") == 0
        assert [found.id for found in store.people_with_number("acme", number(1))] == ["ada", "bob"]
        assert {found.id for found in store.some_people("acme", ["cy", "ada", "nobody"])} == {"ada", "cy"}
        assert list(store.some_people("acme", [])) == []

    def test_consent_is_unknown_until_something_is_recorded(self, store: Store) -> None:
        assert store.consent("acme", number(1)) is UNKNOWN
        store.record_consent([consent(1), consent(2, STOPPED)])
        assert store.consent("acme", number(1)) is SUBSCRIBED
        assert store.consent("acme", number(2)) is STOPPED
        assert store.consent("other", number(1)) is UNKNOWN

    def test_the_last_entry_holds_and_the_ledger_keeps_all(self, store: Store) -> None:
        entries = [consent(1), consent(1, STOPPED, source="inbound", detail="STOP"), consent(1, at=NOW - SECOND)]
        store.record_consent(entries[:2])
        store.record_consent(entries[2:])
        assert store.consent("acme", number(1)) is SUBSCRIBED
        assert list(store.consent_history("acme", number(1))) == entries
        assert list(store.consent_history("acme", number(2))) == []

    @pytest.mark.parametrize(
        ("entries", "asked", "state"),
        [
            pytest.param([("", STOPPED)], "support", STOPPED, id="a stop of the workspace stops each sender"),
            pytest.param([("", SUBSCRIBED)], "support", SUBSCRIBED, id="and so does an agreement hold"),
            pytest.param([("support", STOPPED)], "brand", UNKNOWN, id="one sender's stop is not another's"),
            pytest.param([("", SUBSCRIBED), ("support", STOPPED)], "support", STOPPED, id="the newer entry holds"),
            pytest.param([("support", STOPPED), ("", SUBSCRIBED)], "support", SUBSCRIBED, id="whichever it is"),
            pytest.param([("support", SUBSCRIBED), ("", STOPPED)], "support", STOPPED, id="also a later stop of all"),
            pytest.param([("support", SUBSCRIBED)], "", UNKNOWN, id="agreeing to one is not agreeing to all"),
            pytest.param([("", SUBSCRIBED), ("support", STOPPED)], "", STOPPED, id="a stop of one counts for all"),
            pytest.param([("support", STOPPED), ("", SUBSCRIBED)], "", SUBSCRIBED, id="until all is agreed to"),
        ],
    )
    def test_consent_by_sender(
        self, store: Store, entries: list[tuple[str, ConsentState]], asked: str, state: ConsentState
    ) -> None:
        store.record_consent([consent(1, entry, sender=sender) for sender, entry in entries])
        assert store.consent("acme", number(1), sender=asked) is state

    def test_people_may_come_with_consent(self, store: Store) -> None:
        model = consent(0, source="import", detail="web form")
        store.upsert_people([person("ada", number(1)), person("bob")], at=NOW, consent=model)
        assert list(store.consent_history("acme", number(1))) == [consent(1, source="import", detail="web form")]
        assert list(store.consent_history("acme", number(0))) == []

    def test_consent_that_comes_with_people_is_entered_once(self, store: Store) -> None:
        for _ in range(2):
            store.upsert_people(
                [person("ada", number(1)), person("bob", number(1))], at=NOW, consent=consent(0, source="import")
            )
        assert len(store.consent_history("acme", number(1))) == 1
        store.upsert_people([person("ada")], at=NOW, consent=consent(0, source="import", detail="another form"))
        assert len(store.consent_history("acme", number(1))) == 2

    @pytest.mark.parametrize("sender", ["", "support"])
    def test_a_stop_outlasts_an_import(self, store: Store, sender: str) -> None:
        store.record_consent([consent(1, STOPPED, sender=sender)])
        store.upsert_people([person("ada", number(1))], at=NOW, consent=consent(0, source="import"))
        assert store.consent("acme", number(1), sender=sender) is STOPPED
        assert len(store.consent_history("acme", number(1))) == 1

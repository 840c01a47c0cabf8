"""What is in the way of which change, and what never is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from engine.config.rails import Limit
from engine.errors import UsageError
from engine.reconcile.plan import plan
from engine.reconcile.rails import check_allow

Objects = dict[str, dict[str, Any]]


def shop(*, templates: int = 1, **more: Any) -> Objects:
    """A workspace with so many templates, a sender, a keyword rule and a topic."""
    return {
        "engine": {"public_url": "https://go.acme.example"},
        "acme/workspace": {
            "name": "Acme",
            "delivery": {
                "provider": "twilio",
                "account_sid": "AC1",
                "auth_token": "${TOKEN}",
                "webhook_auth_tokens": ["${TOKEN}"],
                "api_url": None,
                "region": None,
            },
            "rails": more.pop("rails", {}),
        },
        "acme/consent": {
            "scope": "workspace",
            "marketing": "subscribed",
            "replies_by": None,
            "stop": {"extra_words": ["BASTA", "Fuera"]},
            "help": {"extra_words": ["SOS"]},
        },
        "acme/sender/main": {"number": "+14155550100"},
        "acme/keyword/leave": {
            "words": ["leave", "Bye"],
            "match": "first-word",
            "senders": None,
            "unsubscribe": True,
        },
        "acme/keyword/join": {"words": ["join"], "match": "first-word", "senders": None, "unsubscribe": False},
        "acme/topic/club": {"name": "Club"},
        **{f"acme/template/t{number}": {"body": str(number)} for number in range(templates)},
        **more,
    }


def allowances(before: Objects | None, after: Objects, needed: Mapping[str, int] | None = None) -> list[str]:
    """Gives what apply needs to be told, by the plan from one config to another."""
    made = plan(before, after, base=None, environment=None, versions={}, sources={}, needed=needed)
    assert all(blocked.message for blocked in made.blocked)
    return [blocked.allow for blocked in made.blocked]


def without(objects: Objects, *names: str) -> Objects:
    return {address: data for address, data in objects.items() if address not in names}


def changed(objects: Objects, address: str, **fields: Any) -> Objects:
    return {**objects, address: {**objects[address], **fields}}


def delivery(objects: Objects, **fields: Any) -> Objects:
    return changed(objects, "acme/workspace", delivery={**objects["acme/workspace"]["delivery"], **fields})


def edited(objects: Objects, count: int) -> Objects:
    return {**objects, **{f"acme/template/t{number}": {"body": "new"} for number in range(count)}}


def test_a_first_apply_trips_none() -> None:
    assert allowances(None, shop(templates=1000)) == []


def test_a_new_workspace_trips_none() -> None:
    new = {address.replace("acme", "brew"): data for address, data in shop(templates=1000).items() if "/" in address}
    new["brew/workspace"] = {"name": "Brew", "delivery": {"provider": "sandbox"}}
    assert allowances(shop(), {**shop(), **new}) == []


class TestLimits:
    """Shares and counts of what is created, updated and deleted, kind by kind."""

    @pytest.mark.parametrize(
        ("live", "edits", "blocked"),
        [
            (10, 5, []),  # half of them, and no more
            (10, 6, ["update-share:acme/template"]),
            (9, 9, []),  # too few for a share to say anything
            (2000, 500, []),
            (2000, 501, ["update-count:acme/template"]),
            (600, 600, ["update-count:acme/template", "update-share:acme/template"]),
        ],
    )
    def test_updates(self, live: int, edits: int, blocked: list[str]) -> None:
        assert allowances(shop(templates=live), edited(shop(templates=live), edits)) == blocked

    @pytest.mark.parametrize(
        ("live", "left", "blocked"),
        [
            (10, 7, []),  # 30%
            (10, 6, ["delete-share:acme/template"]),
            (9, 1, []),
            (1000, 900, []),
            (1000, 899, ["delete-count:acme/template"]),
            (10, 0, ["empty:acme/template"]),  # one decision, asked about once
        ],
    )
    def test_deletes(self, live: int, left: int, blocked: list[str]) -> None:
        assert allowances(shop(templates=live), shop(templates=left)) == blocked

    @pytest.mark.parametrize(
        ("live", "then", "blocked"),
        [
            (10, 20, []),  # twice as many
            (10, 21, ["create-share:acme/template"]),
            (9, 509, []),
            (9, 510, ["create-count:acme/template"]),
            (0, 501, ["create-count:acme/template"]),
        ],
    )
    def test_creates(self, live: int, then: int, blocked: list[str]) -> None:
        assert allowances(shop(templates=live), shop(templates=then)) == blocked

    def test_each_kind_counts_by_itself(self) -> None:
        senders = {f"acme/sender/s{number}": {"number": str(number)} for number in range(10)}
        before = shop(templates=100, **senders)
        assert allowances(before, without(before, *list(senders)[:4])) == ["delete-share:acme/sender"]

    @pytest.mark.parametrize(
        ("rails", "blocked"),
        [
            ({"delete": "1"}, ["delete-count:acme/template"]),
            ({"delete": 1}, ["delete-count:acme/template"]),
            ({"delete": "10%"}, ["delete-share:acme/template"]),
            ({"delete": "10% or 1"}, ["delete-count:acme/template", "delete-share:acme/template"]),
            ({"delete": "20%"}, []),  # of any number
            ({"delete": "20% or 2"}, []),
            ({"delete": "none"}, []),
            ({"kinds": {"template": {"delete": 0}}}, ["delete-count:acme/template"]),
            ({"kinds": {"sender": {"delete": 0}}}, []),
            ({"delete": 0, "kinds": {"template": {"delete": "none"}}}, []),
            ({"kinds": {"template": {"update": 0}}}, []),
        ],
    )
    def test_are_set_by_the_workspace(self, rails: dict[str, Any], blocked: list[str]) -> None:
        assert allowances(shop(templates=10, rails=rails), shop(templates=8, rails=rails)) == blocked

    @pytest.mark.parametrize(
        ("was", "becomes"),
        [({"delete": 1}, {"delete": "none"}), ({"delete": "none"}, {"delete": 1})],
        ids=["widened", "narrowed"],
    )
    def test_the_stricter_of_what_is_live_and_what_is_asked_for_holds(
        self, was: dict[str, Any], becomes: dict[str, Any]
    ) -> None:
        before, after = shop(templates=20, rails=was), shop(templates=18, rails=becomes)
        assert allowances(before, after) == ["delete-count:acme/template"]


class TestEmpty:
    """No kind is emptied unasked."""

    @pytest.mark.parametrize("kind", ["template", "sender", "topic"])
    def test_the_last_of_a_kind(self, kind: str) -> None:
        gone = [address for address in shop() if f"/{kind}/" in address]
        assert allowances(shop(), without(shop(), *gone)) == [f"empty:acme/{kind}"]

    def test_what_is_replaced_empties_nothing(self) -> None:
        after = {**without(shop(), "acme/template/t0"), "acme/template/new": {"body": "new"}}
        assert allowances(shop(), after) == []

    def test_a_whole_workspace_is_one_decision(self) -> None:
        after = {"engine": shop()["engine"]}
        assert allowances(shop(templates=500), after, {"acme/sender/main": 2}) == ["empty:acme/workspace"]

    def test_what_is_asked_about_by_name_is_not_asked_about_as_a_kind(self) -> None:
        before = changed(shop(), "acme/template/t0", protect=True)
        assert allowances(before, without(before, "acme/template/t0")) == ["protect:acme/template/t0"]


class TestProtect:
    """Protection is remembered by what is live."""

    @pytest.mark.parametrize(
        "address", ["acme/template/t0", "acme/sender/main", "acme/keyword/join", "acme/topic/club"]
    )
    def test_the_flag_and_the_object_cannot_go_together(self, address: str) -> None:
        before = {**changed(shop(), address, protect=True), f"{address}x": shop()[address]}
        assert allowances(before, without(before, address)) == [f"protect:{address}"]

    def test_a_workspace(self) -> None:
        before = changed(changed(shop(), "acme/workspace", protect=True), "acme/template/t0", protect=True)
        assert allowances(before, {"engine": shop()["engine"]}) == [
            "protect:acme/template/t0",
            "empty:acme/workspace",
            "protect:acme/workspace",
        ]

    def test_the_flag_may_go_first(self) -> None:
        before = changed(shop(templates=2), "acme/template/t0", protect=True)
        between = changed(before, "acme/template/t0", protect=False)
        assert allowances(before, between) == []
        assert allowances(between, without(between, "acme/template/t0")) == []


class TestQueued:
    """What messages in the queue need stays until they are gone."""

    @pytest.mark.parametrize("address", ["acme/template/t0", "acme/sender/main"])
    def test_is_not_deleted(self, address: str) -> None:
        before = {**shop(), f"{address}x": shop()[address]}
        assert allowances(before, without(before, address), {address: 3}) == [f"queued:{address}"]
        assert allowances(before, without(before, address), {address: 0, f"{address}x": 3}) == []

    def test_a_workspace(self) -> None:
        needed = {"acme/template/t0": 1, "acme/sender/main": 1, "acme/workspace": 1}
        after = {"engine": shop()["engine"]}
        assert allowances(shop(), after, needed) == ["empty:acme/workspace", "queued:acme/workspace"]

    def test_may_be_edited(self) -> None:
        assert allowances(shop(), edited(shop(), 1), {"acme/template/t0": 3}) == []


class TestOptOut:
    """Opting out never gets harder unasked."""

    @pytest.mark.parametrize(
        "weaker",
        [
            {"scope": "sender"},
            {"marketing": "not-stopped"},
            {"stop": {"extra_words": ["BASTA"]}},
            {"stop": {}},
            {"help": {"extra_words": []}},
        ],
        ids=str,
    )
    def test_consent(self, weaker: dict[str, Any]) -> None:
        after = changed(shop(), "acme/consent", **weaker)
        assert allowances(shop(), after) == ["opt-out:acme/consent"]
        assert allowances(after, shop()) == []

    def test_whoever_answers(self) -> None:
        ours = changed(shop(), "acme/consent", replies_by="engine")
        for whose in ("provider", None):
            assert allowances(ours, changed(shop(), "acme/consent", replies_by=whose)) == ["opt-out:acme/consent"]
        assert allowances(shop(), ours) == []

    @pytest.mark.parametrize(
        "same",
        [
            {"stop": {"extra_words": ["fuera!", "basta", "ya no"]}},  # the same words to whoever writes them, and more
            {"stop": {"extra_words": ["BASTA", "Fuera"], "reply": "t0"}},
            {"start": {"extra_words": []}},
        ],
        ids=str,
    )
    def test_other_words_for_the_same(self, same: dict[str, Any]) -> None:
        assert allowances(shop(), changed(shop(), "acme/consent", **same)) == []

    @pytest.mark.parametrize(
        "weaker",
        [
            {"unsubscribe": False},
            {"unsubscribe": "club"},  # one topic, and no longer everything
            {"words": ["leave"]},
            {"match": "exact"},
            {"match": "pattern"},  # nobody can say what it no longer matches
            {"senders": []},
        ],
        ids=str,
    )
    def test_a_rule_that_takes_consent_back(self, weaker: dict[str, Any]) -> None:
        after = changed(shop(), "acme/keyword/leave", **weaker)
        assert allowances(shop(), after) == ["opt-out:acme/keyword/leave"]

    @pytest.mark.parametrize(
        "same",
        [
            {"words": ["BYE", "leave", "go"]},
            {"match": "phrase"},
            {"match": "any", "words": []},
            {"senders": ["main"]},  # the only one there is
            {"reply": "t0"},
        ],
        ids=str,
    )
    def test_a_rule_that_takes_back_as_much(self, same: dict[str, Any]) -> None:
        assert allowances(shop(), changed(shop(), "acme/keyword/leave", **same)) == []

    def test_such_a_rule_is_not_deleted(self) -> None:
        assert allowances(shop(), without(shop(), "acme/keyword/leave")) == ["opt-out:acme/keyword/leave"]
        assert allowances(shop(), without(shop(), "acme/keyword/join")) == []


class TestCredentials:
    """Credentials go nowhere else unasked."""

    @pytest.mark.parametrize(
        "fields",
        [
            {"api_url": "https://proxy.example"},
            {"region": "ie1"},
            {"edge": "dublin"},
            {"account_sid": "AC2"},
            {"provider": "other"},
        ],
        ids=str,
    )
    def test_another_destination(self, fields: dict[str, Any]) -> None:
        assert allowances(shop(), delivery(shop(), **fields)) == ["credentials:acme/workspace"]
        assert allowances(delivery(shop(), **fields), shop()) == ["credentials:acme/workspace"]

    def test_another_address_for_calls(self) -> None:
        for becomes in ("https://other.example", ""):
            after = changed(shop(), "engine", public_url=becomes)
            assert allowances(shop(), after) == ["credentials:engine"]

    def test_another_account_with_credentials_of_its_own(self) -> None:
        after = delivery(shop(), account_sid="AC2", auth_token="${OTHER}", webhook_auth_tokens=[])
        assert allowances(shop(), after) == ["credentials:acme/workspace"]

    def test_rotated_credentials_go_where_the_old_ones_went(self) -> None:
        assert (
            allowances(shop(), delivery(shop(), auth_token="${NEW}", webhook_auth_tokens=["${TOKEN}", "${NEW}"])) == []
        )

    def test_the_first_credentials_and_the_first_address_are_no_change(self) -> None:
        before = changed(changed(shop(), "engine", public_url=""), "acme/workspace", delivery={"provider": "sandbox"})
        assert allowances(before, shop()) == []

    def test_a_new_workspace_shows_known_credentials_to_nobody_new(self) -> None:
        def brew(**fields: Any) -> Objects:
            return {**shop(), "brew/workspace": delivery(shop(), **fields)["acme/workspace"]}

        assert allowances(shop(), brew()) == []
        assert allowances(shop(), brew(api_url="https://evil.example")) == ["credentials:brew/workspace"]
        assert (
            allowances(shop(), brew(api_url="https://own.example", auth_token="${OWN}", webhook_auth_tokens=[])) == []
        )


@pytest.mark.parametrize("text", ["30%", "12.5%", "100", "0", "30% or 100", "none"])
def test_a_limit_comes_back_as_it_was_written(text: str) -> None:
    assert str(Limit.parse(text)) == text


@pytest.mark.parametrize("value", ["", -1, 1.5, True, None, [], "%", "30 %", "100 or 30%", "30% or", "-1%", "all"])
def test_what_is_no_limit_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match="must be a limit"):
        Limit.parse(value)


@pytest.mark.parametrize(
    "rail",
    [
        *("protect", "queued", "opt-out", "credentials", "empty"),
        *("create-share", "create-count", "update-share", "update-count", "delete-share", "delete-count"),
    ],
)
def test_every_rail_can_be_allowed_by_its_name(rail: str) -> None:
    check_allow([f"{rail}:acme/template"])
    with pytest.raises(UsageError):
        check_allow([rail])

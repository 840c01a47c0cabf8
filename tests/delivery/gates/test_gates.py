"""Each gate on its own: what passes, what waits until when, what never goes."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from gate_case import LOS_ANGELES, NOW, SENDER, case, claim, settings

from engine.caps import CapKind, Cost
from engine.config.prices import cost as cost_of
from engine.delivery.gates import Action, Verdict, ask, caps_of
from engine.delivery.gates.local_time import local_time
from engine.delivery.gates.number import number
from engine.delivery.gates.quiet_hours import quiet_hours
from engine.outbox import Frozen, Link
from engine.types import E164, NumberKind, Purpose

NIGHT = datetime(2026, 3, 1, 8, tzinfo=UTC)  # midnight in Los Angeles
MORNING = datetime(2026, 3, 1, 16, tzinfo=UTC)  # eight in the morning
COASTS = ("America/Los_Angeles", "America/New_York")


def reason(verdict: Verdict | None) -> str | None:
    assert verdict is not None
    return verdict.reason.partition(":")[0] if verdict.reason else None


@pytest.mark.parametrize(
    ("kind", "receives", "action", "why"),
    [
        (NumberKind.MOBILE, True, Action.PASS, None),
        (NumberKind.FIXED_LINE_OR_MOBILE, None, Action.PASS, None),
        (NumberKind.FIXED_LINE, False, Action.SUPPRESS, "number.no-texts"),
        (NumberKind.PREMIUM_RATE, False, Action.SUPPRESS, "number.premium-rate"),
        (NumberKind.PREMIUM_RATE, None, Action.SUPPRESS, "number.premium-rate"),
    ],
)
def test_numbers_that_cost_the_wrong_people_or_reach_nobody(
    kind: NumberKind, receives: bool | None, action: Action, why: str | None
) -> None:
    verdict = number(case(to=E164(LOS_ANGELES, "US", kind, receives)))
    assert verdict is not None
    assert (verdict.action, reason(verdict)) == (action, why)


def test_by_night_marketing_waits_for_the_morning_and_goes_then() -> None:
    verdict = quiet_hours(case(now=NIGHT))
    assert verdict is not None
    assert (verdict.action, reason(verdict), verdict.until) == (Action.LATER, "quiet-hours.waits", MORNING)
    assert verdict.rule == "acme/workspace#quiet_hours"
    passed = quiet_hours(case(now=MORNING))
    assert passed is not None
    assert passed.action is Action.PASS
    assert passed.until == datetime(2026, 3, 2, 5, tzinfo=UTC)  # nine in the evening


def test_every_zone_that_the_number_could_be_in_counts() -> None:
    nine_at_night_in_the_east = datetime(2026, 3, 2, 2, tzinfo=UTC)
    verdict = quiet_hours(case(now=nine_at_night_in_the_east, zones=COASTS))
    assert verdict is not None
    assert verdict.until == datetime(2026, 3, 2, 16, tzinfo=UTC)


@pytest.mark.parametrize("zones", [(), ("Nowhere/At_All",), ("Asia/Tokyo",)])
def test_where_the_area_says_nothing_the_whole_country_counts(zones: tuple[str, ...]) -> None:
    verdict = quiet_hours(case(now=MORNING, zones=zones))
    assert verdict is not None
    assert verdict.until == datetime(2026, 3, 1, 18, tzinfo=UTC)  # eight in Honolulu and on Adak


def test_a_number_of_no_country_is_where_the_business_is() -> None:
    nowhere = E164("+80012345678", None, NumberKind.TOLL_FREE, None)
    verdict = quiet_hours(case(now=MORNING, zones=(), to=nowhere))
    assert verdict is not None
    assert verdict.until == datetime(2026, 3, 1, 18, tzinfo=UTC)


@pytest.mark.parametrize(
    ("timezone", "action"),
    [
        ("Asia/Tokyo", Action.PASS),  # five in the afternoon there
        ("America/New_York", Action.LATER),
        ("Nowhere", Action.LATER),
        ("../../etc/passwd", Action.LATER),
        ("America", Action.LATER),
        ("", Action.LATER),
        (5, Action.LATER),
        (["Asia/Tokyo"], Action.LATER),
    ],
)
def test_a_known_zone_of_the_person_decides_and_an_unknown_one_does_not(timezone: object, action: Action) -> None:
    verdict = quiet_hours(case(now=NIGHT, timezone=timezone))
    assert verdict is not None
    assert verdict.action is action


def test_a_fixed_zone_holds_for_everybody() -> None:
    config = settings(quiet_hours={"from": "20:00", "to": "08:00", "timezone": "Europe/London"})
    verdict = quiet_hours(case(now=NIGHT, config=config, timezone="America/Los_Angeles"))
    assert verdict is not None
    assert verdict.action is Action.PASS
    verdict = quiet_hours(case(now=NIGHT - timedelta(minutes=1), config=config))
    assert verdict is not None
    assert verdict.until == NIGHT


@pytest.mark.parametrize(
    ("fields", "concerned"),
    [
        ({"purpose": Purpose.TRANSACTIONAL}, False),
        ({"purpose": Purpose.MARKETING}, True),
        ({"purpose": Purpose.REPLY}, True),  # answers nobody: the label alone exempts nothing
        ({"purpose": Purpose.REPLY, "reply_from": "main", "created_at": NIGHT}, False),
        ({"purpose": Purpose.MARKETING, "reply_from": "main", "created_at": NIGHT}, False),
        ({"purpose": Purpose.MARKETING, "reply_from": "main", "created_at": NIGHT - timedelta(hours=2)}, True),
    ],
)
def test_what_answers_somebody_who_has_just_written_is_exempt(fields: dict[str, Any], concerned: bool) -> None:
    assert (quiet_hours(case(now=NIGHT, **fields)) is not None) is concerned


def test_no_quiet_hours_are_no_gate() -> None:
    assert quiet_hours(case(now=NIGHT, config=settings(quiet_hours=None))) is None


def test_where_no_moment_is_allowed_nothing_waits_for_ever() -> None:
    config = settings(quiet_hours={"from": "20:00", "to": "12:00"})
    everywhere = E164("+3212345678", "RU", NumberKind.MOBILE, True)
    verdict = quiet_hours(case(now=NIGHT, to=everywhere, zones=(), config=config))
    assert verdict is not None
    assert (verdict.action, reason(verdict)) == (Action.SUPPRESS, "quiet-hours.always")


def test_the_area_is_not_asked_for_where_it_is_day_in_the_whole_country() -> None:
    def ask_nobody(_: str) -> tuple[str, ...]:
        raise AssertionError("asked for the zones of a number")

    verdict = quiet_hours(replace(case(now=datetime(2026, 3, 1, 20, tzinfo=UTC)), time_zones=ask_nobody))
    assert verdict is not None
    assert verdict.action is Action.PASS


@pytest.mark.parametrize(
    ("wanted", "fields", "until"),
    [
        ("10:00:00", {}, datetime(2026, 3, 1, 18, tzinfo=UTC)),
        ("10:00:00", {"zones": COASTS}, datetime(2026, 3, 1, 18, tzinfo=UTC)),
        ("10:00:00", {"timezone": "America/New_York"}, datetime(2026, 3, 1, 15, tzinfo=UTC)),
        ("2026-03-08T02:30:00", {}, datetime(2026, 3, 8, 10, tzinfo=UTC)),  # skipped by the clocks
        ("2026-03-08T10:00:00", {"zones": ()}, datetime(2026, 3, 8, 20, tzinfo=UTC)),  # Honolulu
    ],
)
def test_a_local_time_comes_for_each_recipient(wanted: str, fields: dict[str, Any], until: datetime) -> None:
    verdict = local_time(case(now=NIGHT, local_at=wanted, created_at=NIGHT, **fields))
    assert verdict is not None
    assert (verdict.action, reason(verdict), verdict.until) == (Action.LATER, "local-time.waits", until)
    verdict = local_time(case(now=until, local_at=wanted, created_at=NIGHT, **fields))
    assert verdict is not None
    assert verdict.action is Action.PASS


def test_most_sends_have_no_local_time() -> None:
    assert local_time(case()) is None


def test_gates_are_asked_in_order_and_the_first_that_does_not_pass_decides() -> None:
    verdicts = ask(case(now=NIGHT, let_go_at=NIGHT - timedelta(days=1)))
    assert [verdict.gate for verdict in verdicts] == ["expired"]
    verdicts = ask(case(now=NIGHT, to=E164("+442079460123", "GB", NumberKind.FIXED_LINE, False)))
    assert [verdict.gate for verdict in verdicts] == ["expired", "country"]
    assert [verdict.gate for verdict in ask(case(now=NIGHT))] == ["expired", "country", "number", "quiet-hours"]


# caps

LIMITS = {"per_person": "3/24h", "per_prefix": "500/1h", "spend": "200 USD/24h", "same_text": "10m"}
PRICE = Cost(cost_of(settings(), "US", segments=1, mms=False).amount, "USD")  # type: ignore[union-attr] # it is known


def frozen(body: str = "Hello", *, to: str = LOS_ANGELES, links: tuple[Link, ...] = (), segments: int = 1) -> Frozen:
    return Frozen(to, "US", SENDER, body, (), "GSM-7", segments, links)


def kinds(cost: Cost | None = PRICE, limits: Any = LIMITS, **fields: Any) -> list[str]:
    found = caps_of(claim(**fields), frozen(), settings(limits=limits), cost, NOW)
    assert not isinstance(found, Verdict)
    return [str(cap.kind) for cap in found]


def test_each_limit_is_a_cap_with_its_rule() -> None:
    found = caps_of(claim(), frozen(), settings(limits=LIMITS), PRICE, NOW)
    assert not isinstance(found, Verdict)
    by_kind = {cap.kind: cap for cap in found}
    assert by_kind[CapKind.PER_PERSON].key == LOS_ANGELES
    assert by_kind[CapKind.PER_PREFIX].key == "+1415555"
    assert (by_kind[CapKind.SPEND].amount, by_kind[CapKind.SPEND].most) == (12_800, 200_000_000)
    assert {cap.rule for cap in found} == {f"acme/workspace#limits.{name}" for name in LIMITS}


@pytest.mark.parametrize(
    ("fields", "left"),
    [
        ({}, ["per-person", "same-text", "per-prefix", "spend"]),
        ({"reply_from": "main"}, ["per-prefix", "spend"]),
        (
            {"reply_from": "main", "created_at": NOW - timedelta(hours=2)},
            ["per-person", "same-text", "per-prefix", "spend"],
        ),
        ({"reply_from": "main", "event": {"consent": "stop"}}, []),
        ({"reply_from": "main", "event": {"consent": "help"}}, []),
        ({"attempt": 1}, []),
        ({"limits": {}}, []),
    ],
)
def test_answers_are_free_of_what_protects_people_and_duties_of_everything(
    fields: dict[str, Any], left: list[str]
) -> None:
    assert kinds(**fields) == left


def test_an_unknown_cost_counts_as_the_dearest_that_is_known() -> None:
    config = settings(limits={"spend": "200 USD/24h"}, prices={"CA": {"sms": "0.50 USD"}, "GB": {"sms": "9 EUR"}})
    found = caps_of(claim(), frozen(segments=2), config, None, NOW)
    assert not isinstance(found, Verdict)
    assert found[0].amount == 1_000_000


def test_a_limit_in_a_currency_without_any_price_stops_everything() -> None:
    found = caps_of(claim(), frozen(), settings(limits={"spend": "200 EUR/24h"}), PRICE, NOW)
    assert isinstance(found, Verdict)
    assert (found.action, reason(found)) == (Action.SUPPRESS, "limits.no-price")


def test_texts_are_the_same_whatever_their_own_short_links() -> None:
    def key(short: str, url: str, body: str = "Go to {}", to: str = LOS_ANGELES) -> str:
        words = frozen(body.format(short), to=to, links=(Link(short, url, 0, None),))
        found = caps_of(claim(), words, settings(limits={"same_text": "10m"}), None, NOW)
        assert not isinstance(found, Verdict)
        return found[0].key

    first = key("https://go.acme.example/a", "https://acme.example/card")
    assert key("https://go.acme.example/b", "https://acme.example/card") == first
    assert key("https://go.acme.example/b", "https://acme.example/other") != first
    assert key("https://go.acme.example/a", "https://acme.example/card", to="+14155550124") != first

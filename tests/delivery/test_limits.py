"""Quiet hours, caps, prices and local times, through the command line."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from shop import Shop

ADA, BOB = "+14155550123", "+14155550124"
HOUR = timedelta(hours=1)
DELIVERED = {"accepted", "sent", "delivered"}


def settings(shop: Shop, text: str) -> None:
    """Adds to workspace.yaml and applies."""
    file = shop.folder / "config/workspaces/acme/workspace.yaml"
    file.write_text(file.read_text().replace("quiet_hours: null\n", "") + text, encoding="utf-8")
    shop.engine("apply", "--yes")


def gates(shop: Shop, message: str) -> Mapping[str, Mapping[str, Any]]:
    """Gives the gates that a message came to last, by name."""
    return {gate["gate"]: gate for gate in shop.json("explain", message)["history"][-1]["gates"]}


def line_of(shop: Shop, words: str) -> int:
    text = (shop.folder / "config/workspaces/acme/workspace.yaml").read_text()
    return text[: text.index(words)].count("\n") + 1


def test_in_quiet_hours_marketing_waits_and_the_rest_does_not(shop: Shop) -> None:
    now = datetime.now(UTC)
    start, end = (now - HOUR).strftime("%H:%M"), (now + 2 * HOUR).strftime("%H:%M")
    settings(shop, f'quiet_hours: {{from: "{start}", to: "{end}", timezone: UTC}}\n')
    shop.engine("consent", "start", ADA, "-w", "acme")
    (news,) = shop.json("send", "news", "-w", "acme", "--to", ADA)["messages"]
    shop.engine("send", "welcome", "-w", "acme", "--to", ADA)
    shop.engine("run", "--drain")
    by_template = {message["template"]: message for message in shop.messages()}
    assert by_template["welcome"]["state"] in DELIVERED
    assert by_template["news"]["state"] == "queued"
    assert by_template["news"]["reason"].startswith("quiet-hours.waits")
    gate = gates(shop, news)["quiet-hours"]
    assert (gate["verdict"], gate["line"]) == ("later", line_of(shop, "{from"))
    detail = shop.json("explain", news)["history"][-1]["detail"]
    due = datetime.fromisoformat(detail["due_at"])
    assert due.strftime("%H:%M") == end
    assert HOUR < due - now <= 2 * HOUR


def test_who_had_their_share_waits_and_what_was_spent_is_told(shop: Shop) -> None:
    settings(shop, "quiet_hours: null\nlimits: {per_person: 1/24h, spend: 1 USD/24h}\n")
    for to in (ADA, ADA, BOB):
        shop.engine("send", "welcome", "-w", "acme", "--to", to)
    shop.engine("run", "--drain")
    waiting = [message for message in shop.messages() if message["state"] == "queued"]
    assert [message["reason"] for message in waiting] == ["limits.per-person: 1/d"]
    gate = gates(shop, waiting[0]["id"])["per-person"]
    assert (gate["verdict"], gate["file"]) == ("later", "config/workspaces/acme/workspace.yaml")
    assert gate["line"] == line_of(shop, "limits:")
    (spent,) = shop.json("status")["spent"]
    assert spent == {
        "workspace": "acme",
        "hours": 24,
        "costs": [{"amount": "0.0256", "currency": "USD"}],
        "unpriced": 0,
    }
    assert "0.0256 USD" in shop.engine("status")


def test_the_same_text_within_the_window_is_sent_once(shop: Shop) -> None:
    settings(shop, "quiet_hours: null\nlimits: {same_text: 10m}\n")
    for _ in range(2):
        shop.engine("send", "welcome", "-w", "acme", "--to", ADA)
    shop.engine("send", "code", "-w", "acme", "--to", ADA, "--data", '{"code": "1"}')
    shop.engine("run", "--drain")
    first, second, other = shop.messages()
    assert (first["state"] in DELIVERED, other["state"] in DELIVERED) == (True, True)
    assert (second["state"], second["reason"]) == ("suppressed", "duplicate.text: 10m")


def test_an_hour_of_the_recipients_own(shop: Shop) -> None:
    there = datetime.now(ZoneInfo("America/Los_Angeles")) + 3 * HOUR
    (waits,) = shop.json("send", "welcome", "-w", "acme", "--to", ADA, "--at", f"{there:%H:%M}", "--local")["messages"]
    over = f"{there - 6 * HOUR:%Y-%m-%dT%H:%M}"
    (goes,) = shop.json("send", "welcome", "-w", "acme", "--to", ADA, "--at", over, "--local")["messages"]
    shop.engine("run", "--drain")
    by_id = {message["id"]: message for message in shop.messages()}
    assert by_id[goes]["state"] in DELIVERED
    assert (by_id[waits]["state"], by_id[waits]["reason"].partition(":")[0]) == ("queued", "local-time.waits")
    due = datetime.fromisoformat(shop.json("explain", waits)["history"][-1]["detail"]["due_at"])
    assert due == there.replace(second=0, microsecond=0)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--local",), "--at"),
        (("--at", "noon", "--local"), "noon"),
        (("--at", "+2h", "--local"), "+2h"),
        (("--at", "10:00Z", "--local"), "zone"),
        (("--at", "2030-01-01T10:00+01:00", "--local"), "zone"),
        (("--at", "2001-01-01T10:00", "--local"), "past"),
        (("--at", "10:00"), "10:00"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else None,
)
def test_what_is_no_local_time_is_refused(shop: Shop, words: tuple[str, ...], says: str) -> None:
    process = shop.start("send", "welcome", "-w", "acme", "--to", ADA, *words)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 64
    assert says in err
    assert "Traceback" not in err


def test_a_premium_rate_number_is_never_texted(shop: Shop) -> None:
    shop.engine("send", "welcome", "-w", "acme", "--to", "+19002345678")
    shop.engine("run", "--drain")
    (message,) = shop.messages()
    assert (message["state"], message["reason"]) == ("suppressed", "number.premium-rate")


def test_a_preview_shows_what_it_would_cost(shop: Shop) -> None:
    (preview,) = shop.json("preview", "welcome")["previews"]
    assert preview["cost"] == {"amount": "0.0128", "currency": "USD"}
    assert re.search(r"about 0\.0128 USD", shop.engine("preview", "welcome"))
    settings(shop, "prices: {US: {sms: 0.01 EUR}}\n")
    (preview,) = shop.json("preview", "welcome")["previews"]
    assert preview["cost"] == {"amount": "0.01", "currency": "EUR"}


def test_an_unknown_cost_is_unknown_and_not_nothing(shop: Shop) -> None:
    people = shop.folder / "config/workspaces/acme/people.yaml"
    people.write_text('people:\n  ada: {first_name: Ada, phone: "+16135550123", country: CA}\n')
    (preview,) = shop.json("preview", "welcome")["previews"]
    assert preview["cost"] is None
    assert "cost unknown" in shop.engine("preview", "welcome")
    shop.engine("send", "welcome", "-w", "acme", "--to", "+16135550123")
    shop.engine("run", "--drain")
    (spent,) = shop.json("status")["spent"]
    assert (spent["costs"], spent["unpriced"]) == ([], 1)

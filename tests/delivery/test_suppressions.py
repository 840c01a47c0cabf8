"""Numbers that a provider calls unreachable, and messages whose receipts ask for another try."""

from __future__ import annotations

import time

import pytest
from phones import phone
from shop import Shop

DELIVERED = {"accepted", "sent", "delivered"}
WELCOME = ("send", "welcome", "-w", "acme")
LANDLINE = "+15005550009"  # the sandbox refuses it, with 21614


def unreachable(shop: Shop, to: str, code: str, *, retry: bool = False) -> None:
    """Lets every message to a phone end undelivered, with a code."""
    look_ups = f"[1s, 1s, 1s], retry_undelivered: {'true' if retry else 'false'}"
    shop.write(delivery=f"{{provider: sandbox, unreachable: {{'{to}': '{code}'}}}}", look_ups=look_ups)
    shop.engine("apply", "--yes")


def test_a_refused_number_is_suppressed_until_somebody_lifts_it(shop: Shop) -> None:
    shop.write(number="+15005550006", kind="long-code")
    shop.engine("apply", "--yes")
    for _ in range(2):
        shop.engine(*WELCOME, "--to", LANDLINE)
        shop.engine("run", "--drain")
    first, second = shop.messages()
    assert first["state"] == "rejected"
    assert (second["state"], second["reason"], second["attempts"]) == ("suppressed", "suppressed.provider:21614", 0)
    shown = shop.json("consent", "show", LANDLINE, "-w", "acme")
    assert (shown["state"], shown["suppressed"]["code"]) == ("unknown", "21614")
    assert "21614" in shop.engine("consent", "show", LANDLINE, "-w", "acme")
    shop.engine("consent", "start", LANDLINE, "-w", "acme", "--note", "a mobile now")
    assert shop.json("consent", "show", LANDLINE, "-w", "acme")["suppressed"] is None
    shop.engine(*WELCOME, "--to", LANDLINE)
    shop.engine("run", "--drain")
    assert shop.messages()[-1]["attempts"] == 1


def test_an_opt_out_is_consent_and_no_suppression(shop: Shop) -> None:
    shop.write(number="+15005550006", kind="long-code")
    shop.engine("apply", "--yes")
    shop.engine(*WELCOME, "--to", "+15005550004")
    shop.engine("run", "--drain")
    shown = shop.json("consent", "show", "+15005550004", "-w", "acme")
    assert (shown["state"], shown["suppressed"]) == ("stopped", None)
    (entry,) = shown["history"]
    assert (entry["source"], entry["message"]) == ("provider:21610", shop.messages()[0]["id"])


def test_a_receipt_that_calls_the_number_unknown_suppresses_it(shop: Shop) -> None:
    unreachable(shop, phone(1), "30005")
    for _ in range(2):
        shop.engine(*WELCOME, "--to", phone(1))
        shop.engine("run", "--drain")
    first, second = shop.messages()
    assert first["state"] == "undelivered"
    assert second["reason"] == "suppressed.provider:30005"


def test_a_receipt_about_the_sender_rests_it(shop: Shop) -> None:
    unreachable(shop, phone(1), "30034")
    shop.engine(*WELCOME, "--to", phone(1))
    shop.engine("run", "--drain")
    status = shop.json("status")
    assert [(b["scope"], b["code"]) for b in status["breakers"]] == [("acme/sender/main", "30034")]
    assert [(c["code"], c["class"]) for c in status["codes"]] == [("30034", "sender")]
    shop.engine(*WELCOME, "--to", phone(2))
    shop.engine("run", "--drain")
    assert shop.states() == {"undelivered": 1, "queued": 1}


@pytest.mark.parametrize("code", ["30003", "30008", "30023"])
def test_what_may_arrive_later_is_sent_anew_where_the_workspace_asks(shop: Shop, code: str) -> None:
    unreachable(shop, phone(1), code, retry=True)
    message = shop.json(*WELCOME, "--to", phone(1))["messages"][0]
    shop.engine("run", "--drain")
    first, second = shop.messages()
    assert (first["id"], first["state"], second["state"]) == (message, "undelivered", "queued")
    assert shop.json("explain", message)["followed_by"] == second["id"]
    assert shop.json("explain", second["id"])["follows"] == message
    assert second["id"] in shop.engine("explain", message)
    # It waits for minutes or a day, and a drain does not wait for it.
    shop.engine("run", "--drain")
    assert shop.states() == {"undelivered": 1, "queued": 1}


def test_nothing_is_sent_anew_unasked(shop: Shop) -> None:
    unreachable(shop, phone(1), "30003")
    shop.engine(*WELCOME, "--to", phone(1))
    shop.engine("run", "--drain")
    assert shop.states() == {"undelivered": 1}
    assert shop.json("status")["codes"][0]["class"] == "again"


def test_a_running_loop_suppresses_too(shop: Shop) -> None:
    unreachable(shop, phone(1), "30006")
    worker = shop.start("run")
    try:
        shop.engine(*WELCOME, "--to", phone(1))
        end = time.monotonic() + 60
        while shop.json("consent", "show", phone(1), "-w", "acme")["suppressed"] is None:
            assert time.monotonic() < end
    finally:
        worker.terminate()
        worker.communicate(timeout=60)

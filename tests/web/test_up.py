"""One process that does it all, and a provider that calls it for real."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest
from phones import phone
from shop import Shop
from webhook_shop import OURS, WebhookShop, free_port

from engine.testing.twilio_emulator import emulator_process

INBOUND = "/webhooks/acme/twilio/inbound"


def wait_until(done: Callable[[], bool], *, seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.1)


def test_up_on_a_fresh_checkout_shows_its_phones(tmp_path: Path) -> None:
    Shop(tmp_path).engine("init", "shop")
    shop = WebhookShop(tmp_path / "shop", public_url="")
    with shop.running("up", "--yes", "--port", "0") as served:
        assert served.ask("GET", "/health").status == 200
        assert served.ask("GET", "/sandbox").status == 200
        shop.engine("receive", "join", "-w", "shop", "--from", "+14155550123", "--to", "counter")
        wait_until(lambda: shop.states()["accepted"] + shop.states()["delivered"] >= 1)
        assert served.stop() == 0
    assert f"page {served.url}/sandbox\n" in served.log


def test_up_asks_before_it_applies(tmp_path: Path) -> None:
    Shop(tmp_path).engine("init", "shop")
    shop = Shop(tmp_path / "shop")
    shop.engine("up", "--port", "0", code=64)
    assert not (shop.folder / "state").exists()


def test_a_port_in_use_is_said_at_once(tmp_path: Path) -> None:
    shop = WebhookShop(tmp_path)
    shop.write_answering()
    with shop.serve() as served:
        shop.engine("serve", "--port", served.url.rpartition(":")[2], code=64)


@pytest.mark.parametrize("replies", ["outbox", "twiml"])
def test_texts_replies_and_receipts_go_round_however_often_and_in_whatever_order_they_come(
    tmp_path: Path, replies: str
) -> None:
    port = free_port()
    with emulator_process() as emulator:
        shop = WebhookShop(tmp_path, public_url=f"http://127.0.0.1:{port}", api_url=emulator.url)
        shop.write_answering(options=f", replies: {replies}", rate="1000/s")
        url = f"{shop.public_url}{INBOUND}"
        emulator.behave(
            sms_url=url, copies=3, disorder=0.3, progress=[["queued", 0], ["sent", 0.1], ["delivered", 0.2]]
        )
        with shop.running("up", "--yes", "--no-refresh", "--port", str(port)) as served:
            emulator.texts([{"from_number": phone(n), "to": OURS, "body": "join"} for n in range(40)])
            wait_until(lambda: shop.states()["delivered"] == 40)
            assert served.stop() == 0
        accepted = emulator.accepted_by_to()
        assert {len(sids) for sids in accepted.values()} == {1}
        assert len(accepted) == 40
        assert {message["direction"] for message in emulator.messages()} == {
            "outbound-reply" if replies == "twiml" else "outbound-api"
        }
        assert {call["status"] for call in emulator.calls()} <= {200, 204, None}
        for message in shop.messages():
            assert message["provider_id"] == accepted[message["to"]][0]

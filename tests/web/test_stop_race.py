"""STOPs that come through webhooks while a broadcast of 10,000 goes out through the provider."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from phones import phone
from webhook_shop import OURS, WebhookShop, free_port

from engine.testing.twilio_emulator import emulator_process
from engine.types import ConsentState, Person

INBOUND = "/webhooks/acme/twilio/inbound"
PEOPLE = 10_000
STOPS = 200
NEWS = "News from Acme Coffee"
OPEN = {"queued", "claimed", "sending", "retry_wait", "in_doubt"}


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_after_a_stop_nothing_but_its_confirmation_goes(tmp_path: Path) -> None:
    port = free_port()
    with emulator_process("--any-number") as emulator:
        shop = WebhookShop(tmp_path, public_url=f"http://127.0.0.1:{port}", api_url=emulator.url)
        # So slow that the broadcast takes as long as the STOPs, which go over its recipients in the same order.
        shop.write_answering(
            keywords="consent: {replies_by: engine, marketing: not-stopped}\n", rate="200/s", lease="30s"
        )
        emulator.behave(sms_url=f"{shop.public_url}{INBOUND}", copies=3, disorder=0.2, tries=10)
        store = shop.open()
        everyone = [phone(n) for n in range(PEOPLE)]
        people = [Person("acme", f"p{n:05}", number, {"phone": number}) for n, number in enumerate(everyone)]
        store.upsert_people(people, at=datetime.now(UTC))
        shop.engine("send", "news", "-w", "acme", "--everyone")
        before: dict[str, list[str]] = {}
        with shop.running("up", "--yes", "--no-refresh", "--port", str(port)) as served:
            for number in everyone[:: PEOPLE // STOPS]:
                emulator.text(number, OURS, "STOP")
                while store.consent("acme", number) is not ConsentState.STOPPED:
                    time.sleep(0.005)
                # Looked at after the commit: what was let go by then was let go before it.
                before[number] = shop.went(number)
            end = time.monotonic() + 240
            while store.count_states().keys() & OPEN:
                assert time.monotonic() < end, store.count_states()
                time.sleep(0.5)
            assert served.stop() == 0
        assert any("news" not in sent for sent in before.values()), "every STOP came too late: nothing was shown"
        bodies: dict[str, list[str]] = {}
        for message in emulator.messages():
            bodies.setdefault(message["to"], []).append(message["body"])
        for number, sent in before.items():
            after = shop.went(number)
            assert after.count("news") == sent.count("news"), number
            assert len(after) - after.count("news") == 1, "one confirmation, and nothing else"
            assert sum(body.startswith(NEWS) for body in bodies[number]) == sent.count("news")
        store.close()

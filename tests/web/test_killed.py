"""`engine serve` is killed every second for a minute, while the provider brings each text three times, in disorder."""

from __future__ import annotations

import itertools
import time
from pathlib import Path

import pytest
from phones import phone
from webhook_shop import OURS, WebhookShop, free_port

from engine.testing.twilio_emulator import emulator_process

INBOUND = "/webhooks/acme/twilio/inbound"
SECONDS = 60
AT_ONCE = 25
KEYWORDS = """\
keywords:
  join: {words: [JOIN], reply: joined, set: {club: true}, subscribe: true}
  leave: {words: [LEAVE], reply: unknown}
"""


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_each_text_takes_effect_once_and_none_is_lost(tmp_path: Path) -> None:
    port = free_port()
    with emulator_process() as emulator:
        shop = WebhookShop(tmp_path, public_url=f"http://127.0.0.1:{port}", api_url=emulator.url)
        shop.write_answering(keywords=KEYWORDS)
        emulator.behave(sms_url=f"{shop.public_url}{INBOUND}", copies=3, disorder=2.0, tries=1_000_000, retry_after=0.2)
        numbers = itertools.count()
        sids: list[str] = []
        end = time.monotonic() + SECONDS
        while time.monotonic() < end:
            began = time.monotonic()
            with shop.serve(port=port) as served:
                new = [next(numbers) for _ in range(AT_ONCE)]
                texts = [{"from_number": phone(n), "to": OURS, "body": "join" if n % 2 else "leave"} for n in new]
                sids += emulator.texts(texts)
                time.sleep(max(0.0, began + 1 - time.monotonic()))
                served.process.kill()
        with shop.serve(port=port) as served:
            waited = time.monotonic() + 120
            while len([call for call in emulator.calls() if call["status"] == 204]) < 3 * len(sids):
                assert time.monotonic() < waited, "calls are still unanswered"
                time.sleep(0.5)
            assert served.stop() == 0
        statuses = {call["status"] for call in emulator.calls()}
    assert None in statuses, "no call was cut off: nothing was shown"
    store = shop.open(read_only=True)
    try:
        replies = [store.reply_to("acme", sid) for sid in sids]
        assert None not in replies, "a text was lost"
        answered = sorted(reply for reply in replies if reply is not None)
        assert sorted(message.id for message in store.messages()) == answered, "a text was answered twice"
        joined = [phone(n) for n in range(len(sids)) if n % 2]
        assert all(len(store.consent_history("acme", number)) == 1 for number in joined), "consent was entered twice"
        assert store.count_people("acme") == len(joined)
    finally:
        store.close()

"""A status callback that comes before the answer to the call that sent the message."""

from __future__ import annotations

import time
from contextlib import closing
from datetime import UTC, datetime

from phones import phone
from twilio_shop import TwilioShop

from engine.delivery.callbacks import Told, record_statuses
from engine.delivery.queueing import Applied
from engine.state.sqlite import SqliteStore
from engine.testing.twilio_emulator import Fault
from engine.types import MessageState, ProviderStatus, ReceiptJudgement, StatusUpdate


def test_is_nothing_to_warn_of(twilio: TwilioShop) -> None:
    twilio.emulator.script(Fault(delay=2.0))
    twilio.engine("send", "welcome", "-w", "acme", "--to", phone(1))
    process = twilio.start("run", "--drain")
    while not (taken := twilio.emulator.accepted_by_to()):
        time.sleep(0.05)
    (message,) = twilio.messages()
    assert message["state"] == "sending"
    said = StatusUpdate(taken[phone(1)][0], ProviderStatus.DELIVERED, None, message["id"], 1)
    with closing(SqliteStore.open("sqlite:///state/engine.db", folder=twilio.folder)) as store:
        workspace = Applied.of(store).workspace("acme")
        told = Told("acme", workspace, lambda _code: ReceiptJudgement.NONE, said)
        ((first, second),) = record_statuses(store, [told], datetime.now(UTC))
    assert (first.state, second.state) == (MessageState.ACCEPTED, MessageState.DELIVERED)
    _, logged = process.communicate(timeout=60)
    assert process.returncode == 0, logged
    assert "warning" not in logged
    (settled,) = twilio.messages()
    assert (settled["state"], settled["provider_id"]) == ("delivered", said.provider_id)

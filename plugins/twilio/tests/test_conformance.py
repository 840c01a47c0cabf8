from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pytest
from engine_twilio.provider import Twilio

from engine import Provider, ReceiptJudgement, SendOutcome, SendScope
from engine.testing.context import ManualClock
from engine.testing.provider import Arrived, ProviderConformance
from engine.testing.twilio_emulator import Account, Fault, TwilioEmulator


class TestConformance(ProviderConformance):
    provider_class = Twilio
    secrets = {"TOKEN": Account().auth_token}  # noqa: RUF012 # the suite declares it a ClassVar
    opted_out = "+15005550004"
    refused = {  # noqa: RUF012 # see above
        "+15005550001": (SendOutcome.REJECTED, SendScope.RECIPIENT),  # 21211 invalid
        "+15005550002": (SendOutcome.REJECTED, SendScope.RECIPIENT),  # 21612 cannot be routed
        "+15005550003": (SendOutcome.NOT_SENT, SendScope.SENDER),  # 21408 no permission for the region
        "+15005550004": (SendOutcome.REJECTED, SendScope.RECIPIENT),  # 21610 opted out
        "+15005550009": (SendOutcome.REJECTED, SendScope.RECIPIENT),  # 21614 cannot receive texts
    }

    @pytest.fixture(autouse=True)
    def _emulator(self, clock: ManualClock) -> Iterator[None]:
        with TwilioEmulator(now=lambda: clock().timestamp()) as self.emulator:
            yield

    receipts = {  # noqa: RUF012 # see above
        "30005": ReceiptJudgement.RECIPIENT,
        "30007": ReceiptJudgement.CONTENT,
        "30034": ReceiptJudgement.SENDER,
        "30003": ReceiptJudgement.AGAIN,
        "30027": ReceiptJudgement.NEXT_DAY,
        "21614": ReceiptJudgement.NONE,  # a code on sending
    }

    def options(self) -> Mapping[str, object]:
        return {
            "account_sid": self.emulator.account.sid,
            "auth_token": "${TOKEN}",
            "api_url": self.emulator.url,
        }

    def arrived(self, provider: Provider[Any]) -> Sequence[Arrived]:
        return [Arrived(m.to, m.body, tuple(m.media)) for m in self.emulator.ledger.messages]

    def lose_next_answer(self, *, accepted: bool) -> bool:
        self.emulator.faults.script(Fault.dropped(accepted=accepted))
        return True

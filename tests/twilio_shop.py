"""The shop with Twilio as its provider: the official client against the emulator, over HTTP."""

from __future__ import annotations

from dataclasses import dataclass, field

from shop import Shop

from engine.testing.twilio_emulator import RemoteEmulator

SID = "AC00000000000000000000000000000001"
DELIVERED = {"accepted", "sent", "delivered"}


@dataclass
class TwilioShop(Shop):
    """A shop with the emulator that it sends through."""

    emulator: RemoteEmulator = field(kw_only=True)

    def write_twilio(self, **settings: str) -> None:
        """Writes the config with Twilio as the provider, and applies it."""
        self.variables = {"TWILIO_AUTH_TOKEN": "emulator-auth-token"}
        delivery = (
            f"{{provider: twilio, account_sid: {SID}, auth_token: '${{TWILIO_AUTH_TOKEN}}', "
            f"api_url: '{self.emulator.url}'}}"
        )
        self.write(delivery=delivery, **settings)
        self.engine("apply", "--yes", "--no-refresh")

    def check(self, *, unaccepted: set[str]) -> None:
        """Fails where a message was taken twice, is lost, or ends otherwise than the provider knows it."""
        accepted = self.emulator.accepted_by_to()
        twice = {number: sids for number, sids in accepted.items() if len(sids) > 1}
        assert not twice, f"taken twice: {twice}"
        for message in self.messages():
            known = accepted.get(message["to"])
            if known:
                assert message["state"] in DELIVERED, (message["state"], message["reason"], known)
                assert message["provider_id"] == known[0]
            else:
                assert message["state"] in unaccepted, (message["state"], message["reason"])
                assert message["provider_id"] is None

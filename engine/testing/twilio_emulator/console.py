"""What can be set of an account's senders: through the API, or by a person at Twilio's console.

Source of the fields and of what is refused: https://www.twilio.com/docs/phone-numbers/api/incomingphonenumber-resource,
https://www.twilio.com/docs/messaging/api/service-resource and https://www.twilio.com/docs/api/errors, as of 2026-11-24.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

from engine.testing.twilio_emulator.account import Account
from engine.testing.twilio_emulator.validation import Refusal, is_url, refusal

CODE: Mapping[str, Any] = {
    "friendly_name": None,
    "sms_url": "",
    "sms_method": "POST",
    "sms_fallback_url": "",
    "sms_fallback_method": "POST",
}
NUMBER: Mapping[str, Any] = {**CODE, "sms_application_sid": ""}
SERVICE: Mapping[str, Any] = {
    "friendly_name": None,
    "inbound_request_url": None,
    "inbound_method": "POST",
    "fallback_url": None,
    "fallback_method": "POST",
    "status_callback": None,
    "use_inbound_webhook_on_number": False,
}
METHODS = ("GET", "POST")


class Console:
    """The settings of every sender, by its value: "+14155550100", "67076" or "MG…". Usable from any thread."""

    def __init__(self, account: Account) -> None:
        self._services = account.services
        self._settings: dict[str, dict[str, Any]] = {
            **{number: dict(NUMBER) for number in account.numbers},
            **{code: dict(CODE) for code in account.short_codes},
            **{service: dict(SERVICE) for service in account.services},
        }

    def __getitem__(self, value: str) -> Mapping[str, Any]:
        """Gives the settings of a sender, named as Twilio's JSON has them."""
        return self._settings[value]

    def values(self) -> list[str]:
        """Gives every sender that has settings."""
        return list(self._settings)

    def inbound_url(self, to: str, service: str | None) -> str:
        """Gives where a text to a sender is posted: as the messaging service says that it is in, or as it says itself;
        empty: nowhere."""
        member_of = next((sid for sid, members in self._services.items() if to in members), "")
        of_service = self._settings.get(service or member_of)
        if of_service is not None and not of_service["use_inbound_webhook_on_number"]:
            return of_service["inbound_request_url"] or ""
        return str(self._settings.get(to, CODE)["sms_url"])

    def change(self, value: str, **settings: Any) -> None:
        """Does what a person does at the console."""
        known = self._settings[value]
        unknown = settings.keys() - known.keys()
        if unknown:
            raise KeyError(*sorted(unknown))
        known.update(settings)

    def update(self, value: str, form: str) -> Refusal | None:
        """Does what a call asks for, all of it or nothing. What a sender does not have is ignored, as by Twilio."""
        known = self._settings[value]
        asked = {_snake(name): given for name, given in parse_qsl(form, keep_blank_values=True)}
        new = {**known, **{name: _value(name, given) for name, given in asked.items() if name in known}}
        for name, given in new.items():
            if name.endswith(("url", "callback")) and given and not is_url(given):
                return refusal(20001 if "inbound_request_url" in known else 21402)
            if name.endswith("method") and given not in METHODS:
                return refusal(21403)
        if new.get("sms_fallback_url") and not (new["sms_url"] or new.get("sms_application_sid")):
            return refusal(21406)
        self._settings[value] = new
        return None


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()


def _value(name: str, given: str) -> Any:
    if name == "use_inbound_webhook_on_number":
        return given.lower() == "true"
    return given

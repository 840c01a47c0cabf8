"""Twilio's API of what an account sends from: numbers, short codes and messaging services."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from engine.testing.twilio_emulator import replies
from engine.testing.twilio_emulator.account import Account, Behaviour
from engine.testing.twilio_emulator.console import Console
from engine.testing.twilio_emulator.validation import Refusal, refusal

Answer = tuple[int, bytes]
NOT_FOUND = refusal(20404, status=404)
SERVICES = "/v1/Services"


def refuse(why: Refusal) -> Answer:
    """Gives an error as an answer."""
    return why.status, replies.encode(replies.error_json(why))


@dataclass
class Senders:
    """Lists, shows and updates them. Answers are None for addresses that are none of theirs."""

    account: Account
    behaviour: Behaviour
    console: Console

    def __post_init__(self) -> None:
        base = f"/{replies.VERSION}/Accounts/{self.account.sid}"
        self._numbers, self._codes = f"{base}/IncomingPhoneNumbers", f"{base}/SMS/ShortCodes"

    def get(self, path: str, query: str) -> Answer | None:
        """Answers a GET."""
        account = self.account
        if path == f"{self._numbers}.json":
            return _page("incoming_phone_numbers", account.numbers, self._show, path, query)
        if path == f"{self._codes}.json":
            return _page("short_codes", account.short_codes, self._show, path, query)
        if path == SERVICES:
            return _page("services", tuple(account.services), self._show, path, query)
        value = self._value(path)
        if value is not None:
            return 200, replies.encode(self._show(value))
        service, _, part = path.removeprefix(f"{SERVICES}/").partition("/")
        members = account.services.get(service, ())
        if service in account.services and part == "PhoneNumbers":
            return _page("phone_numbers", [m for m in members if m.startswith("+")], self._member(service), path, query)
        if service in account.services and part == "ShortCodes":
            return _page("short_codes", [m for m in members if m.isdigit()], self._member(service), path, query)
        if service in account.services and part == "AlphaSenders":
            words = [m for m in members if not m.startswith("+") and not m.isdigit()]
            return _page("alpha_senders", words, self._member(service), path, query)
        return None

    def post(self, path: str, form: str) -> Answer | None:
        """Answers a POST: an update."""
        value = self._value(path)
        if value is None:
            return None
        if self.account.test_credentials:
            return refuse(refusal(20008, status=403))
        why = self.console.update(value, form)
        return refuse(why) if why is not None else (200, replies.encode(self._show(value)))

    def is_list_or_one(self, path: str) -> bool:
        """True for an address that shows senders."""
        return path.startswith((self._numbers, self._codes, SERVICES))

    def _value(self, path: str) -> str | None:
        """Gives which sender an address is of."""
        sid = path.rpartition("/")[2].removesuffix(".json")
        if path == f"{self._numbers}/{sid}.json":
            return next((n for n in self.account.numbers if replies.number_sid(n) == sid), None)
        if path == f"{self._codes}/{sid}.json":
            return next((c for c in self.account.short_codes if replies.short_code_sid(c) == sid), None)
        return sid if path == f"{SERVICES}/{sid}" and sid in self.account.services else None

    def _show(self, value: str) -> replies.Json:
        settings = self.console[value]
        if value.startswith("+"):
            return replies.number_json(self.account, value, settings)
        if value in self.account.services:
            return replies.service_json(self.account, self.behaviour, value, settings)
        return replies.short_code_json(self.account, value, settings)

    def _member(self, service: str) -> Callable[[str], replies.Json]:
        def show(value: str) -> replies.Json:
            if value.startswith("+"):
                return replies.service_number_json(self.account, service, value)
            if value.isdigit():
                return replies.service_short_code_json(self.account, service, value)
            return replies.alpha_sender_json(self.account, service, value)

        return show


def _page(key: str, items: Sequence[str], show: Callable[[str], replies.Json], path: str, query: str) -> Answer:
    def sid(item: str) -> str:
        return str(show(item)["sid"])

    return 200, replies.encode(replies.page_json(key, items, sid, show, path, query))

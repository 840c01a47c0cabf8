"""Twilio's API over the ledger: what each call answers, without any HTTP in it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import parse_qs, parse_qsl

from engine.compose.segments import smart_encode
from engine.testing.twilio_emulator import replies
from engine.testing.twilio_emulator.account import Account, Behaviour
from engine.testing.twilio_emulator.ledger import Accepted, Ledger
from engine.testing.twilio_emulator.validation import Refusal, check, refusal

Answer = tuple[int, bytes]
NOT_FOUND = refusal(20404, status=404)


def refuse(why: Refusal) -> Answer:
    """Gives an error as an answer."""
    return why.status, replies.encode(replies.error_json(why))


@dataclass(slots=True)
class Api:
    """The calls that are emulated."""

    account: Account
    behaviour: Behaviour
    ledger: Ledger
    now: Callable[[], float]
    on_accepted: Callable[[Accepted], None]

    def create(self, form: str) -> tuple[Answer, Accepted | None]:
        """Takes a message, or says why not."""
        fields = parse_qs(form, keep_blank_values=True)
        why = check(self.account, fields)
        if why is not None:
            return refuse(why), None

        def value(name: str) -> str | None:
            return fields[name][-1] if name in fields else None

        service, period = value("MessagingServiceSid"), value("ValidityPeriod")
        now = self.now()
        message = self.ledger.add(
            now,
            to=value("To"),
            sender=value("From"),
            service=service,
            body=self._as_sent(value("Body") or "", smart=value("SmartEncoded")),
            media=fields.get("MediaUrl", []),
            status_callback=value("StatusCallback"),
            validity_period=int(period) if period else None,
        )
        if message.status_callback and not self.account.test_credentials:
            self.on_accepted(message)
        shown = replies.message_json(message, self.account, self.behaviour, now)
        return (201, replies.encode(shown)), message

    def get(self, path: str, query: str) -> Answer:
        """Answers a GET of anything."""
        account = f"/{replies.VERSION}/Accounts/{self.account.sid}"
        if self.account.test_credentials:
            return refuse(refusal(20008, status=403))
        if path == f"{account}.json":
            return 200, replies.encode(replies.account_json(self.account))
        if path == f"{account}/Messages.json":
            return self._messages(path, query)
        if path.startswith(f"{account}/Messages/") and path.endswith("/Media.json"):
            return self._media(path, query)
        if path.startswith(f"{account}/Messages/") and path.endswith(".json"):
            message = self.ledger.by_sid.get(path.removeprefix(f"{account}/Messages/").removesuffix(".json"))
            return refuse(NOT_FOUND) if message is None else (200, self._show(message))
        if path == f"{account}/IncomingPhoneNumbers.json":
            return self._page("incoming_phone_numbers", self.account.numbers, self._number, path, query)
        if path == f"{account}/SMS/ShortCodes.json":
            return self._page("short_codes", self.account.short_codes, self._short_code, path, query)
        if path == "/v1/Services":
            return self._page("services", tuple(self.account.services), self._service, path, query)
        _, _, rest = path.partition("/v1/Services/")
        service, _, part = rest.partition("/")
        if service in self.account.services:
            if not part:
                return 200, replies.encode(self._service(service))
            if part == "ShortCodes":
                return self._page("short_codes", (), self._short_code, path, query)
            if part == "PhoneNumbers":
                numbers = self.account.services[service]

                def show(number: str) -> replies.Json:
                    return replies.service_number_json(self.account, service, number)

                return self._page("phone_numbers", numbers, show, path, query)
        return refuse(NOT_FOUND)

    def _as_sent(self, body: str, *, smart: str | None) -> str:
        if smart == "true" or (self.behaviour.smart_encoding and smart is None):
            body = smart_encode(body)
        return self.behaviour.trial_prefix + body if self.account.trial else body

    def _messages(self, path: str, query: str) -> Answer:
        asked = dict(parse_qsl(query, keep_blank_values=True))
        known = self.ledger.by_to.get(asked["To"], []) if "To" in asked else self.ledger.messages
        texts = [m for m in self.ledger.received if asked.get("To") in (None, m.to)]
        if texts:
            known = sorted([*known, *texts], key=lambda message: message.number)
        now = self.now()
        visible = [m for m in reversed(known) if now - m.at >= self.behaviour.lookup_lag]
        for name in ("From", "DateSent", "DateSent<", "DateSent>"):
            if asked.get(name):
                visible = [m for m in visible if self._passes(m, name, asked[name], now)]

        def show(message: Accepted) -> replies.Json:
            return replies.message_json(message, self.account, self.behaviour, now)

        body = replies.page_json("messages", visible, lambda m: m.sid, show, path, query)
        return 200, replies.encode(body)

    def _media(self, path: str, query: str) -> Answer:
        message = self.ledger.by_sid.get(path.split("/")[-2])
        if message is None:
            return refuse(NOT_FOUND)

        def show(place: int) -> replies.Json:
            return replies.media_json(message, self.account, place)

        places = range(len(message.media))
        return 200, replies.encode(
            replies.page_json("media_list", places, lambda p: replies.media_sid(message, p), show, path, query)
        )

    def _passes(self, message: Accepted, name: str, value: str, now: float) -> bool:
        if name == "From":
            return bool(replies.message_json(message, self.account, self.behaviour, now)["from"] == value)
        _, _, sent = replies.status_at(message, self.behaviour, now)
        if sent is None:
            return False
        moment = datetime.fromisoformat(value if "T" in value else f"{value}T00:00:00Z").timestamp()
        if name == "DateSent":
            return moment <= sent < moment + 86_400
        return sent <= moment if name == "DateSent<" else sent >= moment

    def _show(self, message: Accepted) -> bytes:
        return replies.encode(replies.message_json(message, self.account, self.behaviour, self.now()))

    def _page(
        self, key: str, items: tuple[str, ...], show: Callable[[str], replies.Json], path: str, query: str
    ) -> Answer:
        def sid(item: str) -> str:
            return str(show(item)["sid"])

        return 200, replies.encode(replies.page_json(key, items, sid, show, path, query))

    def _number(self, number: str) -> replies.Json:
        return replies.number_json(self.account, number)

    def _short_code(self, code: str) -> replies.Json:
        return replies.short_code_json(self.account, code)

    def _service(self, sid: str) -> replies.Json:
        return replies.service_json(self.account, self.behaviour, sid)

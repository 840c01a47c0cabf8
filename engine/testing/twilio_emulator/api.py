"""Twilio's API over the ledger: what each call answers, without any HTTP in it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import parse_qs, parse_qsl

from engine.compose.segments import smart_encode
from engine.testing.twilio_emulator import replies
from engine.testing.twilio_emulator.account import Account, Behaviour
from engine.testing.twilio_emulator.console import Console
from engine.testing.twilio_emulator.ledger import Accepted, Ledger
from engine.testing.twilio_emulator.senders import NOT_FOUND, Answer, Senders, refuse
from engine.testing.twilio_emulator.validation import check, refusal


@dataclass
class Api:
    """The calls that are emulated."""

    account: Account
    behaviour: Behaviour
    ledger: Ledger
    now: Callable[[], float]
    on_accepted: Callable[[Accepted], None]
    console: Console

    def __post_init__(self) -> None:
        self._senders = Senders(self.account, self.behaviour, self.console)

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
        return self._senders.get(path, query) or refuse(NOT_FOUND)

    def post(self, path: str, form: str) -> Answer:
        """Answers a POST that makes no message: an update of a sender."""
        return self._senders.post(path, form) or refuse(NOT_FOUND)

    def shows_senders(self, path: str) -> bool:
        """True for the addresses of senders."""
        return self._senders.is_list_or_one(path)

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

"""Texts to the account: recorded, posted to its webhook, and answered by the TwiML that comes back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from xml.etree import ElementTree

from engine.testing.twilio_emulator import replies
from engine.testing.twilio_emulator.calling import Caller
from engine.testing.twilio_emulator.console import Console
from engine.testing.twilio_emulator.ledger import Accepted, Ledger


class Texts:
    """Lets texts arrive: `console` says where they are posted. `on_reply` is told of each message that TwiML made."""

    def __init__(self, caller: Caller, ledger: Ledger, console: Console, on_reply: Callable[[Accepted], None]) -> None:
        self._caller = caller
        self._ledger = ledger
        self._console = console
        self._on_reply = on_reply
        self._answered: set[str] = set()

    def arrive(
        self,
        from_number: str,
        to: str,
        body: str,
        *,
        media: Sequence[str] = (),
        opt_out: str | None = None,
        service: str | None = None,
    ) -> str:
        """Takes a text, begins to post it where an address is set, and gives its SID. `opt_out` is what Twilio's own
        opt-out handling took it for: STOP, START or HELP."""
        text = self._ledger.add(
            self._caller.now(),
            to=to,
            sender=from_number,
            service=service,
            body=body,
            media=list(media),
            status_callback=None,
            validity_period=None,
            direction="inbound",
        )
        url = self._caller.behaviour.sms_url or self._console.inbound_url(to, service)
        if url:
            answered = partial(self._reply, text)
            self._caller.begin(self._caller.post(text.sid, "received", url, self._form(text, opt_out), answered))
        return text.sid

    def _form(self, text: Accepted, opt_out: str | None) -> dict[str, str]:
        form = {
            "AccountSid": self._caller.account.sid,
            "ApiVersion": replies.VERSION,
            "Body": text.body,
            "From": str(text.sender),
            "FromCity": "",
            "FromCountry": "US",
            "MessageSid": text.sid,
            "NumMedia": str(len(text.media)),
            "NumSegments": "1",
            "SmsMessageSid": text.sid,
            "SmsSid": text.sid,
            "SmsStatus": "received",
            "To": text.to,
            "ToCountry": "US",
        }
        for place, url in enumerate(text.media):
            form |= {f"MediaUrl{place}": url, f"MediaContentType{place}": "image/jpeg"}
        if opt_out is not None:
            form["OptOutType"] = opt_out
        if text.service is not None:
            form["MessagingServiceSid"] = text.service
        return form

    def _reply(self, text: Accepted, twiml: str) -> None:
        """Sends what the answer says. Copies of a call are the network's: Twilio reads one answer."""
        if text.sid in self._answered or not twiml:
            return
        self._answered.add(text.sid)
        for message in ElementTree.fromstring(twiml).iter("Message"):  # noqa: S314 # from the application under test
            reply = self._ledger.add(
                self._caller.now(),
                to=str(text.sender),
                sender=text.to,
                service=None,
                body=(message.text or "").strip() + "".join(part.text or "" for part in message.iter("Body")),
                media=[str(part.text) for part in message.iter("Media")],
                status_callback=message.get("action"),
                validity_period=None,
                direction="outbound-reply",
            )
            if reply.status_callback:
                self._on_reply(reply)

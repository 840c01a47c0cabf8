"""What the network refuses at once, as Twilio does: its documented magic numbers and the limits of a message."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import timedelta
from functools import cache
from importlib.resources import files

from engine import OutboundMessage, ReceiptJudgement, SendError, SendOutcome, SendScope

MAX_CHARACTERS = 1_600
MAX_MEDIA = 10
FULL_QUEUE = timedelta(minutes=5)

_OPTED_OUT = "21610"
_QUEUE_FULL = "21611"
_ABOUT_SENDER = frozenset({"21212", "21408", "21606"})
"""Codes that concern the sender or the account and so say nothing of this recipient. The rest do."""


_RECEIPTS = {
    "30002": ReceiptJudgement.SENDER,
    "30003": ReceiptJudgement.AGAIN,
    "30005": ReceiptJudgement.RECIPIENT,
    "30006": ReceiptJudgement.RECIPIENT,
    "30007": ReceiptJudgement.CONTENT,
    "30008": ReceiptJudgement.AGAIN,
    "30023": ReceiptJudgement.NEXT_DAY,
    "30034": ReceiptJudgement.SENDER,
}
"""The codes of receipts that the documentation names, judged as Twilio's are."""


def judge(code: str) -> ReceiptJudgement:
    """Gives what a receipt's code says of the messages to come."""
    return _RECEIPTS.get(code, ReceiptJudgement.NONE)


def refusal(message: OutboundMessage) -> SendError | None:
    """Gives why a message is refused, None where it is taken."""
    return _content(message) or _magic("from", message.sender.value) or _magic("to", message.to)


def _content(message: OutboundMessage) -> SendError | None:
    if not message.body and not message.media:
        return _about_content("21602", "the message has neither words nor media")
    if len(message.body) > MAX_CHARACTERS:
        return _about_content("21617", f"the message has more than {MAX_CHARACTERS} characters")
    if len(message.media) > MAX_MEDIA:
        return _about_content("21623", f"the message has more than {MAX_MEDIA} media")
    return None


def _magic(side: str, value: str) -> SendError | None:
    known = _magic_numbers()[side].get(value)
    if known is None:
        return None
    code, meaning = known
    text = f"{'sender' if side == 'from' else 'recipient'} {value}: {meaning}"
    if code == _QUEUE_FULL:
        return SendError(code, SendOutcome.NOT_SENT, text, scope=SendScope.SENDER, retry_after=FULL_QUEUE)
    if code in _ABOUT_SENDER:
        return SendError(code, SendOutcome.NOT_SENT, text, scope=SendScope.SENDER)
    return SendError(code, SendOutcome.REJECTED, text, scope=SendScope.RECIPIENT, stops=code == _OPTED_OUT)


def _about_content(code: str, text: str) -> SendError:
    return SendError(code, SendOutcome.REJECTED, text, scope=SendScope.CONTENT)


@cache
def _magic_numbers() -> Mapping[str, Mapping[str, tuple[str, str]]]:
    data = json.loads(files(__package__).joinpath("magic_numbers.json").read_text("utf-8"))
    return {
        side: {number: (str(entry["code"]), entry["meaning"]) for number, entry in data[side].items()}
        for side in ("from", "to")
    }

"""Twilio's error codes, sorted by what is to be done about them: the table `error_codes.csv`, each row with its source.

Twilio advises against programming by code, since codes are split and added; so whatever the table does not know is
decided by the HTTP status, and kept whole in the record.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path

from engine import ReceiptJudgement


class CodeClass(StrEnum):
    """What a code means for the message. The last three stand in receipts only."""

    RETRY = "retry"  # not processed: safe to repeat
    DOUBT = "doubt"  # may have been processed
    DELAYED_RETRY = "delayed-retry"  # not processed, and will not be for a while
    RECIPIENT = "recipient"  # permanent for this recipient
    CONTENT = "content"  # permanent for this content
    SENDER = "sender"  # about the sender or the account
    TRY_AGAIN = "try-again"  # a new message may arrive
    NEXT_DAY = "next-day"  # a new message may arrive tomorrow
    STOPPED = "stopped"  # the recipient has opted out


@dataclass(frozen=True, slots=True)
class ErrorCode:
    """One row of the table. `as_of` is the day on which `source` said so."""

    code: str
    on: str  # "send" or "receipt"
    code_class: CodeClass
    meaning: str
    source: str
    as_of: str


JUDGEMENTS = {
    CodeClass.RECIPIENT: ReceiptJudgement.RECIPIENT,
    CodeClass.CONTENT: ReceiptJudgement.CONTENT,
    CodeClass.SENDER: ReceiptJudgement.SENDER,
    CodeClass.TRY_AGAIN: ReceiptJudgement.AGAIN,
    CodeClass.NEXT_DAY: ReceiptJudgement.NEXT_DAY,
    CodeClass.STOPPED: ReceiptJudgement.STOPPED,
}


def judge(code: str) -> ReceiptJudgement:
    """Gives what a code in a receipt says of the messages to come; NONE for one that is not in the table."""
    known = error_codes("receipt").get(code)
    return JUDGEMENTS.get(known.code_class, ReceiptJudgement.NONE) if known is not None else ReceiptJudgement.NONE


@cache
def error_codes(on: str) -> Mapping[str, ErrorCode]:
    """Gives the codes that are known on `send` or in a `receipt`, by code."""
    with (Path(__file__).parent / "error_codes.csv").open(encoding="utf-8", newline="") as file:
        rows = [
            ErrorCode(row["code"], row["on"], CodeClass(row["class"]), row["meaning"], row["source"], row["as_of"])
            for row in csv.DictReader(file)
        ]
    return {row.code: row for row in rows if row.on == on}

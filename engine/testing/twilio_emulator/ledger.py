"""What the emulator has accepted and seen. In memory, and on disk where it must outlive its process."""

from __future__ import annotations

import json
from collections import deque
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TextIO

KEPT_REQUESTS = 1_000_000


@dataclass(slots=True)
class Accepted:
    """A message that was taken, or a text to the account."""

    sid: str
    at: float  # seconds since 1970
    to: str
    sender: str | None  # None until a messaging service has picked a number; of a text, the phone
    service: str | None
    body: str
    media: list[str]
    status_callback: str | None
    validity_period: int | None
    number: int  # 1 for the first
    direction: str = "outbound-api"  # or "outbound-reply", made by TwiML; or "inbound"


@dataclass(slots=True)
class Called:
    """A webhook or a status callback that was posted once."""

    at: float  # when it was answered, or given up
    sid: str
    what: str  # "received", or the status
    status: int | None  # None: no answer


@dataclass(slots=True)
class Seen:
    """A request that came in, whatever became of it."""

    at: float
    method: str
    path: str
    to: str | None
    fault: str | None
    sid: str | None  # what it made


class Ledger:
    """Messages in the order in which they were taken; with a file, those of earlier runs too."""

    def __init__(self, path: Path | None = None) -> None:
        self.messages: list[Accepted] = []
        self.requests: deque[Seen] = deque(maxlen=KEPT_REQUESTS)
        self.by_sid: dict[str, Accepted] = {}
        self.by_to: dict[str, list[Accepted]] = {}
        self.received: list[Accepted] = []
        self.calls: deque[Called] = deque(maxlen=KEPT_REQUESTS)
        self._path = path
        self._file: TextIO | None = None

    def open(self) -> None:
        """Reads what an earlier run has left and goes on behind it."""
        if self._path is None or self._file is not None:
            return
        self._file = self._path.open("a+", encoding="utf-8", newline="\n")
        self._file.seek(0)
        whole = 0
        for line in self._file.read().split("\n")[:-1]:
            self._keep(Accepted(**json.loads(line)))
            whole += len(line.encode()) + 1
        # What stands behind the last line's end was cut off by a kill.
        self._file.truncate(whole)

    def close(self) -> None:
        """Closes the file."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def add(self, at: float, **fields: Any) -> Accepted:
        """Takes a message and gives it its SID. Is in the operating system's hands when this returns."""
        number = len(self.messages) + len(self.received) + 1
        kind = "MM" if fields["media"] else "SM"
        message = Accepted(sid=f"{kind}{number:032x}", at=at, number=number, **fields)
        if self._file is not None:
            self._file.write(json.dumps(asdict(message), ensure_ascii=False) + "\n")
            self._file.flush()
        self._keep(message)
        return message

    def accepted_by_to(self) -> dict[str, list[str]]:
        """Gives the SIDs of the messages taken, by recipient."""
        return {to: [message.sid for message in messages] for to, messages in self.by_to.items()}

    def _keep(self, message: Accepted) -> None:
        self.by_sid[message.sid] = message
        if message.direction == "inbound":
            self.received.append(message)
            return
        self.messages.append(message)
        self.by_to.setdefault(message.to, []).append(message)

"""The ways in which a call can go wrong: scripted for the next calls, or by chance."""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, Self


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that happens to one call, or to `times` calls in a row."""

    answer: Literal["normal", "error", "drop", "garbage"] = "normal"
    accepted: bool = True
    """Whether the call is carried out before it goes wrong."""
    delay: float = 0.0
    """Seconds of silence before the answer."""
    status: int = 500
    code: int | None = None
    message: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str | None = None
    """What is answered word for word, in place of Twilio's error JSON (or of the message, for garbage)."""
    on: Literal["create", "list", "fetch", "account", "senders", "configure", "any"] = "create"
    to: str | None = None
    """Only calls about this recipient."""
    times: int = 1

    @classmethod
    def rate_limited(cls, retry_after: str | None = "1", **more: Any) -> Self:
        """429 with code 20429: not processed. `retry_after` is the header's text, seconds or an HTTP date."""
        headers = {} if retry_after is None else {"Retry-After": retry_after}
        return cls(
            "error", accepted=False, status=429, code=20429, message="Too many requests", headers=headers, **more
        )

    @classmethod
    def server_error(cls, *, accepted: bool, status: int = 500, code: int | None = 20500, **more: Any) -> Self:
        """5xx, with the message taken all the same or not."""
        return cls("error", accepted=accepted, status=status, code=code, message="Internal server error", **more)

    @classmethod
    def refused(cls, code: int, message: str = "refused", *, status: int = 400, **more: Any) -> Self:
        """An error of Twilio's own."""
        return cls("error", accepted=False, status=status, code=code, message=message, **more)

    @classmethod
    def dropped(cls, *, accepted: bool, **more: Any) -> Self:
        """The connection breaks without an answer."""
        return cls("drop", accepted=accepted, **more)

    @classmethod
    def silent(cls, seconds: float, *, accepted: bool = True, **more: Any) -> Self:
        """No answer for so long. Then the normal one, or, where the message was not taken, a broken connection."""
        return cls("normal" if accepted else "drop", accepted=accepted, delay=seconds, **more)

    @classmethod
    def unreadable(cls, body: str = "<html>", *, accepted: bool = True, **more: Any) -> Self:
        """201 with something that is no JSON."""
        return cls("garbage", accepted=accepted, status=201, body=body, **more)

    @classmethod
    def slow(cls, seconds: float, **more: Any) -> Self:
        """The normal answer, late."""
        return cls("normal", delay=seconds, **more)

    def as_json(self) -> dict[str, Any]:
        """Gives it as plain data, for the admin address."""
        return asdict(self)


class FaultPlan:
    """Which fault the next call gets: first the script, in its order, then chance."""

    def __init__(self, seed: int = 0) -> None:
        self._script: deque[Fault] = deque()
        self._chances: list[tuple[float, Fault]] = []
        self._random = random.Random(seed)  # noqa: S311 # tests want the same faults every time

    def script(self, *faults: Fault) -> None:
        """Adds faults for the next calls, one after the other."""
        for fault in faults:
            self._script.extend([fault] * fault.times)

    def chance(self, chances: Iterable[tuple[float, Fault]], *, seed: int | None = None) -> None:
        """Sets what happens by chance: (probability, fault), the probabilities adding up to 1 at most."""
        self._chances = list(chances)
        if seed is not None:
            self._random.seed(seed)

    def clear(self) -> None:
        """Lets everything go well again."""
        self._script.clear()
        self._chances = []

    def next(self, on: str, to: str | None) -> Fault | None:
        """Gives the fault for a call, and takes it off the script."""
        for place, fault in enumerate(self._script):
            if _fits(fault, on, to):
                del self._script[place]
                return fault
        if not self._chances:
            return None
        throw = self._random.random()
        for probability, fault in self._chances:
            throw -= probability
            if throw < 0:
                return fault if _fits(fault, on, to) else None
        return None


def _fits(fault: Fault, on: str, to: str | None) -> bool:
    return fault.on in (on, "any") and fault.to in (None, to)

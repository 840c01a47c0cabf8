"""Bodies of calls: read whole, or not for long."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from engine.contracts import AsgiMessage
from engine.web.bodies import LONGEST, Bodies, BodyError, Gone, TooLong, TooSlow

END: AsgiMessage = {"type": "http.request", "body": b"end"}
PART: AsgiMessage = {"type": "http.request", "body": b"part ", "more_body": True}
GONE: AsgiMessage = {"type": "http.disconnect"}
LARGE: AsgiMessage = {"type": "http.request", "body": b"x" * LONGEST, "more_body": True}


async def read(bodies: Bodies, messages: Sequence[AsgiMessage], length: str = "") -> bytes:
    """Reads a body that arrives in parts, and after the last of them not at all."""
    left = iter(messages)

    async def receive() -> AsgiMessage:
        await asyncio.sleep(0)
        found = next(left, None)
        return found if found is not None else await asyncio.Future()

    return await bodies.read(receive, length)


def test_its_parts_are_put_together() -> None:
    assert asyncio.run(read(Bodies(), [PART, PART, END], "13")) == b"part part end"


@pytest.mark.parametrize(
    ("messages", "length", "error"),
    [
        ([END], str(LONGEST + 1), TooLong),
        ([LARGE, END], "", TooLong),  # nothing says how long it is
        ([LARGE, END], "3", TooLong),  # what is said is not believed
        ([PART, GONE], "", Gone),
        ([PART], "", TooSlow),
        ([], "3", TooSlow),
    ],
)
def test_what_is_not_to_be_had(messages: Sequence[AsgiMessage], length: str, error: type[BodyError]) -> None:
    with pytest.raises(error):
        asyncio.run(read(Bodies(patience=0.01), messages, length))


def test_one_that_is_too_slow_holds_up_no_other() -> None:
    async def main() -> Sequence[bytes | BaseException]:
        bodies = Bodies(patience=0.02)
        slow = [read(bodies, [PART]) for _ in range(3)]
        return await asyncio.gather(*slow, read(bodies, [PART, END]), return_exceptions=True)

    *slow, read_whole = asyncio.run(main())
    assert [type(one) for one in slow] == [TooSlow] * 3
    assert read_whole == b"part end"


def test_whoever_is_stopped_while_reading_is_stopped() -> None:
    async def main() -> bool:
        reading = asyncio.create_task(read(Bodies(), [PART]))
        await asyncio.sleep(0.01)
        reading.cancel()
        await asyncio.wait([reading])
        return reading.cancelled()

    assert asyncio.run(main())

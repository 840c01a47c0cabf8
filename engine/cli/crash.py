"""Named crash points: a hook that does nothing in production and lets a test kill the process there.

`ENGINE_CRASH_AT=after-commit` kills at the first visit of that point, `ENGINE_CRASH_AT=after-commit:3` at the third.
The kill is SIGKILL: no handler, no flush, no farewell, as when the kernel runs out of memory.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Mapping

from engine.errors import UsageError

VARIABLE = "ENGINE_CRASH_AT"


def crash_hook(variables: Mapping[str, str]) -> Callable[[str], None]:
    """Gives what the send loop and apply call at each named point.

    Raises UsageError where ENGINE_CRASH_AT is set to something that is no point and count.
    """
    wanted = variables.get(VARIABLE, "")
    if not wanted:
        return _carry_on
    name, _, count = wanted.partition(":")
    if not name or not (count or "1").isdecimal() or int(count or "1") < 1:
        raise UsageError(
            f"{VARIABLE}={wanted!r} names no crash point", hint="write it as a name, or name:N for the N-th"
        )
    left = int(count or "1")

    def visit(point: str) -> None:
        nonlocal left
        if point == name:
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    return visit


def _carry_on(point: str) -> None:
    """Goes on, as production does at every point."""

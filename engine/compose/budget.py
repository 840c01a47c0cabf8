"""What a template may use up: counted, never timed, so that a template ends the same way on every machine."""

from __future__ import annotations

from collections.abc import Sized

from liquid.exceptions import ResourceLimitError

LOOPS = 1_000
OUTPUT = 8_000
NAMESPACE = 20_000
DEPTH = 8
STEPS = 50_000
"""Look-ups, filters and rounds of loops in one message; the longest honest template takes a few hundred."""
BUILT = 20_000
"""Characters that one filter may build, in a text or in all texts of a list."""
READ = 100_000
"""Characters that a filter takes in: long enough for any attribute that is to be cut down."""
ITEMS = 1_000
"""Items of a list that a filter takes in or builds."""
BITS = 256
"""Bits of a whole number: a few multiplications of a number with itself would otherwise fill the memory."""


class TooBigError(ResourceLimitError):
    """A template builds more than a message can hold."""


class TooSlowError(ResourceLimitError):
    """A template works longer than a message is worth."""


class TooDeepError(ResourceLimitError):
    """Snippets render snippets without end."""


class Meter:
    """Counts what one rendering has used."""

    __slots__ = ("asked_time", "steps")

    def __init__(self) -> None:
        self.steps = 0
        self.asked_time = False

    def spend(self, steps: int = 1) -> None:
        """Takes steps off the budget. Raises TooSlowError when it is used up."""
        self.steps += steps
        if self.steps > STEPS:
            raise TooSlowError(f"the template takes more than {STEPS:,} steps", token=None)


def check_taken(value: object) -> None:
    """Raises TooBigError where a filter should not be given this."""
    if isinstance(value, str):
        if len(value) > READ:
            raise TooBigError(f"a text of {len(value):,} characters is too long to work on", token=None)
    elif isinstance(value, (list, tuple, range)):
        _check_items(value)
    elif isinstance(value, int):
        _check_number(value)


def check_built(value: object) -> None:
    """Raises TooBigError where a filter should not have built this."""
    if isinstance(value, str):
        check_length(len(value))
    elif isinstance(value, (list, tuple)):
        _check_items(value)
        check_length(sum(len(item) for item in value if isinstance(item, str)))
    elif isinstance(value, int):
        _check_number(value)


def check_length(length: int) -> None:
    """Raises TooBigError where a text of that many characters must not be built; asked before it is."""
    if length > BUILT:
        raise TooBigError(f"a filter builds {length:,} characters, and {BUILT:,} are the limit", token=None)


def _check_items(value: Sized) -> None:
    try:
        items = len(value)
    except OverflowError:
        items = ITEMS + 1
    if items > ITEMS:
        raise TooBigError(f"a list of more than {ITEMS:,} items is too long to work on", token=None)


def _check_number(value: int) -> None:
    if value.bit_length() > BITS:
        raise TooBigError("a number grows beyond any use", token=None)

"""What a name that leads nowhere is: false, blank, empty, nothing to loop over, and an error where it is printed."""

from __future__ import annotations

from typing import NoReturn

from liquid import Token, Undefined
from liquid.exceptions import UndefinedError


class MissingValueError(UndefinedError):
    """A missing value was printed. `path` is its full name, e.g. `customer.address.city`."""

    def __init__(self, path: str, token: Token | None) -> None:
        super().__init__(f"{path} is missing", token=token)
        self.path = path


class Missing(Undefined):
    """A missing value. It passes through filters until `default` replaces it, and knows its full name."""

    __slots__ = ()
    force_liquid_default = True

    @property
    def path(self) -> str:
        """The full name, as written in the template."""
        return self.name

    def print(self) -> NoReturn:
        """Raises MissingValueError."""
        raise MissingValueError(self.name, self.token)

    def __getitem__(self, key: object) -> Missing:
        return Missing(f"{self.name}.{key}", token=self.token)

    def __str__(self) -> str:
        self.print()

    def __format__(self, spec: str) -> str:
        self.print()

    def __bool__(self) -> bool:
        return False

    def __eq__(self, other: object) -> bool:
        return other is None or isinstance(other, Undefined)

    def __hash__(self) -> int:
        return hash(None)

    def __repr__(self) -> str:
        return f"Missing({self.name})"


def path_of(segments: list[object]) -> str:
    """Gives a path as a template writes it."""
    words = [str(segments[0])]
    for segment in segments[1:]:
        if isinstance(segment, str):
            words.append(f".{segment}" if segment.replace("-", "_").isidentifier() else f"[{segment!r}]")
        elif isinstance(segment, Missing):
            words.append(f"[{segment.path}]")
        else:
            words.append(f"[{segment}]")
    return "".join(words)

"""Values that never change, made by the hundred thousand.

A frozen dataclass takes twice as long to make as an open one, since each field is set through a method call. What the
send loop makes for every message is a record instead: frozen to the type checker, open at run time.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar, dataclass_transform

T = TypeVar("T")


@dataclass_transform(frozen_default=True)
def record(cls: type[T]) -> type[T]:
    """Makes a dataclass with slots whose fields no one may assign to; mypy sees to it. Records have no hash."""
    return dataclass(slots=True)(cls)

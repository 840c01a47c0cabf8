"""Between what Engine speaks in and what a row holds: moments, JSON, message ids."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from hashlib import blake2b
from typing import Any

from engine.types import Json

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)

_PREFIX = "msg_"
_SEQ_DIGITS = 10
_MARK_DIGITS = 12
_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False)
_DECODER = json.JSONDecoder()
_CANONICAL = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False, sort_keys=True)


def to_micros(moment: datetime) -> int:
    """Gives microseconds since 1970 in UTC. Raises TypeError for a moment without a zone."""
    return (moment - EPOCH) // MICROSECOND


def to_moment(micros: int) -> datetime:
    """Gives the moment, aware, in UTC."""
    return EPOCH + timedelta(microseconds=micros)


def to_optional_moment(micros: int | None) -> datetime | None:
    """Gives the moment, or None for none."""
    return None if micros is None else to_moment(micros)


def _quick_encoder() -> Callable[[Json, int], Iterable[str]]:
    """Gives what encodes, made once: `JSONEncoder.encode` makes it anew for every value, which takes twice as long as
    to encode a small one. Not every Python has it."""
    make = getattr(json.encoder, "c_make_encoder", None)
    if make is None:
        return lambda value, _: (_ENCODER.encode(value),)
    quote, ends = json.encoder.encode_basestring, (_ENCODER.key_separator, _ENCODER.item_separator)
    quick: Callable[[Json, int], Iterable[str]] = make(None, _ENCODER.default, quote, None, *ends, False, False, False)
    return quick


_ENCODE = _quick_encoder()


def dumps(value: Json) -> str:
    """Gives compact JSON. Raises ValueError for what JSON cannot hold."""
    return "".join(_ENCODE(value, 0))


def loads(text: str) -> Any:
    """Gives what `dumps` wrote: nothing stands around it, which `json.loads` would look for."""
    return _DECODER.raw_decode(text)[0]


def digest(template: str, data: Json) -> str:
    """Gives a hash that is equal for equal templates and data, whatever the order of keys."""
    return blake2b(_CANONICAL.encode([template, data]).encode(), digest_size=16).hexdigest()


class MessageIds:
    """Makes public ids of row numbers and back, without a column or an index for them.

    An id is `msg_`, the row number in 10 hexadecimal digits (so ids sort by age) and 48 bits of a keyed hash: an id
    cannot be guessed, and an id of another state, or of one that was deleted and made anew, is not found here.
    """

    def __init__(self, key: bytes) -> None:
        self._keyed = blake2b(key=key, digest_size=_MARK_DIGITS // 2)
        # A message is named some six times on its way; 8,192 are more than are ever on it at once.
        self.encode = lru_cache(8192)(self.encode_new)

    def encode_new(self, seq: int) -> str:
        """Gives the id of a row that is not named again soon."""
        keyed = self._keyed.copy()
        keyed.update(b"%d" % seq)
        return f"{_PREFIX}{seq:0{_SEQ_DIGITS}x}{keyed.hexdigest()}"

    def decode(self, message_id: str) -> int | None:
        """Gives the row of an id, None for what is no id of this state."""
        try:
            seq = int(message_id[len(_PREFIX) : len(_PREFIX) + _SEQ_DIGITS], 16)
        except ValueError:
            return None
        return seq if seq > 0 and self.encode(seq) == message_id else None

"""What a server writes about itself, on standard error: text or JSON, a line each, and nobody's number in it."""

from __future__ import annotations

import json
import logging
import os
import re
import sys
import threading
import traceback
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

from engine.cli.context import utc_now

if TYPE_CHECKING:
    from engine.web.log import Access

ROOM = 50_000
"""Requests that wait to be written down at most."""

EVERY = 0.25
"""Seconds between two times of writing."""

LAST_WORDS = 2.0
"""Seconds that the end of a process waits for its log."""

NUMBER = re.compile(r"\+[1-9]\d{6,14}(?!\d)")


class Formatter(logging.Formatter):
    """Writes a record as a line, with a keyed hash in the place of every phone number: lines about one number can be
    told from others as long as the process runs, and the number cannot be found from them."""

    def __init__(self, key: bytes, *, as_json: bool) -> None:
        super().__init__()
        self._key = key
        self._as_json = as_json

    def format(self, record: logging.LogRecord) -> str:
        """Gives the line."""
        words = record.getMessage()
        trace = "".join(traceback.format_exception(*record.exc_info)) if record.exc_info else ""
        if self._as_json:
            line: dict[str, Any] = {"level": record.levelname.lower(), "logger": record.name, "message": words}
            return self._hidden(as_json({**line, "traceback": trace} if trace else line))
        return self._hidden(f"{record.levelname.lower()}: {words}" + (f"\n{trace.rstrip()}" if trace else ""))

    def _hidden(self, text: str) -> str:
        return NUMBER.sub(
            lambda found: f"~{blake2b(found[0].encode(), key=self._key, digest_size=4).hexdigest()}", text
        )


def log_to_stderr(key: bytes, *, as_json: bool) -> None:
    """Sends warnings and errors of every part of this process to standard error."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Formatter(key, as_json=as_json))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)


class AccessLines:
    """Writes the line of each request, together with others and on a thread of its own: neither the writing nor a
    reader who does not keep up holds up an answer."""

    def __init__(self, *, as_json: bool) -> None:
        self._line = _json_line if as_json else _text_line
        self._waiting: list[Access] = []
        self._missed = 0
        self._ends = threading.Event()
        self._thread = threading.Thread(target=self._run, name="access-log", daemon=True)
        self._thread.start()

    def __call__(self, access: Access) -> None:
        """Takes a request; one for which there is no room is only counted."""
        if len(self._waiting) < ROOM:
            self._waiting.append(access)
        else:
            self._missed += 1

    def close(self) -> None:
        """Writes what is left, unless nobody reads."""
        self._ends.set()
        self._thread.join(LAST_WORDS)

    def _run(self) -> None:
        while not self._ends.wait(EVERY):
            self._write()
        self._write()

    def _write(self) -> None:
        accesses, self._waiting = self._waiting, []
        missed, self._missed = self._missed, 0
        lines = [self._line(access) for access in accesses]
        if missed:
            lines.append(f"{missed} requests were not written down\n")
        text = "".join(lines).encode()
        while text:
            # Not through sys.stderr: its lock, held by a thread that waits for a reader, would hold up the end.
            text = text[os.write(sys.stderr.fileno(), text) :]


def _text_line(access: Access) -> str:
    words = f" {access.remark}" if access.remark else ""
    return f"{access.method} {access.route} {access.status} {access.milliseconds:.1f} ms{words}\n"


def _json_line(access: Access) -> str:
    line = {
        "at": access.at.isoformat(),
        "method": access.method,
        "route": access.route,
        "status": access.status,
        "ms": round(access.milliseconds, 1),
    }
    return json.dumps({**line, "remark": access.remark} if access.remark else line, ensure_ascii=False) + "\n"


def as_json(line: dict[str, Any]) -> str:
    """Gives a line of the log, with the present moment."""
    return json.dumps({"at": utc_now().isoformat(), **line}, ensure_ascii=False)

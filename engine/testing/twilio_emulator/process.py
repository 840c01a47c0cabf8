"""The emulator in a process of its own, and how to talk to one."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from engine.testing.twilio_emulator.faults import Fault


@dataclass(frozen=True, slots=True)
class RemoteEmulator:
    """A running emulator, through its admin address."""

    url: str

    def accepted_by_to(self) -> dict[str, list[str]]:
        """Gives the SIDs of the messages taken, by recipient."""
        return cast("dict[str, list[str]]", self._ask("GET", "accepted"))

    def messages(self) -> list[dict[str, Any]]:
        """Gives the messages taken, in order, with the fields of `Accepted`."""
        return cast("list[dict[str, Any]]", self._ask("GET", "messages"))

    def requests(self) -> list[dict[str, Any]]:
        """Gives every request that came in, in order, with the fields of `Seen`."""
        return cast("list[dict[str, Any]]", self._ask("GET", "requests"))

    def summary(self) -> dict[str, int]:
        """Gives counts: accepted, recipients, requests, most_in_flight."""
        return cast("dict[str, int]", self._ask("GET", "summary"))

    def text(self, from_number: str, to: str, body: str, **more: Any) -> str:
        """Lets a text arrive, with the arguments of `Texts.arrive`; gives its SID."""
        return self.texts([{"from_number": from_number, "to": to, "body": body, **more}])[0]

    def texts(self, texts: Sequence[dict[str, Any]]) -> list[str]:
        """Lets many texts arrive at once; gives their SIDs."""
        return cast("list[str]", self._ask("POST", "texts", list(texts)))

    def received(self) -> list[dict[str, Any]]:
        """Gives the texts that have arrived, in order, with the fields of `Accepted`."""
        return cast("list[dict[str, Any]]", self._ask("GET", "received"))

    def calls(self) -> list[dict[str, Any]]:
        """Gives every webhook and status callback that was posted, in order, with the fields of `Called`."""
        return cast("list[dict[str, Any]]", self._ask("GET", "calls"))

    def script(self, *faults: Fault) -> None:
        """Adds faults for the next calls."""
        self._ask("POST", "faults", [fault.as_json() for fault in faults])

    def chance(self, chances: Iterable[tuple[float, Fault]], *, seed: int | None = None) -> None:
        """Sets what happens by chance."""
        self._ask("PUT", "chances", {"chances": [(p, fault.as_json()) for p, fault in chances], "seed": seed})

    def clear_faults(self) -> None:
        """Lets everything go well again."""
        self._ask("DELETE", "faults")

    def behave(self, **changes: Any) -> None:
        """Changes fields of `Behaviour`."""
        self._ask("PATCH", "behaviour", changes)

    def console(self) -> dict[str, dict[str, Any]]:
        """Gives the settings of every sender, by its value."""
        return cast("dict[str, dict[str, Any]]", self._ask("GET", "console"))

    def change(self, value: str, **settings: Any) -> None:
        """Changes settings of a sender, as a person does at Twilio's console."""
        self._ask("PATCH", "console", {value: settings})

    def _ask(self, method: str, what: str, data: Any = None) -> Any:
        body = None if data is None else json.dumps(data).encode()
        request = urllib.request.Request(f"{self.url}/_emulator/{what}", data=body, method=method)  # noqa: S310 # loopback
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(request, timeout=30) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            with error:
                raise ValueError(f"the emulator refused: {error.read().decode()}") from error


@contextmanager
def emulator_process(*options: str, state: Path | None = None, wait: float = 30) -> Iterator[RemoteEmulator]:
    """Runs `python -m engine.testing.twilio_emulator` with these options, and stops it at the end."""
    command: Sequence[str] = [sys.executable, "-m", "engine.testing.twilio_emulator", "--port", "0", *options]
    if state is not None:
        command = [*command, "--state", str(state)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603 # our own interpreter
        try:
            assert process.stdout is not None
            url = process.stdout.readline().strip()
            if not url:
                raise RuntimeError("the emulator did not start")
            yield RemoteEmulator(url)
        finally:
            process.terminate()
            process.wait(wait)

"""The emulator's own address, `/_emulator/…`: its record, faults and behaviour, for tests in other processes."""

from __future__ import annotations

import json
from dataclasses import asdict, fields
from typing import TYPE_CHECKING, Any

from engine.testing.twilio_emulator.faults import Fault

if TYPE_CHECKING:
    from engine.testing.twilio_emulator.server import TwilioEmulator

PREFIX = "/_emulator/"


def answer(emulator: TwilioEmulator, method: str, path: str, body: str) -> tuple[int, bytes]:
    """Answers one admin request: status and JSON."""
    what = (method, path.removeprefix(PREFIX))
    try:
        found = _answer(emulator, what, json.loads(body) if body else None)
    except (ValueError, TypeError, KeyError) as error:
        return 400, json.dumps({"error": f"{type(error).__name__}: {error}"}).encode()
    return (200, json.dumps(found).encode()) if found is not None else (404, b'{"error": "no such address"}')


def _answer(emulator: TwilioEmulator, what: tuple[str, str], data: Any) -> Any:
    ledger = emulator.ledger
    match what:
        case ("GET", "summary"):
            return {
                "accepted": len(ledger.messages),
                "recipients": len(ledger.by_to),
                "requests": len(ledger.requests),
                "most_in_flight": emulator.most_in_flight,
            }
        case ("GET", "accepted"):
            return ledger.accepted_by_to()
        case ("GET", "messages"):
            return [asdict(message) for message in ledger.messages]
        case ("GET", "requests"):
            return [asdict(request) for request in ledger.requests]
        case ("GET", "calls"):
            return [asdict(call) for call in ledger.calls]
        case ("GET", "received"):
            return [asdict(text) for text in ledger.received]
        case ("GET", "console"):
            return {value: dict(emulator.console[value]) for value in emulator.console.values()}
        case ("PATCH", "console"):
            for value, settings in data.items():
                emulator.console.change(value, **settings)
        case ("POST", "texts"):
            assert emulator.texts is not None, "it runs, since it answers"
            return [emulator.texts.arrive(**text) for text in data]
        case ("POST", "faults"):
            emulator.faults.script(*(Fault(**fault) for fault in data))
        case ("PUT", "chances"):
            chances = [(float(probability), Fault(**fault)) for probability, fault in data["chances"]]
            emulator.faults.chance(chances, seed=data.get("seed"))
        case ("DELETE", "faults"):
            emulator.faults.clear()
        case ("PATCH", "behaviour"):
            _change(emulator, data)
            return asdict(emulator.behaviour)
        case _:
            return None
    return {"done": True}


def _change(emulator: TwilioEmulator, data: dict[str, Any]) -> None:
    known = {field.name for field in fields(emulator.behaviour)}
    for name, value in data.items():
        if name not in known:
            raise KeyError(name)
        if name == "progress":
            value = tuple((str(status), float(after)) for status, after in value)
        elif name == "receipts":
            value = {to: (str(status), int(code)) for to, (status, code) in value.items()}
        setattr(emulator.behaviour, name, value)

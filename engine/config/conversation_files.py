"""Reads the files of conversation tests, and checks what they name."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import TypeAdapter

from engine.config.addresses import texts
from engine.config.conversations import Conversation
from engine.config.explain import Checker, Path, did_you_mean

STANDARD = tuple(f"consent.{word}" for word in ("stop", "start", "help", "confirm"))
"""What `rule` says of STOP, START and HELP, which come before every rule, and of the YES that a topic asked for."""


@dataclass(frozen=True, slots=True)
class Known:
    """What the tests of a workspace may name. None: it could not be read, so nothing can be said of it."""

    templates: Collection[str]
    rules: Collection[str]
    topics: Collection[str]
    senders: Mapping[str, Any] | None
    people: Collection[str] | None


def read_conversations(checker: Checker, address: str, known: Known) -> list[Conversation] | None:
    """Gives the tests of one file, None where they are not valid; reports everything that is wrong."""
    data = checker.document.data
    found: list[Conversation] | None = checker.model(
        Conversation, data, address=address, adapter=TypeAdapter(list[Conversation])
    )
    names: dict[str, int] = {}
    for index, item in enumerate(data if isinstance(data, list) else ()):
        if isinstance(item, dict):
            _Check(checker, address, known, index).conversation(item)
            name = item.get("name")
            if isinstance(name, str) and name in names:
                message = f"another test of this file is called {name!r}"
                checker.at((index, "name"), "test.duplicate-name", message, "say what differs", address=address)
            elif isinstance(name, str):
                names[name] = index
    return found


class _Check:
    def __init__(self, checker: Checker, address: str, known: Known, index: int) -> None:
        self._checker = checker
        self._address = address
        self._known = known
        self._index = index

    def conversation(self, item: Mapping[str, Any]) -> None:
        if isinstance(item.get("person"), str):
            self._refer((self._index,), item, "person", "person", self._known.people)
        steps = item.get("steps")
        for number, step in enumerate(steps if isinstance(steps, list) else ()):
            if isinstance(step, dict):
                self._step((self._index, "steps", number), step)

    def _step(self, at: Path, step: Mapping[str, Any]) -> None:
        known = self._known
        self._refer((*at, "receive"), step.get("receive"), "to", "sender", known.senders)
        self._two_way((*at, "receive"), step.get("receive"))
        self._refer((*at, "send"), step.get("send"), "template", "template", known.templates)
        expect = step.get("expect")
        self._refer((*at, "expect"), expect, "rule", "keyword", (*known.rules, *STANDARD))
        topics = expect.get("topics") if isinstance(expect, dict) else None
        for name in topics if isinstance(topics, dict) else ():
            if name not in known.topics:
                message, hint = f"there is no topic {name!r}", did_you_mean(name, known.topics)
                path = (*at, "expect", "topics", name)
                self._checker.at(path, "ref.unknown-topic", message, hint, address=self._address, key=True)

    def _two_way(self, at: Path, receive: Any) -> None:
        for path, name in texts(receive, "to"):
            sender = (self._known.senders or {}).get(name)
            if isinstance(sender, dict) and sender.get("alphanumeric") is not None:
                message = f"the sender {name!r} cannot be texted: alphanumeric IDs are one-way"
                hint = "name one with a number"
                self._checker.at((*at, *path), "test.one-way-sender", message, hint, address=self._address)

    def _refer(self, at: Path, data: Any, key: str, kind: str, known: Collection[str] | None) -> None:
        for path, name in texts(data, key):
            if known is not None and name not in known:
                message, hint = f"there is no {kind} {name!r}", did_you_mean(name, known)
                self._checker.at((*at, *path), f"ref.unknown-{kind}", message, hint, address=self._address)

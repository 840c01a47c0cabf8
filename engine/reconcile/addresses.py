"""What an address and the objects behind it say of each other: workspaces, kinds, and the snippets that a template
renders."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from engine.types import Json

Objects = Mapping[str, Mapping[str, Json]]
"""Address → plain data, as `engine.config.snapshot.snapshot` gives it."""


PROVIDER = "provider"
"""The kind of what a plan changes at a provider: `acme/provider/support` is the sender `support` there."""


def workspace_of(address: str) -> str:
    """Gives the workspace that an address lies in; of `engine`, that word."""
    return address.partition("/")[0]


def kind_of(address: str) -> str:
    """Gives the kind of an object by its address: template, sender, workspace …"""
    return address.split("/", 2)[1] if "/" in address else address


def name_of(address: str) -> str:
    """Gives an object's name in its workspace: of `acme/template/club/welcome`, `club/welcome`."""
    return address.split("/", 2)[2] if address.count("/") > 1 else ""


def snippets_of(address: str, objects: Objects) -> set[str]:
    """Gives the addresses of every snippet that an object renders, directly or through another."""
    workspace = workspace_of(address)
    found: set[str] = set()
    waiting = [address]
    while waiting:
        for name in _rendered(_texts(objects.get(waiting.pop(), {}))):
            snippet = f"{workspace}/snippet/{name}"
            if snippet not in found:
                found.add(snippet)
                waiting.append(snippet)
    return found


def _rendered(texts: Iterable[str]) -> set[str]:
    return {name for text in texts for name in re.findall(r"""\b(?:render|include)\s+['"]([^'"]+)['"]""", text)}


def _texts(value: Json) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from _texts(inner)
    elif isinstance(value, Sequence):
        for inner in value:
            yield from _texts(inner)

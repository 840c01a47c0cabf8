"""Writes what an account has into senders.yaml, and leaves everything else in it as it stands, comments above all."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap
from ruamel.yaml.scalarstring import DoubleQuotedScalarString

from engine.config.comments import words
from engine.config.fmt import format_yaml
from engine.config.models import SenderConfig
from engine.config.text import Report
from engine.config.yamlfile import Document
from engine.errors import ConfigError
from engine.types import RemoteSender, SenderKind, SenderWebhook

FIELDS = tuple(SenderConfig.model_fields)
LONGEST_NAME = 63

Wanted = Callable[[SenderConfig], Mapping[SenderWebhook, str]]
"""Gives the webhook addresses that a sender's config wants at the provider."""


@dataclass(frozen=True, slots=True)
class Pulled:
    """The file as it should be, and what in it is new."""

    text: str
    added: Mapping[str, str]  # name → value
    changed: Mapping[str, tuple[str, ...]]  # name → fields


def pull(
    text: str,
    senders: Mapping[str, SenderConfig],
    remote: Sequence[RemoteSender],
    *,
    wanted: Wanted,
    without: Collection[str] = (),
) -> Pulled:
    """Gives senders.yaml with what the account has: new senders at the end, and what is otherwise of those that stand
    there. Nothing is taken out. `senders` is what the file says, `without` are values that are another workspace's.

    Once more with what it gives, it changes nothing. Raises ConfigError where a comment would be lost.
    """
    writer = _writer()
    file = writer.load(text) or CommentedMap()
    below = file.get("senders") or CommentedMap()
    known = {sender.value: name for name, sender in senders.items()}
    added: dict[str, str] = {}
    changed: dict[str, tuple[str, ...]] = {}
    for one in remote:
        if one.value in known:
            name = known[one.value]
            fields = _differences(senders[name], one, wanted)
            for key, value in fields.items():
                _put(below[name], key, value)
            if fields:
                changed[name] = tuple(fields)
        elif one.sms and one.value not in without:
            name = _name(one, {*below, *senders})
            _append(below, name, _new(one, wanted))
            added[name] = one.value
    if not added and not changed:
        return Pulled(text, {}, {})
    if file.get("senders") is not below:
        file["senders"] = below
    return Pulled(_checked(text, writer, file), added, changed)


def _differences(sender: SenderConfig, remote: RemoteSender, wanted: Wanted) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if sender.kind is not None and remote.kind != sender.kind:
        found["kind"] = str(remote.kind)
    if sender.mms != remote.mms:
        found["mms"] = remote.mms
    webhooks = {}
    for webhook, url in wanted(sender).items():
        there = remote.webhooks.get(webhook, url)
        named = getattr(sender.webhooks, webhook) not in (None, "engine", "leave")
        # An empty place is nobody's choice: `apply` may fill it, unless the file names what should stand there.
        if there != url and (there or named):
            webhooks[str(webhook)] = _target(there)
    if webhooks:
        found["webhooks"] = webhooks
    return found


def _new(remote: RemoteSender, wanted: Wanted) -> CommentedMap:
    is_service = remote.kind is SenderKind.MESSAGING_SERVICE
    made = CommentedMap()
    made["messaging_service" if is_service else "number"] = (
        remote.value if is_service else DoubleQuotedScalarString(remote.value)
    )
    if not is_service:
        made["kind"] = str(remote.kind)
    if remote.countries is not None:
        made["countries"] = sorted(remote.countries)
    if remote.mms:
        made["mms"] = True
    as_written = SenderConfig.model_validate({key: _plain(value) for key, value in made.items()})
    webhooks = _differences(as_written, remote, wanted).get("webhooks")
    if webhooks:
        made["webhooks"] = _flow(webhooks)
    return made


def _target(url: str) -> str:
    """Gives what stands in the config for an address at the provider: `leave` for what cannot, or should not, be
    written down: no https, no POST, or something in it that may be a secret."""
    if not url:
        return "none"
    parts = urlsplit(url)
    plain = parts.scheme == "https" and " " not in url and "@" not in parts.netloc and not parts.query
    return url if plain else "leave"


def _name(remote: RemoteSender, taken: Collection[str]) -> str:
    """Gives a name: of the label that it has at the provider, or of its kind and last digits."""
    name = re.sub(r"[^a-z0-9]+", "-", remote.label.lower()).strip("-")[:LONGEST_NAME].rstrip("-")
    if not re.search(r"[a-z]", name):
        name = f"{remote.kind}-{remote.value[-4:] if len(remote.value) > 8 else remote.value}"
    found, number = name, 1
    while found in taken:
        number += 1
        found = f"{name[: LONGEST_NAME - len(str(number)) - 1]}-{number}"
    return found


def _put(sender: CommentedMap, key: str, value: Any) -> None:
    """Sets a field in the place that it has in the canonical order."""
    if isinstance(value, dict) and isinstance(sender.get(key), CommentedMap):
        for inner, target in value.items():
            _put(sender[key], inner, target)
        return
    value = _flow(value) if isinstance(value, dict) else value
    if key in sender:
        sender[key] = _quoted(value)
        return
    rank = {name: place for place, name in enumerate((*FIELDS, *map(str, SenderWebhook)))}
    place = next((n for n, name in enumerate(sender) if rank.get(name, len(rank)) > rank[key]), len(sender))
    # What stands behind the last field, such as the comment of the next sender, belongs to it in ruamel's eyes.
    if place == len(sender) and not sender.fa.flow_style():
        place -= 1
    sender.insert(place, key, _quoted(value))


def _append(senders: CommentedMap, name: str, sender: CommentedMap) -> None:
    siblings = [one for one in senders.values() if isinstance(one, CommentedMap)]
    if siblings and all(one.fa.flow_style() for one in siblings):
        sender.fa.set_flow_style()
    if not senders:
        senders.fa.set_block_style()
    senders[name] = sender


def _checked(text: str, writer: YAML, file: CommentedMap) -> str:
    stream = io.StringIO()
    writer.dump(file, stream)
    after = stream.getvalue()
    if not YAML().load(text):
        after = f"{text.rstrip()}\n{after}".lstrip("\n")  # a file of comments alone
    report = Report()
    before, now = Document(text, "", Report()), Document(after, "", report)
    if report.findings or words(before) != words(now):
        raise ConfigError(
            "senders.yaml cannot be written without losing something of it",
            report.findings,
            hint="bring it into its canonical form first: engine fmt",
        )
    return format_yaml(after, "senders") if text and format_yaml(text, "senders") == text else after


def _writer() -> YAML:
    writer = YAML()
    writer.width = 1 << 20
    writer.indent(mapping=2, sequence=4, offset=2)
    writer.allow_unicode = True
    writer.preserve_quotes = True
    return writer


def _flow(values: Mapping[str, str]) -> CommentedMap:
    made = CommentedMap((name, _quoted(value)) for name, value in values.items())
    made.fa.set_flow_style()
    return made


def _quoted(value: Any) -> Any:
    return DoubleQuotedScalarString(value) if isinstance(value, str) and "/" in value else value


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, str) else value

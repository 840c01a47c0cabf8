"""Template, person and data → the exact message. Previews and sends run this same code."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import field
from datetime import datetime
from typing import Literal

from engine.compose.builtin import built_in
from engine.compose.environment import MessageEnvironment
from engine.compose.languages import variant
from engine.compose.links import LinkRules
from engine.compose.media import arrange
from engine.compose.names import customer_names, workspace_names
from engine.compose.recipients import Reader
from engine.compose.rendering import Compiled
from engine.compose.segments import first_non_gsm, measure_text, smart_encode
from engine.config.models import SenderConfig, Template, TemplateText, Workspace
from engine.errors import ComposeError
from engine.outbox import Link
from engine.plugins import Plugins
from engine.record import record
from engine.types import E164, Encoding, Finding, Json, Person, Sender, Severity

LONGEST = 1_600
"""Characters of a body, text or MMS: Twilio refuses more (error 21617), and so do the other large providers."""


@record
class Recipient:
    """Who a message goes to, and what it is about.

    `number`, where given, is the destination whatever `to` says; `reply_from` is the sender whatever `sender` says.
    """

    person: Person | None
    number: str | None = None
    data: Mapping[str, Json] = field(default_factory=dict)
    event: Mapping[str, Json] = field(default_factory=dict)
    reply_from: str | None = None


@record
class Address:
    """Where a message goes and who sends it. `sender` None: none of the template's senders reaches the country."""

    to: E164
    sender_name: str | None
    sender: Sender | None


@record
class Composed:
    """One message, exactly as it would be sent."""

    to: str
    country: str | None
    sender_name: str
    sender: Sender
    body: str
    kind: Literal["sms", "mms"]
    encoding: Encoding
    characters: int  # as Twilio's calculator counts: septets in GSM-7, grapheme clusters in UCS-2
    segments: int  # 1 for an MMS, which is not cut
    media: tuple[str, ...]
    links: tuple[Link, ...]
    findings: tuple[Finding, ...]


class Composer:
    """Composes one workspace's messages. Templates are parsed once, when they are first used."""

    def __init__(self, name: str, workspace: Workspace, *, plugins: Plugins, reader: Reader, links: LinkRules) -> None:
        self.name = name
        self.workspace = workspace
        self.environment = MessageEnvironment(workspace.snippets)
        plugins.prepare_liquid(self.environment)
        self.compiled = Compiled(self.environment)
        self._plugins = plugins
        self._reader = reader
        self._links = links
        self._workspace_names = workspace_names(workspace.settings)
        self._senders = {name: _sender(name, config) for name, config in workspace.senders.items()}
        everywhere = workspace.settings.countries
        self._reached = {
            name: frozenset(everywhere if config.countries is None else config.countries)
            for name, config in workspace.senders.items()
        }

    def address(self, template: str, recipient: Recipient, *, avoid: Collection[str] = ()) -> Address:
        """Gives where a message would go and from whom: the first of the template's senders that reaches the country,
        those to `avoid` only where no other does. A `to` expression knows no `"now"`.

        Raises ComposeError: `template.unknown`, `number.missing`, `number.invalid`, `sender.unknown`, and what the
        `to` expression makes of it.
        """
        found = self._template(template)
        text = variant(found, recipient.person)
        to = self._number(template, found, text, recipient)
        if recipient.reply_from is not None:
            sender = self._senders.get(recipient.reply_from)
            if sender is None:
                raise ComposeError("sender.unknown", f"there is no sender {recipient.reply_from!r} any more")
            return Address(to, sender.name, sender)
        for name in sorted(text.sender, key=lambda name: name in avoid) if avoid else text.sender:
            if to.country in self._reached.get(name, ()):
                return Address(to, name, self._senders[name])
        return Address(to, None, None)

    def topic(self, template: str) -> str | None:
        """Gives the topic that a template belongs to, None for none."""
        return self._template(template).topic

    def compose(
        self,
        template: str,
        recipient: Recipient,
        *,
        message_id: str | None,
        now: datetime,
        address: Address | None = None,
    ) -> Composed:
        """Gives the message. Without an id it is a preview: the same, with stand-ins for its short links.

        Raises ComposeError: the reasons of `address`, `sender.none-reaches`, `template.*`, `link.*`, `media.*`.
        """
        found = self._template(template)
        text = variant(found, recipient.person)
        where = address or self.address(template, recipient)
        if where.sender is None or where.sender_name is None:
            senders, country = ", ".join(text.sender), where.to.country or "this number"
            raise ComposeError(
                "sender.none-reaches",
                f"none of the template's senders ({senders}) reaches {country}",
                hint="add a sender whose countries include it",
            )
        message = {**_message(template, found), "sender": where.sender_name, "to": where.to.number}
        names = self._names(recipient, where.to.number if recipient.number else None, message)
        body = _valid(self.compiled.render(text.body, names, now))
        media = tuple(filter(None, [self.compiled.render(one, names, now).strip() for one in text.media]))
        arranged = arrange(
            body,
            media,
            fallback=text.media_fallback,
            plugins=self._plugins,
            workspace=self.name,
            message_id=message_id,
            to=where.to,
            sender=where.sender,
        )
        smart = self.workspace.settings.smart_encoding
        linked = self._links.apply(
            arranged.body,
            shorten=text.shorten_links,
            message_id=message_id,
            now=now,
            number=where.to.number,
            facts={**message, "workspace": self.name},
            elsewhere=smart_encode if smart else _as_it_is,
        )
        return self._finish(text, where, where.sender, linked.text, arranged.media, linked.links, linked.findings)

    def time_zones(self, number: str) -> Sequence[str]:
        """Gives the IANA zones that an E.164 number could be in; empty where nothing is known."""
        return self._reader.time_zones(number)

    def _finish(
        self,
        text: TemplateText,
        where: Address,
        sender: Sender,
        body: str,
        media: tuple[str, ...],
        links: tuple[Link, ...],
        findings: tuple[Finding, ...],
    ) -> Composed:
        if not body.strip() and not media:
            raise ComposeError("template.empty", "nothing comes out, and an empty text cannot be sent")
        if len(body) > LONGEST:
            raise ComposeError("template.too-long", f"{len(body):,} characters, and {LONGEST:,} are the limit")
        measure = measure_text(body)
        segments = 1 if media else measure.segments
        if text.max_segments is not None and segments > text.max_segments:
            raise ComposeError(
                "template.too-long",
                f"{segments} segments, and the template allows {text.max_segments}",
                hint=_costly(body, segments) or "shorten the text, or raise max_segments",
            )
        costly = None if media or measure.encoding is Encoding.GSM_7 else _costly(body, segments)
        if costly:
            message = f"{segments} segments of UCS-2, where GSM-7 would take fewer"
            findings = (*findings, Finding("template.encoding", Severity.WARNING, message, costly))
        return Composed(
            to=where.to.number,
            country=where.to.country,
            sender_name=sender.name,
            sender=sender,
            body=body,
            kind="mms" if media else "sms",
            encoding=measure.encoding,
            characters=measure.characters,
            segments=segments,
            media=media,
            links=links,
            findings=findings,
        )

    def _template(self, name: str) -> Template:
        found = self.workspace.templates.get(name) or built_in().get(name)
        if found is None:
            raise ComposeError("template.unknown", f"there is no template {name!r}")
        return found

    def _number(self, name: str, template: Template, text: TemplateText, recipient: Recipient) -> E164:
        person = recipient.person
        if recipient.number is not None:
            return self._reader.normalise(recipient.number, person)
        if text.to is None:
            return self._reader.number_of(person)
        names = self._names(recipient, None, _message(name, template))
        try:
            raw = self.compiled.render(text.to, names, None)
        except ComposeError as error:
            if error.reason != "template.missing-value":
                raise
            raise ComposeError("number.missing", error.message, hint="print a number that is there in `to`") from error
        if not raw.strip():
            raise ComposeError("number.missing", "`to` gives no number")
        return self._reader.normalise(raw.strip(), person)

    def _names(self, recipient: Recipient, number: str | None, message: Mapping[str, Json]) -> dict[str, object]:
        person = recipient.person
        attribute = self.workspace.settings.audience.phone_attribute
        own = self._reader.own_number(person) if person else number
        return {
            "customer": customer_names(person.attributes if person else {}, attribute, own),
            "trigger": recipient.data,
            "event": recipient.event,
            "workspace": self._workspace_names,
            "message": message,
        }


def _sender(name: str, config: SenderConfig) -> Sender:
    return Sender(name=name, kind=config.sender_kind, value=config.value, mms=config.mms)


def _message(name: str, template: Template) -> dict[str, Json]:
    return {"template": name, "purpose": str(template.purpose)}


def _as_it_is(text: str) -> str:
    return text


def _valid(text: str) -> str:
    """Joins surrogates that JSON brought in one by one, and replaces lonely ones: neither could be sent."""
    if text.isascii() or not any("\ud800" <= char <= "\udfff" for char in text):
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def _costly(body: str, segments: int) -> str | None:
    """Says which character costs segments, where plain characters in its place would save some."""
    found = first_non_gsm(body)
    if found is None:
        return None
    plain = measure_text(smart_encode(body))
    if plain.encoding is not Encoding.GSM_7 or plain.segments >= segments:
        return None
    char, position = found
    return (
        f"{char!r} (U+{ord(char):04X}), character {position + 1}, is not in GSM-7: replace such characters, "
        f"or set smart_encoding: true, for {plain.segments} instead of {segments}"
    )

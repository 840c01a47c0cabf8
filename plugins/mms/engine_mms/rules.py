"""The checks that need no network."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import unquote, urlsplit

from engine import ConfigView, Finding, Media, OutboundMessage, Sender, Severity, Source
from engine_mms.facts import CALLING_CODES, COUNTRIES, FORMATS, MAX_CHARACTERS, MAX_MEDIA


def of_url(url: str) -> Iterator[Finding]:
    """Checks an address: https, a host, a path that ends in a format that arrives."""
    try:
        parts = urlsplit(url)
        host, user = parts.hostname, parts.username
    except ValueError:
        host = user = None
        parts = urlsplit("")
    if not host or any(character.isspace() for character in url):
        yield _error(
            "media.url", f"{url!r} is not the address of an image", "write it like https://cdn.acme.example/card.png"
        )
        return
    if parts.scheme.lower() != "https":
        yield _error("media.not-https", f"{url} does not begin with https", "providers fetch media over https")
    if user is not None:
        yield _error("media.credentials", "a media address holds a user name or password", "recipients can read it")
    suffix = ending(url)
    if suffix not in FORMATS:
        yield _error(
            "media.format",
            f"the path of {url} ends in {suffix or 'no format'}",
            "it must end in .png, .jpg, .jpeg or .gif, and the image must be what it says",
        )


def ending(url: str) -> str:
    """Gives what an address's path ends in, as `.png`; empty where it ends in no format."""
    found = re.search(r"[^/](\.[a-z0-9]+)$", unquote(urlsplit(url).path).lower())
    return found[1] if found else ""


def of_message(media: Media, message: OutboundMessage, sender: Sender) -> Iterator[Finding]:
    """Checks one media item. What concerns the whole message is said once, with its first item."""
    yield from of_url(media.url)
    if message.media and media.url == message.media[0]:
        yield from _of_whole(message, sender)


def of_config(config: ConfigView) -> Iterator[Finding]:
    """Checks every template's media that stand there without Liquid."""
    for workspace, parts in config.workspaces.items():
        senders = parts.get("senders", {})
        for name, template in parts.get("templates", {}).items():
            address = f"{workspace}/template/{name}"
            yield from _of_text(config, address, "", template, senders)
            for language, text in (template.get("languages") or {}).items():
                yield from _of_text(config, address, f"languages.{language}.", text, senders)


def _of_whole(message: OutboundMessage, sender: Sender) -> Iterator[Finding]:
    if len(message.media) > MAX_MEDIA:
        yield _error("media.too-many", f"{len(message.media)} media in one message", f"at most {MAX_MEDIA} arrive")
    if len(message.body) > MAX_CHARACTERS:
        yield _error(
            "media.text-too-long",
            f"{len(message.body)} characters beside media",
            f"an MMS takes at most {MAX_CHARACTERS} characters",
        )
    if not sender.mms:
        yield _error(
            "media.sender",
            f"the sender {sender.name!r} does not send MMS",
            "set `mms: true` for a number that can, or `media_fallback: link` in the template",
        )
    if not _receives_mms(message):
        yield _error(
            "media.country",
            f"numbers of {message.country or 'this country'} receive no MMS; those of {', '.join(COUNTRIES)} do",
            "set `media_fallback: link` in the template, to send the text with a link instead",
        )


def _receives_mms(message: OutboundMessage) -> bool:
    if message.country is not None:
        return message.country in COUNTRIES
    return message.to.startswith(CALLING_CODES)


def _of_text(
    config: ConfigView, address: str, prefix: str, text: Mapping[str, Any], senders: Mapping[str, Mapping[str, Any]]
) -> Iterator[Finding]:
    media = text.get("media") or []
    for index, url in enumerate(media):
        if "{{" in url or "{%" in url:
            continue
        for finding in of_url(url):
            yield _placed(finding, config, address, f"{prefix}media.{index}", f"{prefix}media")
    if len(media) > MAX_MEDIA:
        finding = _error("media.too-many", f"{len(media)} media in one message", f"at most {MAX_MEDIA} arrive")
        yield _placed(finding, config, address, f"{prefix}media")
    named = [senders[name] for name in text.get("sender") or [] if name in senders]
    if media and named and text.get("media_fallback") == "error" and not any(sender.get("mms") for sender in named):
        finding = Finding(
            "media.sender",
            Severity.WARNING,
            "none of the template's senders sends MMS, and it has media",
            "set `mms: true` for a number that can, or `media_fallback: link` to send a link instead",
        )
        yield _placed(finding, config, address, f"{prefix}sender", f"{prefix}media")


def _error(code: str, message: str, hint: str) -> Finding:
    return Finding(code, Severity.ERROR, message, hint)


def _placed(finding: Finding, config: ConfigView, address: str, *fields: str) -> Finding:
    keys = [*(f"{address}#{field}" for field in fields), address]
    source = next((config.sources[key] for key in keys if key in config.sources), None)
    return Finding(finding.code, finding.severity, finding.message, finding.hint, *_position(source), address=address)


def _position(source: Source | None) -> tuple[str | None, int | None, int | None, int | None, int | None]:
    if source is None:
        return (None, None, None, None, None)
    return (source.file, source.line, source.column, source.end_line, source.end_column)

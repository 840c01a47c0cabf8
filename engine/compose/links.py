"""Links in a rendered text: found, checked, and replaced by short ones."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import unquote, urlsplit

from engine.compose.utm import Tagger, tagged
from engine.contracts import Shortener
from engine.errors import ComposeError
from engine.outbox import Link
from engine.types import Finding, Json, Severity

# What ends an address: white space, quotes, angle brackets, and the backslash, which browsers read as a slash.
_URL = re.compile(r"https?://[^\s<>\"“”„«»\\`{}|^\x00-\x1f\x7f]+", re.IGNORECASE)
_PLAIN_HOST = re.compile(r"https://([a-z0-9-]+(?:\.[a-z0-9-]+)+)(?=[/?#]|$)")
_TRAILING = ".,;:!?'’‘…*_~。，、！？；：」』）】"
_BRACKETS = {")": "(", "]": "["}
MIN_DIGITS = 7  # E.164 numbers have no fewer
_EMAIL = re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]+")
_NUMBER = re.compile(r"(?<![\w+])\+\d{8,15}(?!\d)")


@dataclass(frozen=True, slots=True)
class Linked:
    """A text with its links dealt with."""

    text: str
    links: tuple[Link, ...]
    findings: tuple[Finding, ...]


class LinkRules:
    """How a workspace treats links. `shortener` None: they stay as they are; `allowed_hosts` None: any."""

    def __init__(
        self,
        shortener: Shortener | None,
        expire_after: timedelta,
        allowed_hosts: Sequence[str] | None = None,
        tagger: Tagger | None = None,
    ) -> None:
        self._shortener = shortener
        self._tagger = tagger
        self._expire_after = expire_after
        self._allowed = allowed_hosts
        self._own = host_of(shortener.domain) if shortener else None

    def apply(
        self,
        text: str,
        *,
        shorten: bool,
        message_id: str | None,
        now: datetime,
        number: str,
        facts: Mapping[str, Json],
        elsewhere: Callable[[str], str],
    ) -> Linked:
        """Checks every link and shortens it where asked; `elsewhere` is done to the text between links. `facts` are
        what UTM parameters may say of the message.

        The same destination twice is one short link. Without a message id, links are the shortener's stand-ins.
        Raises ComposeError: `link.host-not-allowed`, `link.not-https`.
        """
        shortener = self._shortener if shorten else None
        made: dict[str, Link] = {}
        findings: list[Finding] = []
        parts: list[str] = []
        position = 0
        for start, end in spans(text):
            parts.append(elsewhere(text[position:start]))
            url, position = text[start:end], end
            host = host_of(url)
            if host is not None and host == self._own:
                parts.append(url)
                continue
            self._check(url, host, https=shortener is not None)
            if url not in made:
                findings += personal_data(url, number)
            if shortener is not None and url not in made:
                leads = self._tagged(url, host, facts)
                made[url] = Link(
                    _short(shortener, leads, message_id, len(made)), leads, len(made), now + self._expire_after
                )
            parts.append(made[url].short if url in made else url)
        parts.append(elsewhere(text[position:]))
        return Linked("".join(parts), tuple(made.values()), tuple(findings))

    def _tagged(self, url: str, host: str | None, facts: Mapping[str, Json]) -> str:
        tagger = self._tagger
        if tagger is None or (tagger.hosts is not None and not (host and allowed(host, tagger.hosts))):
            return url
        return tagged(url, tagger.tags(facts))

    def _check(self, url: str, host: str | None, *, https: bool) -> None:
        if self._allowed is not None and not (host and allowed(host, self._allowed)):
            raise ComposeError(
                "link.host-not-allowed",
                f"the link leads to {host or url!r}, which is none of the allowed hosts",
                hint="add the host to links.allowed_hosts, or correct the link",
            )
        if https and not url[:8].lower() == "https://":
            raise ComposeError("link.not-https", f"{url} does not begin with https", hint="write it with https")


def spans(text: str) -> Iterator[tuple[int, int]]:
    """Gives where each address stands, without the punctuation behind it."""
    for found in _URL.finditer(text):
        start, end = found.span()
        while end > start and _is_punctuation(text[start:end]):
            end -= 1
        if end - start > len("https://"):
            yield start, end


def host_of(url: str) -> str | None:
    """Gives an address's host, in small letters and as DNS knows it; None where it has none, or hides it with `@`."""
    plain = _PLAIN_HOST.match(url)
    if plain is not None:
        return plain[1].rstrip(".")
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        return None
    if not host or "@" in parts.netloc:
        return None
    try:
        return host.rstrip(".").encode("idna").decode().lower()
    except UnicodeError:
        return host.rstrip(".").lower()


def base_of(url: str) -> str:
    """Gives the address that short links begin with as the table of links has it: scheme and host as DNS knows them, a
    port where it is not the usual one, and the path, without a slash at the end."""
    parts = urlsplit(url)
    host = host_of(f"https://{parts.netloc.rpartition(':')[0] if parts.port is not None else parts.netloc}")
    if host is None:
        return url.rstrip("/")
    name = f"[{host}]" if ":" in host else host
    usual = parts.port is None or parts.port == {"https": 443, "http": 80}.get(parts.scheme)
    return f"{parts.scheme}://{name}{'' if usual else f':{parts.port}'}{parts.path.rstrip('/')}"


def allowed(host: str, hosts: Sequence[str]) -> bool:
    """True where a host is one of the list; `*.acme.example` there stands for any sub-domain of acme.example."""
    for entry in hosts:
        name = host_of(f"https://{entry.removeprefix('*.')}")
        if name is not None and (host.endswith(f".{name}") if entry.startswith("*.") else host == name):
            return True
    return False


def personal_data(url: str, number: str) -> list[Finding]:
    """Gives a warning where a destination gives somebody away: whoever guesses or forwards the link can read it."""
    text = unquote(url.partition("://")[2])
    digits = number.lstrip("+")
    is_in = len(digits) >= MIN_DIGITS and digits in re.sub(r"\D", "", text)
    if not (is_in or ("@" in text and _EMAIL.search(text)) or ("+" in text and _NUMBER.search(text))):
        return []
    return [
        Finding(
            "link.personal-data",
            Severity.WARNING,
            f"the link to {host_of(url) or 'this address'} holds a phone number or an e-mail address",
            "lead to a page that asks for a login instead",
        )
    ]


def _is_punctuation(url: str) -> bool:
    last = url[-1]
    if last in _BRACKETS:
        return url.count(last) > url.count(_BRACKETS[last])
    return last in _TRAILING


def _short(shortener: Shortener, url: str, message_id: str | None, position: int) -> str:
    if message_id is None:
        return shortener.preview(url)
    return shortener.shorten(url, message_id=message_id, position=position)

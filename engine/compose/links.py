"""Links in a rendered text: found, checked, and replaced by short ones."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from urllib.parse import unquote, urlsplit

from engine.compose.utm import Tagger, tagged
from engine.contracts import Shortener
from engine.errors import ComposeError
from engine.outbox import Link
from engine.record import record
from engine.types import Finding, Json, Severity

# What ends an address: white space, quotes, angle brackets, and the backslash, which browsers read as a slash.
_URL = re.compile(r"https?://[^\s<>\"“”„«»\\`{}|^\x00-\x1f\x7f]+", re.IGNORECASE)
_PLAIN_HOST = re.compile(r"https://([a-z0-9-]+(?:\.[a-z0-9-]+)+)(?=[/?#]|$)")
_TRAILING = ".,;:!?'’‘…*_~。，、！？；：」』）】"
_BRACKETS = {")": "(", "]": "["}
MIN_DIGITS = 7  # E.164 numbers have no fewer
_EMAIL = re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]+")
_NUMBER = re.compile(r"(?<![\w+])\+\d{8,15}(?!\d)")


@record
class Linked:
    """A text with its links dealt with."""

    text: str
    links: tuple[Link, ...]
    findings: tuple[Finding, ...]


@record
class Destination:
    """What an address says, whoever gets it."""

    host: str | None
    allowed: bool
    digits: str  # all that it has, one after another
    names_somebody: bool  # by an e-mail address or a number with its +


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
        # Most messages of a broadcast lead to the same few places.
        self._destination = lru_cache(maxsize=256)(self._read)

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
            there = self._destination(url)
            if there.host is not None and there.host == self._own:
                parts.append(url)
                continue
            _check(url, there, https=shortener is not None)
            if url not in made and _gives_away(there, number):
                findings.append(_personal(there))
            if shortener is not None and url not in made:
                leads = self._tagged(url, there.host, facts)
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

    def _read(self, url: str) -> Destination:
        host, text = host_of(url), unquote(url.partition("://")[2])
        return Destination(
            host=host,
            allowed=self._allowed is None or bool(host and allowed(host, self._allowed)),
            digits=re.sub(r"\D", "", text),
            names_somebody=bool(("@" in text and _EMAIL.search(text)) or ("+" in text and _NUMBER.search(text))),
        )


def spans(text: str) -> Iterator[tuple[int, int]]:
    """Gives where each address stands, without the punctuation behind it."""
    colon = text.find("://")
    while colon >= 0:
        found = _URL.match(text, max(colon - 5, 0)) or _URL.match(text, max(colon - 4, 0))
        if found is None:
            colon = text.find("://", colon + 3)
            continue
        start, end = found.span()
        colon = text.find("://", end)
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


def _check(url: str, there: Destination, *, https: bool) -> None:
    if not there.allowed:
        raise ComposeError(
            "link.host-not-allowed",
            f"the link leads to {there.host or url!r}, which is none of the allowed hosts",
            hint="add the host to links.allowed_hosts, or correct the link",
        )
    if https and not url[:8].lower() == "https://":
        raise ComposeError("link.not-https", f"{url} does not begin with https", hint="write it with https")


def _gives_away(there: Destination, number: str) -> bool:
    """True where whoever guesses or forwards the link can read who its recipient is."""
    digits = number.lstrip("+")
    return there.names_somebody or (len(digits) >= MIN_DIGITS and digits in there.digits)


def _personal(there: Destination) -> Finding:
    return Finding(
        "link.personal-data",
        Severity.WARNING,
        f"the link to {there.host or 'this address'} holds a phone number or an e-mail address",
        "lead to a page that asks for a login instead",
    )


def _is_punctuation(url: str) -> bool:
    last = url[-1]
    if last in _BRACKETS:
        return url.count(last) > url.count(_BRACKETS[last])
    return last in _TRAILING


def _short(shortener: Shortener, url: str, message_id: str | None, position: int) -> str:
    if message_id is None:
        return shortener.preview(url)
    return shortener.shorten(url, message_id=message_id, position=position)

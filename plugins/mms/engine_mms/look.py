"""Looking at an image where it lies: is it what its address says, and small enough to arrive?"""

from __future__ import annotations

from collections.abc import Iterator

from engine import Answer, FetchError, Finding, Network, Severity, fetch
from engine_mms.facts import ADVISED_BYTES, FORMATS, MAX_BYTES
from engine_mms.rules import ending, of_url

_BEGINNINGS = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
)

_REFUSED = {"url": "media.url", "address": "media.address", "unreachable": "media.unreachable"}


def look(url: str, network: Network) -> list[Finding]:
    """Fetches an image and gives what is wrong with it; nothing is fetched for an address that is wrong already."""
    found = list(of_url(url))
    if found:
        return found
    try:
        answer = fetch(url, network, max_bytes=MAX_BYTES, headers={"Accept": "image/*"})
    except FetchError as refusal:
        return [_error(_REFUSED[refusal.kind], refusal.message)]
    return list(_of_answer(url, answer))


def sniff(content: bytes) -> str | None:
    """Gives the content type that the first bytes tell: PNG, JPEG or GIF, None for anything else."""
    return next((kind for beginning, kind in _BEGINNINGS if content.startswith(beginning)), None)


def _of_answer(url: str, answer: Answer) -> Iterator[Finding]:
    if 300 <= answer.status < 400:
        yield _error("media.redirect", f"it answers with a redirect ({answer.status})", "name the final address")
        return
    if answer.status != 200:
        yield _error("media.status", f"it answers with status {answer.status}", "providers must be able to fetch it")
        return
    promised = FORMATS[ending(url)]
    actual = sniff(answer.body)
    if answer.content_type != promised:
        yield _error(
            "media.content-type",
            f"it is served as {answer.content_type or 'nothing'}, and its address says {promised}",
            "providers go by the Content-Type that the server sends",
        )
    if actual != promised:
        yield _error(
            "media.content", f"its bytes are {actual or 'no PNG, JPEG or GIF'}, and its address says {promised}"
        )
    if len(answer.body) > MAX_BYTES:
        yield _error("media.too-large", "it is over 5 MB", "providers refuse it")
    elif len(answer.body) > ADVISED_BYTES:
        yield Finding(
            "media.large",
            Severity.WARNING,
            f"it has {len(answer.body) / 1000:.0f} KB",
            "carriers shrink or drop images over 600 KB",
        )


def _error(code: str, message: str, hint: str = "") -> Finding:
    return Finding(code, Severity.ERROR, message, hint)

"""What a request says of who makes it: a person's browser, or one of the machines that open links.

A table (bots.json) names the machines, with when it was made and where each entry is from. Robots that it does not name
still follow the customs of their kind: they call themselves bot, crawler or spider, or say where to read about them.
"""

from __future__ import annotations

import json
import re
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files

from engine.clicks import BotReason

LONGEST = 512
"""Characters of a user agent that are looked at; browsers on phones send 100 to 300."""

REMEMBERED = 1_000
"""User agents whose verdict is remembered, the last ones seen."""

PREFETCHES = (b"sec-purpose", b"purpose", b"x-purpose", b"x-moz")
"""Headers that say `prefetch` (or, of Safari, `preview`) where nobody has opened the link yet: Sec-Purpose of the Fetch
standard (https://fetch.spec.whatwg.org/#sec-purpose-header), and what Chrome, Safari and Firefox sent before it."""

# Cubot makes telephones. An address in a user agent, of the web or of a mailbox, is where a robot's owner is found.
_ROBOT = re.compile(
    r"(?<!cu)bots?(?![a-z])|crawl|spider|scan(?:ner|\b)|preview|headless|monitor|checker|fetcher|https?:|\w@[a-z]"
    r"|^mozilla/5\.0 \(compatible(?!; msie)"
)
# Browsers call themselves Mozilla, all but Opera's for small telephones and those of telephones with keys.
_BROWSER = re.compile(
    r"^mozilla/|opera|midp|nokia|blackberry|ucweb|^(?:samsung|lg|sonyericsson|mot|alcatel|zte|huawei)-"
)

_KINDS = {
    "preview": BotReason.PREVIEW,
    "scanner": BotReason.SCANNER,
    "crawler": BotReason.CRAWLER,
    "tool": BotReason.TOOL,
}


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a user agent says. `reason` is None for a browser."""

    agent: str = ""  # the machine's name in the table
    reason: BotReason | None = None


class Bots:
    """Knows machines by their requests."""

    def __init__(self) -> None:
        table = json.loads(files("engine.web").joinpath("bots.json").read_text(encoding="utf-8"))
        self._agents = [(tuple(one["contains"]), Verdict(one["name"], _KINDS[one["kind"]])) for one in table["agents"]]
        self._remembered: OrderedDict[bytes, Verdict] = OrderedDict()

    def judge(self, method: str, headers: Mapping[bytes, bytes]) -> tuple[str, tuple[BotReason, ...]]:
        """Gives the machine's name, empty where it is not known, and why the request looks like one's; no reasons for a
        person's. `headers` have names in small letters."""
        verdict = self.agent(headers.get(b"user-agent", b""))
        reasons = [verdict.reason] if verdict.reason is not None else []
        if method == "HEAD":
            reasons.append(BotReason.HEAD)
        for name in PREFETCHES:
            if name in headers and headers[name].lower().startswith((b"prefetch", b"preview")):
                reasons.append(BotReason.PREFETCH)
                break
        return verdict.agent, tuple(reasons)

    def agent(self, user_agent: bytes) -> Verdict:
        """Gives what a user agent says."""
        key = user_agent[:LONGEST]
        if key not in self._remembered:
            self._remembered[key] = self._look(key.decode("latin-1").strip().lower())
            if len(self._remembered) > REMEMBERED:
                self._remembered.popitem(last=False)
        return self._remembered[key]

    def __len__(self) -> int:
        """How many user agents are remembered."""
        return len(self._remembered)

    def _look(self, words: str) -> Verdict:
        if not words:
            return Verdict(reason=BotReason.NO_AGENT)
        for contained, verdict in self._agents:
            if all(word in words for word in contained):
                return verdict
        return Verdict(reason=BotReason.CRAWLER) if _ROBOT.search(words) or not _BROWSER.search(words) else Verdict()

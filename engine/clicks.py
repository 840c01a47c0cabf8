"""Clicks on short links, as the `Store` keeps them.

A click is kept whatever made it. What looks like a machine's is marked with the reasons, and is never shown as a
person's. Of who clicked nothing is kept but the link itself, which is one message's: no address, no user agent, no hash
of either. Where the user agent is a known machine's, its name in our own table is.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from engine.record import record
from engine.types import Json

AT_ONCE = timedelta(seconds=2)
"""Nobody reads a text and taps its link, or goes back to tap another of its links, in less."""


class BotReason(StrEnum):
    """Why a click looks like a machine's."""

    HEAD = "click.head"  # asked for the headers alone
    PREFETCH = "click.prefetch"  # a browser that fetches what might be opened
    PREVIEW = "click.preview"  # an app that shows what a link leads to
    SCANNER = "click.scanner"  # a security product
    CRAWLER = "click.crawler"  # a search engine or another robot
    TOOL = "click.tool"  # an HTTP library or a browser without a screen
    NO_AGENT = "click.no-agent"  # no user agent at all
    SOON = "click.soon"  # `AT_ONCE` after the message went out, was taken or arrived
    SEVERAL = "click.several"  # different links of one message within `AT_ONCE`


BY_TIME = frozenset({BotReason.SOON, BotReason.SEVERAL})
"""Reasons that a store finds, from what else it knows; the others are seen in the request."""


@record
class Click:
    """One request for a short link, as the redirect server saw it."""

    short: str  # the whole short address
    at: datetime
    agent: str = ""  # the name of a known machine, e.g. "WhatsApp"
    reasons: tuple[BotReason, ...] = ()  # none of `BY_TIME`


@record
class RecordedClick:
    """A click on a link of a message. Equal ones within a second are one, with how often."""

    message_id: str
    workspace: str
    template: str
    person: str | None
    position: int  # of the link in its message
    url: str
    at: datetime
    times: int = 1
    agent: str = ""
    reasons: tuple[BotReason, ...] = ()  # empty for a person's

    @property
    def bot(self) -> bool:
        """True where it looks like a machine's."""
        return bool(self.reasons)

    def detail(self) -> dict[str, Json]:
        """Gives what plugins that `observe` are told of it."""
        return {
            "template": self.template,
            "person": self.person,
            "position": self.position,
            "url": self.url,
            "times": self.times,
            "bot": self.bot,
            "reasons": [str(reason) for reason in self.reasons],
            "agent": self.agent,
        }


@dataclass(frozen=True, slots=True)
class ClickCounts:
    """What came of links that were sent."""

    sent: int = 0  # messages with such a link that a provider took
    clicks: int = 0  # by people
    bot_clicks: int = 0
    clicked: int = 0  # messages that a person clicked
    opened: int = 0  # messages that anything clicked
    people: int = 0  # recipients who clicked
    first: datetime | None = None  # click by a person
    last: datetime | None = None

    @property
    def rate(self) -> float | None:
        """Messages that a person clicked, of those sent; None where none was."""
        return self.clicked / self.sent if self.sent else None

    @property
    def rate_with_bots(self) -> float | None:
        """Messages that anything clicked, of those sent; None where none was."""
        return self.opened / self.sent if self.sent else None


@dataclass(frozen=True, slots=True)
class DestinationClicks:
    """The clicks on a template's links to one place: an address without its query and fragment, where what
    differs from person to person stands. Empty for links of people who were erased."""

    destination: str
    counts: ClickCounts


@dataclass(frozen=True, slots=True)
class TemplateClicks:
    """The clicks on a template's links."""

    workspace: str
    template: str
    counts: ClickCounts
    reasons: Mapping[BotReason, int] = field(default_factory=dict)  # clicks by machines, by each of their reasons
    destinations: tuple[DestinationClicks, ...] = ()  # most clicked first
    more: int = 0  # destinations that are left out


class Clicks(ABC):
    """The part of the `Store` contract that keeps clicks."""

    @abstractmethod
    def leads_to(self, shorts: Sequence[str]) -> Mapping[str, tuple[str, datetime | None]]:
        """Gives where those of the short addresses lead that there are, and until when; an empty destination where
        the person was erased. What `Store.link` tells, as cheap as can be: it is asked at every click."""

    @abstractmethod
    def record_clicks(self, clicks: Sequence[Click], *, told: bool = True) -> Sequence[RecordedClick]:
        """Keeps clicks, with the reasons that time gives: `click.soon`, and `click.several` also on the one that came
        before. Gives those on links that there are, in order of time; equal ones within a second as one. Gives nothing
        where nobody is `told`."""

    @abstractmethod
    def clicks(self, message_id: str) -> Sequence[RecordedClick]:
        """Gives the clicks on a message's links, oldest first."""

    @abstractmethod
    def click_counts(
        self, *, workspace: str | None = None, template: str | None = None, destinations: int = 20
    ) -> Sequence[TemplateClicks]:
        """Counts the clicks of each template whose links were sent, by workspace and name, with its most clicked
        destinations, so many at most."""

"""Which keyword rule an inbound text meets, and why.

STOP, START and HELP come before every rule, and STOP before the other two. Then the most specific rule wins: exact,
first-word, phrase, pattern, any; among rules of one kind, the one that stands first in the file.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import takewhile

from engine.config.keywords import ORDER
from engine.config.models import ConsentConfig, Keyword
from engine.config.standard_words import START_WHEN_STOPPED, YES, Meaning
from engine.config.words import mend, normalise, plain, standard
from engine.inbound.revocation import Verdict, judge


@dataclass(frozen=True, slots=True)
class Routed:
    """Where a text goes. `meaning` is STOP, START or HELP, or else `rule` is the winner's name, or neither is there."""

    because: str
    meaning: Meaning | None = None
    rule: str | None = None
    keyword: str | None = None  # the word, phrase or pattern as the config has it
    topic: str | None = None  # the topic that the text confirms
    review: str | None = None  # the words in it that may be a STOP: a person judges

    @property
    def name(self) -> str | None:
        """The rule's name for reports: `consent.stop`, `consent.start`, `consent.help`, `consent.confirm`, or a keyword
        rule's own."""
        if self.topic is not None:
            return "consent.confirm"
        return f"consent.{self.meaning.lower()}" if self.meaning else self.rule


@dataclass(frozen=True, slots=True)
class Trial:
    """A rule that was tried before the winner, and why it did not win."""

    rule: str
    match: str
    because: str


@dataclass(frozen=True, slots=True)
class _Rule:
    name: str
    match: str
    senders: frozenset[str] | None
    tests: tuple[tuple[str, Callable[[_Text], bool]], ...]  # keyword as written, whether a text meets it


@dataclass(frozen=True, slots=True)
class _Text:
    written: str  # NFKC, without space around it
    normal: str
    first_word: str
    plain: str  # with a space at either end


_WHY = {
    "exact": "the text is exactly {0!r}",
    "first-word": "its first word is {0!r}",
    "phrase": "it contains the phrase {0!r}",
    "pattern": "it matches the pattern '{0}'",
}
_WHY_NOT = {
    "exact": "the text is not {0}",
    "first-word": "its first word is not {0}",
    "phrase": "it does not contain {0}",
    "pattern": "it does not match {0}",
}


SHORT = 40
"""Characters of a text up to which where it goes is remembered."""

REMEMBERED = 2_000


class Router:
    """A workspace's rules, compiled once."""

    def __init__(self, keywords: Mapping[str, Keyword], consent: ConsentConfig) -> None:
        rules = [_compile(name, keyword) for name, keyword in keywords.items()]
        self._rules = sorted(rules, key=lambda rule: ORDER.index(rule.match))
        extra: tuple[tuple[Meaning, list[str]], ...] = (
            ("STOP", consent.stop.extra_words),
            ("START", consent.start.extra_words),
            ("HELP", consent.help.extra_words),
        )
        self._extra = {plain(word): meaning for meaning, words in reversed(extra) for word in words if plain(word)}
        self._remembered = lru_cache(REMEMBERED)(self._route)

    def route(
        self,
        text: str,
        *,
        sender: str | None,
        stopped: bool = False,
        toll_free: bool = False,
        pending: str | None = None,
        opt_out: Meaning | None = None,
    ) -> Routed:
        """Gives the rule that a text meets. `sender` is the name of the sender that it came to, `toll_free` whether
        that is a toll-free number. Of the number that it came from, `stopped` says whether it has stopped, and
        `pending` which topic it was asked to confirm. `opt_out` is what the provider took the text for."""
        # Many answer a broadcast with the same few words.
        route = self._remembered if len(text) <= SHORT else self._route
        return route(text, sender, stopped, toll_free, pending, opt_out)

    def _route(
        self,
        text: str,
        sender: str | None,
        stopped: bool,
        toll_free: bool,
        pending: str | None,
        opt_out: Meaning | None,
    ) -> Routed:
        keyword, words = text.strip(), plain(text)
        if opt_out is not None:
            return Routed(f"the provider took {keyword!r} for {opt_out}", meaning=opt_out, keyword=keyword)
        meaning = standard(text) or self._extra.get(words)
        judgement = judge(text) if meaning != "STOP" else None
        if judgement is not None and judgement.verdict is Verdict.STOP:
            because = f"{judgement.words!r} says that no more texts are wanted"
            return Routed(because, meaning="STOP", keyword=judgement.words)
        if meaning is not None:
            return Routed(f"{keyword!r} means {meaning}", meaning=meaning, keyword=keyword)
        if stopped and not toll_free and words in START_WHEN_STOPPED:
            because = f"{keyword!r} means START from a number that has stopped"
            return Routed(because, meaning="START", keyword=keyword)
        if pending is not None and not stopped and words in YES:
            return Routed(f"{keyword!r} confirms the topic {pending!r}", keyword=keyword, topic=pending)
        routed = self._by_rules(text, sender)
        if judgement is None or judgement.verdict is Verdict.NONE:
            return routed
        because = f"{judgement.words!r} may be a STOP, which a person must judge; {routed.because}"
        return replace(routed, because=because, review=judgement.words)

    def _by_rules(self, text: str, sender: str | None) -> Routed:
        read = _read(text)
        for rule in self._rules:
            if rule.senders is not None and sender not in rule.senders:
                continue
            if rule.match == "any":
                return Routed("no other rule matches, and this one takes anything", rule=rule.name)
            for keyword, meets in rule.tests:
                if meets(read):
                    return Routed(_WHY[rule.match].format(keyword), rule=rule.name, keyword=keyword)
        return Routed("no rule matches")

    def trials(self, routed: Routed, *, sender: str | None) -> Sequence[Trial]:
        """Gives the rules that were tried before the one that won a text, in that order; all where none did."""
        if routed.name is not None and routed.rule is None:
            return ()
        before = takewhile(lambda rule: rule.name != routed.rule, self._rules)
        return [Trial(rule.name, rule.match, _why_not(rule, sender)) for rule in before]


def _why_not(rule: _Rule, sender: str | None) -> str:
    if rule.senders is not None and sender not in rule.senders:
        return f"it listens on {', '.join(sorted(rule.senders)) or 'no sender'} alone"
    return _WHY_NOT[rule.match].format(" or ".join(f"'{keyword}'" for keyword, _ in rule.tests) or "anything")


def _read(text: str) -> _Text:
    written = unicodedata.normalize("NFKC", mend(text)).strip()
    normal = normalise(text)
    first = normalise(normal.split(" ", 1)[0])
    return _Text(written, normal, first, f" {plain(text)} ")


def _compile(name: str, keyword: Keyword) -> _Rule:
    make = {"exact": _exact, "first-word": _first_word, "phrase": _phrase, "pattern": _pattern}
    tests = tuple((word, make[keyword.match](word)) for word in keyword.words) if keyword.match in make else ()
    senders = frozenset(keyword.senders) if keyword.senders is not None else None
    return _Rule(name, keyword.match, senders, tests)


def _exact(word: str) -> Callable[[_Text], bool]:
    wanted = normalise(word)
    return lambda text: bool(wanted) and text.normal == wanted


def _first_word(word: str) -> Callable[[_Text], bool]:
    wanted = normalise(word)
    return lambda text: bool(wanted) and text.first_word == wanted


def _phrase(word: str) -> Callable[[_Text], bool]:
    wanted = plain(word)
    return lambda text: bool(wanted) and f" {wanted} " in text.plain


def _pattern(pattern: str) -> Callable[[_Text], bool]:
    # RE2 takes time linear in the text whatever the pattern is; `re` can be made to take hours by one message.
    import re2

    options = re2.Options()
    options.case_sensitive = False
    options.log_errors = False
    compiled = re2.compile(pattern, options)
    return lambda text: compiled.search(text.written) is not None

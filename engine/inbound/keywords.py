"""Which keyword rule an inbound text meets, and why.

STOP, START and HELP come before every rule. Then the most specific rule wins: exact, first-word, phrase, pattern, any;
among rules of one kind, the one that stands first in the file.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from engine.config.keywords import ORDER
from engine.config.models import ConsentConfig, Keyword
from engine.config.standard_words import START_WHEN_STOPPED, Meaning
from engine.config.words import normalise, plain, standard


@dataclass(frozen=True, slots=True)
class Routed:
    """Where a text goes. `meaning` is STOP, START or HELP, or else `rule` is the winner's name, or neither is there."""

    because: str
    meaning: Meaning | None = None
    rule: str | None = None
    keyword: str | None = None  # the word, phrase or pattern as the config has it

    @property
    def name(self) -> str | None:
        """The rule's name for reports: `consent.stop`, `consent.start`, `consent.help`, or a keyword rule's own."""
        return f"consent.{self.meaning.lower()}" if self.meaning else self.rule


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
    "pattern": "it matches the pattern {0!r}",
}


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

    def route(self, text: str, *, sender: str | None, stopped: bool = False) -> Routed:
        """Gives the rule that a text meets. `sender` is the name of the sender that it came to; `stopped` says whether
        the number that it came from has stopped."""
        meaning = standard(text) or self._extra.get(plain(text))
        if meaning is not None:
            return Routed(f"{text.strip()!r} means {meaning}", meaning=meaning, keyword=text.strip())
        if stopped and plain(text) in START_WHEN_STOPPED:
            because = f"{text.strip()!r} means START from a number that has stopped"
            return Routed(because, meaning="START", keyword=text.strip())
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


def _read(text: str) -> _Text:
    written = unicodedata.normalize("NFKC", text).strip()
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

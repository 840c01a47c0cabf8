"""Checks of keyword rules: words that match nothing, words that are taken, rules that can never win."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from engine.config.addresses import texts
from engine.config.explain import Checker, Path
from engine.config.standard_words import Meaning
from engine.config.words import normalise, plain, standard

ORDER = ("exact", "first-word", "phrase", "pattern", "any")
"""Kinds of rules, the most specific first: the order in which they are tried, and within one the file's."""


_LOOKS_AROUND = re.compile(r"\$|\\[zbB]")


@dataclass(frozen=True, slots=True)
class _Rule:
    name: str
    match: str
    words: tuple[tuple[Path, str], ...]  # in the form that is compared
    senders: frozenset[str]

    @property
    def address_part(self) -> Path:
        return ("keywords", self.name)


def check_keywords(
    checker: Checker,
    workspace: str,
    rules: Mapping[str, Any],
    senders: Mapping[str, Any],
    reserved: Mapping[str, Meaning],
) -> None:
    """Reports what is wrong with each rule, and what no message can ever reach. `senders` are those of senders.yaml as
    written; `reserved` are the workspace's own words for STOP, START and HELP, in the form of `plain`."""
    known = []
    for name, data in rules.items():
        if isinstance(data, dict):
            rule = _rule(checker, f"{workspace}/keyword/{name}", name, data, senders, reserved)
            if rule is not None:
                known.append(rule)
    known.sort(key=lambda rule: ORDER.index(rule.match))
    for index, rule in enumerate(known):
        _check_shadows(checker, f"{workspace}/keyword/{rule.name}", rule, known[:index])


def _rule(
    checker: Checker,
    address: str,
    name: str,
    data: Mapping[str, Any],
    senders: Mapping[str, Any],
    reserved: Mapping[str, Meaning],
) -> _Rule | None:
    base: Path = ("keywords", name)
    match = data.get("match", "first-word")
    if not isinstance(match, str) or match not in ORDER:
        return None
    written = [((*base, *path), text) for path, text in texts(data, "words")]
    if match == "any":
        if written:
            message = "a rule that matches anything has no words"
            checker.at((*base, "words"), "keyword.words", message, "take `words` or `match: any` out", address=address)
        words = written[:0]
    elif not written:
        if not data.get("words"):
            checker.at(
                base, "keyword.words", f"the rule {name!r} has no words", "add `words:`", address=address, key=True
            )
        return None
    elif match == "pattern":
        words = [(path, text) for path, text in written if _compiles(checker, address, path, text)]
    else:
        words = _words(checker, address, match, written, reserved)
        if match == "exact" and words and all(_reserved(word, reserved) for _, word in words):
            message = f"the rule {name!r} can never win: STOP, START and HELP are answered before any rule"
            checker.at(
                base, "keyword.shadowed", message, "give it other words", address=address, key=True, warning=True
            )
    if not words and match != "any":
        return None
    listens = [text for _, text in texts(data, "senders")]
    one_way = {sender for sender, written in senders.items() if isinstance(written, dict) and "alphanumeric" in written}
    if listens and one_way.issuperset(listens):
        message = f"nobody can text {_names(dict.fromkeys(listens))}: alphanumeric senders are one-way"
        hint = "name a sender with a number"
        checker.at((*base, "senders"), "keyword.shadowed", message, hint, address=address, warning=True)
    return _Rule(name, match, tuple(words), frozenset(listens or senders) - one_way)


def _words(
    checker: Checker,
    address: str,
    match: str,
    written: Iterable[tuple[Path, str]],
    reserved: Mapping[str, Meaning],
) -> list[tuple[Path, str]]:
    found: list[tuple[Path, str]] = []
    seen: dict[str, str] = {}
    for path, text in written:
        word = plain(text) if match == "phrase" else normalise(text)
        if not word:
            message = f"{text!r} can match no message: nothing is left of it without case and punctuation"
            checker.at(path, "keyword.never-matches", message, "write a word", address=address)
        elif match == "first-word" and " " in word:
            message = f"{text!r} can match no message: it is more than one word, and only the first is compared"
            checker.at(
                path, "keyword.never-matches", message, "write `match: phrase` or `match: exact`", address=address
            )
        elif word in seen:
            message = f"{text!r} is the same word as {seen[word]!r}"
            checker.at(path, "keyword.duplicate", message, "take one out", address=address, warning=True)
        else:
            seen[word] = text
            found.append((path, word))
            meaning = _reserved(text, reserved)
            if meaning is not None:
                message = f"a message that is only {text!r} is answered as {meaning} before any rule is tried"
                hint = f"change how it is answered under `consent: {meaning.lower()}:`"
                checker.at(path, "keyword.reserved", message, hint, address=address, warning=True)
    return found


def _reserved(text: str, own: Mapping[str, Meaning]) -> Meaning | None:
    """Gives what a message that is only this is answered as before any rule is tried, None where rules are."""
    return standard(text) or own.get(plain(text))


def _compiles(checker: Checker, address: str, path: Path, pattern: str) -> bool:
    import re2

    options = re2.Options()
    options.log_errors = False
    try:
        re2.compile(pattern, options)
    except (re2.error, UnicodeError) as error:
        reason = error.args[0] if error.args else error
        reason = reason.decode("utf-8", "replace") if isinstance(reason, bytes) else reason
        message = f"{pattern!r} is no pattern: {reason}"
        hint = "patterns are RE2's: no look-around, no back-references" if "(?" in pattern or "\\" in pattern else ""
        checker.at(path, "keyword.pattern", message, hint, address=address)
        return False
    return True


def _check_shadows(checker: Checker, address: str, rule: _Rule, earlier: list[_Rule]) -> None:
    if not rule.senders:
        return
    everything = _covering(rule.senders, [other for other in earlier if _takes_everything(other)])
    if everything:
        _shadowed(checker, address, rule, everything)
        return
    taken = []
    for path, word in rule.words:
        winners = _covering(
            rule.senders, [o for o in earlier if any(_covers(o.match, w, rule.match, word) for _, w in o.words)]
        )
        if winners:
            taken.append((path, word, winners))
    if taken and len(taken) == len(rule.words):
        _shadowed(checker, address, rule, list(dict.fromkeys(name for *_, names in taken for name in names)))
        return
    for path, word, winners in taken:
        message = f"{word!r} is answered by {_names(winners)}, which comes first"
        checker.at(path, "keyword.taken", message, "take it out of one of them", address=address, warning=True)


def _takes_everything(rule: _Rule) -> bool:
    """True for a rule that every message meets: `any`, and a pattern that is found in every text."""
    return rule.match == "any" or (rule.match == "pattern" and any(_always_found(word) for _, word in rule.words))


def _always_found(pattern: str) -> bool:
    """True where a pattern is found at the beginning of any text: it matches an empty text, and has no sign that looks
    at what follows or stands before. A few more such patterns are not seen."""
    import re2

    return not _LOOKS_AROUND.search(pattern) and re2.search(pattern, "") is not None


def _covers(match: str, word: str, other_match: str, other_word: str) -> bool:
    """True where every message that the second matches, the first matches, too."""
    if match != other_match:
        # A phrase may stand anywhere in a message, so an exact or first-word rule takes only some of its messages.
        return False
    if match == "phrase":
        return f" {word} " in f" {other_word} "
    return word == other_word


def _covering(senders: frozenset[str], rules: list[_Rule]) -> list[str]:
    """Gives the names of rules that together cover all senders; none where they leave one out."""
    left, names = set(senders), []
    for rule in rules:
        if left & rule.senders:
            left -= rule.senders
            names.append(rule.name)
    return [] if left else names


def _shadowed(checker: Checker, address: str, rule: _Rule, winners: list[str]) -> None:
    message = f"the rule {rule.name!r} can never win: {_names(winners)} always comes first"
    hint = "take it out, or give it other words"
    checker.at(rule.address_part, "keyword.shadowed", message, hint, address=address, key=True, warning=True)


def _names(names: Iterable[str]) -> str:
    return " and ".join(repr(name) for name in names)

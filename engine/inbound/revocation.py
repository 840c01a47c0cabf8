"""Does a text take consent back? Any reasonable way to say so counts (47 CFR 64.1200(a)(10)), in any of six languages.

A text that is nothing but a word for STOP is read by `engine.config.words`; this is for everything else that people
write: "please stop texting me", "sotp", "take me off your list". What may be one and may not is for a person to judge.
Deterministic, and linear in the length of the text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Any

from engine.config.words import plain, standard
from engine.inbound.revocation_doubts import DOUBTFUL, INNOCENT, NEGATED, UNSURE
from engine.inbound.revocation_phrases import (
    CERTAIN,
    COURTESIES,
    MACROS,
    NEIGHBOURS_OF_STOP,
    NO,
    STRONG,
    WEAK,
)


class Verdict(StrEnum):
    STOP = "stop"  # certain
    REVIEW = "review"  # for a person to judge
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a text is taken for, and the words in it that say so."""

    verdict: Verdict
    words: str = ""


_NONE = Judgement(Verdict.NONE)
_SENTENCES = re.compile(r"[.!?;…\n\r\u2022。！？]+")
_PAUSES = re.compile(r"[,:()\"“”«»–—]+|\s-+\s")
_REPEATED = re.compile(r"([^\W\d_])\1{2,}")
_CONTRACTED = re.compile(r"\b(don|doesn|didn|won|can|couldn|shouldn|wouldn|isn|haven|hasn|ain|wasn|aren) t\b")
_ABOUT_TEXTING = re.compile(
    r"(?:texting|messaging|sending|spamming|contacting|bothering|harassing|me|"
    r"(?:(?:the|these|those|your|all|getting|receiving) )*(?:texts?|messages?|msgs|sms|notifications|alerts))\b"
)
_SPELT = (
    (re.compile(r"\b(?:do n[o0]t|donot|dnt)\b"), "dont"),
    (re.compile(r"\b(?:cannot|can not)\b"), "cant"),
    (re.compile(r"\bwill not\b"), "wont"),
    (re.compile(r"\bdid not\b"), "didnt"),
    (re.compile(r"\b(?:u|yall)\b"), "you"),
    (re.compile(r"\bur\b"), "your"),
    (re.compile(r"\b(?:plz|pls|plss|pleas|plese|pliz|plse)\b"), "please"),
    (re.compile(r"\bwhy (?:dont|cant|wont|didnt) you (?:just |please |guys )*(?=stop|leave)"), ""),
    (
        re.compile(r"\byou (?:guys |people )?(?:just )?(?:wont|dont|never|cant) stop (?=texting|sending|messaging)"),
        "you keep ",
    ),
    (
        re.compile(r"\bmake (?:these|the|this|those|your) (texts?|messages?|msgs|sms|notifications) stop\b"),
        r"stop the \1",
    ),
    (re.compile(r"\b(?:remov|rmove|remve)\b"), "remove"),
    (re.compile(r"\bun ?subscribe\b"), "unsubscribe"),
    (
        re.compile(r"\b(?:stoop|stops|sop|sto|shop|step)(?= (?:texting|messaging|sending|contacting|spamming)\b)"),
        "stop",
    ),
    (re.compile(r"\b(?:stop ?(?:2|to) ?(?:quit|end|stop)|stahp)\b"), "stop"),
)
"""Short forms and spellings, brought to the one that phrases are written in."""


def judge(text: str) -> Judgement:
    """Gives what a text is taken for."""
    if standard(text) == "STOP":
        return Judgement(Verdict.STOP, text.strip())
    sentences = [[plain(part) for part in _PAUSES.split(sentence)] for sentence in _SENTENCES.split(text)]
    clauses = [clause for clause in ([_spelt(part) for part in parts if part] for parts in sentences) if clause]
    if not clauses:
        return _NONE
    said = _words_alone(clauses)
    if said.verdict is Verdict.STOP:
        return said
    line = "| " + " | ".join(" , ".join(parts) for parts in clauses) + " |"
    rules = _rules()
    read = _without_innocent(line, rules)
    certain = rules.certain.search(read)
    if certain is not None:
        verdict = Verdict.STOP if rules.doubtful.search(read) is None else Verdict.REVIEW
        return Judgement(verdict, _shown(certain[0]))
    unsure = rules.unsure.search(read)
    return Judgement(Verdict.REVIEW, _shown(unsure[0])) if unsure is not None else said


def _words_alone(clauses: Sequence[Sequence[str]]) -> Judgement:
    """Reads clauses that are nothing but a word for STOP and courtesies."""
    spelt = [word for parts in clauses for part in parts for word in part.split()]
    if all(len(letter) == 1 for letter in spelt) and "".join(spelt) in _strong():
        return Judgement(Verdict.STOP, " ".join(spelt))
    bare = [[_bare(part) for part in parts] for parts in clauses]
    for parts in bare:
        # A pause may end a sentence, or stand in the middle of a list: only its first and last part stand alone.
        for part in (parts[0], parts[-1]):
            if part and (part in _strong() or all(word in STRONG for word in part.split())):
                return Judgement(Verdict.STOP, part)
    rest = " ".join(part for parts in bare for part in parts if part)
    if rest and (all(word in WEAK or word in STRONG for word in rest.split()) or standard(rest) == "STOP"):
        return Judgement(Verdict.REVIEW, rest)
    return _NONE


def _bare(clause: str) -> str:
    """Gives a clause without the courtesies around it."""
    words = clause.split()
    start, end = 0, len(words)
    while start < end and words[start] in COURTESIES:
        start += 1
    while start < end and words[end - 1] in COURTESIES:
        end -= 1
    words = words[start:end]
    return "" if len(words) == 1 and words[0] in NO else " ".join(words)


def _spelt(clause: str) -> str:
    """Gives a clause in the spelling that phrases are written in."""
    clause = _CONTRACTED.sub(r"\1t", _REPEATED.sub(r"\1", clause))
    for written, meant in _SPELT:
        clause = written.sub(meant, clause)
    typos = typos_of_stop()
    words = ["stop" if word in typos else _mended(word) for word in clause.split()]
    return " ".join(words)


def _mended(word: str) -> str:
    """Gives `unsubscribe` for what is nearly that, and every other word as it is."""
    if 9 <= len(word) <= 13 and word[0] in "un" and word not in _UNSUBSCRIBE_KIN:
        return "unsubscribe" if _distance(word, "unsubscribe") <= 2 else word
    return word


_UNSUBSCRIBE_KIN = frozenset({"unsubscribe", "unsubscribed", "unsubscribes", "unsubscriber", "unsubscribing"})


@cache
def typos_of_stop() -> frozenset[str]:
    """Gives what comes of one slip on a keyboard in STOP, but for words of their own: letters swapped, doubled, hit
    beside the right one, or with a neighbour hit along."""
    near = {"s": "awedxz", "t": "r5fgy6", "o": "i9pkl0", "p": "o0l["}
    made = {"st0p", "5top", "s7op", "stopl", "stopo", "stopit"}
    word = "stop"
    for i, letter in enumerate(word):
        made.add(word[: i + 1] + letter + word[i + 1 :])
        if i < 3:
            made.add(word[:i] + word[i + 1] + letter + word[i + 2 :])
        for beside in near[letter]:
            made |= {
                word[:i] + beside + word[i + 1 :],
                word[:i] + beside + word[i:],
                word[: i + 1] + beside + word[i + 1 :],
            }
    return frozenset(made - NEIGHBOURS_OF_STOP - {word})


def _distance(one: str, other: str) -> int:
    """Gives how many letters must be put in, taken out, changed or swapped with the next (Damerau and Levenshtein)."""
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, a in enumerate(one, 1):
        last, before, row = before, row, [i]
        for j, b in enumerate(other, 1):
            best = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (a != b))
            if i > 1 and j > 1 and a == other[j - 2] and one[i - 2] == b:
                best = min(best, last[j - 2] + 1)
            row.append(best)
    return row[-1]


@cache
def _strong() -> frozenset[str]:
    return STRONG | {"opt out", "stop all", "se desabonner", "dar de baja", "darse de baja"}


@dataclass(frozen=True, slots=True)
class _Rules:
    certain: Any
    unsure: Any
    doubtful: Any
    negated: Any
    innocent: Any


@cache
def _rules() -> _Rules:
    return _Rules(
        certain=_compiled(phrase for phrases in CERTAIN.values() for phrase in phrases),
        unsure=_compiled(phrase for phrases in UNSURE.values() for phrase in phrases),
        doubtful=_compiled(DOUBTFUL),
        negated=_compiled(NEGATED),
        innocent=_compiled(INNOCENT),
    )


def _compiled(phrases: Iterable[str]) -> Any:
    import re2

    macros = {**MACROS, "<courtesy>": "|".join(sorted(COURTESIES))}
    pattern = "|".join(_with_end(phrase) for phrase in phrases)
    while "<" in pattern:
        for name, meaning in macros.items():
            pattern = pattern.replace(name, meaning)
    options = re2.Options()
    options.max_mem = 64 << 20
    return re2.compile(f"(?:^| )(?:{pattern})", options)


def _with_end(phrase: str) -> str:
    """Lets a phrase end with a word: what follows is a space, or the mark that it ends with itself."""
    return f"(?:{phrase})(?: |$)"


def _without_innocent(line: str, rules: _Rules) -> str:
    read = rules.negated.sub(" … ", line)
    return "".join(_kept(read, rules.innocent))


def _kept(line: str, innocent: Any) -> Iterator[str]:
    done = 0
    for found in innocent.finditer(line):
        if _ABOUT_TEXTING.match(line, found.end()):
            continue
        yield line[done : found.start()] + " … "
        done = found.end()
    yield line[done:]


def _shown(found: str) -> str:
    return " ".join(found.replace("|", " ").split())

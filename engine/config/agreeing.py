"""Checks of consent: the confirmation of a STOP, words that mean something else, topics that are not there."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping

from engine.config.explain import Checker, Path, did_you_mean
from engine.config.lazy import Lazy
from engine.config.models import ConsentConfig, Keyword, Template, TemplateText, Topic
from engine.config.sources import Sources
from engine.config.text import Report
from engine.config.words import standard
from engine.types import Purpose

_LINK = re.compile(r"https?://|\bwww\.", re.IGNORECASE)
_SNIPPET = re.compile(r"""\{%-?\s*(?:render|include)\s+['"]([^'"]+)['"]""")


def check_consent(
    checker: Checker,
    workspace: str,
    consent: ConsentConfig,
    topics: Mapping[str, Topic],
    keywords: Mapping[str, Keyword],
    templates: Mapping[str, Template],
    snippets: Mapping[str, str],
) -> None:
    """Reports what the FCC does not allow in the one confirmation of a STOP (47 CFR 64.1200(a)(12): no marketing), and
    extra words that are read as STOP before they could mean anything else."""
    address = f"{workspace}/consent"
    for name, topic in topics.items():
        _check_purpose(checker, ("topics", name, "confirm"), f"{workspace}/topic/{name}", topic.confirm, templates)
    confirmations: list[tuple[Path, str, str | None]] = [(("consent", "stop", "reply"), address, consent.stop.reply)]
    for name, rule in keywords.items():
        if rule.unsubscribe is True:
            confirmations.append((("keywords", name, "reply"), f"{workspace}/keyword/{name}", rule.reply))
    for at, where, reply in confirmations:
        _check_purpose(checker, at, where, reply, templates)
        stopped = templates.get(reply or "")
        if stopped is not None and any(_leads_away(text, snippets) for text in (stopped, *stopped.languages.values())):
            message = f"{reply!r} confirms a STOP, and has a link or an image in it: that reads as marketing"
            hint = "say that no more messages come, and how to get them again"
            checker.at(at, "keyword.reply-link", message, hint, address=where, warning=True)
    for meaning, extra in (("start", consent.start.extra_words), ("help", consent.help.extra_words)):
        for index, word in enumerate(extra):
            if standard(word) == "STOP":
                path: Path = ("consent", meaning, "extra_words", index)
                message = f"{word!r} means STOP, and is never read as {meaning.upper()}"
                checker.at(path, "keyword.reserved", message, "take it out", address=address, warning=True)


def check_topics(
    report: Report, sources: Sources, workspace: str, topics: Collection[str], templates: Lazy[Template]
) -> None:
    """Reports templates of topics that are not there, and topics of what is no marketing."""
    for name, topic in templates.field("topic"):
        address = f"{workspace}/template/{name}"
        if topic is None or f"{address}#topic" not in sources:
            continue
        template = templates[name]
        place = sources[f"{address}#topic"]
        where = {key: getattr(place, key) for key in ("line", "column", "end_line", "end_column")}
        if topic not in topics:
            message, hint = f"there is no topic {topic!r}", did_you_mean(topic, topics)
            report.error("ref.unknown-topic", message, hint, file=place.file, address=address, **where)
        if template.purpose is not Purpose.MARKETING:
            message = f"only marketing has a topic, and the template is {template.purpose.value}"
            report.error("template.topic", message, "take `topic:` out", file=place.file, address=address, **where)


def _check_purpose(
    checker: Checker, path: Path, address: str, name: str | None, templates: Mapping[str, Template]
) -> None:
    template = templates.get(name or "")
    if template is not None and template.purpose is not Purpose.REPLY:
        message = f"{name!r} is {template.purpose.value}, and only an answer may stand here"
        checker.at(path, "keyword.reply-purpose", message, "give it `purpose: reply`", address=address)


def _leads_away(text: TemplateText, snippets: Mapping[str, str]) -> bool:
    return bool(text.media) or any(_LINK.search(body) for body in _bodies(text.body, snippets, set()))


def _bodies(body: str, snippets: Mapping[str, str], seen: set[str]) -> Iterator[str]:
    yield body
    for name in _SNIPPET.findall(body):
        if name in snippets and name not in seen:
            seen.add(name)
            yield from _bodies(snippets[name], snippets, seen)

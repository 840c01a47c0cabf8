"""Checks of webhooks: addresses that must not be called, and rules that call what is not there."""

from __future__ import annotations

import ipaddress
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from engine.config.addresses import LOOPBACK, check_url
from engine.config.explain import Checker, Path, did_you_mean
from engine.config.models import Keyword
from engine.config.secrets import references
from engine.config.sources import Sources
from engine.config.text import Report

if TYPE_CHECKING:
    from engine.config.conversations import Conversation

HTTPS_PORT = 443


def is_webhook_secret(path: Path) -> bool:
    """True for the path of a webhook's secret in workspace.yaml."""
    return len(path) == 3 and path[0] == "webhooks" and path[2] == "secret"


def webhook_secrets(data: Mapping[str, Any]) -> Iterator[str]:
    """Gives the names of the variables that hold the secrets of workspace.yaml's webhooks."""
    webhooks = data.get("webhooks")
    for webhook in webhooks.values() if isinstance(webhooks, dict) else ():
        if isinstance(webhook, dict):
            yield from references(webhook.get("secret"))


def check_webhooks(checker: Checker, address: str, webhooks: Any, *, local: bool) -> None:
    """Reports addresses that would never be called; `local` lets them lead to this machine."""
    for name, webhook in webhooks.items() if isinstance(webhooks, dict) else ():
        url = webhook.get("url") if isinstance(webhook, dict) else None
        path: Path = ("webhooks", name, "url")
        if not isinstance(url, str) or checker.is_unset(path):
            continue
        findings = len(checker.document.report.findings)
        check_url(checker, address, [(path, url)])
        if len(checker.document.report.findings) == findings and (wrong := _why_never_called(url, local)):
            checker.at(path, "webhook.address", f"{url!r} {wrong[0]}", wrong[1], address=address)


def check_calls(
    report: Report,
    sources: Sources,
    workspace: str,
    rules: Mapping[str, Keyword],
    tests: Mapping[str, Sequence[Conversation]],
    webhooks: Collection[str],
) -> None:
    """Reports rules that call, and tests that expect, a webhook that workspace.yaml does not have."""
    for address, field, name in (*_calls_of_rules(workspace, rules), *_calls_of_tests(tests)):
        if name in webhooks:
            continue
        place = sources[f"{address}#{field}"]
        where = {key: getattr(place, key) for key in ("line", "column", "end_line", "end_column")}
        hint = did_you_mean(name, webhooks) if webhooks else "webhooks are named under `webhooks:` in workspace.yaml"
        message = f"there is no webhook {name!r}"
        report.error("ref.unknown-webhook", message, hint, file=place.file, address=address, **where)


def _calls_of_rules(workspace: str, rules: Mapping[str, Keyword]) -> Iterator[tuple[str, str, str]]:
    for name, rule in rules.items():
        if rule.call is not None:
            yield f"{workspace}/keyword/{name}", "call", rule.call


def _calls_of_tests(tests: Mapping[str, Sequence[Conversation]]) -> Iterator[tuple[str, str, str]]:
    for address, conversations in tests.items():
        for index, conversation in enumerate(conversations):
            for number, step in enumerate(conversation.steps):
                called = step.expect.webhooks if step.expect is not None else None
                for position, name in enumerate(called or ()):
                    yield address, f"{index}.steps.{number}.expect.webhooks.{position}", name


def _why_never_called(url: str, local: bool) -> tuple[str, str] | None:
    parts = urlsplit(url)
    host = parts.hostname or ""
    if parts.username is not None or parts.password is not None:
        return "has a user name in it", "take it out: the signature says who calls"
    if host in LOOPBACK:
        hint = "for development, set `local_webhooks: true` in engine.yaml"
        return None if local else ("leads to this machine", hint)
    if parts.port not in (None, HTTPS_PORT):
        return "names a port", "only https on port 443 is called"
    try:
        literal = ipaddress.ip_address(host)
    except ValueError:
        return None
    return None if literal.is_global else ("is not on the public internet", "write the address that others see")

"""Asks the providers which senders their accounts have: what plan and apply do unless told --no-refresh."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import click

from engine.errors import CredentialsRefused, EngineError, ProviderUnavailable
from engine.types import Finding, Severity

if TYPE_CHECKING:
    from engine.cli.context import App
    from engine.cli.planning import Wanted
    from engine.types import RemoteSender

SECONDS = 10
"""How long a provider may take to answer."""


def refreshed(app: App, asked: Wanted) -> tuple[Finding, ...]:
    """Gives warnings: senders that an account does not have, and providers that could not be asked."""
    from engine.reconcile.refresh import unreadable

    missing, errors = _refresh(app, asked)
    sources = asked.desired.sources
    return (
        *missing,
        *(unreadable(name, asked.project.workspaces[name], error.message, sources) for name, error in errors.items()),
    )


def require_refreshed(app: App, asked: Wanted) -> None:
    """Warns on stderr of senders that an account does not have.

    Raises ProviderUnavailable where a provider could not be asked, CredentialsRefused where it refused.
    """
    from engine.cli.output import finding_line

    missing, errors = _refresh(app, asked)
    for finding in missing:
        click.echo(finding_line(finding), err=True)
    if errors:
        refused = any(isinstance(error, CredentialsRefused) for error in errors.values())
        raise (CredentialsRefused if refused else ProviderUnavailable)(
            "; ".join(f"the provider of {name} cannot be asked: {error.message}" for name, error in errors.items()),
            hint="check the credentials and the network, or apply without asking: --no-refresh",
        )


def softened(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Gives errors as the warnings that they are for a command that can do without."""
    return tuple(replace(finding, severity=Severity.WARNING) for finding in findings)


def _refresh(app: App, asked: Wanted) -> tuple[list[Finding], dict[str, EngineError]]:
    from engine.reconcile.refresh import missing_senders

    names = sorted(name for name, workspace in asked.project.workspaces.items() if workspace.senders)
    if not names:
        return [], {}
    answers = asyncio.run(_ask_all(app, asked, names))
    missing: list[Finding] = []
    errors: dict[str, EngineError] = {}
    for name, answer in zip(names, answers, strict=True):
        if isinstance(answer, EngineError):
            errors[name] = answer
        elif answer is not None:
            missing += missing_senders(name, asked.project.workspaces[name], answer, asked.desired.sources)
    return missing, errors


async def _ask_all(app: App, asked: Wanted, names: list[str]) -> list[list[RemoteSender] | EngineError | None]:
    return list(await asyncio.gather(*(_ask(app, asked, name) for name in names)))


async def _ask(app: App, asked: Wanted, name: str) -> list[RemoteSender] | EngineError | None:
    """Gives an account's senders, why they are not known, or None for a provider that takes any sender."""
    from engine.config.providers import build_provider

    settings = asked.project.workspaces[name].settings
    if asked.plugins.provider(settings.delivery.provider).any_sender:
        return None
    try:
        provider = build_provider(settings, asked.plugins, partial(app.plugin_context, read_only=True))
        try:
            return list(await asyncio.wait_for(provider.senders(), SECONDS))
        finally:
            await provider.close()
    except TimeoutError:
        return ProviderUnavailable(f"no answer in {SECONDS} s")
    except EngineError as error:
        return error

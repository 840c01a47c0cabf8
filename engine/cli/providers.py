"""The providers of a config, asked and told by one command: what plan, apply, status and senders do unless told
--no-refresh."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from engine.errors import ConfigError, CredentialsRefused, EngineError, ProviderUnavailable
from engine.types import Finding, RemoteSender, Severity

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

    from engine.cli.context import App
    from engine.cli.planning import Wanted
    from engine.config.models import Project
    from engine.contracts import Provider
    from engine.plugins import Plugins
    from engine.provider_steps import SenderKey
    from engine.reconcile.provider_side import ProviderSide
    from engine.types import RemoteChange

ASK_WITHIN = 10
"""Seconds that a provider may take to list its senders."""
TELL_WITHIN = 60
"""Seconds that a provider may take to make one change; then nobody knows whether it did."""

Told = Mapping[str, list[RemoteSender]]
Silent = Mapping[str, EngineError]


def ask(app: App, project: Project, plugins: Plugins, *, names: Iterable[str] | None = None) -> tuple[Told, Silent]:
    """Gives the senders of each workspace's account, and why those of others are not known.

    Only workspaces with senders are asked for (or those that are named), and no provider that takes any sender. The
    providers are built read-only.
    """
    wanted = [name for name, workspace in project.workspaces.items() if workspace.senders]
    chosen = [name for name in sorted(wanted if names is None else names) if not takes_any(project, plugins, name)]
    if not chosen:
        return {}, {}

    async def all_of_them() -> list[list[RemoteSender] | EngineError]:
        return list(await asyncio.gather(*(_ask(app, project, plugins, name) for name in chosen)))

    answers = dict(zip(chosen, asyncio.run(all_of_them()), strict=True))
    return (
        {name: answer for name, answer in answers.items() if not isinstance(answer, EngineError)},
        {name: answer for name, answer in answers.items() if isinstance(answer, EngineError)},
    )


def seen(app: App, asked: Wanted, remembered: Mapping[SenderKey, Mapping[str, str]]) -> ProviderSide:
    """Gives what is to be done and known at the providers; one that could not be asked is a warning."""
    from engine.reconcile.capable import unreadable
    from engine.reconcile.provider_side import compare

    told, silent = ask(app, asked.project, asked.plugins)
    sources = asked.desired.sources
    side = compare(asked.project, told, remembered, sources)
    more = [unreadable(name, asked.project.workspaces[name], why.message, sources) for name, why in silent.items()]
    return replace(side, findings=(*side.findings, *more))


class LiveProviders:
    """What apply needs of providers: a look at all of them, and then one change after the other.

    Without `heal` what somebody else has changed there is left as it is.
    """

    def __init__(self, app: App, asked: Wanted, *, heal: bool = True) -> None:
        self._app = app
        self._asked = asked
        self._heal = heal
        self._runner = asyncio.Runner()
        self._built: dict[str, Provider[Any]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        try:
            for provider in self._built.values():
                self._runner.run(provider.close())
        finally:
            self._runner.close()

    def look(self, remembered: Mapping[SenderKey, Mapping[str, str]]) -> ProviderSide:
        """Gives what is to be done at the providers.

        Raises ProviderUnavailable where one could not be asked, CredentialsRefused where it refused, and ConfigError
        where an account lacks what the config needs.
        """
        from engine.reconcile.provider_side import compare, without_healing

        told, silent = ask(self._app, self._asked.project, self._asked.plugins)
        if silent:
            raise unheard(silent, "check the credentials and the network, or apply without asking: --no-refresh")
        side = compare(self._asked.project, told, remembered, self._asked.desired.sources)
        if any(finding.severity is Severity.ERROR for finding in side.findings):
            raise ConfigError(
                "the providers' accounts lack what the config needs",
                side.findings,
                hint="correct the config or the account; --no-refresh applies without looking",
            )
        return side if self._heal else without_healing(side)

    def configure(self, workspace: str, change: RemoteChange) -> None:
        """Makes one change. Raises what `Provider.configure` raises; ProviderUnavailable where no answer came."""
        try:
            self._runner.run(asyncio.wait_for(self._provider(workspace).configure(change), TELL_WITHIN))
        except TimeoutError as error:
            raise ProviderUnavailable(f"no answer in {TELL_WITHIN} s") from error

    def _provider(self, workspace: str) -> Provider[Any]:
        from engine.config.providers import build_provider

        if workspace not in self._built:
            settings = self._asked.project.workspaces[workspace].settings
            self._built[workspace] = build_provider(settings, self._asked.plugins, self._app.plugin_context)
        return self._built[workspace]


def unheard(silent: Silent, hint: str) -> ProviderUnavailable:
    """Gives the error for providers that did not say what they have."""
    refused = any(isinstance(error, CredentialsRefused) for error in silent.values())
    return (CredentialsRefused if refused else ProviderUnavailable)(
        "; ".join(f"the provider of {name} cannot be asked: {why.message}" for name, why in silent.items()), hint=hint
    )


def softened(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Gives errors as the warnings that they are for a command that can do without."""
    return tuple(replace(finding, severity=Severity.WARNING) for finding in findings)


def takes_any(project: Project, plugins: Plugins, name: str) -> bool:
    """True where the provider of a workspace takes any sender, since no account holds them."""
    return plugins.provider(project.workspaces[name].settings.delivery.provider).any_sender


async def _ask(app: App, project: Project, plugins: Plugins, name: str) -> list[RemoteSender] | EngineError:
    from engine.config.providers import build_provider

    try:
        settings = project.workspaces[name].settings
        provider = build_provider(settings, plugins, partial(app.plugin_context, read_only=True))
        try:
            return list(await asyncio.wait_for(provider.senders(), ASK_WITHIN))
        finally:
            await provider.close()
    except TimeoutError:
        return ProviderUnavailable(f"no answer in {ASK_WITHIN} s")
    except EngineError as error:
        return error
    except Exception as error:  # noqa: BLE001 # a plugin that crashes is a provider that cannot be asked
        return ProviderUnavailable(f"its plugin failed: {type(error).__name__}: {error}")

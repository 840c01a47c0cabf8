"""What every command starts from: the config's folder, the clock, the environment, the state."""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from engine.errors import ConfigError

if TYPE_CHECKING:
    from engine.config.load import EngineFile, Loaded
    from engine.contracts import PluginContext
    from engine.plugins import Plugins
    from engine.store import Store
    from engine.types import SecretRef


def utc_now() -> datetime:
    """Gives the present moment."""
    return datetime.now(UTC)


@dataclass
class App:
    """One run of the command line."""

    config: Path
    environment: str | None
    variables: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))
    cached: bool = False
    """Whether files that are as they were need not be read anew: for commands that make nothing live."""

    def has_config(self) -> bool:
        """True where there is a config to read plugins from."""
        return (self.config / "engine.yaml").is_file()

    @property
    def folder(self) -> Path:
        """The folder that holds config/: what state is relative to and files are named from."""
        return self.config.absolute().parent

    @cached_property
    def loaded(self) -> Loaded:
        """The whole config with its findings; never raises for what is wrong in it."""
        from engine.config.cache import cache_for, no_cache
        from engine.config.load import load

        kept = partial(cache_for, config=self.config, environment=self.environment, variables=self.variables)
        return load(
            self.config,
            environment=self.environment,
            variables=self.variables,
            cache_of=kept if self.cached else no_cache,
        )

    @cached_property
    def engine_file(self) -> EngineFile:
        """engine.yaml and its plugins alone: enough for commands that work on the state. Raises ConfigError."""
        from engine.config.load import load_engine

        return load_engine(self.config, environment=self.environment, variables=self.variables)

    def plugins(self) -> Plugins:
        """The plugins that engine.yaml names. Raises ConfigError."""
        return self.engine_file.plugins

    def store(self, *, read_only: bool = False) -> Store:
        """Opens the state and closes it when the command ends. Raises ConfigError, StateUnavailable."""
        url = self.engine_file.engine.state
        store = self.plugins().store(url.partition("://")[0]).open(url, folder=self.folder, read_only=read_only)
        click.get_current_context().call_on_close(store.close)
        return store

    def plugin_context(self, name: str, *, read_only: bool = False) -> PluginContext:
        """What the plugin of that name is built with."""
        from engine.contracts import PluginContext

        folder = self.folder / "state"
        return PluginContext(
            clock=utc_now,
            logger=logging.getLogger(f"engine.plugin.{name}"),
            state_folder=folder,
            secret=self.secret,
            random=os.urandom,
            read_only=read_only,
        )

    def secret(self, ref: SecretRef) -> str:
        """Gives the value of a secret. Raises ConfigError, naming the variable, where it is unset."""
        value = self.variables.get(ref.name)
        if not value:
            raise ConfigError(f"the variable {ref.name} is not set", hint=f"set it, e.g. export {ref.name}=…")
        return value


pass_app = click.make_pass_decorator(App)

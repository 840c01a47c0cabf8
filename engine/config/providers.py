"""Builds the plugin objects that a workspace's config names. The one place, so that every command builds them alike."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pydantic import ValidationError

from engine.config.settings_models import WorkspaceConfig
from engine.contracts import NumberNormaliser, PluginContext, Provider
from engine.errors import ConfigError
from engine.plugins import Plugins

Context = Callable[[str], PluginContext]
"""Gives the surroundings of the plugin of that name."""


def build_provider(settings: WorkspaceConfig, plugins: Plugins, context: Context) -> Provider[Any]:
    """Gives the delivery provider of a workspace. Raises ConfigError, also for a secret that is not set."""
    name = settings.delivery.provider
    chosen = plugins.provider(name)
    try:
        options = chosen.options_model.model_validate(settings.delivery.options)
    except ValidationError as error:
        problems = "; ".join(
            f"{'.'.join(map(str, item['loc'])) or 'delivery'}: {item['msg']}" for item in error.errors()
        )
        raise ConfigError(f"the options of the provider {name!r} are invalid: {problems}") from error
    return chosen(options, context(name))


def build_normaliser(settings: WorkspaceConfig, plugins: Plugins, context: Context) -> NumberNormaliser:
    """Gives the number normaliser that a workspace names, or the only one that is loaded. Raises ConfigError."""
    name = settings.numbers.normaliser
    if name is None:
        if len(plugins.normalisers) != 1:
            offered = ", ".join(plugins.normalisers) or "none"
            raise ConfigError(
                f"no number normaliser is chosen, and the loaded plugins offer {offered}",
                hint="add phonenumbers to `plugins:`"
                if not plugins.normalisers
                else "choose one: `numbers: {normaliser: …}` in workspace.yaml",
            )
        (name,) = plugins.normalisers
    return plugins.normaliser(name)(context(name))

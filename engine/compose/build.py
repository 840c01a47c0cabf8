"""Builds a workspace's composer: which normaliser and which shortener, as the config says."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from engine.compose.links import LinkRules, base_of
from engine.compose.recipients import Reader
from engine.compose.utm import Tagger
from engine.config.models import Project
from engine.config.providers import build_normaliser
from engine.config.settings_models import Links
from engine.contracts import NumberNormaliser, PluginContext, Shortener
from engine.errors import UsageError
from engine.names import did_you_mean
from engine.plugins import Plugins

if TYPE_CHECKING:
    from engine.compose.composer import Composer

Contexts = Callable[[str], PluginContext]


def composer(
    project: Project,
    workspace: str,
    *,
    plugins: Plugins,
    context: Contexts,
    links_by: Callable[[Shortener], Shortener] = lambda chosen: chosen,
) -> Composer:
    """Gives what composes a workspace's messages. Raises UsageError where there is none, ConfigError.

    `links_by` puts another shortener in the place of the one that the config chose.
    """
    # It imports Liquid, which takes longer than all that is done here.
    from engine.compose.composer import Composer

    found = project.workspaces.get(workspace)
    if found is None:
        raise UsageError(f"there is no workspace {workspace!r}", hint=did_you_mean(workspace, project.workspaces))
    settings = found.settings
    rules = settings.links or Links()
    normaliser, chosen = chosen_plugins(project, workspace, plugins=plugins, context=context)
    return Composer(
        workspace,
        found,
        plugins=plugins,
        reader=Reader(settings, normaliser),
        links=LinkRules(
            shortener=links_by(chosen) if chosen is not None else None,
            expire_after=rules.expire_after,
            allowed_hosts=None if rules.allowed_hosts is None else tuple(rules.allowed_hosts),
            tagger=Tagger(rules.utm) if rules.utm is not None else None,
        ),
    )


def chosen_plugins(
    project: Project, workspace: str, *, plugins: Plugins, context: Contexts
) -> tuple[NumberNormaliser, Shortener | None]:
    """Gives what a workspace reads numbers and shortens links with. Raises ConfigError."""
    settings = project.workspaces[workspace].settings
    shortened_by = shortener(settings.links or Links(), project.engine.public_url, plugins=plugins, context=context)
    return build_normaliser(settings, plugins, context), shortened_by


def links_domain(rules: Links | None, public_url: str) -> str | None:
    """Gives what a workspace's short links begin with, as the table of links has it; None where no domain is known."""
    domain = (rules or Links()).domain or public_url
    return base_of(domain) if domain else None


def shortener(rules: Links, public_url: str, *, plugins: Plugins, context: Contexts) -> Shortener | None:
    """Gives the shortener; None where it is switched off, not loaded, or has no domain. Raises ConfigError."""
    domain, name = links_domain(rules, public_url), rules.shortener
    if domain is None or name is None:
        return None
    if name not in plugins.shorteners and name == Links.model_fields["shortener"].default:
        # The default name stands for whichever is loaded.
        if len(plugins.shorteners) != 1:
            return None
        (name,) = plugins.shorteners
    return plugins.shortener(name)(domain, context(name))

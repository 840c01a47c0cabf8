"""What the commands about people share: the workspace that is meant, its normaliser, its state."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.cli.context import App
from engine.errors import InvalidNumber, UsageError
from engine.names import did_you_mean

if TYPE_CHECKING:
    from engine.config.models import Workspace
    from engine.config.settings_models import WorkspaceConfig
    from engine.contracts import NumberNormaliser
    from engine.store import Store


def configured(app: App, workspace: str) -> Workspace:
    """Gives a workspace of the config. Raises ConfigError, and UsageError with what there is."""
    workspaces = app.loaded.require().workspaces
    if workspace not in workspaces:
        raise UsageError(f"there is no workspace {workspace!r}", hint=did_you_mean(workspace, workspaces))
    return workspaces[workspace]


def peopled(app: App, store: Store, workspace: str) -> None:
    """Makes sure that a workspace has people or stands in the config, which people may outlive."""
    if not store.people(workspace, limit=1):
        configured(app, workspace)


def unknown_person(workspace: str, person_id: str) -> UsageError:
    """Gives the error for a person who is not there."""
    return UsageError(
        f"workspace {workspace!r} has no person {person_id!r}",
        hint=f"list them with `engine people list --workspace {workspace}`",
    )


def normaliser_of(app: App, settings: WorkspaceConfig) -> NumberNormaliser:
    """Gives what reads a workspace's numbers. Raises ConfigError."""
    from engine.config.providers import build_normaliser

    return build_normaliser(settings, app.plugins(), app.plugin_context)


def number_of(app: App, settings: WorkspaceConfig, text: str) -> str:
    """Gives a number of the command line in E.164. Raises UsageError."""
    try:
        return normaliser_of(app, settings).normalise(text, country=settings.default_country).number
    except InvalidNumber as error:
        raise UsageError(f"{text!r} is no phone number: {error.message}", hint=error.hint) from error

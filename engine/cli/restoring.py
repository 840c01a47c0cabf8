"""What an earlier release asks for, as if its config stood in the files: where a rollback begins."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.errors import ConfigError, UsageError

if TYPE_CHECKING:
    from engine.cli.context import App
    from engine.cli.planning import Wanted
    from engine.config.models import Project
    from engine.reconcile.git import Commit
    from engine.types import Release


def wanted_again(app: App, past: Release) -> Wanted:
    """Gives what a release asks for, checked as far as a release can be: by this version, with today's plugins.

    Raises UsageError where it was made for another environment than this command is run for, ConfigError where this
    version or its plugins cannot make it live.
    """
    from pydantic import ValidationError

    from engine.cli.planning import Wanted, versions
    from engine.config.snapshot import restore, snapshot
    from engine.reconcile.apply import Desired

    if past.environment != app.environment:
        raise UsageError(
            f"release {past.id} is for the environment {past.environment or 'none'}, not {app.environment or 'none'}",
            hint=f"say so: engine --env {past.environment} rollback …" if past.environment else "leave out --env",
        )
    plugins = app.plugins()
    try:
        project = restore(past.objects)
        for workspace in project.workspaces.values():
            provider = plugins.provider(workspace.settings.delivery.provider)
            provider.options_model.model_validate(workspace.settings.delivery.options)
    except (ValidationError, ConfigError) as error:
        said = error.message if isinstance(error, ConfigError) else str(error)
        raise ConfigError(
            f"release {past.id} cannot be made live by this version of the engine and its plugins: {said}",
            hint="take the config back in git, and apply that",
        ) from error
    return Wanted(
        project=_with_samples(app, project),
        plugins=plugins,
        desired=Desired(
            objects=snapshot(project),
            sources=past.sources,
            environment=past.environment,
            versions=versions(plugins),
            restores=past.id,
        ),
        unset=(),
        warnings=(),
    )


def commit_again(past: Release) -> Commit | None:
    """Gives the commit that a release was made of."""
    from engine.reconcile.git import Commit

    if past.commit is None:
        return None
    name = past.commit.removesuffix("-dirty")
    return Commit(name, past.author or "", dirty=name != past.commit)


def _with_samples(app: App, project: Project) -> Project:
    """Gives a project with today's people and samples, where the config can be read: a release keeps none."""
    today = app.loaded.project
    if today is None:
        return project
    workspaces = {}
    for name, workspace in project.workspaces.items():
        now = today.workspaces.get(name)
        if now is not None:
            templates = {
                key: template.model_copy(update={"samples": now.templates[key].samples})
                if key in now.templates
                else template
                for key, template in workspace.templates.items()
            }
            workspace = workspace.model_copy(update={"people": now.people, "templates": templates})
        workspaces[name] = workspace
    return project.model_copy(update={"workspaces": workspaces})

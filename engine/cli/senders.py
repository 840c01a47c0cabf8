"""engine senders: the senders of the config beside those of the providers' accounts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import click

from engine.cli.context import App, pass_app
from engine.cli.names import complete_workspace
from engine.cli.output import finding_line, format_option, print_json, print_table
from engine.errors import UsageError
from engine.names import did_you_mean

if TYPE_CHECKING:
    from engine.cli.providers import Silent, Told
    from engine.config.models import Project
    from engine.plugins import Plugins
    from engine.reconcile.provider_side import ProviderSide
    from engine.types import RemoteSender

COLUMNS = ("sender", "value", "kind", "can", "texts go to", "state")


@click.group(invoke_without_command=True)
@click.option("--workspace", "-w", help="Only this workspace's.", shell_complete=complete_workspace)
@click.option("--no-refresh", is_flag=True, help="Do not ask the providers: show what the config says.")
@format_option()
@click.pass_context
def command(context: click.Context, workspace: str | None, no_refresh: bool, format_: str) -> None:
    """Show the senders of the config beside those of the account: what each can do, where texts to it go, and what
    somebody has changed at the provider.

    Nothing is changed. Ends with 9 where a provider cannot be asked.

    \b
    Example:
      engine senders
      engine senders pull --workspace acme
    """
    if context.invoked_subcommand is None:
        app = context.find_object(App)
        assert app is not None  # noqa: S101 # every command has one
        _list(app, workspace, no_refresh=no_refresh, format_=format_)


def _list(app: App, workspace: str | None, *, no_refresh: bool, format_: str) -> None:
    from engine.cli.providers import ask, unheard
    from engine.cli.reports import as_json
    from engine.reconcile.provider_side import compare

    project, plugins = _project(app)
    names = [chosen(project, workspace)] if workspace is not None else sorted(project.workspaces)
    told: Told = {}
    silent: Silent = {}
    if not no_refresh:
        told, silent = ask(app, project, plugins, names=names)
    side = compare(project, told, app.store(read_only=True).webhooks_set(), app.loaded.sources)
    rows = [row for name in names for row in _rows(project, plugins, name, told.get(name), side)]
    if format_ == "json":
        print_json({"senders": rows, "findings": as_json(side.findings)})
    else:
        print_table(COLUMNS, (_cells(row) for row in rows), empty="no senders")
        for finding in side.findings:
            click.echo(finding_line(finding), err=True)
    if silent:
        raise unheard(silent, "check the credentials and the network, or leave it unasked with --no-refresh")


@command.command()
@click.option("--workspace", "-w", help="Into which workspace.", shell_complete=complete_workspace)
@click.option("--dry-run", is_flag=True, help="Say what would be written, and write nothing.")
@format_option()
@pass_app
def pull(app: App, workspace: str | None, dry_run: bool, format_: str) -> None:
    """Write what the account has into senders.yaml: its senders, what they can do, and where texts to them go.

    Senders that the file does not have are added at its end; of those that it has, what the account says otherwise is
    changed. Nothing is taken out, and comments stay. So what somebody has changed at the provider becomes what the
    config says, in place of being set back by the next `apply`. The account is only read.

    \b
    Example:
      engine senders pull --workspace acme --dry-run
      engine senders pull --workspace acme && git diff
    """
    from functools import partial

    from engine.cli.providers import ask, unheard
    from engine.cli.writing import write_beside
    from engine.config.pull import pull as pulled_from
    from engine.reconcile.provider_side import same_account, wanted_webhooks

    project, plugins = _project(app, writing=True)
    name = chosen(project, workspace)
    told, silent = ask(app, project, plugins, names=[name])
    if silent:
        raise unheard(silent, "check the credentials and the network")
    if name not in told:
        provider = project.workspaces[name].settings.delivery.provider
        raise UsageError(f"the provider {provider!r} has no account with senders: it takes any")
    path = app.config / "workspaces" / name / "senders.yaml"
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    others = same_account(project, name)
    found = pulled_from(
        text,
        project.workspaces[name].senders,
        told[name],
        wanted=partial(wanted_webhooks, project, name),
        without={sender.value for other in others for sender in project.workspaces[other].senders.values()},
    )
    if found.text != text and not dry_run:
        write_beside(path, found.text)
    values = {sender.value for sender in told[name]}
    missing = [
        key
        for key, sender in project.workspaces[name].senders.items()
        if sender.alphanumeric is None and sender.value not in values
    ]
    if format_ == "json":
        changed = {key: list(fields) for key, fields in found.changed.items()}
        print_json({"added": dict(found.added), "changed": changed, "missing": missing})
        return
    for key, value in found.added.items():
        click.echo(f"+ {key}: {value}")
    for key, fields in found.changed.items():
        click.echo(f"~ {key}: {', '.join(fields)}")
    for key in missing:
        click.echo(f"{key}: the account does not have it; the file still does", err=True)
    if found.text == text:
        click.echo("senders.yaml has all of it already")


def chosen(project: Project, workspace: str | None) -> str:
    """Gives the workspace that was named, or the only one. Raises UsageError."""
    if workspace is None:
        if len(project.workspaces) != 1:
            raise UsageError("say which workspace: --workspace", hint=", ".join(sorted(project.workspaces)))
        return next(iter(project.workspaces))
    if workspace not in project.workspaces:
        raise UsageError(f"there is no workspace {workspace!r}", hint=did_you_mean(workspace, project.workspaces))
    return workspace


def _project(app: App, *, writing: bool = False) -> tuple[Project, Plugins]:
    """Gives what is valid of the config: templates may still wait for the senders that are to be pulled. Raises
    ConfigError where senders, settings or engine.yaml are not valid; of senders.yaml when `writing`, not even a hint of
    it."""
    from engine.errors import ConfigError
    from engine.types import Severity

    loaded = app.loaded
    ends = ("engine.yaml", "workspace.yaml", "senders.yaml")
    errors = [f for f in loaded.findings if f.severity is Severity.ERROR and (f.file or "").endswith(ends)]
    if errors or loaded.project is None or loaded.plugins is None:
        what = "senders.yaml is written only where it can be read" if writing else "the senders cannot be read"
        raise ConfigError(what, errors or loaded.findings)
    return loaded.project, loaded.plugins


def _rows(
    project: Project,
    plugins: Plugins,
    name: str,
    account: list[RemoteSender] | None,
    side: ProviderSide,
) -> list[dict[str, Any]]:
    from engine.cli.providers import takes_any
    from engine.reconcile.provider_side import same_account

    workspace = project.workspaces[name]
    there = {sender.value: sender for sender in account or ()}
    everything = takes_any(project, plugins, name)
    rows = []
    for key, sender in workspace.senders.items():
        remote = there.pop(sender.value, None)
        nobody_knows = account is None or sender.alphanumeric is not None
        exists = True if everything else None if nobody_knows else remote is not None
        row = _row(f"{name}/sender/{key}", name, sender.value, str(sender.sender_kind), exists, remote)
        address = f"{name}/provider/{key}"
        row["to_set"] = _fields(side, address, drift=False)
        row["drift"] = _fields(side, address, drift=True)
        rows.append(row)
    elsewhere = {s.value for other in same_account(project, name) for s in project.workspaces[other].senders.values()}
    for value, remote in there.items():
        if value not in elsewhere:
            rows.append({**_row(None, name, value, str(remote.kind), True, remote), "to_set": {}, "drift": {}})
    return rows


def _fields(side: ProviderSide, address: str, *, drift: bool) -> Mapping[str, str]:
    """Gives webhooks of a sender: what each is to be set to; or, of drift, what it was set to."""
    for change in side.drift if drift else side.changes:
        if change.address == address:
            values = (change.before if drift else change.after) or {}
            return {field: values[field] for field in change.fields}
    return {}


def _row(
    sender: str | None, workspace: str, value: str, kind: str, exists: bool | None, remote: RemoteSender | None
) -> dict[str, Any]:
    from engine.reconcile.provider_side import shown

    return {
        "sender": sender,
        "workspace": workspace,
        "value": value,
        "kind": kind,
        "exists": exists,
        "label": remote.label if remote else None,
        "sms": remote.sms if remote else None,
        "mms": remote.mms if remote else None,
        "voice": remote.voice if remote else None,
        "countries": sorted(remote.countries) if remote and remote.countries is not None else None,
        "webhooks": {str(webhook): shown(url) for webhook, url in remote.webhooks.items()} if remote else {},
    }


def _cells(row: Mapping[str, Any]) -> tuple[object, ...]:
    from engine.reconcile.lines import printable

    can = " ".join(what for what in ("sms", "mms", "voice") if row[what])
    if row["sender"] is None:
        state = "not in the config"
    elif row["exists"] is False:
        state = "missing"
    elif row["drift"]:
        state = f"drift: {', '.join(row['drift'])}"
    elif row["to_set"]:
        state = f"to set: {', '.join(row['to_set'])}"
    else:
        state = "as it should be" if row["exists"] else ""
    # What stands at a provider is not ours to trust: it must not be able to repaint the terminal.
    return (
        row["sender"],
        printable(row["value"]),
        row["kind"],
        can,
        printable(row["webhooks"].get("inbound", "")),
        state,
    )

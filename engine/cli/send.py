"""engine send: queue messages under the applied release."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING, Any, TypeVar

import click

from engine.cli.context import App, pass_app, utc_now
from engine.cli.output import format_option, print_json
from engine.errors import InvalidNumber, UsageError

if TYPE_CHECKING:
    from engine.delivery.queueing import Applied

SHOWN = 100
BEHIND = timedelta(hours=12)
"""How far behind UTC a clock is at most."""

Clocked = TypeVar("Clocked", time, datetime)


@click.command()
@click.argument("template")
@click.option("--workspace", "-w", required=True, help="The workspace whose template it is.")
@click.option("--to", "number", metavar="NUMBER", help="Send to one number.")
@click.option("--person", metavar="ID", help="Send to one person of the audience.")
@click.option("--everyone", is_flag=True, help="Send to every person of the audience.")
@click.option("--data", metavar="JSON", help="What the template sees as trigger.*; @FILE reads a file.")
@click.option("--key", metavar="K", help="Unique per workspace and person: the same call again queues nothing.")
@click.option("--at", "at", metavar="TIME", help="When to send: 2026-12-01T10:00:00Z, or +2h from now.")
@click.option("--local", is_flag=True, help="--at is each recipient's own time: 10:00, or 2026-12-01T10:00.")
@format_option()
@pass_app
def command(
    app: App,
    template: str,
    workspace: str,
    number: str | None,
    person: str | None,
    everyone: bool,
    data: str | None,
    key: str | None,
    at: str | None,
    local: bool,
    format_: str,
) -> None:
    """Queue messages under the applied release. `engine run` delivers them.

    \b
    Example:
      engine send club/welcome --workspace acme --person ada
      engine send order/ready -w acme --to "+14155550123" --data '{"order": "A-1"}'
      engine send club/news -w acme --everyone --key news-2026-12 --at 10:00 --local
    """
    from engine.delivery.queueing import Applied, Recipients, When, queue

    if sum((number is not None, person is not None, everyone)) != 1:
        raise UsageError("say who to send to", hint="give one of --to NUMBER, --person ID and --everyone")
    if key is not None and not key.strip():
        raise UsageError("--key is empty", hint="leave it out, or give the send a name")
    values = parse_data(data)
    now = utc_now()
    if local and at is None:
        raise UsageError("--local says whose time --at is", hint="give both, like --at 10:00 --local")
    local_at = parse_local(at, now) if at is not None and local else None
    due_at = parse_time(at, now) if at is not None and not local else None
    store = app.store()
    applied = Applied.of(store)
    applied.template(workspace, template)
    if number is not None:
        number = normalised(app, applied, workspace, number)
    recipients = Recipients(number=number, person=person, everyone=everyone)
    when = When(due_at=due_at, local_at=local_at)
    queued = queue(store, applied, workspace, template, recipients, data=values, key=key, now=now, when=when)
    ids = queued.ids if queued.queued + queued.existing <= SHOWN else ()
    if format_ == "json":
        print_json({"queued": queued.queued, "existing": queued.existing, "messages": list(ids)})
        return
    click.echo(f"queued {queued.queued}" + (f", {queued.existing} were there already" if queued.existing else ""))
    for message_id in ids:
        click.echo(f"  {message_id}")
    if queued.queued == 0 and queued.existing == 0:
        click.echo("nobody to send to: import people with `engine people import`", err=True)


def parse_data(text: str | None) -> dict[str, Any]:
    """Gives the object that `--data` holds. Raises UsageError."""
    import json
    from pathlib import Path

    if text is None:
        return {}
    if text.startswith("@"):
        try:
            text = Path(text[1:]).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise UsageError(f"--data cannot be read: {error}") from error
    try:
        value = json.loads(text)
    except ValueError as error:
        raise UsageError(
            f"--data is not JSON: {error}", hint="""quote it for the shell: --data '{"code": "1"}'"""
        ) from error
    if not isinstance(value, dict):
        raise UsageError("--data must be a JSON object", hint="""like --data '{"code": "1"}'""")
    return value


def parse_time(text: str, now: datetime) -> datetime:
    """Gives the moment that `--at` means: ISO 8601 with its zone, or `+2h` from now. Raises UsageError."""
    hint = "like 2026-12-01T10:00:00Z, 2026-12-01T10:00+01:00 or +2h"
    if text.startswith("+"):
        from engine.config.values import parse_duration

        try:
            return now + parse_duration(text[1:])
        except ValueError as error:
            raise UsageError(f"--at {text!r} is no time: {error}", hint=hint) from error
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise UsageError(f"--at {text!r} is no time", hint=hint) from error
    if moment.tzinfo is None:
        raise UsageError(f"--at {text!r} does not say in which time zone", hint=hint)
    moment = moment.astimezone(UTC)
    if moment < now - timedelta(minutes=1):
        raise UsageError(f"--at {text!r} is in the past", hint="leave --at out to send now")
    return moment


def parse_local(text: str, now: datetime) -> str:
    """Gives the time, or date and time, that `--at` means with `--local`, in ISO 8601. Raises UsageError.

    A time of day is each recipient's next. A date and time must not be over everywhere: the last clocks to show it are
    12 hours behind UTC.
    """
    hint = "like 10:00 or 2026-12-01T10:00"
    try:
        if "T" not in text and " " not in text:
            clock = time.fromisoformat(text)
            return _without_zone(clock, text, hint).isoformat()
        moment = _without_zone(datetime.fromisoformat(text), text, hint)
    except ValueError as error:
        raise UsageError(f"--at {text!r} is no local time", hint=hint) from error
    if moment.replace(tzinfo=UTC) + BEHIND < now:
        raise UsageError(f"--at {text!r} is in the past everywhere", hint="leave --at out to send now")
    return moment.isoformat()


def _without_zone(value: Clocked, text: str, hint: str) -> Clocked:
    if value.tzinfo is not None:
        raise UsageError(f"--at {text!r} names a zone, and --local means each recipient's own", hint=hint)
    return value


def normalised(app: App, applied: Applied, workspace: str, number: str) -> str:
    """Gives a number of the command line in E.164. Raises UsageError."""
    from engine.config.providers import build_normaliser

    settings = applied.workspace(workspace).settings
    normaliser = build_normaliser(settings, app.plugins(), app.plugin_context)
    try:
        return normaliser.normalise(number, country=settings.default_country).number
    except InvalidNumber as error:
        raise UsageError(f"{number!r} is no phone number: {error.message}", hint=error.hint) from error

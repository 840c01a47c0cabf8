"""engine reconcile: keep what is live as the config says, round after round."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import click

from engine.cli import exit_codes
from engine.cli.context import App, pass_app
from engine.cli.output import format_option

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.cli.reconcile_round import Asked, Done


class Every(click.ParamType[timedelta]):
    """A time like 5m, in the config's own words."""

    name = "time"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> timedelta:
        from engine.config.values import parse_duration

        try:
            every = parse_duration(value)
        except ValueError as error:
            self.fail(str(error), param, ctx)
        if not every:
            self.fail("must be longer than nothing", param, ctx)
        return every


@click.command()
@click.option("--every", type=Every(), metavar="TIME", help="Go on until stopped, one round each TIME, e.g. 5m.")
@click.option("--pull", is_flag=True, help="First move the checkout forward to the newest commit of its branch.")
@click.option("--heal", is_flag=True, help="Undo what was changed behind the config's back.")
@click.option("--no-refresh", is_flag=True, help="Do not ask the providers which senders they have.")
@click.option(
    "--allow", "allow", multiple=True, metavar="RAIL:ADDRESS", help="Let one change pass one rail; may be repeated."
)
@click.option(
    "--lock-timeout",
    type=click.FloatRange(min=0),
    default=10.0,
    show_default=True,
    metavar="S",
    help="Seconds to wait while somebody else applies.",
)
@format_option("ndjson")
@pass_app
def command(
    app: App,
    every: timedelta | None,
    pull: bool,
    heal: bool,
    no_refresh: bool,
    allow: tuple[str, ...],
    lock_timeout: float,
    format_: str,
) -> int:
    """Make the config live whenever it changes: `engine apply --yes`, again and again.

    With --pull the config follows a git branch. The checkout is only ever moved forward, and only while it is clean:
    a round that cannot do that changes nothing. A config that is invalid, a safety rail, a provider that does not
    answer end the round, not the command: the last release stays live, and the next round tries again. Rails refuse
    as in `apply`.

    What was changed behind the config's back, by a rollback for instance, stays as it is and is reported, until the
    config changes. --heal takes it back at once.

    Without --every one round is made, and the exit code is that of `apply`. SIGTERM or Ctrl-C ends the command after
    the round that is under way; a second one ends it at once. `engine status` shows the last round.

    \b
    Example:
      engine reconcile --every 5m --pull
      engine reconcile --pull --format json     # one round, e.g. from cron
    """
    from engine.cli.reconcile_round import Asked, one_round, show
    from engine.reconcile.rails import check_allow

    check_allow(allow)
    asked = Asked(pull=pull, heal=heal, no_refresh=no_refresh, allow=allow, lock_timeout=lock_timeout, every=every)
    if every is None:
        done = one_round(app, asked)
        show(done, None, format_)
        return exit_codes.FINE if done.error is None else exit_codes.of(done.error)
    _until_stopped(app, asked, every, format_, show)
    return exit_codes.FINE


def _until_stopped(
    app: App, asked: Asked, every: timedelta, format_: str, show: Callable[[Done, Done | None, str], None]
) -> None:
    """Makes rounds until a signal asks to end. Raises UsageError where the first one shows that none can succeed."""
    import asyncio

    from engine.cli.reconcile_round import one_round
    from engine.cli.stopping import stop_on_signals
    from engine.errors import UsageError

    async def main() -> Done:
        stopped = asyncio.Event()
        stop_on_signals(stopped.set)
        last: Done | None = None
        while True:
            done = await asyncio.to_thread(one_round, app, asked)
            if last is None and isinstance(done.error, UsageError):
                raise done.error
            if format_ != "json":
                show(done, last, format_)
            last = done
            try:
                async with asyncio.timeout(every.total_seconds()):
                    await stopped.wait()
            except TimeoutError:
                continue
            return done

    last = asyncio.run(main())
    if format_ == "json":
        show(last, None, format_)

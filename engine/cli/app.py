"""The `engine` command: its global options, its commands, and what each error becomes."""

from __future__ import annotations

import errno
import importlib
import inspect
import os
import sys
from typing import TYPE_CHECKING, Any

import click

from engine.cli import exit_codes
from engine.errors import EngineError

if TYPE_CHECKING:
    from engine.cli.context import App

COMMANDS: dict[str, tuple[str, str]] = {
    "init": ("init", "Write a working starter config."),
    "new": ("new", "Add one more object to the config."),
    "validate": ("validate", "Report everything that is wrong in the config."),
    "schema": ("schema", "Print JSON Schemas for editors."),
    "fmt": ("fmt", "Write the config's YAML in its canonical form."),
    "test": ("test", "Play the conversation tests."),
    "preview": ("preview", "Show exactly what would be sent."),
    "plan": ("plan", "Show what apply would change."),
    "comment": ("comment", "Put a report on a pull request, in the place of the last one."),
    "apply": ("apply", "Make the config live."),
    "reconcile": ("reconcile", "Keep what is live as the config says, round after round."),
    "releases": ("releases", "List what was applied."),
    "rollback": ("rollback", "Make an earlier release live again."),
    "status": ("status", "Show the release, the queue, the senders and the workers."),
    "people": ("people", "Import, list, show, export and erase the audience."),
    "send": ("send", "Queue messages under the applied release."),
    "run": ("run", "Run the send loop."),
    "up": ("up", "Apply, then run and serve in one process."),
    "serve": ("serve", "Answer webhooks, short links and pages."),
    "messages": ("messages", "List the outbox."),
    "explain": ("explain", "Show what happened to a message, and why."),
    "settle": ("settle", "Say what became of a held message."),
    "pause": ("pause", "Keep a workspace's, sender's or template's messages back."),
    "resume": ("resume", "Let go on what is paused or rests."),
    "cancel": ("cancel", "Take back messages that have not left."),
    "receive": ("receive", "Make a text arrive in the sandbox."),
    "route": ("route", "Show which keyword rule a text meets, and why."),
    "inbound": ("inbound", "List texts that came in, and what came of them."),
    "webhooks": ("webhooks", "Show calls of webhooks; make failed ones again."),
    "consent": ("consent", "Show and change consent, judge texts, export the ledger."),
    "senders": ("senders", "Show senders beside the account's; write those into the config."),
    "links": ("links", "Show how often links were clicked."),
    "plugins": ("plugins", "List plugins and what they do."),
    "completion": ("completion", "Print shell completion for bash, zsh or fish."),
    "demo": ("demo", "Show the whole thing on the sandbox."),
}
"""Command → (module in engine.cli, one line of help). Nothing else is imported to print `engine --help`."""


class LazyGroup(click.Group):
    """A group that imports a command when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [*COMMANDS, *super().list_commands(ctx)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name in COMMANDS:
            module = importlib.import_module(f"engine.cli.{COMMANDS[cmd_name][0]}")
            command = module.command
            example_last(command)
            assert isinstance(command, click.Command)  # noqa: S101 # a broken command module is a bug
            return command
        known = super().get_command(ctx, cmd_name)
        if known is None and not ctx.resilient_parsing:
            self._ask_plugins(ctx)
            known = super().get_command(ctx, cmd_name)
        return known

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 # click's signature
        rows = [(name, help_text) for name, (_, help_text) in COMMANDS.items()]
        rows += [(name, command.get_short_help_str()) for name, command in self.commands.items()]
        with formatter.section("Commands"):
            formatter.write_dl(rows)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            import difflib

            close = difflib.get_close_matches(args[0], self.list_commands(ctx), n=1)
            if close:
                raise click.UsageError(f"{error.message} Did you mean {close[0]!r}?", ctx) from error
            raise

    def invoke(self, ctx: click.Context) -> Any:
        """Runs the command that was asked for; click itself would end with 1 where nobody reads the output."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            # The reader of our output went away (`engine messages | head`): no error, nothing more to say.
            _close_stdout()
            return exit_codes.FINE

    def main(self, *args: Any, **kwargs: Any) -> Any:
        """Runs a command and ends the process with the contract's exit code."""
        try:
            code = super().main(*args, **{**kwargs, "standalone_mode": False})
        except click.exceptions.Abort:
            click.echo("aborted", err=True)
            sys.exit(130)
        except click.ClickException as error:
            error.show()
            sys.exit(exit_codes.USAGE)
        except EngineError as error:
            from engine.cli.output import show_error

            show_error(error)
            sys.exit(exit_codes.of(error))
        except OSError as error:
            if error.errno not in (errno.ENOSPC, errno.EDQUOT):
                raise
            # The state says so itself: this is the file that the output goes to.
            _close_stdout()
            click.echo(f"error: the disk is full: {error.filename or 'the output'} could not be written", err=True)
            sys.exit(exit_codes.OUTSIDE)
        sys.exit(code if isinstance(code, int) else exit_codes.FINE)

    def _ask_plugins(self, ctx: click.Context) -> None:
        app = _app(ctx)
        if app.has_config():
            app.plugins().register_commands(self)


def _close_stdout() -> None:
    """Sends what is still to be written nowhere, so that flushing it at the end does not fail again."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def example_last(command: click.Command) -> None:
    """Moves the example of a command's help, and of its sub-commands', behind the options: help ends with it."""
    text, mark, example = inspect.cleandoc(command.help or "").partition("\b\nExample:")
    if mark:
        command.help = text.rstrip()
        command.epilog = f"{mark}{example}"
    if isinstance(command, click.Group):
        for sub in command.commands.values():
            example_last(sub)


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option(
    "--config",
    "config",
    type=click.Path(),
    envvar="ENGINE_CONFIG",
    default="config",
    show_default=True,
    help="The config's folder.",
)
@click.option("--env", "environment", envvar="ENGINE_ENV", help="The environment: config/environments/NAME.yaml.")
@click.version_option(package_name="engine-sms", prog_name="engine")
@click.pass_context
def cli(ctx: click.Context, config: str, environment: str | None) -> None:
    """Engine: SMS and MMS from files in git.

    \b
    Example:
      engine init shop && cd shop
      engine validate && engine apply --yes
    """
    del config, environment
    _app(ctx)


example_last(cli)


def _app(ctx: click.Context) -> App:
    # click looks a command up before it calls the group, so whichever comes first makes the application.
    if ctx.obj is None:
        from pathlib import Path

        from engine.cli.context import App

        ctx.obj = App(config=Path(ctx.params["config"]), environment=ctx.params["environment"] or None)
    app: App = ctx.obj
    return app

"""engine route: which keyword rule a text meets, and why."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from engine.cli.context import App, pass_app
from engine.cli.names import complete_workspace
from engine.cli.output import format_option, print_json

if TYPE_CHECKING:
    from engine.config.models import Keyword


@click.command()
@click.argument("text")
@click.option(
    "--workspace", "-w", required=True, help="The workspace whose sender is texted.", shell_complete=complete_workspace
)
@click.option("--to", "sender", metavar="SENDER", required=True, help="The sender that is texted: its name or number.")
@click.option("--stopped", is_flag=True, help="As from a number that has stopped.")
@click.option(
    "--verbose", "-v", is_flag=True, help="Show also which rules were tried before, and why each did not win."
)
@format_option()
@pass_app
def command(app: App, text: str, workspace: str, sender: str, stopped: bool, verbose: bool, format_: str) -> None:
    """Show which keyword rule wins a text, and why, by the config as it stands: nothing is sent, kept or looked up.

    \b
    Example:
      engine route "join please" --workspace acme --to support
      engine route "open?" -w acme --to support --verbose
    """
    from engine.cli.audience import configured
    from engine.cli.receive import sender_name
    from engine.inbound.keywords import Router
    from engine.inbound.line import Line

    here = configured(app, workspace)
    name = sender_name(workspace, here, sender)
    router = Router(here.keywords, here.consent)
    toll_free = Line(workspace, here, "", provider_answers=False).is_toll_free(name)
    routed = router.route(text, sender=name, stopped=stopped, toll_free=toll_free)
    tried = router.trials(routed, sender=name) if verbose else ()
    if format_ == "json":
        rows = [{"rule": trial.rule, "match": trial.match, "because": trial.because} for trial in tried]
        answer = {"rule": routed.name, "keyword": routed.keyword, "because": routed.because}
        print_json({**answer, "tried": rows} if verbose else answer)
        return
    click.echo(f"rule     {routed.name or 'none'}: {routed.because}")
    place = app.loaded.sources.get(f"{workspace}/keyword/{routed.rule}")
    if routed.rule is not None and place is not None:
        click.echo(f"at       {place.file}:{place.line}")
        click.echo(f"does     {', '.join(actions(here.keywords[routed.rule])) or 'nothing'}")
    for trial in tried:
        click.echo(f"tried    {trial.rule} ({trial.match}): {trial.because}")


def actions(rule: Keyword) -> Iterator[str]:
    """Gives what a rule does, in words of the config."""
    from engine.config.values import print_duration

    if rule.reply is not None:
        yield f"reply {rule.reply}"
    if rule.set:
        yield f"set {' '.join(rule.set)}"
    if rule.emit is not None:
        yield f"emit {rule.emit}"
    for name, what in (("subscribe", rule.subscribe), ("unsubscribe", rule.unsubscribe)):
        if what:
            yield name if what is True else f"{name} {what}"
    if rule.start is not None:
        after = f" after {print_duration(rule.start.after)}" if rule.start.after else ""
        yield f"start {rule.start.template}{after}"
    if rule.call is not None:
        yield f"call {rule.call}"

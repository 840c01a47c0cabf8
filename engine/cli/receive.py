"""engine receive: an inbound text into the sandbox, as a phone would send it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from engine.cli.context import App, pass_app, utc_now
from engine.cli.output import format_option, print_json
from engine.errors import UsageError

if TYPE_CHECKING:
    from engine.config.models import Workspace


@click.command()
@click.argument("text")
@click.option("--workspace", "-w", required=True, help="The workspace whose sender is texted.")
@click.option("--from", "from_number", metavar="NUMBER", required=True, help="The phone that texts.")
@click.option("--to", "sender", metavar="SENDER", required=True, help="The sender that it texts: its name or number.")
@format_option()
@pass_app
def command(app: App, text: str, workspace: str, from_number: str, sender: str, format_: str) -> None:
    """Make a text arrive in the sandbox, under the applied release.

    What the text changes is recorded at once; replies are queued, and `engine run` delivers them.

    \b
    Example:
      engine receive "join please" --workspace acme --from +14155550123 --to support
      engine receive STOP -w acme --from +14155550123 --to support --format json
    """
    import asyncio

    from engine.cli.send import normalised
    from engine.config.providers import build_provider
    from engine.contracts import Provider
    from engine.delivery.queueing import Applied
    from engine.inbound.line import Line
    from engine.inbound.receive import receive

    store = app.store()
    applied = Applied.of(store)
    here = applied.workspace(workspace)
    value = sender_value(workspace, here, sender)
    number = normalised(app, applied, workspace, from_number)
    plugins = app.plugins()
    chosen = plugins.provider(here.settings.delivery.provider)
    if chosen.receive is Provider.receive:
        raise UsageError(
            f"the provider {chosen.name!r} has no phones of its own",
            hint="texts arrive through its webhooks; try rules out with `delivery: {provider: sandbox}`",
        )
    provider = build_provider(here.settings, plugins, app.plugin_context)
    message = provider.receive(number, value, text)
    asyncio.run(provider.close())
    line = Line(workspace, here, applied.release.id, provider_answers=chosen.answers_keywords)
    received = receive(store, line, message, now=utc_now())
    for event in received.events:
        plugins.observe(event)
    if format_ == "json":
        print_json({"rule": received.routed.name, "replies": list(received.replies)})
        return
    click.echo(f"rule     {received.routed.name or 'none'}: {received.routed.because}")
    if received.consent is not None:
        click.echo(f"consent  {received.consent}")
    for reply in received.replies:
        click.echo(f"reply    {reply} (queued; `engine run --drain` delivers it)")
    if received.unanswered is not None:
        click.echo(f"no reply {received.unanswered}")
    if received.started is not None:
        click.echo(f"started  {received.started} (queued for later)")
    if received.call is not None:
        click.echo(f"call     {received.call} (queued; `engine run --drain` makes it)")


def sender_value(workspace: str, config: Workspace, sender: str) -> str:
    """Gives the number or code of the sender that a name or value means. Raises UsageError."""
    return config.senders[sender_name(workspace, config, sender)].value


def sender_name(workspace: str, config: Workspace, sender: str) -> str:
    """Gives the name of the sender that a name or value means. Raises UsageError, also for one that is one-way."""
    from engine.names import did_you_mean
    from engine.types import SenderKind

    senders = config.senders
    found = sender if sender in senders else next((name for name, s in senders.items() if s.value == sender), None)
    if found is None:
        raise UsageError(f"workspace {workspace!r} has no sender {sender!r}", hint=did_you_mean(sender, senders))
    if senders[found].sender_kind is SenderKind.ALPHANUMERIC:
        raise UsageError(f"the sender {sender!r} cannot be texted: alphanumeric IDs are one-way")
    return found

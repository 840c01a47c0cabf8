"""engine explain: what happened to a message, and why; or who says what of an object of the config."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from engine.cli.context import App, pass_app
from engine.cli.output import format_option, print_json

if TYPE_CHECKING:
    from engine.delivery.explaining import Explanation, GateView, Step
    from engine.outbox import Link
    from engine.types import Source

COLOURS = {"delivered": "green", "accepted": "green", "sent": "green", "held": "yellow", "in_doubt": "yellow"}
BAD = ("failed", "rejected", "undelivered", "expired")


@click.command()
@click.argument("what", metavar="MESSAGE|ADDRESS")
@format_option()
@pass_app
def command(app: App, what: str, format_: str) -> None:
    """Show every state a message went through and every gate it passed, with the rule's file, line and release.

    Of an object of the config, by its address, show which file and line set each value, and what an environment laid
    over it. Nothing live is looked at for that.

    \b
    Example:
      engine explain msg_01h8
      engine --env production explain acme/workspace
    """
    from engine.cli.explain_address import explain_address, is_address

    if is_address(what):
        explain_address(app, what, format_)
        return
    from engine.cli.messages import as_json
    from engine.delivery.explaining import explain

    explanation = explain(app.store(read_only=True), what)
    if format_ == "json":
        print_json(
            {
                "message": as_json(explanation.message),
                "follows": explanation.follows,
                "followed_by": explanation.followed_by,
                "history": [_json(step) for step in explanation.steps],
                "links": [_link_json(explanation, link) for link in explanation.links],
            }
        )
    else:
        _print(explanation)


def _print(explanation: Explanation) -> None:
    message = explanation.message
    state = click.style(str(message.state), fg=_colour(str(message.state)), bold=True)
    click.echo(f"{message.id} is {state}" + (f": {message.reason}" if message.reason else ""))
    place = f" ({_place(explanation.template)})" if explanation.template else ""
    click.echo(f"template  {message.workspace}/{message.template}{place}")
    release = explanation.release
    if release is not None:
        commit = f", commit {release.commit[:12]}" if release.commit else ""
        click.echo(
            f"release   {release.id}, applied {release.applied_at:%Y-%m-%d %H:%M:%S} by {release.applied_by}{commit}"
        )
    if message.to:
        click.echo(f"to        {message.to}" + (f" from {message.sender}" if message.sender else ""))
    if message.body:
        lines = message.body.splitlines() or [""]
        click.echo(f"text      {lines[0]}")
        for line in lines[1:]:
            click.echo(f"          {line}")
        click.echo(f"          {message.segments} segment{'' if message.segments == 1 else 's'}, {message.encoding}")
    if message.provider_id:
        click.echo(f"provider  {message.provider_id}")
    if explanation.follows:
        click.echo(f"follows   {explanation.follows}, which was not delivered")
    if explanation.followed_by:
        click.echo(f"followed  by {explanation.followed_by}")
    click.echo()
    for step in explanation.steps:
        attempt = f" (attempt {step.attempt})" if step.attempt else ""
        name = click.style(f"{step.state:<11}", fg=_colour(str(step.state)))
        click.echo(f"{step.at:%Y-%m-%d %H:%M:%S.%f}  {name} {step.reason or ''}{attempt}".rstrip())
        for gate in step.gates:
            rule = f"{gate.rule} ({_place(gate.source)})" if gate.source else gate.rule
            reason = f" {gate.reason}" if gate.reason else ""
            click.echo(f"{'':28}{gate.verdict:<9}{gate.gate}{reason}: {rule}")

    for link in explanation.links:
        until = f", until {link.expires_at:%Y-%m-%d %H:%M}" if link.expires_at else ""
        click.echo(f"\nlink      {link.short} → {link.url or '(erased)'}{until}")
        for one in explanation.clicks_on(link):
            times = f" {one.times} times" if one.times > 1 else ""
            looks = f"bot: {', '.join(one.reasons)}" if one.bot else "person"
            agent = f" ({one.agent})" if one.agent else ""
            click.echo(f"{one.at:%Y-%m-%d %H:%M:%S.%f}  clicked{times}, {looks}{agent}")


def _link_json(explanation: Explanation, link: Link) -> dict[str, Any]:
    return {
        "short": link.short,
        "url": link.url,
        "expires_at": link.expires_at.isoformat() if link.expires_at else None,
        "clicks": [
            {
                "at": one.at.isoformat(),
                "times": one.times,
                "bot": one.bot,
                "reasons": [str(reason) for reason in one.reasons],
                "agent": one.agent,
            }
            for one in explanation.clicks_on(link)
        ],
    }


def _json(step: Step) -> dict[str, Any]:
    return {
        "at": step.at.isoformat(),
        "state": str(step.state),
        "attempt": step.attempt,
        "reason": step.reason,
        "gates": [_gate_json(gate) for gate in step.gates],
        "detail": dict(step.detail),
    }


def _gate_json(gate: GateView) -> dict[str, Any]:
    return {
        "gate": gate.gate,
        "verdict": gate.verdict,
        "reason": gate.reason,
        "rule": gate.rule,
        "file": gate.source.file if gate.source else None,
        "line": gate.source.line if gate.source else None,
    }


def _place(source: Source | None) -> str:
    return f"{source.file}:{source.line}" if source else ""


def _colour(state: str) -> str | None:
    return "red" if state in BAD else COLOURS.get(state)

"""`engine phones`: what arrived at the sandbox's phones, and what they sent."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Protocol

import click

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine import PluginContext
    from engine_sandbox.network import Phone, Text

USAGE = 64  # the engine's exit code for a name that means nothing
SHOWN = 60


class Engine(Protocol):
    """The command line's application object, as far as it is needed here."""

    def plugin_context(self, name: str, *, read_only: bool = False) -> PluginContext:
        """Gives a plugin's surroundings."""


class UnknownPhoneError(click.ClickException):
    """A number that nothing was sent to or came from."""

    exit_code = USAGE


@click.command()
@click.argument("number", required=False)
@click.option("--network", default="sandbox", show_default=True, help="Name of the phone network.")
@click.option(
    "--format",
    "format_",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="How to print.",
)
@click.pass_obj
def phones(engine: Engine, number: str | None, network: str, format_: str) -> None:
    """Look at the sandbox's phones: all of them, or one's conversation.

    NUMBER may be the last digits of a number, where only one phone ends so.

    \b
    Example:
      engine phones
      engine phones +14155550123
    """
    from engine_sandbox.network import Network, failures

    context = engine.plugin_context("sandbox", read_only=True)
    path = context.state_folder / f"{network}.db"
    opened = Network.open(path, read_only=True)
    try:
        with failures(path):
            known = opened.phones()
            if number is None:
                _show_phones(known, format_)
            else:
                phone = _choose(number, known)
                _show_conversation(phone, opened.conversation(phone), _milliseconds(context.clock()), format_)
    finally:
        opened.close()


def _choose(number: str, known: Sequence[Phone]) -> str:
    digits = "".join(character for character in number if character.isdigit())
    found = [phone.number for phone in known if phone.number == number]
    found = found or [phone.number for phone in known if digits and phone.number.endswith(digits)]
    if len(found) == 1:
        return found[0]
    if found:
        raise UnknownPhoneError(f"{len(found)} phones end in {number}: {', '.join(found[:5])}")
    names = ", ".join(phone.number for phone in known[:5]) or "none, until something is sent"
    raise UnknownPhoneError(f"no phone {number} in the network; there are: {names}")


def _show_phones(known: Sequence[Phone], format_: str) -> None:
    if format_ == "json":
        rows = [
            {"number": p.number, "texts": p.texts, "last_at": _iso(p.last_at), "last_body": p.last_body} for p in known
        ]
        click.echo(json.dumps({"version": 1, "phones": rows}, ensure_ascii=False, indent=2))
        return
    for phone in known:
        body = phone.last_body.replace("\n", " ")
        body = body if len(body) <= SHOWN else body[: SHOWN - 1] + "…"
        click.echo(f"{phone.number}\t{phone.texts}\t{_iso(phone.last_at)}\t{body}")
    if not known:
        click.echo("no phones yet: nothing was sent", err=True)


def _show_conversation(phone: str, texts: Sequence[Text], now: int, format_: str) -> None:
    if format_ == "json":
        rows = [
            {
                "id": text.id,
                "at": _iso(text.at),
                "direction": text.direction,
                "sender": text.sender,
                "body": text.body,
                "media": list(text.media),
                "status": text.status(now),
                "error_code": text.error_code,
            }
            for text in texts
        ]
        click.echo(json.dumps({"version": 1, "phone": phone, "texts": rows}, ensure_ascii=False, indent=2))
    elif sys.stdout.isatty():
        _show_bubbles(phone, texts, now)
    else:
        for text in texts:
            way = f"{text.sender} >" if text.direction == "to-phone" else f"> {text.sender}"
            words = "\n".join((text.body, *text.media)).strip().replace("\n", "\n    ")
            click.echo(f"{_iso(text.at)}  {way}  [{_status(text, now)}]\n    {words}")


def _show_bubbles(phone: str, texts: Sequence[Text], now: int) -> None:
    from rich.align import Align
    from rich.console import Console
    from rich.panel import Panel
    from rich.text import Text as Words

    console = Console(highlight=False)
    console.print(Words(phone, style="bold"), justify="center")
    for text in texts:
        mine = text.direction != "to-phone"
        words = Words("\n".join((text.body, *text.media)).strip())
        words.append(f"\n{_iso(text.at)[11:16]} {_status(text, now)}", style="dim")
        bubble = Panel(
            words,
            title=None if mine else Words(text.sender),
            title_align="left",
            expand=False,
            border_style="blue" if mine else "green",
        )
        console.print(Align(bubble, "right" if mine else "left", width=min(60, console.width * 3 // 4)))


def _status(text: Text, now: int) -> str:
    status = text.status(now)
    return f"{status} {text.error_code}" if status == "undelivered" else status


def _iso(at: int) -> str:
    return datetime.fromtimestamp(at / 1000, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _milliseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)

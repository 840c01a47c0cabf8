"""python -m engine.testing.twilio_emulator: prints its address, and serves until it is told to stop."""

from __future__ import annotations

import asyncio
import json
import signal
from pathlib import Path

import click

from engine.testing.twilio_emulator.account import Account, Behaviour
from engine.testing.twilio_emulator.faults import Fault
from engine.testing.twilio_emulator.server import TwilioEmulator

DEFAULT = Account()


@click.command(context_settings={"max_content_width": 110})
@click.option("--port", default=0, show_default=True, help="Port on loopback; 0 picks a free one.")
@click.option("--state", type=click.Path(path_type=Path, dir_okay=False), help="File that keeps what was accepted.")
@click.option("--account-sid", default=DEFAULT.sid, show_default=True)
@click.option("--auth-token", default=DEFAULT.auth_token, show_default=True)
@click.option("--number", "numbers", multiple=True, help="A number that the account owns; may be repeated.")
@click.option("--any-number", is_flag=True, help="Every number counts as owned.")
@click.option("--short-code", "short_codes", multiple=True, help="A short code of the account; may be repeated.")
@click.option("--service", "services", multiple=True, help="A messaging service, MG…=+1…,+1…; may be repeated.")
@click.option("--trial", is_flag=True, help="Play a trial account: a prefix before every text.")
@click.option("--test-credentials", is_flag=True, help="Play an account's test credentials.")
@click.option("--latency", default=0.0, show_default=True, help="Seconds that every answer takes.")
@click.option("--lookup-lag", default=0.0, show_default=True, help="Seconds until a message is listed.")
@click.option("--faults", help="JSON: a list of faults for the next calls.")
@click.option("--chances", help="JSON: a list of [probability, fault].")
@click.option("--seed", default=0, show_default=True, help="Seed of what happens by chance.")
def main(
    port: int,
    state: Path | None,
    account_sid: str,
    auth_token: str,
    numbers: tuple[str, ...],
    any_number: bool,
    short_codes: tuple[str, ...],
    services: tuple[str, ...],
    trial: bool,
    test_credentials: bool,
    latency: float,
    lookup_lag: float,
    faults: str | None,
    chances: str | None,
    seed: int,
) -> None:
    """Emulates Twilio's messaging API on loopback."""
    account = Account(
        sid=account_sid,
        auth_token=auth_token,
        numbers=numbers or DEFAULT.numbers,
        any_number=any_number,
        short_codes=short_codes or DEFAULT.short_codes,
        services=dict(map(_service, services)) or DEFAULT.services,
        trial=trial,
        test_credentials=test_credentials,
    )
    emulator = TwilioEmulator(
        account, Behaviour(latency=latency, lookup_lag=lookup_lag), state=state, port=port, seed=seed
    )
    emulator.faults.script(*(Fault(**fault) for fault in json.loads(faults or "[]")))
    emulator.faults.chance([(float(p), Fault(**fault)) for p, fault in json.loads(chances or "[]")])
    asyncio.run(_serve(emulator))


async def _serve(emulator: TwilioEmulator) -> None:
    over = asyncio.Event()
    for sign in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(sign, over.set)
    async with emulator:
        click.echo(emulator.url)
        await over.wait()


def _service(text: str) -> tuple[str, tuple[str, ...]]:
    sid, _, numbers = text.partition("=")
    return sid, tuple(number for number in numbers.split(",") if number)


if __name__ == "__main__":
    main()

"""A project of the command line's tests with Twilio as its provider: three senders of an emulated account."""

from __future__ import annotations

from typing import Any

from engine.testing.twilio_emulator import Account, TwilioEmulator

NUMBER, CODE, SERVICE = "+14155550100", "67076", "MG0123456789abcdef0123456789abcdef"
ACCOUNT = Account(numbers=(NUMBER, "+14155550101"), short_codes=(CODE,), services={SERVICE: ("+14155550101",)})
PUBLIC = "https://sms.acme.example"
INBOUND = f"{PUBLIC}/webhooks/acme/twilio/inbound"
STATUS = f"{PUBLIC}/webhooks/acme/twilio/status"
SENDERS_FILE = "config/workspaces/acme/senders.yaml"
WORKSPACE = "config/workspaces/acme/workspace.yaml"
SENDERS = f"""\
senders:
  support: {{number: "{NUMBER}", kind: long-code}}
  code: {{number: "{CODE}", kind: short-code}}
  pool: {{messaging_service: {SERVICE}}}
"""


def use_twilio(engine: Any, emulator: TwilioEmulator, *, senders: str = SENDERS, public_url: str = PUBLIC) -> None:
    """Makes the emulated account the provider of the workspace acme."""
    engine.write(
        "config/engine.yaml",
        f"engine: 1\npublic_url: {public_url}\nplugins: [twilio, sandbox, phonenumbers, shortlinks]\n",
    )
    engine.write(WORKSPACE, f"name: Acme Coffee\nbusiness: {{country: US}}\ndelivery: {delivery(emulator)}\n")
    engine.write(SENDERS_FILE, senders)
    engine.variables["TOKEN"] = emulator.account.auth_token


def delivery(emulator: TwilioEmulator) -> str:
    """Gives `delivery:` for an emulator, in YAML's flow style."""
    sid, url = emulator.account.sid, emulator.url
    return f"{{provider: twilio, account_sid: {sid}, auth_token: '${{TOKEN}}', api_url: '{url}'}}"


def posts(emulator: TwilioEmulator) -> list[str]:
    """Gives the addresses of every call that was not a mere question, in order."""
    return [seen.path for seen in emulator.ledger.requests if seen.method != "GET"]

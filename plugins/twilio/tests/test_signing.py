"""Signatures, against Twilio's own library and against whoever would forge them."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest
from engine_twilio.provider import Twilio
from engine_twilio.signing import FORM, check, parameters_of, signature
from twilio.request_validator import RequestValidator

from engine import ConfigError, InvalidSignature, WebhookRequest

DATA = Path(__file__).parent / "data/signatures.jsonl"
ROWS = [json.loads(line) for line in DATA.read_text(encoding="utf-8").splitlines()]
TOKEN = "12345678901234567890123456789012"
URL = "https://engine.example/webhooks/acme/twilio/inbound"
FIELDS = {"Body": "Stop. Thank you", "From": "+14155550123", "To": "+14155550100", "MessageSid": f"SM{1:032x}"}


def request_of(row: dict[str, Any]) -> WebhookRequest:
    headers = {"content-type": row["content_type"] or "", "x-twilio-signature": row["signature"]}
    return WebhookRequest(row["method"], row["url"], headers, (row["body"] or "").encode())


def signed(url: str = URL, body: str = "Body=Hi&From=%2B14155550123", token: str = TOKEN) -> WebhookRequest:
    """A form as Twilio sends it."""
    made = WebhookRequest("POST", url, {"content-type": FORM}, body.encode())
    fields = parameters_of(made).signed()
    return replace(made, headers={**made.headers, "x-twilio-signature": signature(token, url, fields).decode()})


def values_of(request: WebhookRequest) -> dict[str, list[str]]:
    """All that each parameter says."""
    read = parameters_of(request)
    return {name: read.repeated.get(name, [value]) for name, value in read.last.items()}


def is_valid(request: WebhookRequest, *tokens: str) -> bool:
    try:
        check(request, parameters_of(request), tokens or [TOKEN])
    except InvalidSignature:
        return False
    return True


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["name"])
def test_agrees_with_twilio_s_library(row: dict[str, Any]) -> None:
    assert is_valid(request_of(row), row["auth_token"]) is row["valid"]


@pytest.mark.parametrize("row", [row for row in ROWS if row["params"]], ids=lambda row: row["name"])
def test_reads_the_parameters_that_twilio_s_library_signed(row: dict[str, Any]) -> None:
    read = [(name, value) for name, values in values_of(request_of(row)).items() for value in values]
    assert sorted(read) == sorted((name, value) for name, value in row["params"])


def test_reads_any_form_as_the_standard_library_does_and_signs_it_as_twilio_s_does() -> None:
    chance = random.Random(20261124)
    pieces = [
        "a",
        "Body",
        "=",
        "=",
        "&",
        "&",
        "+",
        "%",
        "%2B",
        "%2b",
        "%252B",
        "%26",
        "%C3%A9",
        "%C3",
        "%2",
        "é",
        " ",
        "",
    ]
    twilio_s = RequestValidator(TOKEN)
    for _ in range(3_000):
        body = "".join(chance.choices(pieces, k=chance.randrange(24)))
        request = signed(body=body)
        wanted: dict[str, list[str]] = {}
        for name, value in parse_qsl(body, keep_blank_values=True):
            wanted.setdefault(name, []).append(value)
        assert values_of(request) == wanted, body
        assert request.headers["x-twilio-signature"] == twilio_s.compute_signature(URL, MultiDict(wanted)), body


class MultiDict(dict[str, list[str]]):
    """What web frameworks hand to Twilio's library: it asks `getlist` of it."""

    def getlist(self, name: str) -> list[str]:
        return self[name]


@pytest.mark.parametrize(
    ("configured", "signed_for"),
    [
        ("https://engine.example/in", "https://engine.example:443/in"),
        ("https://engine.example:443/in", "https://engine.example/in"),
        ("http://localhost/in", "http://localhost:80/in"),
        ("https://engine.example:8443/in", "https://engine.example/in"),
    ],
)
def test_the_port_may_be_there_or_not(configured: str, signed_for: str) -> None:
    assert is_valid(replace(signed(signed_for), url=configured))


@pytest.mark.parametrize("other", ["http://engine.example/in", "https://acme.example/in"])
def test_nothing_else_of_the_address_may_differ(other: str) -> None:
    assert not is_valid(replace(signed("https://engine.example/in"), url=other))


def test_any_of_several_tokens_may_have_signed() -> None:
    for token in ("old", "new"):
        assert is_valid(signed(token=token), "old", "new")
    assert not is_valid(signed(token="older"), "old", "new")


def test_a_body_that_is_neither_a_form_nor_named_in_the_address_is_not_signed() -> None:
    empty = replace(signed(body=""), headers={**signed(body="").headers, "content-type": "application/json"})
    assert is_valid(empty)
    assert not is_valid(replace(empty, body=b"{}"))


def test_ten_thousand_mutations_are_refused() -> None:
    body = "&".join(f"{name}={value.replace('+', '%2B').replace(' ', '+')}" for name, value in FIELDS.items())
    good = signed(body=body)
    assert is_valid(good)
    chance = random.Random(20261124)
    accepted = []
    for _ in range(10_000):
        forged = chance.choice(MUTATIONS)(good, chance)
        if parts(forged) != parts(good) and is_valid(forged):
            accepted.append(forged)
    assert accepted == []


def parts(request: WebhookRequest) -> tuple[object, ...]:
    """What a signature covers, and the signature: two requests that agree in these are one."""
    parameters = {name: sorted(set(values)) for name, values in values_of(request).items()}
    return request.url, request.headers, parameters


def mutated(text: str, chance: random.Random) -> str:
    """Gives a text with one character changed, added, taken away or swapped with the next."""
    place = chance.randrange(len(text))
    new = chance.choice("abcXYZ0189+/=%&;._-é \x00")
    return chance.choice(
        [
            text[:place] + new + text[place + 1 :],
            text[:place] + new + text[place:],
            text[:place] + text[place + 1 :],
            text[:place] + text[place + 1 : place + 2] + text[place : place + 1] + text[place + 2 :],
        ]
    )


def other_signature(request: WebhookRequest, chance: random.Random) -> WebhookRequest:
    forged = mutated(request.headers["x-twilio-signature"], chance)
    return replace(request, headers={**request.headers, "x-twilio-signature": forged})


def other_value(request: WebhookRequest, chance: random.Random) -> WebhookRequest:
    """Changes what one parameter says. Its name stays: only names and values together are signed."""
    fields = request.body.decode().split("&")
    place = chance.randrange(len(fields))
    name, _, value = fields[place].partition("=")
    fields[place] = f"{name}={mutated(value, chance).replace('&', '%26')}"
    return replace(request, body="&".join(fields).encode())


def other_fields(request: WebhookRequest, chance: random.Random) -> WebhookRequest:
    fields = request.body.decode().split("&")
    place = chance.randrange(len(fields))
    changed = chance.choice([fields[:place] + fields[place + 1 :], [*fields, f"New{place}={place}"]])
    return replace(request, body="&".join(changed).encode())


def other_address(request: WebhookRequest, chance: random.Random) -> WebhookRequest:
    return replace(request, url=chance.choice([mutated(request.url, chance), f"{request.url}?x={chance.random()}"]))


def random_signature(request: WebhookRequest, chance: random.Random) -> WebhookRequest:
    forged = signature(str(chance.random()), request.url, "").decode()[: chance.randrange(1, 29)]
    return replace(request, headers={**request.headers, "x-twilio-signature": forged})


MUTATIONS: list[Callable[[WebhookRequest, random.Random], WebhookRequest]] = [
    other_signature,
    other_value,
    other_fields,
    other_address,
    random_signature,
]


def test_the_provider_checks_with_the_webhook_tokens(twilio: Callable[..., Twilio]) -> None:
    twilio(webhook_auth_tokens=["${SECRET}", "${TOKEN}"]).verify(signed(token="emulator-auth-token"))
    twilio().verify(signed(token="emulator-auth-token"))
    with pytest.raises(InvalidSignature):
        twilio(webhook_auth_tokens=["${SECRET}"]).verify(signed(token="emulator-auth-token"))


def test_a_provider_without_a_token_cannot_check(twilio: Callable[..., Twilio]) -> None:
    keyed = twilio(auth_token=None, api_key=f"SK{1:032x}", api_secret="${SECRET}")
    with pytest.raises(ConfigError):
        keyed.verify(signed())

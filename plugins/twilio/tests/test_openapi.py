"""The emulator's replies and the official client's requests, held against Twilio's OpenAPI description."""

from __future__ import annotations

import asyncio
import base64
import json
import re
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlencode

import jsonschema
import pytest
from engine_twilio.provider import Twilio

from engine import OutboundMessage, RemoteChange, SenderKind
from engine.testing.context import ManualClock
from engine.testing.twilio_emulator import Account, TwilioEmulator
from engine.testing.twilio_emulator.api import Api
from engine.testing.twilio_emulator.replies import number_sid, short_code_sid

OPENAPI = json.loads((Path(__file__).parent / "data/twilio-openapi.json").read_text("utf-8"))
SERVICE = "MG0123456789abcdef0123456789abcdef"
BASE = "/2010-04-01/Accounts/{AccountSid}"
NUMBER_SID, CODE_SID = number_sid("+14155550100"), short_code_sid("67076")
INBOUND = "https://sms.acme.example/webhooks/acme/twilio/inbound"
Build = Callable[..., Twilio]
Make = Callable[..., OutboundMessage]


def _plain(schema: Any) -> Any:
    """Gives OpenAPI 3.0 as JSON Schema: `nullable` becomes a type; nothing may be there but what is named."""
    if isinstance(schema, list):
        return [_plain(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    made = {key: _plain(value) for key, value in schema.items() if key not in ("nullable", "description", "example")}
    if schema.get("nullable"):
        if "$ref" in made:
            return {"anyOf": [made, {"type": "null"}]}
        made["type"] = [made["type"], "null"]
        if "enum" in made:
            made["enum"] = [*made["enum"], None]
    if isinstance(schema.get("properties"), dict):
        made.setdefault("additionalProperties", False)
    return made


PLAIN = {"components": {"schemas": _plain(OPENAPI["components"]["schemas"])}}
FORMATS = jsonschema.FormatChecker(formats=())


@FORMATS.checks("date-time-rfc-2822", raises=(TypeError, ValueError))
def _is_rfc2822(value: object) -> bool:
    return not isinstance(value, str) or bool(parsedate_to_datetime(value))


@FORMATS.checks("date-time")
def _is_iso8601(value: object) -> bool:
    return not isinstance(value, str) or re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", value) is not None


@FORMATS.checks("phone-number")
def _is_sender(value: object) -> bool:
    # Twilio uses this format for short codes and alphanumeric senders too.
    return not isinstance(value, str) or re.fullmatch(r"\+[1-9]\d{6,14}|\d{3,8}|[A-Za-z0-9 ]{1,11}", value) is not None


def validate(schema: Any, value: object) -> None:
    jsonschema.Draft202012Validator(_plain(schema) | PLAIN, format_checker=FORMATS).validate(value)


def operation(method: str, path: str) -> tuple[dict[str, Any], dict[str, str]]:
    """Gives the description of a call and what its path holds."""
    for template, described in OPENAPI["paths"].items():
        found = re.fullmatch(re.sub(r"\\{(\w+)\\}", r"(?P<\1>[^/]+?)", re.escape(template)), path)
        if found and method.lower() in described:
            return described[method.lower()], found.groupdict()
    raise AssertionError(f"Twilio has no {method} {path}")


@pytest.mark.parametrize(
    ("method", "path", "form"),
    [
        ("GET", "/2010-04-01/Accounts/{AccountSid}.json", None),
        ("POST", f"{BASE}/Messages.json", {"To": "+14155550101", "From": "+14155550100", "Body": "Hi"}),
        ("POST", f"{BASE}/Messages.json", {"To": "+14155550101", "MessagingServiceSid": SERVICE, "Body": "Hi"}),
        (
            "POST",
            f"{BASE}/Messages.json",
            {"To": "+14155550101", "From": "67076", "MediaUrl": "https://cdn.acme.example/a.png"},
        ),
        ("GET", f"{BASE}/Messages.json", None),
        ("GET", f"{BASE}/Messages.json?To=%2B14155550101&PageSize=1", None),
        ("GET", f"{BASE}/Messages.json?PageSize=1&Page=1&PageToken=PASM{2:032x}", None),
        ("GET", f"{BASE}/Messages/SM{1:032x}.json", None),
        ("GET", f"{BASE}/Messages/SM{2:032x}.json", None),
        ("GET", f"{BASE}/IncomingPhoneNumbers.json", None),
        ("GET", f"{BASE}/IncomingPhoneNumbers.json?PageSize=1", None),
        ("GET", f"{BASE}/SMS/ShortCodes.json", None),
        ("POST", f"{BASE}/IncomingPhoneNumbers/{NUMBER_SID}.json", {"SmsUrl": INBOUND, "SmsMethod": "POST"}),
        ("POST", f"{BASE}/SMS/ShortCodes/{CODE_SID}.json", {"SmsUrl": INBOUND, "SmsFallbackUrl": INBOUND}),
        ("POST", f"/v1/Services/{SERVICE}", {"InboundRequestUrl": INBOUND, "StatusCallback": INBOUND}),
        ("GET", f"{BASE}/IncomingPhoneNumbers/{NUMBER_SID}.json", None),
        ("GET", f"{BASE}/SMS/ShortCodes/{CODE_SID}.json", None),
        ("GET", f"/v1/Services/{SERVICE}/ShortCodes", None),
        ("GET", f"/v1/Services/{SERVICE}/AlphaSenders", None),
        ("GET", "/v1/Services", None),
        ("GET", f"/v1/Services/{SERVICE}", None),
        ("GET", f"/v1/Services/{SERVICE}/PhoneNumbers", None),
        ("GET", f"/v1/Services/{SERVICE}/PhoneNumbers?PageSize=1", None),
    ],
)
@pytest.mark.parametrize("age", [0, 0.3, 10], ids=["new", "sent", "old"])
def test_replies_have_twilio_s_shape(
    emulator: TwilioEmulator, clock: ManualClock, method: str, path: str, form: dict[str, str] | None, age: float
) -> None:
    _fill(emulator, clock().timestamp() - age)
    status, body = _ask(emulator, method, path.replace("{AccountSid}", emulator.account.sid), form)
    described, _ = operation(method, path.replace("{AccountSid}", emulator.account.sid).partition("?")[0])
    assert str(status) in described["responses"]
    validate(described["responses"][str(status)]["content"]["application/json"]["schema"], body)
    assert body, "an empty object would pass"


def test_replies_leave_out_nothing_that_twilio_s_examples_have(emulator: TwilioEmulator) -> None:
    message = _ask(
        emulator,
        "POST",
        f"/2010-04-01/Accounts/{emulator.account.sid}/Messages.json",
        {"To": "+14155550101", "From": "+14155550100", "Body": "Hi"},
    )[1]
    assert set(message) == set(OPENAPI["components"]["schemas"]["api.v2010.account.message"]["properties"])


def test_a_reply_of_the_wrong_shape_would_be_noticed(emulator: TwilioEmulator) -> None:
    schema = {"$ref": "#/components/schemas/api.v2010.account.message"}
    path = f"/2010-04-01/Accounts/{emulator.account.sid}/Messages.json"
    good = _ask(emulator, "POST", path, {"To": "+14155550101", "From": "+14155550100", "Body": "Hi"})[1]
    validate(schema, good)
    for wrong in ({"num_segments": 1}, {"sid": "XX"}, {"status": "going"}, {"date_created": "today"}, {"more": 1}):
        with pytest.raises(jsonschema.ValidationError):
            validate(schema, good | wrong)


def test_the_client_asks_only_what_twilio_describes(
    twilio: Build, emulator: TwilioEmulator, a_message: Make, clock: ManualClock
) -> None:
    provider = twilio()
    messages = [
        a_message(1, status_callback="https://engine.example/hooks/twilio?m=1", valid_seconds=14_400),
        a_message(2, sender=(SenderKind.MESSAGING_SERVICE, SERVICE), media=("https://cdn.acme.example/a.png",) * 2),
        a_message(3, sender=(SenderKind.SHORT_CODE, "67076"), media=("https://cdn.acme.example/a.png",), body=""),
        a_message(4, to="+447700900123", sender=(SenderKind.ALPHANUMERIC, "ACME")),
    ]

    async def use() -> None:
        for message in messages:
            receipt = await provider.send(message)
            await provider.status(receipt.provider_id)
            await provider.find(message, since=clock(), taken=())
        for sender in await provider.senders():
            await provider.configure(RemoteChange(sender, dict.fromkeys(sender.webhooks, INBOUND)))
        await provider.check_account()
        await provider.close()

    with _overheard() as calls:
        asyncio.run(use())
    assert len(calls) == 4 * 3 + 5 + 2 + 6
    for method, path, query, body in calls:
        described, _ = operation(method, unquote(path))
        known = {parameter["name"]: parameter["schema"] for parameter in described.get("parameters", ())}
        _check_fields(parse_qsl(query, strict_parsing=bool(query)), known)
        if method == "POST":
            schema = described["requestBody"]["content"]["application/x-www-form-urlencoded"]["schema"]
            fields = parse_qsl(body, keep_blank_values=True, strict_parsing=True)
            _check_fields(fields, schema["properties"])
            assert set(schema.get("required", ())) <= {name for name, _ in fields}


def _check_fields(fields: list[tuple[str, str]], known: dict[str, Any]) -> None:
    for name, text in fields:
        assert name in known
        schema = known[name]
        value: object = text
        if schema.get("type") in ("integer", "number", "boolean"):
            value = json.loads(text)
        validate(schema["items"] if schema.get("type") == "array" else schema, value)


@contextmanager
def _overheard() -> Iterator[list[tuple[str, str, str, str]]]:
    """Notes every call that reaches the emulator's API: method, path, query, body."""
    calls = []
    create, get, post = Api.create, Api.get, Api.post

    def creating(self: Api, form: str) -> Any:
        calls.append(("POST", f"/2010-04-01/Accounts/{self.account.sid}/Messages.json", "", form))
        return create(self, form)

    def getting(self: Api, path: str, query: str) -> Any:
        calls.append(("GET", path, query, ""))
        return get(self, path, query)

    def posting(self: Api, path: str, form: str) -> Any:
        calls.append(("POST", path, "", form))
        return post(self, path, form)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Api, "create", creating)
        patch.setattr(Api, "post", posting)
        patch.setattr(Api, "get", getting)
        yield calls


def _fill(emulator: TwilioEmulator, at: float) -> None:
    emulator.behaviour.receipts["+14155550102"] = ("undelivered", 30005)
    plain: dict[str, Any] = {"body": "Hi", "media": [], "status_callback": None, "validity_period": None}
    emulator.ledger.add(at, to="+14155550101", sender="+14155550100", service=None, **plain)
    emulator.ledger.add(at, to="+14155550101", sender=None, service=SERVICE, **plain)
    emulator.ledger.add(at, to="+14155550102", sender="+14155550100", service=None, **plain)


def _ask(emulator: TwilioEmulator, method: str, path: str, form: dict[str, str] | None = None) -> tuple[int, Any]:
    account: Account = emulator.account
    credentials = base64.b64encode(f"{account.sid}:{account.auth_token}".encode()).decode()
    body = urlencode(form).encode() if form else None
    request = urllib.request.Request(
        emulator.url + path, body, {"Authorization": f"Basic {credentials}"}, method=method
    )
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.load(error)

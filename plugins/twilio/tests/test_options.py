from __future__ import annotations

import csv
import re
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

import engine_twilio
import pytest
from engine_twilio.error_codes import CodeClass, error_codes
from engine_twilio.options import TwilioOptions
from engine_twilio.provider import Twilio
from pydantic import ValidationError

from engine import SecretRef
from engine.testing.context import plugin_context

ACCOUNT = "AC00000000000000000000000000000001"
KEY = "SK00000000000000000000000000000001"
TOKEN: dict[str, Any] = {"account_sid": ACCOUNT, "auth_token": "${TOKEN}"}


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({}, ("account_sid",)),
        ({"account_sid": "AC1", "auth_token": "${T}"}, ("account_sid",)),
        ({"account_sid": KEY, "auth_token": "${T}"}, ("account_sid",)),  # a key's SID in the account's place
        (TOKEN | {"auth_token": "0123456789abcdef0123456789abcdef"}, ("auth_token",)),
        (TOKEN | {"api_key": ACCOUNT, "api_secret": "${S}"}, ("api_key",)),
        (TOKEN | {"webhook_auth_tokens": ["${A}", "plain"]}, ("webhook_auth_tokens", 1)),
        (TOKEN | {"region": "ie1.evil.example"}, ("region",)),
        (TOKEN | {"edge": "dublin/"}, ("edge",)),
        (TOKEN | {"api_url": "http://proxy.example"}, ("api_url",)),
        (TOKEN | {"api_url": "http://localhost.example"}, ("api_url",)),
        (TOKEN | {"api_url": "ftp://proxy.example"}, ("api_url",)),
        (TOKEN | {"api_url": "proxy.example"}, ("api_url",)),
        (TOKEN | {"api_url": "https://user:word@proxy.example"}, ("api_url",)),
        (TOKEN | {"api_url": "https://proxy.example/?a=b"}, ("api_url",)),
        ({"account_sid": ACCOUNT}, ()),
        ({"account_sid": ACCOUNT, "api_key": KEY}, ()),
        (TOKEN | {"api_key": KEY}, ()),  # half a key beside the token is a mistake, not a choice
        (TOKEN | {"api_secret": "${S}"}, ()),
    ],
)
def test_refuses(options: dict[str, Any], field: tuple[object, ...]) -> None:
    with pytest.raises(ValidationError) as caught:
        TwilioOptions.model_validate(options)
    assert [error["loc"] for error in caught.value.errors()][:1] == [field]


@pytest.mark.parametrize(
    "api_url",
    ["https://proxy.example/twilio/", "http://127.0.0.1:8080", "http://localhost:1", "http://[::1]:8080", None],
)
def test_takes_another_address(api_url: str | None) -> None:
    options = TwilioOptions.model_validate(TOKEN | {"api_url": api_url})
    assert options.api_url == (api_url.rstrip("/") if api_url else None)


def test_webhooks_are_signed_with_the_auth_token_unless_said_otherwise() -> None:
    assert TwilioOptions.model_validate(TOKEN).signing_tokens == (SecretRef("TOKEN"),)
    rotating = TwilioOptions.model_validate(TOKEN | {"webhook_auth_tokens": ["${OLD}", "${NEW}"]})
    assert rotating.signing_tokens == (SecretRef("OLD"), SecretRef("NEW"))
    by_key = {"account_sid": ACCOUNT, "api_key": KEY, "api_secret": "${S}"}
    assert TwilioOptions.model_validate(by_key).signing_tokens == ()


@pytest.mark.parametrize(
    ("region", "edge", "host"),
    [
        (None, None, "api.twilio.com"),
        ("ie1", None, "api.ie1.twilio.com"),
        ("ie1", "dublin", "api.dublin.ie1.twilio.com"),
        (None, "ashburn", "api.ashburn.us1.twilio.com"),
    ],
)
def test_region_and_edge_reach_the_client_and_the_environment_does_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, region: str | None, edge: str | None, host: str
) -> None:
    monkeypatch.setenv("TWILIO_REGION", "au1")
    monkeypatch.setenv("TWILIO_EDGE", "sydney")
    options = TwilioOptions.model_validate(TOKEN | {"region": region, "edge": edge})
    provider = Twilio(options, plugin_context(tmp_path, secrets={"TOKEN": "t"}))
    assert provider._client.get_hostname("https://api.twilio.com/x") == f"https://{host}/x"


def test_nothing_heavy_is_imported_before_it_is_used() -> None:
    script = (
        "import sys, engine_twilio\n"
        "[provider] = engine_twilio.register_providers()\n"
        f"provider.options_model(account_sid={ACCOUNT!r}, auth_token='${{T}}')\n"
        "print(sorted({'twilio', 'httptools', 'aiohttp', 'requests'} & set(sys.modules)))"
    )
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


def test_offers_one_provider() -> None:
    assert list(engine_twilio.register_providers()) == [Twilio]


CLASSES = {
    ("send", CodeClass.RETRY): {20429},
    ("send", CodeClass.DOUBT): {20500, 30500},
    ("send", CodeClass.DELAYED_RETRY): {21611},
    ("send", CodeClass.RECIPIENT): {21610, 21211, 21214, 21217, 21612, 21614, 21635},
    ("send", CodeClass.CONTENT): {21602, 21617, 21620, 21623},
    ("send", CodeClass.SENDER): {20003, 21408, 21606, 21608, 21703, 21704},
    ("receipt", CodeClass.RECIPIENT): {30005, 30006},
    ("receipt", CodeClass.CONTENT): {30004, 30007, 30019},
    ("receipt", CodeClass.SENDER): {30002, 30011, 30018, 30032, 30034},
    ("receipt", CodeClass.TRY_AGAIN): {30001, 30003, 30008, 30017, 30022},
    ("receipt", CodeClass.NEXT_DAY): {30023, 30027},
}


@pytest.mark.parametrize(("on", "kind"), CLASSES)
def test_codes_are_classed_as_documented(on: str, kind: CodeClass) -> None:
    known = error_codes(on)
    assert {code for code in CLASSES[on, kind] if known[str(code)].code_class is not kind} == set()


def test_each_code_has_its_source_and_day_and_stands_once() -> None:
    with (Path(engine_twilio.__file__).parent / "error_codes.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len({(row["on"], row["code"]) for row in rows}) == len(rows)
    for row in rows:
        assert row["source"] == f"https://www.twilio.com/docs/api/errors/{row['code']}"
        assert date.fromisoformat(row["as_of"]).isoformat() == row["as_of"]
        assert row["meaning"]
        assert row["on"] in ("send", "receipt")
        assert re.fullmatch(r"\d{5}", row["code"])

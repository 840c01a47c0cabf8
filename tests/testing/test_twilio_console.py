"""What can be set of an emulated account's senders, over plain HTTP and at its console."""

from __future__ import annotations

import base64
import json
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlencode

import pytest
from webhook_server import webhook_server

from engine.testing.twilio_emulator import Account, RemoteEmulator, TwilioEmulator
from engine.testing.twilio_emulator.replies import number_sid, short_code_sid

NUMBER, OTHER, CODE, SERVICE = "+14155550100", "+14155550101", "67076", f"MG{1:032x}"
ACCOUNT = Account(numbers=(NUMBER, OTHER), short_codes=(CODE,), services={SERVICE: (OTHER,)})
BASE = f"/2010-04-01/Accounts/{ACCOUNT.sid}"
PATHS = {
    NUMBER: f"{BASE}/IncomingPhoneNumbers/{number_sid(NUMBER)}.json",
    CODE: f"{BASE}/SMS/ShortCodes/{short_code_sid(CODE)}.json",
    SERVICE: f"/v1/Services/{SERVICE}",
}
HERE = "https://sms.acme.example/in"


@pytest.fixture
def emulator() -> Iterator[TwilioEmulator]:
    with TwilioEmulator(ACCOUNT) as emulator:
        yield emulator


def post(emulator: TwilioEmulator, path: str, form: dict[str, str], account: Account = ACCOUNT) -> tuple[int, Any]:
    credentials = base64.b64encode(f"{account.sid}:{account.auth_token}".encode()).decode()
    headers = {"Authorization": f"Basic {credentials}"}
    request = urllib.request.Request(emulator.url + path, urlencode(form).encode(), headers)
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.load(error)


@pytest.mark.parametrize(
    ("value", "form", "code"),
    [
        (NUMBER, {"SmsUrl": "here"}, 21402),
        (NUMBER, {"SmsUrl": HERE, "SmsMethod": "PUT"}, 21403),
        (NUMBER, {"SmsFallbackUrl": HERE}, 21406),
        (CODE, {"SmsFallbackUrl": HERE}, 21406),
        (SERVICE, {"InboundRequestUrl": "ftp://acme.example"}, 20001),
        (SERVICE, {"StatusCallback": "here"}, 20001),
    ],
)
def test_refuses_what_twilio_refuses(emulator: TwilioEmulator, value: str, form: dict[str, str], code: int) -> None:
    before = dict(emulator.console[value])
    status, body = post(emulator, PATHS[value], {**form, "FriendlyName": "Another"})
    assert (status, body["code"]) == (400, code)
    assert emulator.console[value] == before, "all of it or nothing"


def test_sets_what_it_is_told_and_answers_with_it(emulator: TwilioEmulator) -> None:
    status, body = post(emulator, PATHS[NUMBER], {"SmsUrl": HERE, "VoiceUrl": HERE, "SmsApplicationSid": ""})
    assert (status, body["sms_url"], body["sms_method"]) == (200, HERE, "POST")
    status, body = post(emulator, PATHS[SERVICE], {"InboundRequestUrl": HERE, "UseInboundWebhookOnNumber": "true"})
    assert (status, body["inbound_request_url"], body["use_inbound_webhook_on_number"]) == (200, HERE, True)
    status, body = post(emulator, PATHS[SERVICE], {"InboundRequestUrl": ""})
    assert (status, body["inbound_request_url"]) == (200, None)


def test_what_is_not_the_account_s_is_not_found(emulator: TwilioEmulator) -> None:
    for path in (PATHS[NUMBER].replace("PN", "PNX"), f"{BASE}/IncomingPhoneNumbers.json", f"/v1/Services/MG{9:032x}"):
        assert post(emulator, path, {"SmsUrl": HERE})[0] == 404


def test_test_credentials_change_nothing() -> None:
    account = Account(test_credentials=True, numbers=(NUMBER,))
    with TwilioEmulator(account) as emulator:
        status, body = post(emulator, PATHS[NUMBER], {"SmsUrl": HERE}, account)
        assert (status, body["code"], emulator.console[NUMBER]["sms_url"]) == (403, 20008, "")


def test_the_console_of_an_emulator_in_another_process(emulator: TwilioEmulator) -> None:
    remote = RemoteEmulator(emulator.url)
    remote.change(NUMBER, sms_url=HERE)
    assert remote.console()[NUMBER]["sms_url"] == emulator.console[NUMBER]["sms_url"] == HERE
    with pytest.raises(ValueError, match="no_such_setting"):
        remote.change(NUMBER, no_such_setting=1)


def test_texts_go_where_the_console_says(emulator: TwilioEmulator) -> None:
    with webhook_server() as server:
        for value, key in ((NUMBER, "sms_url"), (SERVICE, "inbound_request_url")):
            emulator.console.change(value, **{key: f"{server.url}?to={value[:2]}"})
        emulator.console.change(OTHER, sms_url=f"{server.url}?to=nobody")
        RemoteEmulator(emulator.url).texts(
            [{"from_number": "+14155550123", "to": to, "body": to} for to in (NUMBER, OTHER, CODE)]
        )
        give_up = time.monotonic() + 30
        while len(server.calls) < 2 and time.monotonic() < give_up:
            time.sleep(0.01)
        went = {parse_qs(call.body.decode())["To"][0]: call.path.partition("?to=")[2] for call in server.calls}
        assert went == {NUMBER: "+1", OTHER: "MG"}, "a service's numbers lead where the service does"

"""The emulator by itself, over plain HTTP. How it agrees with the official client is tested with the Twilio plugin."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from engine.testing.twilio_emulator import Account, Behaviour, Fault, FaultPlan, TwilioEmulator, emulator_process

ACCOUNT = Account()
SERVICE = next(iter(ACCOUNT.services))
BASE = f"/2010-04-01/Accounts/{ACCOUNT.sid}"
TEXT = {"To": "+14155550123", "From": "+14155550100", "Body": "Hi"}
DAY = 86_400


class Time:
    """A clock for the emulator, in seconds since 1970."""

    def __init__(self) -> None:
        self.now = datetime(2026, 3, 1, 18, tzinfo=UTC).timestamp()

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def emulator(time: Time) -> Iterator[TwilioEmulator]:
    with TwilioEmulator(now=time) as emulator:
        yield emulator


def ask(
    url: str, path: str, form: dict[str, Any] | None = None, *, token: str = ACCOUNT.auth_token
) -> tuple[int, dict[str, Any]]:
    credentials = base64.b64encode(f"{ACCOUNT.sid}:{token}".encode()).decode()
    body = urlencode(form, doseq=True).encode() if form is not None else None
    request = urllib.request.Request(url + path, body, {"Authorization": f"Basic {credentials}"})
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.load(error)


def send(url: str, **changes: Any) -> dict[str, Any]:
    status, body = ask(url, f"{BASE}/Messages.json", {**TEXT, **changes})
    assert status == 201
    return body


def listed(url: str, query: str = "") -> list[str]:
    return [message["body"] for message in ask(url, f"{BASE}/Messages.json?{query}")[1]["messages"]]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"To": ""}, 21604),
        ({"From": ""}, 21603),
        ({"Body": ""}, 21602),
        ({"Body": "x" * 1601}, 21617),
        ({"To": "4155550123"}, 21211),
        ({"To": "+0"}, 21211),
        ({"To": "+14155550100"}, 21266),
        ({"To": "+15005550001"}, 21211),
        ({"To": "+15005550004"}, 21610),
        ({"From": "+14155550199"}, 21606),  # not the account's
        ({"From": "12345"}, 21606),  # a short code that is not the account's
        ({"From": "a name too long"}, 21212),
        ({"From": "ACME"}, 21612),  # no alphanumeric senders in the US
        ({"From": "", "MessagingServiceSid": "MG" + "f" * 32}, 21701),
        ({"MediaUrl": ["https://cdn.acme.example/a.png"] * 11}, 21623),
        ({"MediaUrl": "cdn.acme.example/a.png"}, 21620),
        ({"StatusCallback": "engine.example"}, 21609),
        ({"ValidityPeriod": "36001"}, 20001),
    ],
)
def test_refuses_what_twilio_refuses(emulator: TwilioEmulator, changes: dict[str, Any], code: int) -> None:
    form = {name: value for name, value in {**TEXT, **changes}.items() if value}
    status, body = ask(emulator.url, f"{BASE}/Messages.json", form)
    assert (status, body["code"], body["status"]) == (400, code, 400)
    assert body["message"]
    assert emulator.ledger.messages == []


@pytest.mark.parametrize("changes", [{"Body": "x" * 1600}, {"From": "67076"}, {"To": "+447700900123", "From": "ACME"}])
def test_takes_what_twilio_takes(emulator: TwilioEmulator, changes: dict[str, str]) -> None:
    assert send(emulator.url, **changes)["status"] == "queued"


def test_lets_nobody_in_without_the_token(emulator: TwilioEmulator) -> None:
    status, body = ask(emulator.url, f"{BASE}/Messages.json", TEXT, token="wrong")
    assert (status, body["code"]) == (401, 20003)


@pytest.mark.parametrize(
    "path", ["/", "/2010-04-01/Accounts/AC1/Messages.json", f"{BASE}/Messages/SM0.json", "/v1/Services/MG0"]
)
def test_knows_nothing_else(emulator: TwilioEmulator, path: str) -> None:
    status, body = ask(emulator.url, path)
    assert (status, body["code"]) == (404, 20404)


def test_a_message_makes_its_way(emulator: TwilioEmulator, time: Time) -> None:
    emulator.behaviour.receipts["+14155550124"] = ("undelivered", 30005)
    well, badly = send(emulator.url)["sid"], send(emulator.url, To="+14155550124")["sid"]
    seen = []
    for _ in range(6):
        answers = [ask(emulator.url, f"{BASE}/Messages/{sid}.json")[1] for sid in (well, badly)]
        seen.append([(answer["status"], answer["error_code"], bool(answer["date_sent"])) for answer in answers])
        time.now += 0.1
    queued, sent = ("queued", None, False), ("sent", None, True)
    end = [("delivered", None, True), ("undelivered", 30005, True)]
    assert seen == [[queued] * 2, [queued] * 2, [sent] * 2, [sent] * 2, [sent] * 2, end]


def test_a_service_picks_its_number_when_it_sends(emulator: TwilioEmulator, time: Time) -> None:
    form = {"To": "+14155550123", "MessagingServiceSid": SERVICE, "Body": "Hi"}
    new = ask(emulator.url, f"{BASE}/Messages.json", form)[1]
    assert (new["status"], new["from"], new["num_segments"]) == ("accepted", None, "0")
    time.now += 1
    old = ask(emulator.url, f"{BASE}/Messages/{new['sid']}.json")[1]
    assert (old["from"], old["num_segments"]) == ("+14155550100", "1")


def test_lists_and_filters(emulator: TwilioEmulator, time: Time) -> None:
    send(emulator.url, Body="yesterday")
    time.now += DAY
    send(emulator.url, Body="other", To="+14155550124")
    send(emulator.url, Body="from another", From="+14155550101")
    time.now += 1
    send(emulator.url, Body="just now")  # not sent yet: it has no DateSent
    assert listed(emulator.url) == ["just now", "from another", "other", "yesterday"]
    assert listed(emulator.url, "To=%2B14155550124") == ["other"]
    assert listed(emulator.url, "From=%2B14155550101") == ["from another"]
    assert listed(emulator.url, "DateSent=2026-03-01") == ["yesterday"]
    assert listed(emulator.url, "DateSent%3E=2026-03-02") == ["from another", "other"]
    assert listed(emulator.url, "DateSent%3C=2026-03-02T00:00:00Z") == ["yesterday"]


def test_pages_stay_where_they_are_while_messages_come(emulator: TwilioEmulator) -> None:
    for number in range(5):
        send(emulator.url, Body=str(number))
    path: str | None = f"{BASE}/Messages.json?PageSize=2"
    seen = []
    while path:
        page = ask(emulator.url, path)[1]
        seen.append([message["body"] for message in page["messages"]])
        send(emulator.url, Body="new")
        path = page["next_page_uri"]
    assert seen == [["4", "3"], ["2", "1"], ["0"]]


def test_lists_lag_where_told_to(emulator: TwilioEmulator, time: Time) -> None:
    emulator.behaviour.lookup_lag = 3
    sid = send(emulator.url)["sid"]
    assert listed(emulator.url) == []
    assert ask(emulator.url, f"{BASE}/Messages/{sid}.json")[0] == 200
    time.now += 3
    assert listed(emulator.url) == ["Hi"]


@pytest.mark.parametrize(
    ("switched_on", "asked", "body"),
    [(False, None, "“Hi”"), (True, None, '"Hi"'), (True, "false", "“Hi”"), (False, "true", '"Hi"')],
)
def test_smart_encoding(emulator: TwilioEmulator, switched_on: bool, asked: str | None, body: str) -> None:
    emulator.behaviour.smart_encoding = switched_on
    more = {"SmartEncoded": asked} if asked else {}
    assert send(emulator.url, Body="“Hi”", **more)["body"] == body


def test_a_trial_account_texts_verified_numbers_with_a_prefix() -> None:
    with TwilioEmulator(Account(trial=True, verified=frozenset({"+14155550123"}))) as emulator:
        assert send(emulator.url)["body"] == "Sent from your Twilio trial account - Hi"
        status, body = ask(emulator.url, f"{BASE}/Messages.json", {**TEXT, "To": "+14155550124"})
        assert (status, body["code"]) == (400, 21608)


def test_faults_come_in_order_and_to_whom_they_are_meant(emulator: TwilioEmulator) -> None:
    emulator.faults.script(
        Fault.refused(21610, to="+14155550124"), Fault.rate_limited(times=2), Fault("error", status=503, on="list")
    )
    answers = [ask(emulator.url, f"{BASE}/Messages.json", TEXT)[0] for _ in range(3)]
    assert answers == [429, 429, 201]
    assert ask(emulator.url, f"{BASE}/Messages.json")[0] == 503
    assert ask(emulator.url, f"{BASE}/Messages.json", {**TEXT, "To": "+14155550124"})[0] == 400
    assert [(seen.method, seen.fault, bool(seen.sid)) for seen in emulator.ledger.requests] == [
        ("POST", "error", False),
        ("POST", "error", False),
        ("POST", None, True),
        ("GET", "error", False),
        ("POST", "error", False),
    ]


def test_chance_is_repeatable() -> None:
    def drawn(seed: int) -> list[str | None]:
        plan = FaultPlan()
        plan.chance([(0.3, Fault.dropped(accepted=True)), (0.2, Fault.rate_limited())], seed=seed)
        return [fault.answer if fault else None for fault in (plan.next("create", None) for _ in range(1000))]

    assert drawn(1) == drawn(1) != drawn(2)
    assert 250 < drawn(1).count("drop") < 350
    assert 150 < drawn(1).count("error") < 250


def test_runs_in_the_event_loop_that_is_there() -> None:
    async def use() -> int:
        async with TwilioEmulator() as emulator:
            await asyncio.to_thread(send, emulator.url)
            return len(emulator.ledger.messages)

    assert asyncio.run(use()) == 1


def test_a_port_that_is_taken_is_an_error(emulator: TwilioEmulator) -> None:
    port = int(emulator.url.rpartition(":")[2])
    with pytest.raises(OSError, match="address already in use"), TwilioEmulator(port=port):
        pass


class TestProcess:
    def test_is_told_what_to_do_and_tells_what_it_did(self) -> None:
        with emulator_process("--number", "+14155550100", "--chances", "[]") as emulator:
            emulator.script(Fault.dropped(accepted=True), Fault.rate_limited("3"))
            with pytest.raises((ConnectionError, urllib.error.URLError)):
                send(emulator.url)
            assert ask(emulator.url, f"{BASE}/Messages.json", TEXT)[0] == 429
            emulator.script(Fault.rate_limited())
            emulator.clear_faults()
            emulator.behave(lookup_lag=60, progress=[["sent", 0]], receipts={"+14155550123": ["failed", 30008]})
            sid = send(emulator.url)["sid"]
            assert listed(emulator.url) == []
            assert ask(emulator.url, f"{BASE}/Messages/{sid}.json")[1]["error_code"] == 30008
            assert {to: len(sids) for to, sids in emulator.accepted_by_to().items()} == {"+14155550123": 2}
            assert [message["body"] for message in emulator.messages()] == ["Hi", "Hi"]
            assert [request["fault"] for request in emulator.requests()] == ["drop", "error", None, None, None]
            assert emulator.summary()["accepted"] == 2
            with pytest.raises(ValueError, match="no_such_field"):
                emulator.behave(no_such_field=1)
            emulator.chance([(1.0, Fault.rate_limited())], seed=1)
            assert ask(emulator.url, f"{BASE}/Messages.json", TEXT)[0] == 429

    def test_keeps_what_it_accepted_when_it_is_killed(self, tmp_path: Path) -> None:
        state = tmp_path / "twilio.jsonl"
        command = [sys.executable, "-m", "engine.testing.twilio_emulator", "--state", str(state)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            url = process.stdout.readline().strip()
            first = send(url, Body="¡Olé!\n")["sid"]
            os.kill(process.pid, signal.SIGKILL)
        with state.open("a") as file:
            file.write('{"sid": "SM')  # a line that the kill cut off
        with emulator_process(state=state) as emulator:
            second = send(emulator.url, Body="again")["sid"]
            assert emulator.accepted_by_to() == {"+14155550123": [first, second]}
        with TwilioEmulator(state=state) as emulator_again:
            assert [m.body for m in emulator_again.ledger.messages] == ["¡Olé!\n", "again"]


def test_importing_it_does_not_import_the_server() -> None:
    script = "import sys, engine.testing.twilio_emulator; print('aiohttp' in sys.modules)"
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "False"


def test_a_slow_answer_holds_no_other_up(emulator: TwilioEmulator) -> None:
    emulator.faults.script(Fault.slow(0.5, to="+14155550124"))

    async def use() -> list[str]:
        done: list[str] = []

        async def one(to: str) -> None:
            await asyncio.to_thread(send, emulator.url, To=to)
            done.append(to)

        await asyncio.gather(one("+14155550124"), one("+14155550125"))
        return done

    assert asyncio.run(use()) == ["+14155550125", "+14155550124"]


def test_behaviour_may_be_given_from_the_start() -> None:
    with TwilioEmulator(behaviour=Behaviour(progress=(("delivered", 0),))) as emulator:
        assert send(emulator.url)["status"] == "delivered"

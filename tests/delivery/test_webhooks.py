"""Webhooks that keyword rules call: to a server on this machine, on a clock set by hand."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from config_folder import Config
from quiet_hands import quiet_hands
from webhook_server import OLD_SECRET, SECRET, WebhookServer, webhook_server

from engine.config.snapshot import snapshot
from engine.delivery.live import Live
from engine.delivery.signing import key_of, signed
from engine.delivery.webhooks import JITTER, KEPT, RETRIES, WebhookCalls
from engine.plugins import Plugins
from engine.state.sqlite import SqliteStore
from engine.testing.context import ManualClock, plugin_context
from engine.types import InboundMessage, Release
from engine.webhooks import Call, CallRecord, CallState

NOW = datetime(2026, 3, 1, 18, tzinfo=UTC)
SECOND = timedelta(seconds=1)


class Office:
    """A workspace with a webhook, and the stage of the loop that calls it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.config = Config(folder)
        self.store = SqliteStore.open("sqlite:///engine.db", folder=folder)
        self.clock = ManualClock(NOW)
        self.secrets = {"CRM_SECRET": SECRET, "CRM_OLD_SECRET": OLD_SECRET}
        self.plugins: Plugins | None = None
        self.count = 0

    def apply(self, url: str, *, secret: str = "['${CRM_SECRET}']", name: str = "crm", local: bool = True) -> None:
        """Makes a release whose webhook has this address."""
        self.config.write(
            "config/engine.yaml", f"engine: 1\nplugins: [sandbox, phonenumbers]\nlocal_webhooks: {str(local).lower()}\n"
        )
        self.config.write(
            "workspace.yaml",
            f"name: Acme\nbusiness: {{country: US}}\nwebhooks:\n  {name}: {{url: '{url}', secret: {secret}}}\n",
        )
        loaded = self.config.load()
        self.plugins = loaded.plugins
        before = self.store.live_release_id()
        release = Release(
            f"r{self.count}", before, "", snapshot(loaded.require()), {}, NOW, "test", None, None, None, {}
        )
        self.count += 1
        self.store.put_release(release)

    def call(self, *names: str, webhook: str = "crm") -> None:
        """Records texts, each with a call of the webhook."""
        for name in names:
            self.store.record_inbound(
                "acme", InboundMessage(f"SM-{name}", "+14155550123", "+14155550100", name), at=self.clock(), outcome={}
            )
            body = f'{{"type":"text.received","data":{{"body":"{name}"}}}}'
            self.store.add_calls([Call(f"call_{name}", "acme", webhook, f"SM-{name}", body, self.clock())])

    def work(self, *, workers: int = 1, until: Callable[[], bool] = lambda: True) -> None:
        """Makes the calls that are due, and works on until something is so."""
        asyncio.run(self._work(workers, until))

    async def _work(self, workers: int, until: Callable[[], bool]) -> None:
        assert self.plugins is not None
        stages = []
        for number in range(workers):
            live = Live(
                self.store,
                self.plugins,
                lambda name: plugin_context(self.folder, clock=self.clock, secrets=self.secrets),
            )
            live.refresh()
            hands = quiet_hands(self.store, self.plugins, self.clock, f"worker-{number}", began=NOW)
            calls = WebhookCalls(hands, live)
            stages.append((hands, calls, asyncio.ensure_future(calls.run())))
        while any([await calls.left() for _, calls, _ in stages]) or not until():  # noqa: ASYNC110 # a stage sets no event
            await asyncio.sleep(0.01)
        for hands, calls, task in stages:
            task.cancel()
            await calls.finish()
            hands.close()

    @property
    def records(self) -> list[CallRecord]:
        """What came of all calls."""
        return list(self.store.calls())


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    made = Office(tmp_path)
    yield made
    made.store.close()


@pytest.fixture
def server() -> Iterator[WebhookServer]:
    with webhook_server() as running:
        yield running


def test_a_call_is_signed_and_made_once(office: Office, server: WebhookServer) -> None:
    office.apply(server.url)
    office.call("a")
    office.work()
    office.work()
    (called,) = server.calls
    assert called.is_signed_with(SECRET)
    assert not called.is_signed_with(OLD_SECRET)
    assert (called.path, called.id, called.data) == ("/texts", "call_a", {"body": "a"})
    assert called.headers["content-type"] == "application/json"
    assert called.headers["webhook-timestamp"] == str(int(NOW.timestamp()))
    assert [(call.state, call.attempts, call.reason) for call in office.records] == [(CallState.DELIVERED, 1, None)]


def test_while_a_secret_is_rotated_both_sign(office: Office, server: WebhookServer) -> None:
    office.apply(server.url, secret="['${CRM_SECRET}', '${CRM_OLD_SECRET}']")
    office.call("a")
    office.work()
    assert [server.calls[0].is_signed_with(secret) for secret in (SECRET, OLD_SECRET)] == [True, True]


def test_the_signature_is_the_one_that_standard_webhooks_gives() -> None:
    # The example of https://docs.svix.com/receiving/verifying-payloads/how-manual, which the scheme grew out of.
    key = key_of("whsec_" + "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    at = datetime.fromtimestamp(1614265330, UTC)
    headers = signed("msg_p5jXN8AQM9LWM0D4loKWxJek", b'{"test": 2432232314}', [key], now=at)
    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_whoever_is_called_verifies_it_as_the_page_says(office: Office, server: WebhookServer) -> None:
    page = (Path(__file__).parent.parent.parent / "docs/how-to/answer-texts.md").read_text(encoding="utf-8")
    (code,) = re.findall(r"^```python\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    names: dict[str, Any] = {}
    exec(code, names)
    office.clock.now = datetime.now(UTC)  # who is called has a clock of its own
    office.apply(server.url)
    office.call("a")
    office.work()
    (called,) = server.calls
    assert names["verified"](called.headers, called.body, SECRET)
    assert not names["verified"](called.headers, called.body + b" ", SECRET)
    assert not names["verified"](called.headers, called.body, OLD_SECRET)


def test_failures_are_retried_for_a_day_and_a_half_and_then_given_up(office: Office, server: WebhookServer) -> None:
    server.answer = lambda called: (500, {})
    office.apply(server.url)
    office.call("a")
    waits = []
    for _ in RETRIES:
        office.work()
        (call,) = office.records
        assert (call.state, call.reason) == (CallState.PENDING, "webhook.status: 500")
        waits.append(call.due_at - office.clock())
        office.clock.now = call.due_at
    assert all(wait <= waited <= wait * (1 + JITTER) for wait, waited in zip(RETRIES, waits, strict=True))
    assert timedelta(days=1) < sum(waits, timedelta(0)) < timedelta(days=2)
    office.work()
    (call,) = office.records
    assert (call.state, call.attempts, call.reason) == (CallState.FAILED, len(RETRIES) + 1, "webhook.status: 500")
    assert len({called.id for called in server.calls}) == 1
    assert len({called.headers["webhook-timestamp"] for called in server.calls}) == len(RETRIES) + 1
    assert all(called.is_signed_with(SECRET) for called in server.calls)


@pytest.mark.parametrize("status", [302, 307, 404, 500])
def test_only_2xx_is_success_and_no_redirect_is_followed(office: Office, server: WebhookServer, status: int) -> None:
    server.answer = lambda called: (status, {"Location": server.url + "/elsewhere"})
    office.apply(server.url)
    office.call("a")
    office.work()
    assert [call.reason for call in office.records] == [f"webhook.status: {status}"]
    assert [called.path for called in server.calls] == ["/texts"]


@pytest.mark.parametrize(
    ("asks", "waits"),
    [
        ("3600", timedelta(hours=1)),
        ("Sun, 01 Mar 2026 19:00:00 GMT", timedelta(hours=1)),
        ("9999999999999", timedelta(hours=24)),  # no longer than a day
        ("1", None),
        ("soon", None),
        ("Sun, 01 Mar 2020 19:00:00 GMT", None),
    ],
)
def test_a_webhook_may_ask_to_be_left_alone(
    office: Office, server: WebhookServer, asks: str, waits: timedelta | None
) -> None:
    server.answer = lambda called: (429, {"Retry-After": asks})
    office.apply(server.url)
    office.call("a")
    office.work()
    (call,) = office.records
    waited = call.due_at - NOW
    assert waited == waits if waits is not None else waited < timedelta(seconds=10)


def test_what_answers_410_is_not_called_again_until_somebody_says_so(office: Office, server: WebhookServer) -> None:
    server.answer = lambda called: (410, {})
    office.apply(server.url)
    office.call("a")
    office.work()
    office.call("b")
    office.work()
    assert [called.id for called in server.calls] == ["call_a"]
    assert [(call.state, call.attempts, call.reason) for call in office.records] == [
        (CallState.FAILED, 1, "webhook.gone"),
        (CallState.FAILED, 0, "webhook.gone"),
    ]
    server.answer = lambda called: (200, {})
    assert office.store.retry_calls("acme", webhook="crm", at=NOW) == 2
    office.work()
    assert [call.state for call in office.records] == [CallState.DELIVERED] * 2


def test_another_address_ends_a_410(office: Office, server: WebhookServer) -> None:
    server.answer = lambda called: (410 if called.path == "/texts" else 200, {})
    office.apply(server.url)
    office.call("a")
    office.work()
    office.apply(server.url + "/new")
    office.call("b")
    office.work()
    assert [call.state for call in office.records] == [CallState.FAILED, CallState.DELIVERED]


def test_an_address_inside_is_not_called_unless_engine_yaml_says_so(office: Office, server: WebhookServer) -> None:
    office.apply(server.url)
    objects: dict[str, Any] = dict(snapshot(office.config.load().require()))
    objects["engine"] = {**objects["engine"], "local_webhooks": False}  # as if `validate` had not refused it
    inside = Release("inside", office.store.live_release_id(), "", objects, {}, NOW, "test", None, None, None, {})
    office.store.put_release(inside)
    office.call("a")
    office.work()
    assert server.calls == []
    (call,) = office.records
    assert (call.state, call.attempts) == (CallState.PENDING, 1)
    assert (call.reason or "").startswith("webhook.address: ")


def test_nobody_at_the_other_end(office: Office) -> None:
    with webhook_server() as server:
        office.apply(server.url)
    office.call("a")
    office.work()
    (call,) = office.records
    assert (call.reason or "").startswith("webhook.unreachable: ")


@pytest.mark.parametrize(
    "secret",
    [None, "whsec_c2hvcnQ=", "c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0", "whsec_!"],
    ids=["unset", "short", "bare", "no"],
)
def test_without_its_secret_a_call_waits_and_no_attempt_is_counted(
    office: Office, server: WebhookServer, secret: str | None
) -> None:
    office.apply(server.url)
    del office.secrets["CRM_SECRET"]
    if secret is not None:
        office.secrets["CRM_SECRET"] = secret
    office.call("a")
    office.work()
    (call,) = office.records
    assert (call.state, call.attempts, call.due_at) == (CallState.PENDING, 0, NOW + timedelta(minutes=1))
    assert (call.reason or "").startswith("webhook.not-configured: ")
    assert "CRM_SECRET" in (call.reason or "")
    assert secret is None or secret not in (call.reason or "")
    assert server.calls == []


def test_a_webhook_that_is_taken_out_fails_its_calls(office: Office, server: WebhookServer) -> None:
    office.apply(server.url, name="till")
    office.call("a")
    office.work()
    (call,) = office.records
    assert (call.state, call.attempts) == (CallState.FAILED, 0)
    assert (call.reason or "").startswith("webhook.unknown")


def test_two_workers_make_each_call_once(office: Office, server: WebhookServer) -> None:
    office.apply(server.url)
    names = [f"n{number}" for number in range(60)]
    office.call(*names)
    office.work(workers=2)
    assert sorted(called.data["body"] for called in server.calls) == sorted(names)
    assert {call.state for call in office.records} == {CallState.DELIVERED}


def test_a_call_whose_worker_died_is_made_by_another(office: Office, server: WebhookServer) -> None:
    office.apply(server.url)
    office.call("a")
    office.store.claim_calls(owner="dead", now=NOW, lease=SECOND, each=1, limit=1)
    office.clock.advance(SECOND)
    office.work()
    assert [call.state for call in office.records] == [CallState.DELIVERED]


def test_what_was_delivered_long_ago_is_forgotten(office: Office, server: WebhookServer) -> None:
    office.apply(server.url)
    office.call("old")
    office.work()
    office.clock.advance(KEPT)
    office.call("new")
    office.work()
    assert [call.id for call in office.records] == ["call_old", "call_new"]
    office.clock.advance(timedelta(seconds=1))
    office.work(until=lambda: [call.id for call in office.records] == ["call_new"])
    assert [text.provider_id for text in office.store.texts()] == ["SM-old", "SM-new"]

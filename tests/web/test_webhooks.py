"""Calls of providers, through the real route of the real server."""

from __future__ import annotations

import json
from collections.abc import Iterator
from urllib.parse import urlencode

import pytest
from webhook_shop import PUBLIC, Served, WebhookShop, sid, signed, text_fields

from engine.types import ConsentState
from engine.web.bodies import LONGEST

INBOUND = "/webhooks/acme/twilio/inbound"


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> WebhookShop:
    shop = WebhookShop(tmp_path_factory.mktemp("shop"))
    shop.write_answering()
    return shop


@pytest.fixture(scope="module")
def served(shop: WebhookShop) -> Iterator[Served]:
    with shop.serve() as served:
        yield served


def replies(shop: WebhookShop) -> int:
    store = shop.open(read_only=True)
    try:
        return sum(1 for _ in store.messages())
    finally:
        store.close()


def test_a_text_is_recorded_and_answered_once(shop: WebhookShop, served: Served) -> None:
    phone = "+14155550130"
    for _ in range(3):
        answer = served.text(sid(1), "join please", From=phone)
        assert (answer.status, answer.body) == (204, b"")
    store = shop.open(read_only=True)
    reply = store.reply_to("acme", sid(1))
    assert reply is not None
    claim = store.claim_view(reply)
    assert claim is not None
    assert (claim.template, claim.lane, claim.number) == ("joined", "acme/sender/main", phone)
    assert store.consent("acme", phone) is ConsentState.SUBSCRIBED
    assert [p.attributes["club"] for p in store.people_with_number("acme", phone)] == [True]
    assert len(store.consent_history("acme", phone)) == 1
    store.close()


@pytest.mark.parametrize(
    "path", ["/webhooks/nobody/twilio/inbound", "/webhooks/acme/sandbox/inbound", "/webhooks/acme/x/status"]
)
def test_what_is_not_there_is_not_there_in_the_same_words(served: Served, path: str) -> None:
    assert served.call(path, text_fields(sid(2), "join")) == served.ask("GET", "/nothing")
    assert served.call(path, {}).status == 404


def test_a_wrong_signature_changes_nothing(shop: WebhookShop, served: Served) -> None:
    before = replies(shop)
    path, fields = INBOUND, text_fields(sid(3), "join", From="+14155550131")
    body, headers = signed(PUBLIC + path, fields)
    assert served.call(path, fields, token="another").status == 403
    assert served.ask("POST", path, body, {"Content-Type": headers["Content-Type"]}).status == 403
    assert served.ask("POST", path, body.replace(b"join", b"JOIN"), headers).status == 403
    assert served.ask("POST", path + "?x=1", body, headers).status == 403
    local_body, local_headers = signed(served.url + path, fields)
    assert served.ask("POST", path, local_body, local_headers).status == 403, "the address is the configured one"
    assert replies(shop) == before


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "GET", "HEAD"])
def test_another_method_is_refused(served: Served, method: str) -> None:
    answer = served.ask(method, INBOUND)
    assert answer.status == 405
    assert "POST" in answer.headers["allow"]


def test_a_signed_get_is_a_call(shop: WebhookShop, served: Served) -> None:
    path = f"{INBOUND}?{urlencode(text_fields(sid(4), 'join', From='+14155550132'))}"
    _, headers = signed(PUBLIC + path, {})
    assert served.ask("GET", path, headers={"X-Twilio-Signature": headers["X-Twilio-Signature"]}).status == 204
    assert served.ask("GET", path + "&x=1", headers=headers).status == 405


def test_what_is_signed_and_makes_no_sense_is_refused(served: Served) -> None:
    assert served.call(INBOUND, {"MessageSid": "1"}).status == 400
    assert served.call(INBOUND, text_fields(sid(5), "hi", From="whatsapp:+14155550123")).status == 204


def test_the_body_is_counted_while_it_is_read(served: Served) -> None:
    room = LONGEST - len(urlencode(text_fields(sid(6), "")))
    assert served.text(sid(6), "x" * room).status == 204
    assert served.text(sid(7), "x" * (room + 1)).status == 413

    small = (b"x" * 1000 for _ in range(66))
    assert served.ask("POST", INBOUND, small).status == 413, "without Content-Length"
    assert served.ask("POST", INBOUND, b"", {"Content-Length": "65537"}).status == 413, "before it is read"


def test_the_log_has_no_numbers(shop: WebhookShop) -> None:
    with shop.serve() as served:
        served.text(sid(20), "join", From="+14155550140")
        served.ask("GET", "/+14155550140?x=+14155550140")
        assert served.stop() == 0
    log = "".join(served.log)
    assert f"POST {INBOUND} 204" in log
    assert f"{sid(20)} rule join" in log
    assert "4155550140" not in log
    assert f"texts are to be sent to {PUBLIC}{INBOUND}" in log


def test_the_log_may_be_json(shop: WebhookShop) -> None:
    with shop.serve("--format", "json") as served:
        assert served.ask("GET", "/health").status == 200
        assert served.stop() == 0
    lines = [json.loads(line) for line in served.log if line.startswith("{")]
    assert lines[0]["inbound"] == [PUBLIC + INBOUND]
    assert [line["status"] for line in lines if line.get("route") == "/health"] == [200]

"""The page at /sandbox over HTTP, from a real `engine serve`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from http.client import HTTPConnection
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from phones_shop import Served, open_shop, serve

FILES = ["", "/", "/phones.css", "/phones.js", "/phone.js", "/text.js", "/phones.svg"]


def conversation(served: Served, phone: str, **more: object) -> Any:
    return served.json("/conversation", network="sandbox", phone=phone, **more)


def body_of(text: Any) -> str:
    return "".join(part["text"] for part in text["parts"])


def arriving(events: Iterator[tuple[str, str, Any]]) -> Iterator[Any]:
    for name, _, data in events:
        assert (name, data["network"]) == ("texts", "sandbox")
        yield from data["texts"]


@pytest.mark.parametrize("path", FILES)
def test_every_file_is_served_under_a_strict_policy(served: Served, path: str) -> None:
    response, body = served.ask(path)
    assert response.status == 200
    assert body
    policy = dict(part.strip().split(" ", 1) for part in response.headers["Content-Security-Policy"].split(";"))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == policy["connect-src"] == "'self'"
    assert "unsafe" not in response.headers["Content-Security-Policy"]
    assert policy["frame-ancestors"] == policy["base-uri"] == policy["form-action"] == "'none'"
    assert policy["require-trusted-types-for"] == "'script'"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Referrer-Policy"] == "no-referrer"


def test_a_text_goes_the_way_of_a_webhook(served: Served) -> None:
    phone = "+14155550110"
    status, taken = served.text("join please", phone=phone)
    assert (status, taken["rule"], taken["repeated"]) == (200, "join", False)
    replies = [message for message in served.shop.messages() if message["to"] == phone]
    assert [message["id"] for message in replies] == taken["replies"]
    (text,) = conversation(served, phone)["texts"]
    assert (text["mine"], text["sender"], text["name"], text["workspace"]) == (True, "67076", "main", "acme")
    assert (body_of(text), text["encoding"], text["segments"]) == ("join please", "GSM-7", 1)
    served.text("STOP", phone=phone)
    assert served.shop.json("consent", "show", phone, "--workspace", "acme")["state"] == "stopped"


def test_the_whole_way_there_and_back(served: Served) -> None:
    phone = "+14155550111"
    with served.events(after=served.json("/state")["cursor"]) as events:
        served.text("Join!", phone=phone, sender="other")
        served.shop.engine("run", "--drain")
        asked, text = islice((text for text in arriving(events) if text["phone"] == phone), 2)
    assert (asked["mine"], text["mine"]) == (True, False)
    assert (text["sender"], text["name"], text["workspace"], text["error"]) == ("+14155550100", "other", "acme", None)
    # The address that people read is kept; tapping it asks this server, whatever the links' domain.
    words, link = text["parts"]
    assert words["text"].startswith("Hi ")
    assert link["text"] == f"https://go.acme.example{link['href']}"
    assert text["message"] in {message["id"] for message in served.shop.messages()}


def test_state_names_senders_that_can_be_texted_and_sample_people(served: Served) -> None:
    (workspace,) = served.json("/state")["workspaces"]
    assert workspace["title"] == "Acme Coffee"
    assert [sender["name"] for sender in workspace["senders"]] == ["main", "other"]
    assert workspace["people"] == [{"name": "ada", "phone": "+14155550123"}]


def test_long_conversations_come_in_pages(served: Served) -> None:
    phone = "+14155550112"
    served.arrive(phone, [str(number) for number in range(1_000)])
    seen: list[int] = []
    page = conversation(served, phone, limit=150)
    while True:
        seen = [int(body_of(text)) for text in page["texts"]] + seen
        if not page["more"]:
            break
        assert len(page["texts"]) == 150
        page = conversation(served, phone, limit=150, before=page["texts"][0]["position"])
    assert seen == list(range(1_000))
    assert len(conversation(served, phone, limit=10**9)["texts"]) == 200


def test_the_list_is_of_the_phones_that_were_busy_last(served: Served) -> None:
    for number in (113, 114, 113):
        served.arrive(f"+14155550{number}", [f"to {number}"])
    recent = served.json("/state", limit=2)["recent"]
    assert [(text["phone"], body_of(text)) for text in recent] == [
        ("+14155550113", "to 113"),
        ("+14155550114", "to 114"),
    ]
    assert served.json("/state", limit=1)["more"] is True


HOSTILE = [
    "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "\u202eevil\u2066 \u0000 \ufffe \U0001f469\u200d\U0001f4bb",
    "</script>\r\nevent: reload\r\ndata: {}\r\n\r\n",
    "x" * 1_600,
]


@pytest.mark.parametrize("body", HOSTILE, ids=["markup", "controls", "line ends", "long"])
def test_hostile_texts_arrive_as_they_are(served: Served, body: str) -> None:
    phone = f"+1415555012{HOSTILE.index(body)}"
    with served.events(after=served.json("/state")["cursor"]) as events:
        status, _ = served.text(body, phone=phone)
        assert status == 200
        name, _, data = next(events)
    assert name == "texts"
    assert [body_of(text) for text in data["texts"]] == [body]
    assert [body_of(text) for text in conversation(served, phone)["texts"]] == [body]


@pytest.mark.parametrize(
    ("changed", "status"),
    [
        pytest.param({"body": "x" * 1_601}, 422, id="too long"),
        pytest.param({"body": ""}, 422, id="empty"),
        pytest.param({"body": 7}, 422, id="no text"),
        pytest.param({"body": "x" * 70_000}, 413, id="far too long"),
        pytest.param({"phone": "4155550123"}, 422, id="no E.164"),
        pytest.param({"phone": "+1<script>"}, 422, id="no number"),
        pytest.param({"phone": "+1٤١٥٥٥٥٠١٢٣"}, 422, id="other digits"),
        pytest.param({"sender": "nobody"}, 422, id="unknown sender"),
        pytest.param({"sender": "brand"}, 422, id="one-way sender"),
        pytest.param({"workspace": "other"}, 422, id="unknown workspace"),
        pytest.param({"more": 1}, 422, id="more than a text"),
    ],
)
def test_texts_that_are_refused(served: Served, changed: dict[str, Any], status: int) -> None:
    sent: dict[str, Any] = {"phone": "+14155550119", "body": "hi", **changed}
    answered, answer = served.text(**sent)
    assert answered == status
    assert answer["message"]
    assert conversation(served, "+14155550119")["texts"] == []


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"body": "\\ud800"}', b"\xff", b"null"])
def test_what_is_no_text_at_all(served: Served, body: bytes) -> None:
    headers = {"Content-Type": "application/json", "Origin": served.url}
    assert served.ask("/texts", method="POST", body=body, headers=headers)[0].status == 422


@pytest.mark.parametrize("path", [*FILES, "/state", "/conversation?network=sandbox&phone=x", "/events"])
def test_a_rebound_name_gets_nothing(served: Served, path: str) -> None:
    assert served.ask(path, headers={"Host": "evil.example"})[0].status == 421
    assert served.ask(path, headers={"X-Forwarded-For": "192.0.2.1"})[0].status == 403


@pytest.mark.parametrize("path", ["/state", "/conversation?network=sandbox&phone=x", "/events", "/phones.js"])
def test_another_site_reads_nothing(served: Served, path: str) -> None:
    assert served.ask(path, headers={"Sec-Fetch-Site": "cross-site"})[0].status == 403


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {},
        {"Host": "evil.example", "Origin": "http://evil.example", "Sec-Fetch-Site": "same-origin"},
    ],
)
def test_another_site_texts_nothing(served: Served, headers: dict[str, str]) -> None:
    body = json.dumps({"workspace": "acme", "sender": "main", "phone": "+14155550118", "body": "hi"}).encode()
    response, _ = served.ask(
        "/texts", method="POST", body=body, headers={"Content-Type": "application/json", **headers}
    )
    assert response.status in (403, 421)
    assert conversation(served, "+14155550118")["texts"] == []


def test_only_the_named_methods(served: Served) -> None:
    assert served.ask("/texts")[0].status == 405
    assert served.ask("/state", method="POST")[0].status == 405


def test_an_unknown_network(served: Served) -> None:
    response, _ = served.ask("/conversation?network=..%2Fengine&phone=x")
    assert response.status == 503


def test_a_stream_goes_on_where_it_broke(served: Served) -> None:
    phone = "+14155550130"
    with served.events(after=served.json("/state")["cursor"]) as events:
        served.arrive(phone, ["one"])
        _, first, data = next(events)
        assert [body_of(text) for text in data["texts"]] == ["one"]
    served.arrive(phone, ["two", "three"])
    # What a browser sends of itself counts for more than the address it was given.
    with served.events(after="sandbox::0", last=first) as events:
        _, second, data = next(events)
        assert [body_of(text) for text in data["texts"]] == ["two", "three"]
        served.arrive(phone, ["four"])
        assert [body_of(text) for text in next(events)[2]["texts"]] == ["four"]
    assert second != first


@pytest.mark.parametrize("last", ["", "nonsense", "other:SB0:1", "sandbox:SB0:1", "sandbox::999999999999"])
def test_a_page_that_knows_nothing_true_loads_anew(served: Served, last: str) -> None:
    served.arrive("+14155550131", ["there is something"])
    with served.events(last=last) as events:
        name, place, _ = next(events)
        assert name == "reload"
        served.arrive("+14155550131", ["more"])
        assert next(events)[0] == "texts"
    assert place.startswith("sandbox:SB")


def test_too_much_at_once_is_not_told_one_by_one(served: Served) -> None:
    before = served.json("/state")["cursor"]
    served.arrive("+14155550132", [str(number) for number in range(201)])
    with served.events(after=before) as events:
        assert next(events)[0] == "reload"


def test_many_pages_hear_the_same(served: Served) -> None:
    cursor = served.json("/state")["cursor"]
    with served.events(after=cursor) as one, served.events(after=cursor) as two, served.events(after=cursor) as three:
        served.arrive("+14155550133", ["to all"])
        heard = [next(stream) for stream in (one, two, three)]
    assert heard[0] == heard[1] == heard[2]
    assert [body_of(text) for text in heard[0][2]["texts"]] == ["to all"]


def test_a_network_that_is_made_anew(served: Served) -> None:
    served.arrive("+14155550123", ["old", "older"])
    cursor = served.json("/state")["cursor"]
    with served.events(after=cursor) as events:
        for path in (served.shop.folder / "state").glob("sandbox.db*"):
            path.unlink()
        assert next(events)[0] == "reload"
        assert served.json("/state")["recent"] == []
        served.arrive("+14155550124", ["new"])
        name, _, data = next(events)
        assert (name, [body_of(text) for text in data["texts"]]) == ("texts", ["new"])
    assert served.json("/state")["cursor"].startswith("sandbox:SB")


def test_anywhere_a_new_release_and_a_stop_that_waits_for_no_page(tmp_path: Path) -> None:
    running = serve(open_shop(tmp_path, delivery="{provider: sandbox, phones: anywhere}"))
    proxied = {"Host": "192.0.2.1:8000", "X-Forwarded-For": "192.0.2.7"}
    assert running.ask("/state", headers=proxied)[0].status == 200
    assert running.ask("/state", headers={"Host": "evil.example"})[0].status == 421
    with running.events() as events:
        assert next(events)[0] == "reload"
        # A release that changes what pages show reaches them, too.
        senders = tmp_path / "config/workspaces/acme/senders.yaml"
        senders.write_text(senders.read_text("utf-8").replace("  other:", "  renamed:"), encoding="utf-8")
        running.shop.engine("apply", "--yes")
        assert next(events)[0] == "reload"
        (workspace,) = running.json("/state")["workspaces"]
        assert [sender["name"] for sender in workspace["senders"]] == ["main", "renamed"]
        assert running.stop() == 0
        assert list(events) == []


def test_up_is_all_that_a_fresh_checkout_needs(tmp_path: Path) -> None:
    running = serve(open_shop(tmp_path, apply=False), "up", "--yes")
    with running.events(after=running.json("/state")["cursor"]) as events:
        assert running.text("join")[1]["rule"] == "join"
        texts = list(islice(arriving(events), 2))
    assert [text["mine"] for text in texts] == [True, False]
    assert f"page {running.url}/sandbox\n" in list(running.said.queue)
    assert running.stop() == 0


def test_health_is_not_the_phones_affair(served: Served) -> None:
    connection = HTTPConnection(served.host, timeout=20)
    connection.request("GET", "/health", headers={"Host": "evil.example"})
    assert connection.getresponse().status == 200
    connection.close()

"""Who is let in to the phones, whatever a browser or a stranger's page sends."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from engine_sandbox.phones.guard import Guard, Refused
from starlette.requests import Request

JSON = {"content-type": "application/json"}


def request(headers: Mapping[str, str], *, client: str | None = "127.0.0.1") -> Request:
    raw = [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]
    return Request({"type": "http", "method": "POST", "headers": raw, "client": (client, 40000) if client else None})


def refused(headers: Mapping[str, str], *, client: str | None = "127.0.0.1", anywhere: bool = False) -> int | None:
    guard = Guard(anywhere=lambda: anywhere, public_url="https://sms.acme.example/engine")
    try:
        guard.check(request(headers, client=client))
    except Refused as error:
        return error.status
    return None


@pytest.mark.parametrize(
    ("client", "host", "headers"),
    [
        ("127.0.0.1", "localhost:8000", {}),
        ("127.0.0.1", "127.0.0.1:8000", {}),
        ("::1", "[::1]:8000", {}),
        ("::ffff:127.0.0.1", "LOCALHOST", {}),
        ("127.8.8.8", "127.8.8.8", {}),
    ],
)
def test_this_machine_is_let_in(client: str, host: str, headers: dict[str, str]) -> None:
    assert refused({"host": host, **headers}, client=client) is None


@pytest.mark.parametrize(
    ("client", "host", "headers", "status"),
    [
        pytest.param("192.0.2.7", "localhost:8000", {}, 403, id="another machine"),
        pytest.param("::ffff:192.0.2.7", "localhost", {}, 403, id="another machine, mapped into IPv6"),
        pytest.param(None, "localhost", {}, 403, id="nobody knows who"),
        pytest.param("testclient", "localhost", {}, 403, id="no address"),
        pytest.param("127.0.0.1", "localhost", {"x-forwarded-for": "192.0.2.7"}, 403, id="through a proxy"),
        pytest.param("127.0.0.1", "localhost", {"forwarded": "for=127.0.0.1"}, 403, id="a proxy that says it is local"),
        pytest.param("127.0.0.1", "evil.example:8000", {}, 421, id="a name that was rebound to this machine"),
        pytest.param("127.0.0.1", "sms.acme.example", {}, 421, id="the public name, through a tunnel"),
        pytest.param("127.0.0.1", "localhost.evil.example", {}, 421, id="a name that begins well"),
        pytest.param("127.0.0.1", "evil.example@localhost.evil.example", {}, 421, id="a user's name"),
        pytest.param("127.0.0.1", "127.0.0.1.evil.example", {}, 421, id="a name that begins with the address"),
        pytest.param("127.0.0.1", "192.0.2.1", {}, 421, id="another address of this machine"),
        pytest.param("127.0.0.1", "2130706433", {}, 421, id="the address as one number"),
        pytest.param("127.0.0.1", "[::1", {}, 421, id="half an address"),
        pytest.param("127.0.0.1", "", {}, 421, id="no host"),
    ],
)
def test_everybody_else_is_not(client: str | None, host: str, headers: dict[str, str], status: int) -> None:
    assert refused({"host": host, **headers}, client=client) == status


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("sms.acme.example", None),
        ("sms.acme.example:8000", None),
        ("192.0.2.1:8000", None),
        ("[2001:db8::1]:8000", None),
        ("localhost:8000", None),
        ("evil.example", 421),
        ("acme.example", 421),
    ],
)
def test_anywhere_still_knows_its_own_names(host: str, status: int | None) -> None:
    assert refused({"host": host, "x-forwarded-for": "192.0.2.7"}, client="192.0.2.7", anywhere=True) == status


@pytest.mark.parametrize(
    ("headers", "allowed"),
    [
        ({}, True),
        ({"sec-fetch-site": "same-origin"}, True),
        ({"sec-fetch-site": "none"}, True),
        ({"sec-fetch-site": "cross-site"}, False),
        ({"sec-fetch-site": "same-site"}, False),
    ],
)
def test_other_sites_do_not_read(headers: dict[str, str], allowed: bool) -> None:
    if allowed:
        Guard.check_reading(request(headers))
    else:
        with pytest.raises(Refused):
            Guard.check_reading(request(headers))


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        pytest.param({"origin": "http://localhost:8000", **JSON}, None, id="our page"),
        pytest.param({"sec-fetch-site": "same-origin", **JSON}, None, id="our page, without Origin"),
        pytest.param(
            {"origin": "http://localhost:8000", "sec-fetch-site": "same-origin", **JSON}, None, id="a browser of today"
        ),
        pytest.param({**JSON}, 403, id="neither"),
        pytest.param({"origin": "null", **JSON}, 403, id="a sandboxed frame"),
        pytest.param({"origin": "http://evil.example", **JSON}, 403, id="another site"),
        pytest.param({"origin": "http://localhost:9000", **JSON}, 403, id="another port"),
        pytest.param({"origin": "http://localhost:8000.evil.example", **JSON}, 403, id="a name that begins well"),
        pytest.param({"origin": "http://localhost:8000", "sec-fetch-site": "cross-site", **JSON}, 403, id="not ours"),
        pytest.param(
            {"origin": "http://evil.example", "sec-fetch-site": "same-origin", **JSON}, 403, id="not ours either"
        ),
        pytest.param({"sec-fetch-site": "none", **JSON}, 403, id="typed by hand"),
        pytest.param({"origin": "http://localhost:8000", "content-type": "text/plain"}, 415, id="what a form can send"),
        pytest.param({"origin": "http://localhost:8000"}, 415, id="no type"),
    ],
)
def test_only_the_page_itself_writes(headers: dict[str, str], status: int | None) -> None:
    asked = request({"host": "localhost:8000", **headers})
    if status is None:
        Guard.check_writing(asked)
        return
    with pytest.raises(Refused) as caught:
        Guard.check_writing(asked)
    assert caught.value.status == status

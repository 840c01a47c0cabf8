"""What every test may rely on: no network but this machine's, and nothing of the developer's shell."""

from __future__ import annotations

import os
import socket

import pytest
from pytest_socket import SocketConnectBlockedError


def test_the_network_is_closed() -> None:
    with pytest.warns(UserWarning, match="192.0.2.1"), pytest.raises(SocketConnectBlockedError):
        socket.create_connection(("192.0.2.1", 443), timeout=1)


def test_this_machine_is_open() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()) as client:
        assert client.getpeername() == server.getsockname()


def test_the_shell_says_nothing() -> None:
    said = {name: value for name, value in os.environ.items() if name.startswith(("ENGINE_", "TWILIO_", "PYTHONDONT"))}
    assert said == {"ENGINE_CACHE": ""}, "but that nothing is cached"
    assert [name for name in os.environ if name.upper().endswith("S_PROXY")] == []
    assert os.environ["NO_COLOR"] == "1"

"""A web server on this machine, and a network in which every name leads to it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from engine.network import Network


@contextmanager
def serving(handler: type[BaseHTTPRequestHandler]) -> Iterator[int]:
    """Answers with `handler` and logs nothing; gives the port."""
    quiet = type(handler.__name__, (handler,), {"log_message": lambda *_: None})
    server = ThreadingHTTPServer(("127.0.0.1", 0), quiet)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()


def network_at(port: int) -> Network:
    """Gives a network that looks for every host at this port, without TLS."""
    return Network(
        resolve=lambda host: ["127.0.0.1"],
        is_allowed=lambda address: True,
        secure=lambda plain, host: plain,
        port=port,
    )

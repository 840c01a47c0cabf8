"""A server that reads each HTTP request and does with its connection whatever a test wants."""

from __future__ import annotations

import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field

CREATED = b"HTTP/1.1 201 Created\r\n"


@dataclass
class Line:
    """A connection whose request has been read."""

    socket: socket.socket
    over: threading.Event
    number: int  # of the request, 1 for the first

    def write(self, data: bytes) -> None:
        self.socket.sendall(data)

    def abort(self) -> None:
        """Closes with a reset."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()


Serve = Callable[[Line], object]


@dataclass
class Server:
    port: int
    lines: int = 0  # connections that were made
    requests: int = 0
    over: threading.Event = field(default_factory=threading.Event)


@contextmanager
def serving(serve: Serve, identity: ssl.SSLContext | None = None) -> Iterator[Server]:
    """Runs a server that reads each request and leaves its answer to `serve`, which is done when the line is closed."""
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        server = Server(listener.getsockname()[1])
        threads: list[threading.Thread] = []

        def handle(plain: socket.socket) -> None:
            with plain, suppress(OSError), identity.wrap_socket(plain, True) if identity else plain as line:
                while line.fileno() >= 0 and read_request(line):
                    server.requests += 1
                    serve(Line(line, server.over, server.requests))

        def accept() -> None:
            with suppress(OSError):
                while True:
                    line, _ = listener.accept()
                    server.lines += 1
                    threads.append(threading.Thread(target=handle, args=(line,)))
                    threads[-1].start()

        threads.append(threading.Thread(target=accept))
        threads[0].start()
        try:
            yield server
        finally:
            server.over.set()
            listener.shutdown(socket.SHUT_RDWR)
            for thread in threads:
                thread.join()


def read_request(line: socket.socket) -> bool:
    got = b""
    while b"\r\n\r\n" not in got:
        piece = line.recv(4096)
        if not piece:
            return False
        got += piece
    head, _, body = got.partition(b"\r\n\r\n")
    length = next(int(h[15:]) for h in head.lower().split(b"\r\n") if h.startswith(b"content-length:"))
    while len(body) < length:
        body += line.recv(4096)
    return True

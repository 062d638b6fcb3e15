"""A bad line: a TCP proxy that loses answers, cuts requests short, or stands in the way with a page of its own.

Each connection carries one request at most (`Connection: close` is written in), so a fault meets exactly one.
"""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

PORTAL = b"<!doctype html><title>Wi-Fi</title><p>Welcome to the hotel. Please accept the terms."


@dataclass
class Line:
    """What happens to requests whose path begins with `/sync/`; everything else passes.

    `drop_answers`: that many answers are thrown away after the server gave them. `cut_after`: the connection breaks
    when so many bytes of the request are through. `is_portal`: a page answers 200 instead of the server.
    """

    drop_answers: int = 0
    cut_after: int | None = None
    is_portal: bool = False
    is_down: bool = False
    dropped: int = 0
    cut: int = 0
    carried: list[bytes] = field(default_factory=list)


class CuttingProxy:
    """Listens on a free loopback port and passes everything to `target` as `line` allows."""

    def __init__(self, target: int) -> None:
        self.line = Line()
        self._target = target
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(timeout=5)

    def _listen(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with client:
            client.settimeout(30)
            try:
                head, rest = _read_head(client)
                if head and not self.line.is_down:
                    self._pass(client, head, rest)
            except OSError:
                return

    def _pass(self, client: socket.socket, head: bytes, rest: bytes) -> None:
        is_sync = head.split(b" ", 2)[1].startswith(b"/sync/")
        if is_sync and self.line.is_portal:
            client.sendall(_page(PORTAL))
            return
        request = _closing(head) + b"\r\n\r\n" + _read_body(client, head, rest)
        if is_sync and self.line.cut_after is not None and len(request) > self.line.cut_after:
            self.line.cut += 1
            self._send(request[: self.line.cut_after])
            return
        answer = self._send(request, waits=True)
        if is_sync and self.line.drop_answers > 0:
            self.line.drop_answers -= 1
            self.line.dropped += 1
            return
        client.sendall(answer)

    def _send(self, request: bytes, *, waits: bool = False) -> bytes:
        with socket.create_connection(("127.0.0.1", self._target), timeout=30) as server:
            server.sendall(request)
            if not waits:
                return b""
            parts = []
            while part := server.recv(65536):
                parts.append(part)
            return b"".join(parts)


@contextmanager
def bad_line(target: int) -> Iterator[CuttingProxy]:
    proxy = CuttingProxy(target)
    try:
        yield proxy
    finally:
        proxy.close()


def _read_head(client: socket.socket) -> tuple[bytes, bytes]:
    got = b""
    while b"\r\n\r\n" not in got:
        part = client.recv(65536)
        if not part:
            return b"", b""
        got += part
    head, _, rest = got.partition(b"\r\n\r\n")
    return head, rest


def _read_body(client: socket.socket, head: bytes, rest: bytes) -> bytes:
    length = next((int(v) for k, v in _headers(head) if k == b"content-length"), 0)
    while len(rest) < length:
        part = client.recv(65536)
        if not part:
            break
        rest += part
    return rest


def _headers(head: bytes) -> list[tuple[bytes, bytes]]:
    split = [line.partition(b":") for line in head.split(b"\r\n")[1:]]
    return [(name.strip().lower(), value.strip()) for name, _, value in split]


def _closing(head: bytes) -> bytes:
    kept = [line for line in head.split(b"\r\n") if not line.lower().startswith(b"connection:")]
    return b"\r\n".join([*kept, b"Connection: close"])


def _page(body: bytes) -> bytes:
    return (
        b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\nContent-Length: "
        + str(len(body)).encode()
        + b"\r\n\r\n"
        + body
    )

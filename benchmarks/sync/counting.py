"""A line that only counts: every byte both ways, headers included, and how many requests went over it."""

import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from urllib.parse import SplitResult, urlsplit

PIECE = 256 * 1024
_REQUEST = re.compile(rb"(GET|HEAD|PUT|POST|PATCH|DELETE) \S+ HTTP/1\.[01]\r\n")


@dataclass(slots=True)
class Counted:
    """What crossed the line so far."""

    address: str
    bytes_up: int = 0
    bytes_down: int = 0
    requests: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, piece: bytes, *, is_up: bool) -> None:
        with self._lock:
            if is_up:
                self.bytes_up += len(piece)
                self.requests += _REQUEST.match(piece) is not None  # a client begins to send when it has the answer
            else:
                self.bytes_down += len(piece)


@contextmanager
def counting(to: str) -> Iterator[Counted]:
    """A line to the server at `to`, with an address of its own."""
    listening = socket.create_server(("127.0.0.1", 0))
    counted = Counted(f"http://127.0.0.1:{listening.getsockname()[1]}")
    accepting = threading.Thread(target=_accept, args=(listening, urlsplit(to), counted), daemon=True)
    accepting.start()
    try:
        yield counted
    finally:
        listening.shutdown(socket.SHUT_RDWR)  # wakes who waits for the next connection
        accepting.join()
        listening.close()


def _accept(listening: socket.socket, target: SplitResult, counted: Counted) -> None:
    with suppress(OSError):
        while True:
            near, _ = listening.accept()
            threading.Thread(target=_connect, args=(near, target, counted), daemon=True).start()


def _connect(near: socket.socket, target: SplitResult, counted: Counted) -> None:
    with near, socket.create_connection((str(target.hostname), target.port or 80)) as far:
        back = threading.Thread(target=_carry, args=(far, near, counted), kwargs={"is_up": False}, daemon=True)
        back.start()
        _carry(near, far, counted, is_up=True)
        back.join()


def _carry(source: socket.socket, sink: socket.socket, counted: Counted, *, is_up: bool) -> None:
    with suppress(OSError):
        while piece := source.recv(PIECE):
            counted.add(piece, is_up=is_up)
            sink.sendall(piece)
    with suppress(OSError):
        sink.shutdown(socket.SHUT_WR)

"""A bad line in front of a server: so many bits a second, so long a way, every byte counted.

The browser's own throttling does not reach a service worker's requests. This line does, because it is outside.
"""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

PIECE = 1460


@dataclass(slots=True)
class Line:
    """A running line. Bytes are what crossed it, headers included."""

    address: str
    bits_per_second: int
    round_trip_seconds: float
    bytes_down: int = 0
    bytes_up: int = 0
    _free_at: dict[str, float] = field(default_factory=dict)

    def count_from_here(self) -> None:
        self.bytes_down = self.bytes_up = 0

    def arrival(self, direction: str, size: int, now: float) -> float:
        """When a piece sent now has wholly arrived: it queues behind what is being sent, then travels."""
        starts = max(now, self._free_at.get(direction, 0.0))
        self._free_at[direction] = starts + size * 8 / self.bits_per_second
        return self._free_at[direction] + self.round_trip_seconds / 2


@contextmanager
def line(to: str, *, bits_per_second: int = 400_000, round_trip_seconds: float = 0.4) -> Iterator[Line]:
    """A line to the server at `to`, listening on an address of its own."""
    loop = asyncio.new_event_loop()
    opened = Line("", bits_per_second, round_trip_seconds)
    thread = threading.Thread(target=loop.run_forever, daemon=True)  # Playwright's own loop has the main thread
    thread.start()
    server = asyncio.run_coroutine_threadsafe(_listen(opened, to), loop).result(5)
    try:
        yield opened
    finally:
        asyncio.run_coroutine_threadsafe(_hang_up(server), loop).result(5)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(5)
        loop.close()


async def _listen(opened: Line, to: str) -> asyncio.Server:
    target = urlsplit(to)

    async def connect(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(opened.round_trip_seconds)  # the handshake
        try:
            far_reader, far_writer = await asyncio.open_connection(target.hostname, target.port)
        except OSError:
            writer.close()
            return
        await asyncio.gather(_carry(opened, "up", reader, far_writer), _carry(opened, "down", far_reader, writer))

    server = await asyncio.start_server(connect, "127.0.0.1", 0)
    opened.address = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    return server


async def _carry(opened: Line, direction: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Everything from one side to the other, each piece when it would have arrived."""
    on_the_way: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()
    delivering = asyncio.create_task(_deliver(on_the_way, writer))
    loop = asyncio.get_running_loop()
    try:
        while piece := await reader.read(PIECE):
            if direction == "down":
                opened.bytes_down += len(piece)
            else:
                opened.bytes_up += len(piece)
            on_the_way.put_nowait((opened.arrival(direction, len(piece), loop.time()), piece))
    except ConnectionError:
        pass
    on_the_way.put_nowait((loop.time() + opened.round_trip_seconds / 2, b""))
    await delivering


async def _deliver(on_the_way: "asyncio.Queue[tuple[float, bytes]]", writer: asyncio.StreamWriter) -> None:
    loop = asyncio.get_running_loop()
    try:
        while True:
            due, piece = await on_the_way.get()
            await asyncio.sleep(max(0.0, due - loop.time()))
            if not piece:
                break
            writer.write(piece)
            await writer.drain()
    except ConnectionError:
        pass
    finally:
        writer.close()


async def _hang_up(server: asyncio.Server) -> None:
    server.close()
    for task in asyncio.all_tasks() - {asyncio.current_task()}:
        task.cancel()

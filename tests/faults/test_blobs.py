"""Photos and a server that dies: what was acknowledged is there, what was not is asked for again."""

import threading
from collections.abc import Callable
from contextlib import suppress
from http.client import HTTPConnection, HTTPException
from pathlib import Path

import pytest

from observe.store import blob_files
from tests.blobs import digest_of, named
from tests.http_device import HttpDevice, LineBroke
from tests.people import PRINCIPAL
from tests.quarantine_files import a_photo
from tests.serving import Server

LESSON = "observation/01900000-0000-7000-8000-0000000000f1"
PIECE = 4096
PHOTOS = [a_photo(1200, 900, shade) for shade in (10, 80, 150, 220)]

pytestmark = pytest.mark.both_engines


class Camera(HttpDevice):
    """Sends photos piece by piece, and remembers how far each was acknowledged."""

    def ask(self, method: str, data: bytes, offset: int, piece: bytes = b"") -> tuple[int, int, str]:
        """Status, how many bytes are there, and the standing; LineBroke when no whole answer came."""
        headers = {"Authorization": f"Bearer {self.token}"}
        if method == "PATCH":
            headers |= {"Content-Type": "application/offset+octet-stream", "Upload-Offset": str(offset)}
            headers["Upload-Length"] = str(len(data))
        connection = HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            path = f"/sync/v1/blobs/{digest_of(data)}?school={self.school}"
            connection.request(method, path, piece or None, headers)
            said = connection.getresponse()
            said.read()
            return said.status, int(said.headers.get("Upload-Offset", -1)), said.headers.get("Observe-Standing", "")
        except (OSError, HTTPException) as broke:
            raise LineBroke from broke
        finally:
            connection.close()

    def send(self, data: bytes, told: Callable[[int], None] = lambda offset: None) -> None:
        """All of it, from where the server says."""
        status, offset, standing = self.ask("HEAD", data, 0)
        assert status == 200
        while standing != "kept":
            status, offset, standing = self.ask("PATCH", data, offset, data[offset : offset + PIECE])
            assert status == 204
            told(offset)


def a_camera(server: Server) -> Camera:
    found = Camera.paired(server.port, PRINCIPAL)
    assert isinstance(found, Camera)
    shots = {f"attachment__01900000-0000-7000-8000-00000000000{n}": named(data) for n, data in enumerate(PHOTOS)}
    found.write(LESSON, observer=found.person, status="draft", **shots)
    answer = found.exchange()
    assert answer.get("held", []) == []
    return found


def test_a_server_killed_between_two_pieces_keeps_what_it_acknowledged(server: Server) -> None:
    camera = a_camera(server)
    acknowledged = {digest_of(data): 0 for data in PHOTOS}

    for turn, data in enumerate(PHOTOS):
        seen = 0

        def note(offset: int, data: bytes = data, turn: int = turn) -> None:
            nonlocal seen
            seen += 1
            acknowledged[digest_of(data)] = offset
            if seen == turn + 1:
                server.kill()

        with pytest.raises(LineBroke):
            camera.send(data, note)
        server.start()
        status, there, _ = camera.ask("HEAD", data, 0)
        assert (status, there) == (200, acknowledged[digest_of(data)])
        camera.send(data)

    folder = server.database.with_suffix(".blobs")
    for data in PHOTOS:
        assert blob_files.path_of(folder, camera.school, digest_of(data)).read_bytes() == data
    assert len(whole_files(folder)) == 3 * len(PHOTOS), "nothing is left of the pieces"


def test_a_server_killed_while_it_looks_at_a_photo_looks_at_it_again(server: Server) -> None:
    camera = a_camera(server)

    for turn, data in enumerate(PHOTOS):
        last = len(data) // 2
        assert camera.ask("PATCH", data, 0, data[:last])[:2] == (204, last)
        timer = threading.Timer(0.03 * (turn + 1), server.kill)
        timer.start()
        with suppress(LineBroke):
            camera.ask("PATCH", data, last, data[last:])
        timer.join()
        server.start()
        assert camera.ask("HEAD", data, 0)[1] in {last, len(data)}
        camera.send(data)

    folder = server.database.with_suffix(".blobs")
    for data in PHOTOS:
        assert blob_files.path_of(folder, camera.school, digest_of(data)).read_bytes() == data


def whole_files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]

"""Saved files for tests: written as a tablet writes them, sealed or not."""

import base64
import gzip
import io
import json
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec

from sync import bundle
from sync.bundle import Header
from sync.change import Change, encode

MADE_AT = "2026-11-23T04:00:00.000Z"


def new_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


told = bundle.told
"""The public half of a key, as a device tells it at pairing."""


def a_file(
    replica: str,
    by: str,
    school: str,
    changes: Sequence[Change],
    key: ec.EllipticCurvePrivateKey | None = None,
    said: int | None = None,
) -> io.BytesIO:
    """A file of these changes; `said` when its header shall claim another number of them."""
    header = Header("bundle", 1, replica, by, MADE_AT, len(changes) if said is None else said, [school])
    return io.BytesIO(b"".join(bundle.write(header, [encode(change).body for change in changes], key)))


def plain(file: io.BytesIO) -> io.BytesIO:
    """The same, as a browser without compression saves it."""
    return io.BytesIO(gzip.decompress(file.getvalue()))


class BrowserTablet:
    """The browser's own code, with a database in memory: it makes a key, is paired, keeps edits, and saves a file."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            ["node", str(Path(__file__).parent / "js" / "make_saved_file.js")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.key = str(self._answer())

    def save(self, pairing: dict[str, Any], edits: Sequence[dict[str, Any]]) -> tuple[str, bytes]:
        """The name and the bytes of the file it saves after these edits."""
        assert self._process.stdin
        self._process.stdin.write(json.dumps({"pairing": pairing, "edits": list(edits)}) + "\n")
        self._process.stdin.flush()
        made = self._answer()
        self._process.stdin.close()
        self._process.wait(timeout=30)
        assert self._process.stdout
        self._process.stdout.close()
        return made["name"], base64.b64decode(made["file"])

    def _answer(self) -> Any:
        assert self._process.stdout
        return json.loads(self._process.stdout.readline())

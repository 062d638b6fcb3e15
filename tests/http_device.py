"""A device that speaks the protocol without a browser: for servers that are killed and lines that are cut."""

import gzip
import json
import time
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from typing import Any

from tests.people import PASS_PHRASE


class LineBroke(Exception):
    """No whole answer came: the request may or may not have been carried out."""


@dataclass
class HttpDevice:
    """One paired replica. `acknowledged` counts what the server said is stored."""

    port: int
    replica: str
    token: str
    person: str
    school: str
    n: int = 0
    acknowledged: int = 0
    outbox: list[str] = field(default_factory=list)

    @classmethod
    def paired(cls, port: int, login: str, name: str = "Tablet uji") -> "HttpDevice":
        asked = {"protocol": 1, "login": login, "password": PASS_PHRASE, "name": name}
        status, answer = post(port, "/sync/v1/pair", json.dumps(asked).encode(), {})
        assert status == 201, answer
        return cls(port, answer["replica"], answer["token"], answer["person"], answer["schools"][0]["id"])

    def write(self, record: str, **values: Any) -> str:
        """Put a change into the outbox; its text."""
        self.n += 1
        change = {
            "id": f"{self.replica}.{self.n}",
            "school": self.school,
            "record": record,
            "by": self.person,
            "at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            "set": {name.replace("__", "."): value for name, value in values.items()},
        }
        self.outbox.append(json.dumps(change))
        return self.outbox[-1]

    def exchange(self, most: int = 1000) -> dict[str, Any]:
        """Send what waits; LineBroke when there was no whole answer."""
        sent = self.outbox[:most]
        body = gzip.compress(f'{{"protocol":1,"changes":[{",".join(sent)}]}}'.encode())
        headers = {"Authorization": f"Bearer {self.token}", "Content-Encoding": "gzip"}
        status, answer = post(self.port, "/sync/v1/exchange", body, headers)
        assert status == 200, answer
        stored = int(answer["acks"][self.replica])
        self.outbox = self.outbox[stored - self.acknowledged :]
        self.acknowledged = stored
        return answer


def post(port: int, path: str, body: bytes, headers: dict[str, str]) -> tuple[int, dict[str, Any]]:
    connection = HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        connection.request("POST", path, body, {"Content-Type": "application/json"} | headers)
        response = connection.getresponse()
        return response.status, json.loads(response.read())
    except (OSError, HTTPException, ValueError) as broke:
        raise LineBroke from broke
    finally:
        connection.close()

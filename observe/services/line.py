"""The line to the centre: one request, one answer, or what is in the way."""

import gzip
import http.client
import ssl
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias
from urllib.parse import SplitResult, urlsplit

from observe.domain.errors import N_, ObserveError

TIMEOUT_SECONDS = 60
LEAST_PACKED = 1000
"""Bytes; less than that is sent as it is."""
MOST_ANSWERED = 64 * 1024 * 1024
LOOPBACK = ("127.0.0.1", "localhost", "::1")


class NotAnAddress(ObserveError):
    """The centre's address cannot be used."""

    message = N_("%(url)s cannot be used. The address of a centre begins with https:// and names a server.")


class LineDown(Exception):
    """No whole answer came; the request may have been carried out. `problem`: `offline`, `timeout`, `certificate`."""

    def __init__(self, problem: str, detail: str) -> None:
        super().__init__(detail)
        self.problem = problem


@dataclass(frozen=True, slots=True)
class Reply:
    """What the centre answered, inflated. `retry_after_seconds` when it said so."""

    status: int
    body: bytes
    retry_after_seconds: int | None = None


@dataclass(frozen=True, slots=True)
class Said:
    """An answer as it came: its status, its headers by their names in small letters, and its bytes."""

    status: int
    headers: Mapping[str, str]
    body: bytes


Ask: TypeAlias = Callable[[str, str, bytes, Mapping[str, str], str], Said]
"""Method, path, body, headers and bearer token to what was said; raises LineDown."""

Post: TypeAlias = Callable[[str, bytes, str | None], Reply]
"""Path, JSON body and bearer token to the reply; raises LineDown."""


def address(url: str) -> str:
    """The centre's address without a slash at its end; NotAnAddress unless it is https, or of this very computer."""
    clean = url.strip()
    try:
        is_fit = clean.isprintable() and not set(clean) & set(" ?#\\") and _is_a_servers(urlsplit(clean))
    except ValueError:
        is_fit = False
    if not is_fit:
        raise NotAnAddress(url=url)
    return clean.rstrip("/")


def _is_a_servers(parts: SplitResult) -> bool:
    is_safe = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK)
    return is_safe and bool(parts.hostname) and parts.port != 0 and "@" not in parts.netloc


def to(url: str, timeout_seconds: float = TIMEOUT_SECONDS) -> Post:
    """The line to a centre. Its certificate is checked; no redirect is followed."""
    parts = urlsplit(address(url))

    def post(path: str, body: bytes, token: str | None) -> Reply:
        connection = _connection(parts.scheme, parts.hostname or "", parts.port, timeout_seconds)
        headers = {"Content-Type": "application/json", "Accept-Encoding": "gzip"}
        packed = gzip.compress(body, 6) if len(body) > LEAST_PACKED else body
        if packed is not body:
            headers["Content-Encoding"] = "gzip"
        if token:
            headers["Authorization"] = f"Bearer {token}"
        try:
            connection.request("POST", parts.path + path, packed, headers)
            return _reply(connection.getresponse())
        except TimeoutError as wrong:
            raise LineDown("timeout", str(wrong)) from wrong
        except ssl.SSLError as wrong:
            raise LineDown("certificate", str(wrong)) from wrong
        except (OSError, http.client.HTTPException, EOFError, zlib.error) as wrong:
            raise LineDown("offline", str(wrong)) from wrong
        finally:
            connection.close()

    return post


def asking(url: str, timeout_seconds: float = TIMEOUT_SECONDS) -> Ask:
    """The same line, for bytes that are packed already."""
    parts = urlsplit(address(url))

    def ask(method: str, path: str, body: bytes, headers: Mapping[str, str], token: str) -> Said:
        connection = _connection(parts.scheme, parts.hostname or "", parts.port, timeout_seconds)
        try:
            connection.request(method, parts.path + path, body, {**headers, "Authorization": f"Bearer {token}"})
            response = connection.getresponse()
            said = response.read(MOST_ANSWERED)
            return Said(response.status, {name.lower(): value for name, value in response.headers.items()}, said)
        except TimeoutError as wrong:
            raise LineDown("timeout", str(wrong)) from wrong
        except ssl.SSLError as wrong:
            raise LineDown("certificate", str(wrong)) from wrong
        except (OSError, http.client.HTTPException) as wrong:
            raise LineDown("offline", str(wrong)) from wrong
        finally:
            connection.close()

    return ask


def _connection(scheme: str, host: str, port: int | None, timeout_seconds: float) -> http.client.HTTPConnection:
    if scheme == "https":
        return http.client.HTTPSConnection(host, port, timeout=timeout_seconds, context=ssl.create_default_context())
    return http.client.HTTPConnection(host, port, timeout=timeout_seconds)


def _reply(response: http.client.HTTPResponse) -> Reply:
    raw = response.read(MOST_ANSWERED + 1)
    if len(raw) > MOST_ANSWERED:
        raise LineDown("offline", "the answer is larger than any answer of a centre")
    wait = response.headers.get("Retry-After", "")
    return Reply(response.status, _inflated(raw, response), int(wait) if wait.isdigit() else None)


def _inflated(raw: bytes, response: http.client.HTTPResponse) -> bytes:
    if response.headers.get("Content-Encoding") != "gzip":
        return raw
    inflating = zlib.decompressobj(wbits=31)
    body = inflating.decompress(raw, MOST_ANSWERED)
    if not inflating.eof:
        raise LineDown("offline", "the answer was cut off")
    return body

"""The one strict way JSON comes in. What SQLite would take and PostgreSQL would not is refused here."""

import json
from typing import Any

from sync.errors import NotThisProtocol

MAX_DEPTH = 32
LARGEST_WHOLE = 2**53 - 1
"""What a JavaScript number carries exactly."""
LONGEST_WHOLE = 17


def parse(text: str | bytes) -> Any:
    """The JSON value in `text`.

    NotThisProtocol for NaN and infinities, numbers too large to carry, duplicate keys, lone surrogates, NUL,
    nesting deeper than 32, text that is not UTF-8 or not JSON.
    """
    try:
        decoded = text.decode("utf-8") if isinstance(text, bytes) else text
    except UnicodeDecodeError as wrong:
        raise NotThisProtocol("the text is not UTF-8") from wrong
    try:
        value = json.loads(
            decoded,
            object_pairs_hook=_unique,
            parse_constant=_no_constant,
            parse_float=_finite,
            parse_int=_whole,
        )
    except RecursionError as wrong:
        raise NotThisProtocol(f"nested deeper than {MAX_DEPTH}") from wrong
    except ValueError as wrong:
        raise NotThisProtocol(f"not JSON: {wrong}") from wrong
    _refuse_depth(value)
    _refuse_bad_text(decoded)
    return value


def _refuse_depth(value: Any) -> None:
    level = [value]
    for _ in range(MAX_DEPTH):
        level = [inner for item in level for inner in _inside(item)]
        if not level:
            return
    raise NotThisProtocol(f"nested deeper than {MAX_DEPTH}")


def _inside(item: Any) -> list[Any]:
    """The containers directly inside a container."""
    values = item.values() if isinstance(item, dict) else item if isinstance(item, list) else ()
    return [value for value in values if isinstance(value, dict | list)]


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise NotThisProtocol("a key stands twice in one object")
    return value


def _no_constant(name: str) -> None:
    raise NotThisProtocol(f"{name} is not a JSON number")


def _finite(digits: str) -> float:
    value = float(digits)
    if value in (float("inf"), float("-inf")):
        raise NotThisProtocol("a number is too large")
    return value


def _whole(digits: str) -> int:
    value = int(digits) if len(digits) <= LONGEST_WHOLE else LARGEST_WHOLE + 1
    if abs(value) > LARGEST_WHOLE:
        raise NotThisProtocol("a whole number is too large")
    return value


def _refuse_bad_text(text: str) -> None:
    """Escapes can smuggle in what raw JSON text cannot hold."""
    lowered = text.lower() if "\\u" in text else ""
    if "\x00" in text or ("\\u0000" in lowered and _holds(text, "\x00")):
        raise NotThisProtocol("text may not hold the character NUL")
    if not _encodes(text) or ("\\ud" in lowered and not _encodes(json.dumps(json.loads(text), ensure_ascii=False))):
        raise NotThisProtocol("text holds half of a character (a lone surrogate)")


def _holds(text: str, character: str) -> bool:
    """Whether any string in the parsed text holds `character`, which JSON writes escaped."""
    return character in "".join(_strings(json.loads(text)))


def _strings(value: Any) -> list[str]:
    found: list[str] = []
    left = [value]
    while left:
        item = left.pop()
        if isinstance(item, str):
            found.append(item)
        elif isinstance(item, dict):
            left.extend(item.keys())
            left.extend(item.values())
        elif isinstance(item, list):
            left.extend(item)
    return found


def _encodes(text: str) -> bool:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True

"""What is written down about requests and bugs: never a name, a note, a token, an address or a query."""

import logging
import sys
import traceback

_BUGS = "observe"
_REQUESTS = "observe.requests"


class WithoutWords(logging.Filter):
    """Says where a bug happened and of what kind, without the error's own text: that may quote a person."""

    def filter(self, record: logging.LogRecord) -> bool:
        if record.exc_info and record.exc_info[0]:
            kind, _, trace = record.exc_info
            places = "".join(traceback.format_tb(trace))
            record.exc_text = f"{places}{kind.__module__}.{kind.__qualname__} (its own text is left out)"
        return True


def install() -> None:
    """Keep people's words out of this product's log, whoever writes it to a file."""
    for name in (_BUGS, "waitress"):
        log = logging.getLogger(name)
        if not any(isinstance(item, WithoutWords) for item in log.filters):
            log.addFilter(WithoutWords())
    logging.getLogger(_BUGS).setLevel(logging.INFO)


def to_standard_error() -> None:
    """For a process of our own: one line for each thing, on standard error."""
    logging.basicConfig(stream=sys.stderr, format="%(asctime)s %(levelname)s %(message)s")


def note(method: str, rule: object, status: int, milliseconds: int) -> None:
    """One line for each request: the pattern of its address, never the address."""
    logging.getLogger(_REQUESTS).info("%s %s %s %sms", method, rule or "-", status, milliseconds)

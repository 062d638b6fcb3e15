"""When the records cannot be reached for a moment, everybody is told to come again, and nobody of a fault."""

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from observe.domain.errors import NotNow
from observe.store.db import Conflict
from tests.fixtures.place import Town

Unreachable = Callable[[type[NotNow]], None]


@pytest.fixture
def unreachable(town: Town, monkeypatch: pytest.MonkeyPatch) -> Unreachable:
    """From now on every statement ends like this."""

    def become(wrong: type[NotNow]) -> None:
        def refuse(*_: object, **__: object) -> None:
            raise wrong

        for name in ("rows", "run", "run_many", "atomic", "snapshot"):
            monkeypatch.setattr(town.place.db, name, refuse)

    return become


@pytest.mark.parametrize("wrong", [NotNow, Conflict])
@pytest.mark.parametrize("path", ["/", "/health", "/account", "/office/{school}/observations"])
def test_a_page_asks_for_patience_in_plain_words(
    client_of: Callable[[str], FlaskClient], town: Town, unreachable: Unreachable, path: str, wrong: type[NotNow]
) -> None:
    browser = client_of("administrator")
    unreachable(wrong)

    answer = browser.get(path.format(school=town.school))

    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) > 0
    assert "Catatan sedang tidak dapat dibuka" in answer.text


def test_a_device_is_told_when_to_come_again(client: FlaskClient, unreachable: Unreachable) -> None:
    unreachable(NotNow)

    answer = client.post("/sync/v1/exchange", json={"protocol": 1}, headers={"Authorization": "Bearer x"})

    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) > 0
    assert answer.json
    assert answer.json["type"] == "urn:observe:busy"

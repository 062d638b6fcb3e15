"""Static files: small answers that are never asked for twice."""

from observe.app import create_app
from observe.services.place import Place
from observe.settings import Settings
from observe.web import security


def test_a_file_carries_what_protects_it_and_not_a_byte_more(place: Place) -> None:
    app = create_app(Settings(secret_key="x"), db=place.db)
    address = f"/static/{app.config['BUILD']}/js/field/app.js"

    with app.test_client().get(address, headers={"Accept-Encoding": "br"}) as answer:
        headers = dict(answer.headers)

    assert headers.items() >= security.FILE_HEADERS.items()
    assert headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert headers["Content-Encoding"] == "br"
    assert sum(len(name) + len(value) + 4 for name, value in headers.items()) < 350


def test_a_file_of_another_build_is_not_found_and_not_kept(place: Place) -> None:
    app = create_app(Settings(secret_key="x"), db=place.db)

    with app.test_client().get("/static/another/css/base.css") as answer:
        assert answer.status_code == 404
        assert "immutable" not in answer.headers["Cache-Control"]
        assert answer.headers["Content-Security-Policy"] == security.POLICY


def test_the_sheets_of_every_page_come_as_one_that_begins_with_the_layers(place: Place) -> None:
    app = create_app(Settings(secret_key="x"), db=place.db)
    browser = app.test_client()
    address = f"/static/{app.config['BUILD']}/css/every-page.css"

    sheet = browser.get(address).get_data(as_text=True)

    assert address in browser.get("/sign-in").get_data(as_text=True)
    assert address in browser.get("/sw.js").get_data(as_text=True)
    assert sheet.index("@layer reset, base, layout, components, print;") < sheet.index("@layer reset {")
    assert sheet.index(".button") < sheet.index("@layer print {")

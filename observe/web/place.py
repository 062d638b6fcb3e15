"""This installation, for the request at hand."""

from flask import Flask, current_app

from observe.services.place import Place

_KEY = "observe"


def install(app: Flask, place: Place) -> None:
    app.extensions[_KEY] = place


def place() -> Place:
    found = current_app.extensions[_KEY]
    assert isinstance(found, Place)  # noqa: S101
    return found

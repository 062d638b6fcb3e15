"""Field pages: shells that hold no person's data. The scripts fill them from the device, with or without a network."""

import msgspec
from flask import Blueprint, Response, abort, current_app, jsonify, redirect, render_template, request

from observe.domain.access import Viewer
from observe.domain.errors import NotHere
from observe.domain.rubric import Rubric
from observe.domain.scoring import rule_text
from observe.services import reading
from observe.store import people
from observe.web import bearer
from observe.web.field_messages import words
from observe.web.language import LANGUAGES, language
from observe.web.place import place
from observe.web.session import require_viewer
from observe.web.static_files import static_url

blueprint = Blueprint("field", __name__)


@blueprint.after_request
def _name_build(response: Response) -> Response:
    """So that a device puts a sheet among the files it belongs with."""
    response.headers["X-Observe-Build"] = current_app.config["BUILD"]
    return response


@blueprint.get("/field/")
def begin() -> Response:
    """The first page, in the language of this browser."""
    return redirect(f"/field/{language()}/today", 302)  # type: ignore[return-value]


@blueprint.get("/field/<lang>/<any(today, observe, records, feedback, device, read):page>")
def page(lang: str, page: str) -> str:
    """The shell of a page; the same for everybody."""
    _check(lang)
    return render_template(f"field/{page}.html", page=page, words=words())


@blueprint.get("/field/<lang>/sheet/<rubric_key>")
def sheet(lang: str, rubric_key: str) -> str:
    """The sheet of one frozen rubric version."""
    _check(lang)
    rubric = _rubric(rubric_key)
    return render_template(
        "field/sheet.html",
        page="observe",
        rubric=rubric,
        rubric_key=rubric_key,
        rubric_data=_for_scoring(rubric),
        rule=rule_text(rubric, lang),
        words=words(),
    )


@blueprint.get("/manifest.webmanifest")
def manifest() -> Response:
    """What the product is called and looks like on a home screen."""
    answer = jsonify(
        id="/field/",
        name="Observe",
        short_name="Observe",
        start_url=f"/field/{language()}/today",
        scope="/",
        display="standalone",
        lang=language(),
        background_color="#fbf8f1",
        theme_color="#fbf8f1",
        icons=[_icon("icon-192.png", 192), _icon("icon-512.png", 512), _icon("icon-maskable-512.png", 512, "maskable")],
    )
    answer.mimetype = "application/manifest+json"
    return answer


def _check(lang: str) -> None:
    if lang not in LANGUAGES:
        abort(404)


def _rubric(key: str) -> Rubric:
    """The version, from the school the address names or else from any school of whoever asks."""
    viewer = _reader()
    asked = request.args.get("school")
    for school in [asked] if asked else sorted(viewer.schools):
        if viewer.has(school):
            try:
                return reading.rubric_version(place(), school, key)
            except NotHere:
                continue
    raise NotHere


def _reader() -> Viewer:
    """Whoever is signed in, or the person of the device that fetches the sheet for a day without signal."""
    device = bearer.device()
    if device is None or device.person is None or device.revoked_at:
        return require_viewer()
    return people.viewer(place().db, device.person)


def _for_scoring(rubric: Rubric) -> object:
    """The body of the version as the scripts read it, without the texts that the page shows already."""
    body = msgspec.to_builtins(rubric)
    for area in body["areas"]:
        for indicator in area["indicators"]:
            indicator.pop("text")
            indicator.pop("descriptors", None)
        area.pop("title")
    return {
        name: body[name] for name in ("version", "code", "scales", "areas", "aggregation", "bands", "shown_decimals")
    }


def _icon(name: str, size: int, purpose: str = "any") -> dict[str, str]:
    return {"src": static_url(f"img/{name}"), "sizes": f"{size}x{size}", "type": "image/png", "purpose": purpose}

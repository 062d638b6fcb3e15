"""The service worker, with this build's name and the list of everything a field page needs without a network."""

import json

from flask import Blueprint, Response, current_app

from observe.pages import folder
from observe.web.field_script import FIELD_SCRIPT
from observe.web.language import LANGUAGES
from observe.web.static_files import EVERY_PAGE, ON_EVERY_PAGE, files, static_url

blueprint = Blueprint("worker", __name__)

SHELLS = ("today", "observe", "records", "feedback", "read", "device")
_FOLDERS = ("css/", "img/")


def kept_offline() -> list[str]:
    """The addresses a device keeps: static files of this build, and the empty shell of every field page."""
    wanted = [path for path in files(folder("static")) if path.startswith(_FOLDERS)]
    static = [EVERY_PAGE, FIELD_SCRIPT, "js/theme.js", *(path for path in wanted if path not in ON_EVERY_PAGE)]
    shells = [f"/field/{language}/{page}" for language in LANGUAGES for page in SHELLS]
    return [static_url(path) for path in static] + shells


@blueprint.get("/sw.js")
def worker() -> Response:
    """Never cached by the browser's own means: it is how a device hears of a new build."""
    text = (folder("static") / "sw.js").read_text("utf-8")
    text = text.replace("__BUILD__", current_app.config["BUILD"], 1)
    text = text.replace('["__FILES__"]', json.dumps(kept_offline()), 1)
    response = Response(text, mimetype="text/javascript")
    response.cache_control.no_cache = True
    return response

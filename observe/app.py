"""create_app(): the one place where everything meets."""

import random
import secrets
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from flask import Flask
from flask_compress import Compress
from jinja2 import StrictUndefined

from observe.domain.ids import new_id
from observe.pages import folder
from observe.services import intake, setup
from observe.services.courier import Courier
from observe.services.place import Place
from observe.settings import Settings
from observe.store.db import Db
from observe.store.opening import open_database
from observe.web import (
    blobs,
    errors,
    exchange,
    field,
    health,
    identity,
    language,
    office,
    openapi,
    pairing,
    place,
    security,
    session,
    static_files,
    worker,
)
from observe.web.static_files import fingerprint, static_url


def create_app(settings: Settings, *, db: Db | None = None, now: Callable[[], datetime] | None = None) -> Flask:
    """The application. The database is brought to this version's schema first."""
    clock = now or (lambda: datetime.now(UTC))
    here = Place(db or open_database(settings), settings, clock, lambda: new_id(clock(), secrets.token_bytes))
    setup.prepare(here)
    intake.look_again(here)
    app = Flask("observe", template_folder=str(folder("templates")), static_folder=None)
    app.config.update(
        SECRET_KEY=settings.secret_key or _kept_secret(settings.database_path),
        BUILD=fingerprint(folder("static"), folder("templates"), Path(__file__).parent / "translations"),
        MAX_CONTENT_LENGTH=settings.request_bytes,
        MAX_FORM_MEMORY_SIZE=settings.request_bytes,
        TRUSTED_HOSTS=list(settings.trusted_hosts) or None,
        COMPRESS_ALGORITHM=["br", "gzip"],
        COMPRESS_MIMETYPES=[
            "text/html",
            "text/css",
            "text/javascript",
            "application/json",
            "application/problem+json",
            "application/manifest+json",
            "image/svg+xml",
        ],
        COMPRESS_STREAMS=False,
    )
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.globals["static_url"] = static_url
    place.install(app, here)
    app.extensions["courier"] = Courier(here, random.random, settings.uplink_seconds)
    Compress(app)
    for module in (security, language, session, errors):
        module.install(app)
    for blueprint in (
        static_files.blueprint,
        health.blueprint,
        identity.blueprint,
        language.blueprint,
        field.blueprint,
        exchange.blueprint,
        blobs.blueprint,
        openapi.blueprint,
        worker.blueprint,
        pairing.blueprint,
        *office.blueprints,
    ):
        app.register_blueprint(blueprint)
    return app


def _kept_secret(database: Path) -> str:
    """A key made once and kept beside the database, readable by its owner alone. Of several processes, one makes it."""
    path = database.with_suffix(".secret")
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        mine = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
        mine.touch(mode=0o600)
        mine.write_text(secrets.token_hex(32))
        try:
            path.hardlink_to(mine)
        except FileExistsError:
            pass
        except OSError:  # a disk without links
            mine.replace(path)
        mine.unlink(missing_ok=True)
    return path.read_text().strip()

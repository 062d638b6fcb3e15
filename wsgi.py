"""The application for a WSGI server: `wsgi:app`."""

import os

from observe.app import create_app
from observe.settings import read_settings

app = create_app(read_settings(os.environ))

"""What flask-babel says, with a type."""

import flask_babel


def gettext(english: str, **values: object) -> str:
    return str(flask_babel.gettext(english, **values))


def ngettext(one: str, many: str, num: int, **values: object) -> str:
    return str(flask_babel.ngettext(one, many, num, **values))

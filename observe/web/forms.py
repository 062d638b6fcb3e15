"""Shared bases of forms: messages in this product's own words."""

from collections.abc import Mapping, Sequence
from typing import Any

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import Field
from wtforms.validators import StopValidation, ValidationError

from observe.web.language import switched_to


class Form(FlaskForm):
    """A form of this product. Every message comes from the validators below.

    Without JavaScript a language is switched in the middle of a form by sending the form along: it is then shown
    again in that language, with everything that was written, and not taken.
    """

    def validate_on_submit(self, extra_validators: Mapping[str, Sequence[Any]] | None = None) -> bool:
        return not switched_to() and bool(super().validate_on_submit(extra_validators))


class Needed:
    """Something must be written here."""

    field_flags = {"required": True}

    def __call__(self, form: Any, field: Field) -> None:
        if not field.raw_data or not str(field.raw_data[0]).strip():
            raise StopValidation(str(_("Please fill this in.")))


class AtMost:
    """No longer than `most` characters."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.field_flags = {"maxlength": most}

    def __call__(self, form: Any, field: Field) -> None:
        if len(field.data or "") > self.most:
            raise ValidationError(str(_("This may hold %(most)s characters.", most=self.most)))


class PlainText:
    """Text that every database keeps: no NUL, no half of a pair."""

    def __call__(self, form: Any, field: Field) -> None:
        text = field.data or ""
        if "\0" in text or any("\ud800" <= letter <= "\udfff" for letter in text):
            raise ValidationError(str(_("This holds a character that cannot be kept. Please write it again.")))


def text_rules(most: int) -> Sequence[Any]:
    """What every line of text a person writes is checked for."""
    return (PlainText(), AtMost(most))


def trimmed(text: str | None) -> str | None:
    return text.strip() if text else text

"""Every text the scripts of the field pages say, in the language of the page.

`words()` becomes one JSON block in the shell; `static/js/field/words.js` reads it. A text with a count has two forms.
{Places} in braces are filled in by the script.
"""

from collections.abc import Callable, Mapping

from flask_babel import gettext as _
from flask_babel import ngettext

Forms = Mapping[str, str]
Words = dict[str, str | Forms]


def words() -> Words:
    return {**_state(), **_sheet(), **_people(), **_summary(), **_differing()}


def _state() -> Words:
    """The state line: what is safe, and where."""
    return {
        "state.ready": _("What you write is kept on this tablet."),
        "state.kept": _("Kept on this tablet."),
        "state.kept_at": _("Kept on this tablet at {time}."),
        "state.waiting": _by_count(
            lambda n: ngettext(
                "{count} record has been waiting to be sent since {since}.",
                "{count} records have been waiting to be sent since {since}.",
                n,
            )
        ),
        "state.arrived": _("Everything arrived at the centre, {time}."),
        "state.problem.portal": _("This network wants you to sign in on its own page first."),
        "state.problem.signed-out": _("Sign in again so that they can be sent."),
        "state.problem.revoked": _("This device may no longer send. Ask your school administrator."),
        "state.problem.server": _("The centre does not answer properly. It is tried again by itself."),
        "state.problem.too-old": _("Open this page again to get the new version, then they can be sent."),
        "state.problem.storage": _("This tablet cannot be read at the moment. Open this page again."),
        "state.problem.other": _("They could not be sent yet. It is tried again by itself."),
        "state.failed.full": _("NOT kept: this tablet is full. What you wrote is still on the page. Free some space."),
        "state.failed.closed": _(
            "NOT kept: the browser closed its store. Copy what you wrote, then open this page again."
        ),
        "state.failed.newer": _("NOT kept: a newer version is open in another window. Open this page again."),
        "state.failed.blocked": _("NOT kept: another window is in the way. Close the other windows of Observe."),
        "state.failed.missing": _(
            "NOT kept: this browser window keeps nothing. Use an ordinary window, not a private one."
        ),
        "state.failed.unpaired": _("NOT kept: sign in on this tablet first. What you wrote is still on the page."),
        "state.failed.failed": _("NOT kept yet. What you wrote is still on the page, and it is tried again."),
    }


def _sheet() -> Words:
    return {
        "sheet.minute": _("Minute {minute}"),
        "sheet.afterwards": _("Afterwards"),
        "sheet.minute_before_number": _("minute"),
        "sheet.begun": _("begun"),
        "sheet.note_here": _("Note evidence"),
        "sheet.link": _("Link the note"),
        "sheet.linked": _("Linked"),
        "sheet.unlink": _("unlink"),
        "sheet.unlink_item": _("Unlink item {code}: {text}"),
        "sheet.comment": _("Comment"),
        "sheet.has_comment": _("Comment written"),
        "sheet.evidence_count": _by_count(lambda n: ngettext("Evidence: {count}", "Evidence: {count}", n)),
        "sheet.evidence_and_comment": _by_count(
            lambda n: ngettext("Evidence: {count}, comment", "Evidence: {count}, comment", n)
        ),
        "sheet.nobody": _(
            "Nobody has signed in on this tablet yet. Sign in once with a network; then it works without."
        ),
        "sheet.sign_in": _("Sign in"),
        "sheet.held": _(
            "Part of what you wrote here arrived but does not count yet. An administrator has been asked to decide."
        ),
        "sheet.not_yours": _("This sheet belongs to another observer. You can read it here."),
    }


def _people() -> Words:
    return {
        "roster.none": _("No teacher with this name. Check the spelling."),
        "roster.not_here": _(
            "The list of teachers has not arrived on this tablet yet. Choose later; the lesson is kept."
        ),
        "roster.unknown": _("Name not on this tablet yet"),
    }


def _summary() -> Words:
    return {
        "summary.missing": _by_count(
            lambda n: ngettext(
                "{count} item has no level. It stays that way unless you choose one; it is not counted as zero.",
                "{count} items have no level. They stay that way unless you choose one; they are not counted as zero.",
                n,
            )
        ),
        "summary.counted": _("Items with a level: {scored}. Not scored yet: {missing}. Do not apply: {na}."),
        "summary.nothing_missing": _("Every item has a level or does not apply."),
        "summary.bare": _by_count(
            lambda n: ngettext(
                "{count} item is low and has no evidence and no comment. The teacher may ask why. It may stay so.",
                "{count} items are low and have no evidence and no comment. The teacher may ask why. They may stay so.",
                n,
            )
        ),
        "summary.signed": _("Signed by {who}, {day} at {time}."),
        "summary.choose_teacher": _("Choose the teacher first, so that this sheet reaches somebody."),
        "summary.decide_first": _("Some parts have two different answers. Choose one for each, then sign."),
    }


def _differing() -> Words:
    return {
        "differ.title": _("Two different answers"),
        "differ.explain": _(
            "This part was filled in twice, with different answers. Choose the one to use; the other stays kept."
        ),
        "differ.use": _("Use this one"),
        "differ.who": _("{who}, {when}"),
        "differ.you": _("You"),
        "differ.cleared": _("Left empty"),
        "differ.signed": _("Signed"),
        "differ.draft": _("Not signed yet"),
        "differ.about_comment": _("The comment:"),
        "differ.about_note": _("A note:"),
    }


def _by_count(form: Callable[[int], str]) -> Forms:
    return {"one": form(1), "other": form(2)}

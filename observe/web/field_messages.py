"""Every text the scripts of the field pages say, in the language of the page; here those of the sheet.

`words()` becomes one JSON block in the shell; `static/js/field/words.js` reads it. A text with a count has two forms.
{Places} in braces are filled in by the script.
"""

from collections.abc import Callable, Mapping

from flask_babel import gettext as _
from flask_babel import ngettext

from observe.web import field_page_messages

Forms = Mapping[str, str]
Words = dict[str, str | Forms]


def words() -> Words:
    return {**field_page_messages.words(), **_sheet(), **_shots(), **_people(), **_summary(), **_differing()}


def _sheet() -> Words:
    return {
        "sheet.minute": _("Minute {minute}"),
        "sheet.afterwards": _("Afterwards"),
        "sheet.minute_before_number": _("minute"),
        "sheet.begun": _("begun"),
        "sheet.note_here": _("Note evidence"),
        "sheet.link": _("Link"),
        "sheet.linked": _("Linked"),
        "sheet.unlink": _("unlink"),
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


def _shots() -> Words:
    """Photos and recordings."""
    return {
        "shot.photo": _("Photo"),
        "shot.sound": _("Recording"),
        "shot.record": _("Record sound"),
        "shot.stop": _("Stop recording"),
        "shot.listening": _("Recording: {time}. It ends by itself after {most} minutes."),
        "shot.keeping": _("The photo is being kept…"),
        "shot.kept": _("Kept on {device}."),
        "shot.no_picture": _("This file is not a picture that can be shown here. Nothing else was touched."),
        "shot.no_microphone": _("The microphone may not be used. Allow it in the browser, then try again."),
        "shot.listens_elsewhere": _("Sound of this lesson is already being recorded in another window."),
        "shot.full": _("There is no room for photos on {device} any more. What you write is still kept."),
        "shot.not_kept": _("The photo or recording could NOT be kept. What you wrote is kept."),
        "shot.rescued": _("A recording that was interrupted was kept as far as it had come."),
        "shot.waits": _("Waits to be sent"),
        "shot.sent": _("At the centre"),
        "shot.listen": _("Listen"),
        "shot.not_here": _("It is shown when there is a network."),
        "shot.refused.unsupported": _("The centre does not take this kind of file"),
        "shot.refused.damaged": _("It arrived damaged and cannot be shown"),
        "shot.refused.too-large": _("It is too large for the centre"),
        "shot.refused.reveals": _("Not taken: it says where or when it was made"),
        "shot.refused.hides": _("Not taken: something else is hidden in it"),
        "shot.refused.lost": _("It is neither at the centre nor on {device} any more"),
        "shot.refused.other": _("The centre did not take it"),
        "state.photos": _by_count(
            lambda n: ngettext("{count} photo or recording waits.", "{count} photos or recordings wait.", n)
        ),
        "waits.words_arrived": _("Everything you wrote here has arrived at the centre."),
        "leave.photos": _by_count(
            lambda n: ngettext(
                "{count} photo or recording waits on {device} and is sent when you sign in here again.",
                "{count} photos or recordings wait on {device} and are sent when you sign in here again.",
                n,
            )
        ),
        "state.photos_no_room": _("The centre has no room left for photos; your words arrive as ever."),
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
        "differ.about_shot": _("A photo or recording:"),
    }


def _by_count(form: Callable[[int], str]) -> Forms:
    return {"one": form(1), "other": form(2)}

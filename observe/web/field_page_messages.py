"""What the scripts of the field pages say outside the sheet: state line, lists, reading and answering, the device.

The same manner as `field_messages.py`, which puts both into the page. {device} is "this tablet" or "this phone".
"""

from collections.abc import Callable, Mapping

from flask_babel import gettext as _
from flask_babel import ngettext

Forms = Mapping[str, str]
Words = dict[str, str | Forms]


def words() -> Words:
    parts = (
        _state(),
        _problems(),
        _failures(),
        _lists(),
        _today(),
        _observe(),
        _records(),
        _held(),
        _feedback(),
        _read(),
        _answer(),
        _device(),
        _ready(),
    )
    return {key: text for part in parts for key, text in part.items()}


def _state() -> Words:
    """The state line: what is safe, and where."""
    return {
        "device.tablet": _("this tablet"),
        "device.phone": _("this phone"),
        "state.keeping": _("Being kept…"),
        "state.ready": _("What you write is kept on {device}."),
        "state.kept": _("Kept on {device}."),
        "state.kept_at": _("Kept on {device} at {time}."),
        "state.waiting": _by_count(
            lambda n: ngettext(
                "{count} record has been waiting to be sent since {since}.",
                "{count} records have been waiting to be sent since {since}.",
                n,
            )
        ),
        "state.sending": _("Being sent now."),
        "state.arrived": _("Everything arrived at the centre, {time}."),
        "state.arrived_unsaved": _(
            "Everything arrived at the centre, {time}; no spare copy of it has been made there yet."
        ),
        "state.fetching": _("Your records are being fetched from the centre."),
        "state.never_fetched": _("Your records have not been fetched from the centre yet."),
        "state.held": _by_count(
            lambda n: ngettext(
                "{count} part arrived but is not used yet; it needs a decision.",
                "{count} parts arrived but are not used yet; they need a decision.",
                n,
            )
        ),
        "state.clock.minutes": _by_count(
            lambda n: ngettext(
                "The clock of {device} is {count} minute off.", "The clock of {device} is {count} minutes off.", n
            )
        ),
        "state.clock.hours": _by_count(
            lambda n: ngettext(
                "The clock of {device} is {count} hour off.", "The clock of {device} is {count} hours off.", n
            )
        ),
        "state.clock.days": _by_count(
            lambda n: ngettext(
                "The clock of {device} is {count} day off.", "The clock of {device} is {count} days off.", n
            )
        ),
        "state.nobody": _("Nobody is signed in on {device}."),
    }


def _problems() -> Words:
    """Why nothing goes out just now. Everything stays kept meanwhile."""
    return {
        "state.problem.offline": _("No signal; it goes by itself later."),
        "state.problem.offline_idle": _("No signal now; you can go on working."),
        "state.problem.portal": _(
            "This network first wants you to sign in on its own page; until then nothing is sent."
        ),
        "state.problem.signed-out": _("Sign in again, so that sending can go on."),
        "state.problem.not-paired": _("Sign in once with a signal, so that sending can begin."),
        "state.problem.revoked": _("The administrator ended the sending from {device}. What you wrote is still here."),
        "state.problem.fork": _("Sign in again: the centre takes {device} for another one. Nothing is lost."),
        "state.problem.server": _("The centre does not answer properly. It is tried again by itself."),
        "state.problem.too-old": _("Open this page again to get the new version, then sending goes on."),
        "state.problem.too-large": _(
            "One record is too large to be sent. Save it to a file and tell the administrator."
        ),
        "state.problem.refused": _(
            "The centre does not take what is sent. Save it to a file and tell the administrator."
        ),
        "state.problem.storage": _("The records on {device} cannot be read just now. Open this page again."),
        "state.problem.other": _("It could not be sent yet. It is tried again by itself."),
    }


def _failures() -> Words:
    """The device could not keep what was written."""
    return {
        "state.failed.full": _("NOT kept: {device} is full. What you wrote is still on the page. Free some space."),
        "state.failed.closed": _(
            "NOT kept: the browser closed its store. Copy what you wrote, then open this page again."
        ),
        "state.failed.newer": _("NOT kept: a newer version is open in another window. Open this page again."),
        "state.failed.blocked": _("NOT kept: another window is in the way. Close the other windows of Observe."),
        "state.failed.missing": _(
            "NOT kept: this browser window keeps nothing. Use an ordinary window, not a private one."
        ),
        "state.failed.unpaired": _("NOT kept: sign in on {device} first. What you wrote is still on the page."),
        "state.failed.failed": _("NOT kept yet. What you wrote is still on the page, and it is tried again."),
        "page.broken": _(
            "The records on {device} could not be opened. They are not lost. Close the other windows of Observe, "
            "then open this page again."
        ),
    }


def _lists() -> Words:
    return {
        "page.office": _("In the office"),
        "lesson.no_teacher": _("Teacher not chosen yet"),
        "lesson.observer": _("an observer"),
        "record.status.draft": _("Not signed yet"),
        "record.status.signed": _("Signed"),
        "record.status.read": _("Read by the teacher"),
        "record.status.agree": _("The teacher agrees"),
        "record.status.differ": _("The teacher sees it differently"),
        "record.status.replied": _("The teacher replied"),
        "record.status.new": _("Signed"),
        "record.where.tablet": _("On {device}, waiting to be sent"),
        "record.where.centre": _("At the centre"),
        "record.where.backed-up": _("At the centre, with a spare copy"),
        "record.where.held": _("At the centre, partly not used"),
        "record.differ": _by_count(
            lambda n: ngettext(
                "{count} part has two different answers. Open it and choose.",
                "{count} parts have two different answers. Open it and choose.",
                n,
            )
        ),
    }


def _today() -> Words:
    return {
        "today.today": _("Today"),
        "today.tomorrow": _("Tomorrow"),
        "today.no_time": _("No time agreed yet"),
        "today.missed": _("Was planned for {when}"),
        "today.begin": _("Start"),
        "today.begin_with": _("Start observing {name}"),
        "today.go_on": _("Go on: {name}"),
        "today.begun": _("begun {when}"),
        "today.due": _("By {day}"),
        "today.was_due": _("Was due on {day}"),
        "today.agreed_with": _("agreed with {name}"),
        "today.done": _("Done"),
        "today.done_what": _("Yes, done: {text}"),
        "today.evidence": _("What did you see? (may stay empty)"),
        "today.all_promises": _by_count(lambda n: ngettext("Show all {count}", "Show all {count}", n)),
        "today.waiting": _by_count(
            lambda n: ngettext(
                "{count} record is safe on {device} and has been waiting since {since}.",
                "{count} records are safe on {device} and have been waiting since {since}.",
                n,
            )
        ),
        "today.empty_observer": _("No visit is planned and nothing is unfinished."),
        "today.empty_observer_next": _("A good day to look in on somebody nobody has visited for long."),
        "today.empty_teacher": _("Nothing new for you today."),
        "today.empty_teacher_next": _("When somebody has observed your lesson, the feedback appears here."),
    }


def _observe() -> Words:
    return {
        "observe.area.planning": _("The plan of a lesson"),
        "observe.area.instruction": _("A lesson in the classroom"),
        "observe.area.evaluation": _("How learning is assessed"),
        "observe.items": _by_count(lambda n: ngettext("{count} item", "{count} items", n)),
        "observe.never": _("Not visited yet"),
        "observe.last": _("Last visited {when}"),
        "observe.none_found": _(
            "Nobody with this name, class or subject. Check the spelling, or choose the teacher later."
        ),
        "observe.nobody_yet": _(
            "The list of teachers has not arrived yet. You can begin and choose the teacher later."
        ),
        "observe.no_form": _("No form on {device} yet"),
    }


def _records() -> Words:
    return {
        "records.counted": _by_count(lambda n: ngettext("{count} record found", "{count} records found", n)),
        "records.where": _("{first} to {last} of {total}"),
        "records.none": _("You have not observed a lesson yet."),
        "records.none_found": _("No record fits what you are looking for."),
    }


def _held() -> Words:
    """Why the centre keeps a change without using it."""
    return {
        "held.not-allowed": _(
            "Part of this arrived but is not used: it belongs to somebody else, or your role has changed. "
            "An administrator decides."
        ),
        "held.signed-off": _(
            "Part of this arrived after the sheet had been signed, so it is not used yet. An administrator decides."
        ),
        "held.invalid": _("Part of this arrived but does not fit the form. It is kept; an administrator has a look."),
        "held.unknown": _("Part of this arrived but the centre does not know it yet. It is tried again by itself."),
        "held.revoked": _(
            "Part of this arrived after the administrator had ended this device. It is kept; an administrator decides."
        ),
        "held.other": _("Part of this arrived but is not used yet. An administrator decides."),
    }


def _feedback() -> Words:
    return {
        "feedback.from": _("From {name}"),
        "feedback.state.new": _("New, not read yet"),
        "feedback.state.read": _("You have read it"),
        "feedback.state.agree": _("You agree"),
        "feedback.state.differ": _("You see it differently"),
        "feedback.state.replied": _("You replied"),
        "feedback.answer_waits": _("Your answer is on {device}, waiting to be sent"),
        "feedback.none": _("No feedback yet."),
        "feedback.none_next": _("When somebody has observed your lesson and signed the sheet, it appears here."),
        "feedback.no_answers": _("No teacher has answered yet."),
        "feedback.no_answers_next": _("When a teacher has read your feedback or replied to it, you see it here."),
    }


def _read() -> Words:
    return {
        "read.for_you": _("Feedback on your lesson"),
        "read.for": _("Feedback for {name}"),
        "read.from": _("From {name}"),
        "read.from_unsigned": _("From {name}. Not signed yet, so the teacher cannot read it."),
        "read.seen": _("Seen: {what}"),
        "read.next": _("A next step: {what}"),
        "read.level": _("{value}, {label}"),
        "read.not_scored": _("Not scored"),
        "read.not_applicable": _("Does not apply"),
        "read.scored": _("{scored} of {total} scored"),
        "read.score_by": _("Given by {name}, from {scored} of {total} items."),
        "read.agreed": _("What you two agreed"),
        "read.agreed_hers": _("What you agreed to do"),
        "read.due": _("By {day}"),
        "read.step_done": _("Done"),
        "read.step_open": _("Still to do"),
        "read.heard_read": _("Read on {day} at {time}."),
        "read.heard_not_read": _("The teacher has not said yet that she has read this."),
        "read.heard_agree": _("“I agree.”"),
        "read.heard_differ": _("“I see it differently.”"),
    }


def _answer() -> Words:
    return {
        "read.answer.keeping": _("Being kept…"),
        "read.answer.tablet": _("Your answer is kept on {device} and waits to be sent."),
        "read.answer.centre": _("Your answer has arrived at the centre."),
        "read.answer.backed-up": _("Your answer has arrived at the centre."),
        "read.two_answers": _(
            "You answered this on two devices, differently. Choose which one to use; the other stays kept."
        ),
        "read.use_this": _("Use this one"),
        "read.left_empty": _("Left empty"),
        "read.stance.agree": _("I agree"),
        "read.stance.differ": _("I see it differently"),
    }


def _device() -> Words:
    """The device page: whose it is, what waits, handing it on."""
    return {
        "pair.name.tablet": _("Tablet of {name}"),
        "pair.name.phone": _("Phone of {name}"),
        "pair.hello": _("Welcome, {name}"),
        "pair.failed.offline": _("The centre cannot be reached. Try again where there is a signal."),
        "pair.failed.signed-out": _("You are no longer signed in. Sign in again, then go on here."),
        "pair.failed.too-many": _("Too many devices or attempts at once. Wait a little, then try again."),
        "pair.failed.other": _("That did not work. Nothing was lost. Please try again."),
        "pair.no_name": _("Give it a name first, as your colleagues call it."),
        "who.you": _("{name}, in use now"),
        "who.other": _("{name}: signs in to go on"),
        "who.goes_on": _("{name} goes on"),
        "who.differs": _(
            "{device} is in use by {here}, but {there} has signed in. Who goes on? Nothing of either is lost."
        ),
        "waits.nothing": _("Nothing waits. Everything you wrote here has arrived at the centre."),
        "waits.unknown": _("Nothing you wrote here waits."),
        "waits.some": _by_count(
            lambda n: ngettext(
                "{count} record waits since {since}. It is safe on {device}.",
                "{count} records wait since {since}. They are safe on {device}.",
                n,
            )
        ),
        "waits.kind.observation": _("Observation: {what}"),
        "waits.kind.step": _("Promise: {what}"),
        "waits.kind.visit": _("Visit: {what}"),
        "waits.kind.other": _("Another record"),
        "waits.more": _by_count(lambda n: ngettext("and {count} more", "and {count} more", n)),
        "waits.saved": _(
            "Saved as {file}. Take it to a computer that reaches the centre and hand it in there: under “My account”,"
            " “Hand in a saved file”. The administrator can do that for you too."
        ),
        "waits.save_failed": _("The file could not be made. Nothing was lost; try again."),
        "waits.next_try": _("The next attempt comes by itself, about {time}."),
        "leave.waits": _by_count(
            lambda n: ngettext(
                "{count} record of yours has not been sent yet. It stays on {device}, for you alone. "
                "When you sign in here again, it goes on.",
                "{count} records of yours have not been sent yet. They stay on {device}, for you alone. "
                "When you sign in here again, they go on.",
                n,
            )
        ),
        "leave.nothing_waits": _("Everything you wrote has arrived at the centre. Nothing waits here."),
    }


def _ready() -> Words:
    """Whether the device works without a network."""
    return {
        "ready.yes": _("Ready for places with no signal: every page and every form is on {device}."),
        "ready.working": _("Being made ready for places with no signal. Stay on this page for a moment."),
        "ready.getting_version": _("A new version is being fetched. It is offered here when it is complete."),
        "ready.fetching": _("Fetching your records: {count} so far."),
        "ready.fetched": _("Your records are on {device}."),
        "ready.not_yet": _(
            "Not ready for places with no signal yet. Open this page once more where there is a signal."
        ),
        "ready.plain": _(
            "Not ready for offline: this address is not a secure one, so the pages cannot be kept. "
            "What you write is kept all the same."
        ),
        "ready.stays": _("The browser promised not to clear these records by itself."),
        "ready.may_go": _(
            "The browser may clear these records when space runs out. Put this page on the home screen, "
            "and send what waits as soon as you can."
        ),
        "ready.new_version": _("A new version is here. Taking it needs a moment; nothing you wrote is touched."),
        "ready.same_version": _("This is the newest version."),
        "ready.cannot_ask": _("The centre cannot be reached now, so it could not be asked."),
    }


def _by_count(form: Callable[[int], str]) -> Forms:
    return {"one": form(1), "other": form(2)}

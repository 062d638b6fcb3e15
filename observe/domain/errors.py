"""Errors that are for a person. Only `web/errors.py` knows what status each becomes."""

_TWO_MINUTES = 120


def N_(text: str) -> str:
    """Marks a text for translation where it is written; it is translated where it is shown."""
    return text


class ObserveError(Exception):
    """Says what happened, to which thing, and what to do next. `message` is English with %(name)s places."""

    message = N_("Something went wrong. Nothing was lost. Please try again.")

    def __init__(self, **values: object) -> None:
        super().__init__(self.message % values)
        self.values = values


class NotYours(ObserveError):
    """This person may not see or do this."""

    message = N_("You may not open this page. If you think you should, ask your school administrator.")


class NotHere(ObserveError):
    """There is no such thing, or not for this person: the two look the same."""

    message = N_("This page was not found. It may have been moved, or it is not yours to open.")


class NeedsSignIn(ObserveError):
    """Nobody is signed in."""

    message = N_("Please sign in first.")


class TooManyAttempts(ObserveError):
    """Wrong pass-phrases came too fast; the same attempt may be made again after `wait_seconds`."""

    message = N_("Too many attempts that did not fit. Please wait %(seconds)s seconds, then try again.")

    def __init__(self, wait_seconds: int) -> None:
        if wait_seconds > _TWO_MINUTES:
            self.message = N_("Too many attempts that did not fit. Please wait %(minutes)s minutes, then try again.")
        super().__init__(seconds=wait_seconds, minutes=-(-wait_seconds // 60))
        self.wait_seconds = wait_seconds


class NotNow(ObserveError):
    """The records cannot be reached at this moment. What was asked for was not done, or it is not known to be."""

    message = N_("The records cannot be reached at this moment. Please wait a little, look, and try again.")
    wait_seconds = 5


class ChangeHeld(ObserveError):
    """What was written is kept, but does not count until somebody decides."""

    message = N_("What you wrote is kept, but it does not count yet: %(reason)s")

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(reason=detail or reason)
        self.reason = reason

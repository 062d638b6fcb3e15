"""Forwarding in the background: on a timer, and when somebody asks. One run at a time, whoever began it."""

import logging
import threading
from collections.abc import Callable
from datetime import date

from observe.domain.errors import NotNow
from observe.services import blob_line, blobs, line, uplink
from observe.services.line import Ask, Post
from observe.services.place import Place
from observe.store import changes, uplinks

log = logging.getLogger("observe")


class Courier:
    """Goes to the centre every `every_seconds`, and at once after `now`."""

    def __init__(
        self,
        place: Place,
        chance: Callable[[], float],
        every_seconds: float,
        line_to: Callable[[str], Post] = line.to,
        asking: Callable[[str], Ask] = line.asking,
    ) -> None:
        self._place = place
        self._chance = chance
        self._every_seconds = every_seconds
        self._line_to = line_to
        self._asking = asking
        self._is_wanted = threading.Event()
        self._is_over = False
        self._tidied: date | None = None
        self._going = threading.Lock()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Go on the timer from now on, in a thread that ends with the program."""
        self._thread = threading.Thread(target=self._keep_going, name="uplink", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """No more; waits for the exchange that is under way."""
        self._is_over = True
        self._is_wanted.set()
        if self._thread:
            self._thread.join()

    def now(self) -> None:
        """Go at once, whatever the timer says; returns before anything has arrived."""
        uplinks.forget_wait(self._place.db)
        if self._thread:
            self._is_wanted.set()
        else:
            threading.Thread(target=self.go, name="uplink-once", daemon=True).start()

    def go(self) -> None:
        """One run, if there is a centre, it is time, and nobody else is on the way."""
        if not self._going.acquire(blocking=False):
            return
        try:
            found = uplinks.read(self._place.db)
            if found and uplink.is_due(self._place):
                self._carry(found.url)
        except NotNow:
            log.info("the uplink waits: the records cannot be reached at this moment")
        except Exception as wrong:  # the timer outlives whatever one run meets
            log.error("the uplink met an unexpected %s", type(wrong).__name__, exc_info=wrong)
        finally:
            self._going.release()

    def _carry(self, url: str) -> None:
        """Words, then photos; and words again, if some were written meanwhile. Whatever was in the way is noted."""
        while True:
            done = uplink.run(self._place, self._line_to(url), self._chance, lambda progress: None)
            if done.problem:
                return
            carried = blob_line.carry(self._place, self._asking(url))
            if carried.problem:
                log.warning("photos and recordings wait for the next run: %s", carried.problem)
                uplinks.note_failure(self._place.db, carried.problem, None)  # words do not wait for them
            if not carried.has_words:
                return

    def tidy(self) -> None:
        """Once a day: what nobody names any more goes, in schools that take no new photos too."""
        today = self._place.now().date()
        if self._tidied == today:
            return
        try:
            for school in changes.schools(self._place.db):
                blobs.sweep(self._place, school)
            self._tidied = today
        except NotNow:
            log.info("tidying waits: the records cannot be reached at this moment")
        except Exception as wrong:  # the timer outlives whatever it meets
            log.error("tidying met an unexpected %s", type(wrong).__name__, exc_info=wrong)

    def _keep_going(self) -> None:
        while not self._is_over:
            self.tidy()
            self.go()
            self._is_wanted.wait(self._every_seconds)
            self._is_wanted.clear()

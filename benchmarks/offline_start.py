"""Opening the page of the day with no network, after a night: the service worker has to start too."""

from playwright.sync_api import Browser

from benchmarks.device import ready_for_offline, slow_page, stop_worker, usable_ms
from benchmarks.figures import Figure, percentile
from scripts.serving import demonstration

TIMES = 12


def measure(browser: Browser) -> list[Figure]:
    with demonstration() as server:
        context = ready_for_offline(browser, server)
        context.set_offline(True)
        took = []
        for _ in range(TIMES):
            page = slow_page(context)
            stop_worker(page)
            took.append(usable_ms(page, "/field/id/today"))
            page.close()
        context.close()
    return [
        Figure(
            "Start without a network, to a page that takes a tap", percentile(took, 0.95) / 1000, "s", 1.5,
            detail=f"95th of {TIMES}; median {percentile(took, 0.5) / 1000:.2f} s",
        )
    ]  # fmt: skip

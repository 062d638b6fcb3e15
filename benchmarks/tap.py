"""From the finger leaving a level to the end of the IndexedDB transaction that holds it, strictly flushed."""

from playwright.sync_api import Browser, Page

from benchmarks.device import ready_for_offline, slow_page
from benchmarks.figures import Figure, percentile
from scripts.screens import USABLE
from scripts.serving import demonstration

TAPS = 120
LEVELS = ".indicator input[type=radio]:not(:checked)"


def measure(browser: Browser) -> list[Figure]:
    with demonstration() as server:
        context = ready_for_offline(browser, server)
        context.set_offline(True)
        page = slow_page(context)
        page.goto("/field/id/observe")
        page.locator("[data-teacher]").first.click()
        page.wait_for_url("**/sheet/**")
        page.wait_for_selector(USABLE)
        page.wait_for_timeout(1000)
        took = [_tap(page, n) for n in range(TAPS)]
        context.close()
    return [
        Figure("Tap to durable", percentile(took, 0.95), "ms", 50,
               detail=f"95th of {TAPS} taps; median {percentile(took, 0.5):.0f} ms, slowest {max(took):.0f} ms"),
    ]  # fmt: skip


def _tap(page: Page, n: int) -> float:
    """Tap a level that is not chosen yet, a different indicator each time; the milliseconds until it is durable."""
    names = page.locator(".indicator").count()
    choices = page.locator(".indicator").nth(n % names).locator(".level:not(:has(input:checked))")
    choice = choices.nth(n // names % choices.count())
    choice.scroll_into_view_if_needed()
    page.evaluate("() => { window.durable.length = 0; window.tappedAt = 0; }")
    choice.tap()
    page.wait_for_function("() => window.tappedAt && window.durable.some((at) => at > window.tappedAt)")
    took = page.evaluate("() => window.durable.find((at) => at > window.tappedAt) - window.tappedAt")
    page.wait_for_timeout(50)
    return float(took)

"""From a tap on a level to the end of the IndexedDB transaction that holds it, strictly flushed.

Once from the moment the page hears of the tap, which is what the product answers for, and once from the finger leaving
the glass, which adds how the browser brings the tap to the page.
"""

from playwright.sync_api import Browser, Page

from benchmarks.device import ready_for_offline, slow_page
from benchmarks.figures import Figure, percentile
from scripts.screens import USABLE
from scripts.serving import demonstration

TAPS = 120


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
        taps = [_tap(page, n) for n in range(TAPS)]
        context.close()
    heard, touched = [heard for heard, _ in taps], [touched for _, touched in taps]
    return [
        Figure("Tap to durable", percentile(heard, 0.95), "ms", 50,
               detail=f"95th of {TAPS}; median {percentile(heard, 0.5):.0f} ms, slowest {max(heard):.0f} ms"),
        Figure("The same, from the finger leaving the glass", percentile(touched, 0.95), "ms",
               detail=f"median {percentile(touched, 0.5):.0f} ms"),
    ]  # fmt: skip


def _tap(page: Page, n: int) -> tuple[float, float]:
    """Tap a level that is not chosen yet, each time of another item: milliseconds since heard, and since touched.

    Nothing is asked of the page until it is over: to be asked at every frame would slow it down.
    """
    names = page.locator(".indicator").count()
    choices = page.locator(".indicator").nth(n % names).locator(".level:not(:has(input:checked))")
    choice = choices.nth(n // names % choices.count())
    choice.scroll_into_view_if_needed()
    box = choice.bounding_box()
    if box is None:
        raise RuntimeError("the level to tap is not on the page")
    page.evaluate("() => { window.durable.length = 0; window.heardAt = 0; }")
    page.wait_for_timeout(300)  # the eye moves too
    page.touchscreen.tap(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.wait_for_timeout(700)
    page.wait_for_function("() => window.heardAt && window.durable.some((at) => at > window.heardAt)")
    heard, touched = page.evaluate(
        "() => { const at = window.durable.find((at) => at > window.heardAt); return [at - heardAt, at - tappedAt]; }"
    )
    return float(heard), float(touched)

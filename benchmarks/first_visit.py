"""The first visit on a bad line: how much comes over the wire, and how long it takes until the page takes a tap."""

from typing import Any

from playwright.sync_api import Browser, Page

from benchmarks.device import device, slow_page, until_quiet
from benchmarks.figures import Figure
from benchmarks.line import line
from scripts.screens import USABLE
from scripts.serving import PASSWORD, demonstration


def measure(browser: Browser) -> list[Figure]:
    """From an empty browser, through signing in, to the first page that takes a tap."""
    with demonstration() as server, line(server) as bad:
        context = device(browser, bad.address)
        page = slow_page(context)
        sizes = _sizes(page)
        page.goto("/sign-in")
        sign_in_bytes = bad.bytes_down
        page.locator("input[name=login]").fill("guru")
        page.locator("input[name=password]").fill(PASSWORD)
        submitted_at = page.evaluate("() => performance.timeOrigin + performance.now()")
        page.locator("main form button.button--next").click()
        page.locator("[data-part=pairing-form] button").click()
        page.wait_for_selector("[data-part=ready-pull][data-state=done]")
        page.goto("/field/id/today")
        page.wait_for_selector(USABLE)
        seconds = (page.evaluate("() => performance.timeOrigin + window.usableAt") - submitted_at) / 1000
        usable_bytes, loaded = bad.bytes_down, dict(sizes)
        until_quiet(page, count=lambda: bad.bytes_down)
        context.close()
        page_bytes = sum(loaded.get(kind, 0) for kind in ("document", "stylesheet", "script"))
        parts = ", ".join(f"{kind} {size / 1000:.0f} kB" for kind, size in sorted(loaded.items()))
        return [
            Figure("First visit, pages with their styles and scripts", page_bytes / 1000, "kB", 150,
                   detail="signing in, naming the device, Today"),
            Figure("of which the page to sign in", sign_in_bytes / 1000, "kB"),
            Figure("First visit, everything that crossed the line until Today takes a tap", usable_bytes / 1000, "kB",
                   detail=f"with records, and what the worker fetches meanwhile; the page's own: {parts}"),
            Figure("First visit, and all that is fetched for a day without a network", bad.bytes_down / 1000, "kB",
                   detail="every form in both languages"),
            Figure("From the pass-phrase to a page that takes a tap", seconds, "s"),
        ]  # fmt: skip


def _sizes(page: Page) -> dict[str, float]:
    """What the page itself loads, by kind; it goes on counting while the page lives."""
    sizes: dict[str, float] = {}
    kinds: dict[str, str] = {}
    session = page.context.new_cdp_session(page)
    session.on("Network.responseReceived", lambda event: kinds.update({event["requestId"]: event["type"].lower()}))
    session.on("Network.loadingFinished", lambda event: _add(sizes, kinds.get(event["requestId"], "other"), event))
    session.send("Network.enable")
    return sizes


def _add(sizes: dict[str, float], kind: str, event: dict[str, Any]) -> None:
    sizes[kind] = sizes.get(kind, 0) + event["encodedDataLength"]

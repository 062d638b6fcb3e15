"""A cheap phone or tablet: a real Chromium with its processor slowed down six times."""

import json
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize

from scripts.screens import USABLE, sign_in

SLOWER = 6
PHONE: ViewportSize = {"width": 360, "height": 740}
WATCH = f"""
(() => {{
  const look = () => {{
    if (document.querySelector({json.dumps(USABLE)})) window.usableAt = performance.now();
    else requestAnimationFrame(look);
  }};
  look();
  window.durable = [];
  const transaction = IDBDatabase.prototype.transaction;
  IDBDatabase.prototype.transaction = function (...given) {{
    const made = transaction.apply(this, given);
    if (made.mode === "readwrite" && made.objectStoreNames.contains("outbox")) {{
      made.addEventListener("complete", () => window.durable.push(performance.now()));
    }}
    return made;
  }};
  addEventListener("pointerup", (event) => {{ window.tappedAt = event.timeStamp; }}, true);
  addEventListener("change", () => {{ window.heardAt = performance.now(); }}, true);
}})();
"""


def device(browser: Browser, address: str) -> BrowserContext:
    """A phone that has never been here."""
    context = browser.new_context(
        base_url=address, viewport=PHONE, has_touch=True, is_mobile=True, locale="id-ID", timezone_id="Asia/Jakarta"
    )
    context.set_default_timeout(120_000)
    context.add_init_script(WATCH)
    return context


def slow_page(context: BrowserContext) -> Page:
    """A page on the slowed processor."""
    page = context.new_page()
    context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
    return page


def ready_for_offline(browser: Browser, address: str, person: str = "kepala") -> BrowserContext:
    """A phone whose owner has signed in, and which has fetched all it needs for a day without a network."""
    context = device(browser, address)
    page = context.new_page()
    sign_in(page, person)
    page.goto("/field/id/observe")
    page.wait_for_selector(USABLE)
    until_quiet(page)
    page.close()
    return context


def until_quiet(page: Page, *, count: Callable[[], int] | None = None, quiet_ms: int = 3000) -> None:
    """Wait until nothing is fetched any more."""
    page.wait_for_load_state("networkidle")
    before = -1
    while count is not None and before != count():
        before = count()
        page.wait_for_timeout(quiet_ms)
    if count is None:
        page.wait_for_timeout(quiet_ms)


def usable_ms(page: Page, path: str) -> float:
    """How long the page takes, from being asked for to taking a tap."""
    page.goto(path, wait_until="commit")
    page.wait_for_function("() => window.usableAt")
    return float(page.evaluate("() => window.usableAt"))


def stop_worker(page: Page) -> None:
    """As after a night: the service worker has to be started again."""
    session = page.context.new_cdp_session(page)
    session.send("ServiceWorker.enable")
    session.send("ServiceWorker.stopAllWorkers")
    session.detach()


def module(page: Page, name: str) -> Any:
    """The address of one of the page's own modules, for scripts that fill the device."""
    return page.evaluate(
        "(name) => document.querySelector('script[type=module]').src.replace(/js\\/field.*/, name)", name
    )

"""A tablet whose battery dies: what its page showed as kept is on it when it starts again."""

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from playwright.sync_api import BrowserContext, Page, Playwright, sync_playwright

from scripts import chromium
from scripts.screens import sign_in
from scripts.serving import demonstration
from tests.power.disk import a_disk, after_the_cut

USABLE = "#sheet[data-ready=true]"
NOTE = """
() => {
  window.promised = {};
  const line = document.querySelector("#state-line [role=status]");
  const kept = () => {
    if (!line.textContent.startsWith("Tersimpan")) return;
    const chosen = document.querySelectorAll(".level__input:checked");
    for (const { name, value } of chosen) window.promised[name] = Number(value);
  };
  new MutationObserver(kept).observe(line, { childList: true, characterData: true, subtree: true });
}
"""
READ = """
async (record) => {
  const script = document.querySelector("script[type=module]").src;
  const { module } = await import(script);
  const found = await module("js/field/here.js").here();
  return found ? (await found.store.read(record)).fields : {};
}
"""


def broken_promises(cuts: int, seed: int) -> Iterator[str]:
    """Let the battery die `cuts` times while an observer taps; what was shown as kept and is not there."""
    rng = random.Random(seed)
    with a_disk() as disk, demonstration() as origin, sync_playwright() as playwright:
        context = _browser(playwright, disk.folder / "profile", origin)
        page = context.new_page()
        sign_in(page, "kepala")
        page.goto("/field/id/observe")
        page.locator("[data-teacher]").first.click()
        page.wait_for_selector(USABLE)
        record = f"observation/{page.evaluate('new URL(location.href).searchParams.get(`observation`)')}"
        context.set_offline(True)
        page.evaluate(NOTE)
        for cut in range(1, cuts + 1):
            tapped = _tap(page, rng)
            promised = dict(page.evaluate("window.promised"))
            copy = disk.cut(_processes_of(disk.folder))
            with after_the_cut(copy) as folder:
                found = _on_the_disk(playwright, folder / "profile", origin, record)
            for name, value in promised.items():
                if found.get(name) != value and (name, found.get(name)) not in tapped:  # or on its way, and arrived
                    yield f"battery {cut}: {name} was shown as kept with {value}, and is {found.get(name)}"
        context.close()


def _tap(page: Page, rng: random.Random) -> set[tuple[str, int]]:
    """Some taps at a person's pace, or a quick one's: the fields and their values."""
    tapped = set()
    choices = page.locator(".level:not(.level--na)")
    for _ in range(rng.randint(1, 4)):
        choice = choices.nth(rng.randrange(choices.count()))
        name, value = choice.locator("input").evaluate("(input) => [input.name, Number(input.value)]")
        tapped.add((name, value))
        choice.click()
        page.wait_for_timeout(rng.choice([0, 20, 60, 400]))
    return tapped


def _browser(playwright: Playwright, profile: Path, origin: str) -> BrowserContext:
    context = playwright.chromium.launch_persistent_context(
        profile, executable_path=chromium.executable(), args=list(chromium.FLAGS), base_url=origin, locale="id-ID"
    )
    context.set_default_timeout(60_000)
    return context


def _on_the_disk(playwright: Playwright, profile: Path, origin: str, record: str) -> dict[str, Any]:
    """The record as a browser finds it that starts on this disk."""
    for lock in profile.glob("Singleton*"):
        lock.unlink()
    context = _browser(playwright, profile, origin)
    page = context.new_page()
    page.goto("/field/id/records")
    found = dict(page.evaluate(READ, record))
    context.close()
    return found


def _processes_of(folder: Path) -> list[int]:
    """Every process that was started on this disk."""
    mark = str(folder).encode()
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                if mark in (entry / "cmdline").read_bytes() or mark in b"".join(
                    str(link.readlink()).encode() for link in (entry / "fd").iterdir()
                ):
                    found.append(int(entry.name))
            except OSError:
                continue  # it ended meanwhile
    return found

"""A tablet that never meets a network: its file is carried to the office by somebody else, sealed."""

import gzip
import re
import sqlite3
from contextlib import closing
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.fixtures.serving import NewDevice, sign_in
from tests.journeys.steps import SLOW, begin_lesson, make_ready, note, rate, wait_until_arrived, wait_until_kept
from tests.people import ADMINISTRATOR, PRINCIPAL
from tests.serving import Server

NOTE = "Setiap kelompok menjelaskan gambarnya – ½ kelas"


def hand_in(page: Page, file: Path) -> None:
    """From her own account to the page for files, as a person goes."""
    page.goto("/account")
    page.get_by_role("link", name="Serahkan berkas simpanan").click()
    page.locator("input[type=file]").set_input_files(file)
    page.locator("main form button.button--next").click()


def stored(database: Path, words: str) -> int:
    """How many changes hold these words."""
    with closing(sqlite3.connect(database)) as connection:
        return int(connection.execute("select count(*) from change where body like ?", (f"%{words}%",)).fetchone()[0])


def test_what_a_tablet_saved_is_handed_in_by_somebody_else(
    server: Server, new_device: NewDevice, tmp_path: Path
) -> None:
    tablet, office = new_device(server.origin), new_device(server.origin)
    lesson = tablet.new_page()
    make_ready(lesson, PRINCIPAL)
    begin_lesson(lesson, "Yulia")
    tablet.set_offline(True)
    rate(lesson, "A1", 2)
    note(lesson, NOTE, "A1")
    wait_until_kept(lesson)
    lesson.goto("/field/id/device")
    with lesson.expect_download() as saving:
        lesson.locator("[data-save]").click()
    file, altered = tmp_path / saving.value.suggested_filename, tmp_path / "altered.jsonl.gz"
    saving.value.save_as(file)
    altered.write_bytes(gzip.compress(gzip.decompress(file.read_bytes()).replace("½".encode(), "¼".encode())))

    desk = office.new_page()
    sign_in(desk, ADMINISTRATOR)
    hand_in(desk, altered)
    expect(desk.get_by_role("alert")).to_contain_text("sudah diubah", timeout=SLOW)
    before = stored(server.database, "menjelaskan gambarnya")
    hand_in(desk, file)
    expect(desk.locator("#file-report")).to_contain_text("Segelnya utuh", timeout=SLOW)
    expect(desk.locator("#file-report")).to_contain_text(re.compile(r"[1-9]\d* perubahan baru sudah dimasukkan"))
    expect(desk.locator("#file-report")).not_to_contain_text("menjelaskan")
    after = stored(server.database, "menjelaskan gambarnya")
    tablet.set_offline(False)
    lesson.goto("/field/id/today")
    wait_until_arrived(lesson)

    assert (before, after) == (0, 1)
    assert stored(server.database, "menjelaskan gambarnya") == 1

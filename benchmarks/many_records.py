"""Five hundred observations on one device, all of them at the centre too: the lists still open without a network."""

from playwright.sync_api import Browser, Page

from benchmarks.device import module, ready_for_offline, slow_page, usable_ms
from benchmarks.figures import Figure, percentile
from scripts.screens import USABLE
from scripts.serving import demonstration

RECORDS = 500
TIMES = 7
FILL = """
async ({ pages, count }) => {
  const { module } = await import(pages);
  const { open } = module("js/local/records.js");
  const { currentPerson } = module("js/local/device.js");
  const { exchangeNow } = module("js/exchange/exchange.js");
  const person = await currentPerson();
  const store = open(person.person);
  const pairing = await store.meta("pairing");
  const school = pairing.schools[0].id;
  const [form] = await store.list("rubric");
  const teachers = await store.list("person");
  const { fields } = await store.read(form.record);
  const version = Object.keys(fields).find((name) => name.startsWith("version.")).slice("version.".length);
  const codes = fields[`version.${version}`].areas.flatMap((area) => area.indicators.map(({ code }) => code));
  const top = fields[`version.${version}`].scales;
  const level = Object.values(top)[0].levels[1].value;
  for (let n = 0; n < count; n += 1) {
    const id = `01936b11-${String(n).padStart(4, "0")}-7000-8000-000000000000`;
    const at = new Date(Date.UTC(2026, 0, 5 + (n % 200), 1 + (n % 6))).toISOString();
    const set = {
      observer: person.person, rubric: `${form.record.slice("rubric/".length)}@${version}`, status: "signed",
      teacher: teachers[n % teachers.length].record.slice("person/".length), started_at: at, signed_at: at,
      class_name: `VII ${"ABCDEF"[n % 6]}`, subject: "Matematika", topic: `Pelajaran ${n + 1}`,
      strengths: "Pertanyaan pembuka membuat semua murid berpikir.", growth: "Beri waktu lebih lama untuk menjawab.",
    };
    for (const code of codes) set[`rating.${code}`] = level;
    for (let note = 0; note < 6; note += 1) {
      const key = `note.01936b11-${String(n).padStart(4, "0")}-7000-8000-00000000000${note}`;
      set[key] = { text: "Murid di baris belakang mengangkat tangan dua kali.", at_s: note * 300, tags: [codes[note]] };
    }
    await store.keep({ school, record: `observation/${id}`, set });
  }
  while ((await store.waiting()).changes > 0) await exchangeNow();
  return (await store.list("observation")).length;
}
"""


def measure(browser: Browser) -> list[Figure]:
    with demonstration() as server:
        context = ready_for_offline(browser, server)
        filling = context.new_page()
        held = _fill(filling)
        filling.close()
        context.set_offline(True)
        took = {path: sorted(_open(slow_page(context), path) for _ in range(TIMES)) for path in ("records", "today")}
        context.close()
    return [
        Figure(f"{name} with {held} observations on the device", percentile(took[path], 0.95) / 1000, "s", 1,
               detail=f"slowest of {TIMES}; median {percentile(took[path], 0.5) / 1000:.2f} s")
        for path, name in (("records", "My records"), ("today", "Today"))
    ]  # fmt: skip


def _fill(page: Page) -> int:
    page.goto("/field/id/observe")
    page.wait_for_selector(USABLE)
    return int(page.evaluate(FILL, {"pages": module(page, "js/field-pages.js"), "count": RECORDS}))


def _open(page: Page, path: str) -> float:
    took = usable_ms(page, f"/field/id/{path}")
    page.close()
    return took

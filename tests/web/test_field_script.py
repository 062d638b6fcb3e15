"""The scripts of the field pages, joined: the same modules, in one file."""

import json
import subprocess
from pathlib import Path

import pytest

from observe.app import create_app
from observe.pages import folder
from observe.services.place import Place
from observe.settings import Settings
from observe.web.field_script import whole

COMPARE = """
const nothing = () => null;
const document = { readyState: "complete", getElementById: nothing, querySelectorAll: () => [] };
document.addEventListener = nothing;
Object.assign(globalThis, { document, addEventListener: nothing, requestAnimationFrame: nothing, setTimeout: nothing });
const shape = (made) => JSON.stringify(Object.keys(made).sort().map((name) => `${name} ${made[name]?.length}`));
const { module } = await import(process.argv[2]);
const wrong = [];
for (const path of JSON.parse(process.argv[4])) {
  const source = shape(await import(`${process.argv[3]}/${path}`));
  const joined = shape(module(path));
  if (source !== joined || module(path) !== module(path)) wrong.push([path, source, joined]);
}
console.log(JSON.stringify(wrong));
process.exit(0);
"""


def test_every_module_gives_the_same_joined_as_alone(tmp_path: Path) -> None:
    static = folder("static")
    layers = ("lib", "sync", "local", "exchange")
    paths = [path.relative_to(static).as_posix() for layer in layers for path in (static / "js" / layer).glob("*.js")]
    (tmp_path / "joined.mjs").write_text(whole(static))
    (tmp_path / "compare.mjs").write_text(COMPARE)
    (tmp_path / "package.json").write_text('{"type": "module"}')

    known = [path for path in paths if f'"{path}": ' in whole(static)]
    command = ["node", tmp_path / "compare.mjs", tmp_path / "joined.mjs", static, json.dumps(known)]
    ran = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)

    assert len(known) > len(paths) - 5
    assert json.loads(ran.stdout) == []


def test_every_page_and_the_worker_name_the_joined_script_alone(place: Place) -> None:
    app = create_app(Settings(secret_key="x"), db=place.db)
    browser = app.test_client()
    address = f"/static/{app.config['BUILD']}/js/field-pages.js"

    page, worker = (browser.get(path).get_data(as_text=True) for path in ("/field/id/today", "/sw.js"))

    assert page.count('<script type="module"') == page.count(f'<script type="module" async src="{address}">') == 1
    assert address in worker
    assert "/js/field/" not in page + worker
    assert browser.get(address).status_code == 200


@pytest.mark.parametrize(
    "text",
    [
        'export * from "./other.js";\n',
        'import * as other from "./other.js";\n',
        "export let count = 0;\n",
        "export default 1;\n",
    ],
)
def test_what_cannot_be_joined_is_named_and_not_guessed(text: str, tmp_path: Path) -> None:
    entry = tmp_path / "js" / "field" / "app.js"
    entry.parent.mkdir(parents=True)
    entry.write_text(text)
    (entry.parent / "other.js").write_text("export const one = 1;\n")

    with pytest.raises(ValueError, match=r"js/field/app\.js: cannot join"):
        whole(tmp_path)


def test_modules_in_a_ring_are_refused(tmp_path: Path) -> None:
    folder_of_scripts = tmp_path / "js" / "field"
    folder_of_scripts.mkdir(parents=True)
    (folder_of_scripts / "app.js").write_text('import { one } from "./one.js";\n')
    (folder_of_scripts / "one.js").write_text('import { two } from "./two.js";\nexport const one = 1;\n')
    (folder_of_scripts / "two.js").write_text('import { one } from "./one.js";\nexport const two = 2;\n')

    with pytest.raises(ValueError, match="imports itself"):
        whole(tmp_path)


def test_texts_and_remarks_that_look_like_imports_stay_what_they_are(tmp_path: Path) -> None:
    entry = tmp_path / "js" / "field" / "app.js"
    entry.parent.mkdir(parents=True)
    entry.write_text(
        '/**\n * import { a } from "./gone.js";\n */\n'
        'const said = "export is a word";\n'
        'const kept = /** @type {import("./gone.js").A} */ (said); // stays\n'
    )

    joined = whole(tmp_path)

    assert 'const said = "export is a word";\nconst kept = (said); // stays\n' in joined
    assert "gone.js" not in joined

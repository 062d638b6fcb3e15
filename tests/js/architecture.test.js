// @ts-check
import assert from "node:assert/strict";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { posix } from "node:path";
import { test } from "node:test";

const ROOT = new URL("../../static/js/", import.meta.url);
const ORDER = ["lib", "sync", "local", "exchange", "field"];
const FILES = readdirSync(ROOT, { recursive: true, encoding: "utf8" }).filter((path) => path.endsWith(".js")).sort();

/** @param {string} path */
function textOf(path) {
  return readFileSync(new URL(path, ROOT), "utf8");
}

/** What a module imports, as paths from `static/js/`; comments do not count. @param {string} path @returns {string[]} */
function importsOf(path) {
  const text = textOf(path).replace(/\/\*[\s\S]*?\*\//g, "").replace(/^\s*\/\/.*$/gm, "");
  const found = text.matchAll(/\b(?:import|export)\b[^"';]*?\bfrom\s*["']([^"']+)["']|\bimport\s*\(?\s*["']([^"']+)["']/g);
  return Array.from(found, (match) => match[1] ?? match[2])
    .map((address) => (address.startsWith(".") ? posix.join(posix.dirname(path), address) : `not relative: ${address}`));
}

/** @param {string} path */
function placeOf(path) {
  return ORDER.indexOf(path.split("/")[0]);
}

test("imports run field, exchange, local, sync, lib: down, never up", () => {
  const upward = FILES.filter((path) => placeOf(path) >= 0).flatMap((path) => importsOf(path)
    .filter((target) => FILES.includes(target) && (placeOf(target) < 0 || placeOf(target) > placeOf(path)))
    .map((target) => `${path} imports ${target}`));

  assert.deepEqual(upward, []);
});

test("every import is a relative path to a file that is there", () => {
  const missing = FILES.flatMap((path) => importsOf(path)
    .filter((target) => !target.endsWith(".js") || !existsSync(new URL(target, ROOT)))
    .map((target) => `${path} imports ${target}`));

  assert.deepEqual(missing, []);
});

test("no module imports itself, however far round", () => {
  /** @type {string[]} */
  const cycles = [];
  /** @param {string} path @param {string[]} trail */
  const walk = (path, trail) => {
    if (trail.includes(path)) cycles.push([...trail.slice(trail.indexOf(path)), path].join(" -> "));
    else if (FILES.includes(path)) for (const target of importsOf(path)) walk(target, [...trail, path]);
  };
  for (const path of FILES) if (cycles.length === 0) walk(path, []);

  assert.deepEqual(cycles, []);
});

test("transactions are begun in one file, and the ones that write are strict", () => {
  const elsewhere = FILES.filter((path) => path !== "local/database.js" && /\.transaction\(|"readwrite"/.test(textOf(path)));

  assert.deepEqual(elsewhere, []);
  assert.match(textOf("local/database.js"), /\.transaction\(stores, mode, \{ durability: "strict" \}\)/);
});

test("IndexedDB is spoken to from local/ alone, and the network from exchange/ alone", () => {
  const outside = (/** @type {RegExp} */ words, /** @type {string[]} */ places) => FILES
    .filter((path) => placeOf(path) >= 0 && !places.includes(path.split("/")[0]) && words.test(textOf(path)));

  assert.deepEqual(outside(/\bindexedDB\b|\bopenDB\b|IDBKeyRange/, ["local"]), []);
  assert.deepEqual(outside(/\bfetch\(|XMLHttpRequest|sendBeacon/, ["exchange"]), []);
});

// @ts-check
/**
 * A tablet for tests of the centre: prints the key it made, reads its pairing and edits, prints the file it saves.
 * One JSON value a line each way; the file in base64.
 */
import "fake-indexeddb/auto";
import { createInterface } from "node:readline";
import { newKey } from "../../static/js/lib/seal.js";
import { open } from "../../static/js/local/records.js";

const key = await newKey();
console.log(JSON.stringify(key?.told ?? null));
for await (const line of createInterface({ input: process.stdin })) {
  const { pairing, edits } = JSON.parse(line);
  const store = open(pairing.person);
  await store.adopt(key ? { ...pairing, key: key.mine } : pairing);
  for (const edit of edits) {
    await store.keep(edit);
    await store.seal({ changes: 1000, bytes: 1e9 });
  }
  const file = await store.saveToFile();
  console.log(JSON.stringify({ name: file.name, file: Buffer.from(await file.arrayBuffer()).toString("base64") }));
  process.exit(0);
}

// The host: a clip goes up, the match comes down, and the event loop goes round meanwhile.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { request } from "node:http";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { Store } from "sonic-media";
import { createHost } from "../server.js";
import { BROT, WALTZ, WALTZ_CLIP, scratch, turnsUntil } from "../../../bindings/node/test/support.js";

const MAX_BYTES = 400_000;
let store, server, address;

before(async () => {
  store = await Store.open(join(scratch(), "store"));
  await store.add(WALTZ);
  await store.add(BROT);
  server = createHost(store, { maxBytes: MAX_BYTES, maxWaiting: 40 }).listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  address = `http://127.0.0.1:${server.address().port}/identify`;
});

after(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await store.close();
});

async function post(body, options = {}) {
  const response = await fetch(address, { method: "POST", body, ...options });
  return { status: response.status, json: await response.json() };
}

test("a clip as the body", async () => {
  const { turns, value } = await turnsUntil(post(readFileSync(BROT)));
  assert.equal(value.status, 200);
  assert.equal(value.json.decision, "match");
  assert.equal(value.json.matches[0].id, "brot");
  assert.ok(Math.abs(value.json.matches[0].offset_ms) <= 10);
  assert.deepEqual(Object.keys(value.json.elapsed_ms), ["decode", "fingerprint", "search"]);
  assert.ok(turns >= 5, `the event loop came round ${turns} times`);
});

test("a clip in a form", async () => {
  const form = new FormData();
  form.append("comment", "what is this?");
  form.append("clip", new Blob([readFileSync(WALTZ_CLIP)]), "waltz.mp3");
  const { status, json } = await post(form);
  assert.deepEqual([status, json.query, json.decision, json.matches[0].id], [200, "waltz.mp3", "match", "lantern-waltz"]);
});

test("what is no clip is refused in words", async () => {
  const refused = async (body, status, kind, options) => {
    const answer = await post(body, options);
    assert.deepEqual([answer.status, answer.json.error.kind], [status, kind]);
    assert.ok(answer.json.error.message.length > 10);
  };
  await refused("This is a letter, not a clip. ".repeat(40), 415, "unsupported");
  await refused("", 422, "malformed");
  await refused("--x\r\nno form", 400, "malformed", { headers: { "content-type": "multipart/form-data; boundary=y" } });
  const form = new FormData();
  form.append("comment", "no file");
  await refused(form, 400, "invalid_argument");
  await refused(Buffer.alloc(MAX_BYTES + 1), 413, "limit");
});

test("a body without a length is cut off at the limit", async () => {
  const answer = await new Promise((resolve, reject) => {
    const upload = request(address, { method: "POST" }, (response) => {
      response.resume();
      resolve(response);
      upload.destroy();
    });
    upload.on("error", reject);
    const chunk = Buffer.alloc(65_536);
    for (let i = 0; i < 20; i++) upload.write(chunk);
  });
  assert.deepEqual([answer.statusCode, answer.headers.connection], [413, "close"]);
});

test("other addresses and methods", async () => {
  assert.equal((await fetch(address)).status, 405);
  assert.equal((await fetch(new URL("/other", address), { method: "POST" })).status, 404);
});

test("too many at once are asked to come back", async () => {
  const clip = readFileSync(WALTZ_CLIP);
  const answers = await Promise.all(Array.from({ length: 60 }, () => post(clip)));
  const counts = Object.groupBy?.(answers, (a) => a.status) ?? grouped(answers);
  assert.deepEqual(Object.keys(counts).sort(), ["200", "503"]);
  assert.equal(counts[200].every((a) => a.json.matches[0].id === "lantern-waltz"), true);
});

function grouped(answers) {
  const groups = {};
  for (const answer of answers) (groups[answer.status] ??= []).push(answer);
  return groups;
}

test("a client that goes away ends nothing", async () => {
  const stop = new AbortController();
  const gone = fetch(address, { method: "POST", body: readFileSync(BROT), signal: stop.signal });
  await new Promise((resolve) => setTimeout(resolve, 20));
  stop.abort();
  await assert.rejects(gone);
  assert.equal((await post(readFileSync(WALTZ_CLIP))).status, 200);
});

const windows = process.platform === "win32";
test("the command serves a store until it is told to stop", { skip: windows && "no signals" }, async () => {
  const path = join(scratch(), "served");
  const made = await Store.open(path);
  await made.add(WALTZ);
  await made.close();
  const command = fileURLToPath(new URL("../server.js", import.meta.url));
  const host = spawn(process.execPath, [command, path, "0"], { stdio: ["ignore", "pipe", "inherit"] });
  const [line] = await once(host.stdout.setEncoding("utf8"), "data");
  const [, port] = /port (\d+)/.exec(line);
  const url = `http://127.0.0.1:${port}/identify`;
  const answer = await fetch(url, { method: "POST", body: readFileSync(WALTZ_CLIP), headers: { connection: "close" } });
  assert.equal((await answer.json()).matches[0].id, "lantern-waltz");
  host.kill("SIGTERM");
  assert.deepEqual(await once(host, "exit"), [0, null]);
});

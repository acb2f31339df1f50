// What the environment says: what is understood is done, what is not keeps the app from starting.

import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { ALMA, ask, ecapaManifest, file, get, launch, noEcapa, post, scratch, serve, wav } from "./support.js";

test("a value that is not understood keeps it from starting", async () => {
  const wrong = {
    VIIM_THRESHOLD: "70%",
    VIIM_MIN_SAMPLES: "6",
    VIIM_LOG: "loud",
    VIIM_MAX_UPLOAD_BYTES: "4MB",
    VIIM_CORS_ORIGINS: "example.org",
    VIIM_TRESHOLD: "0.5",
    ML_SERVICE_URL: "http://localhost:8080",
  };
  const server = await launch({ VIIM_STORE: join(scratch(), "store"), ...wrong });
  assert.equal(await server.ended, 1);
  for (const name of Object.keys(wrong)) assert.ok(server.output().includes(name), `${name}: ${server.output()}`);
});

test("a library, a model or a store that is not there keeps it from starting", async () => {
  const folder = scratch();
  writeFileSync(join(folder, "file"), "no store");
  const cases = [
    [{ SONIC_LIBRARY: join(folder, "none.so") }, /libsonic was not found/],
    [{ VIIM_VOICE_MODEL: "no-such-model" }, /no-such-model/],
    [{ VIIM_STORE: join(folder, "file") }, /file/],
  ];
  const servers = await Promise.all(
    cases.map(([settings]) => launch({ VIIM_STORE: join(folder, "store"), ...settings })),
  );
  for (const [i, [, said]] of cases.entries()) {
    const server = servers[i];
    assert.equal(await server.ended, 1);
    const line = server
      .output()
      .split("\n")
      .find((one) => one.includes("not started"));
    assert.match(line ?? server.output(), said);
    assert.equal(JSON.parse(line).level, "error");
  }
});

test("the example of an environment starts it, and names every setting", async () => {
  const lines = readFileSync(file(".env.example"), "utf8").split("\n");
  const settings = lines.map((line) => /^#?([A-Z_]+)=(.*)$/.exec(line)).filter(Boolean);
  const example = Object.fromEntries(settings.map(([, name, value]) => [name, value]));
  const source = readFileSync(file("lib/settings.ts"), "utf8");
  const read = [...source.matchAll(/"(VIIM_[A-Z_]+)"/g)].map(([, name]) => name);
  assert.ok(read.length >= 10);
  assert.deepEqual(
    Object.keys(example)
      .filter((name) => name.startsWith("VIIM_"))
      .sort(),
    [...read].sort(),
  );
  const readme = readFileSync(file("README.md"), "utf8");
  for (const name of read) assert.ok(readme.includes(`\`${name}\``), `README.md lacks ${name}`);
  const ours = Object.entries(example).filter(([name]) => name.startsWith("VIIM_"));
  const server = await serve({ ...Object.fromEntries(ours), VIIM_STORE: join(scratch(), "store") });
  const { json } = await get(`${server.url}/api/health`);
  await server.stop();
  assert.deepEqual(
    [json.model_name, json.settings],
    ["celda128", { threshold: 0.7, minSamples: 3, maxSamples: 5, maxUploadBytes: 4_194_304 }],
  );
});

test("settings are followed: samples, other sites' pages, requests at once", async () => {
  const server = await serve({
    VIIM_STORE: join(scratch(), "store"),
    VIIM_MIN_SAMPLES: "1",
    VIIM_MAX_SAMPLES: "2",
    VIIM_MAX_REQUESTS: "2",
    VIIM_CORS_ORIGINS: "https://a.example,https://b.example",
  });
  const at = (path) => `${server.url}/api/viim/${path}`;
  const headers = { origin: "https://b.example" };
  const first = await post(at("enroll"), await wav(ALMA[0]), { userId: "alma" }, { headers });
  assert.deepEqual([first.status, first.json.status], [200, "complete"]);
  assert.equal(first.headers.get("access-control-allow-origin"), "https://b.example");
  const bad = await post(at("enroll"), null, {}, { headers });
  assert.deepEqual([bad.status, bad.headers.get("access-control-allow-origin")], [400, "https://b.example"]);
  const preflight = await fetch(at("enroll"), { method: "OPTIONS", headers });
  assert.deepEqual(
    [preflight.status, preflight.headers.get("access-control-allow-methods")],
    [204, "GET, POST, DELETE"],
  );
  assert.equal(
    (await fetch(at("enroll"), { method: "OPTIONS", headers: { origin: "https://c.example" } })).status,
    403,
  );

  const clip = await wav(ask("alma-ferry"));
  const answers = await Promise.all(Array.from({ length: 20 }, () => post(at("identify"), clip)));
  const busy = answers.filter(({ status }) => status === 503);
  assert.ok(busy.length > 0 && busy.every(({ headers: given }) => given.get("retry-after") === "1"));
  assert.ok(answers.some(({ status }) => status === 200));
  await server.stop();
});

test("an ECAPA model gives 192 numbers, and its name", { skip: noEcapa() }, async () => {
  const folder = scratch();
  const settings = { VIIM_STORE: join(folder, "store"), VIIM_VOICE_MODEL: ecapaManifest(folder) };
  const server = await serve(settings);
  const { json: health } = await get(`${server.url}/api/health`);
  assert.deepEqual([health.model_name, health.model.dimensions], ["ecapa-c192", 192]);
  const enrolled = await post(`${server.url}/api/viim/enroll`, await wav(ALMA[0]), { userId: "alma" });
  assert.deepEqual([enrolled.status, enrolled.json.embedding?.length], [200, 192]);
  const { json } = await post(`${server.url}/api/viim/identify`, await wav(ask("alma-ferry")));
  assert.deepEqual([json.embeddingDimensions, json.candidates[0].userId], [192, "alma"]);
  await server.stop();

  const other = await launch({ VIIM_STORE: settings.VIIM_STORE });
  assert.equal(await other.ended, 1);
  assert.match(other.output(), /holds voices of .*set the model/);
});

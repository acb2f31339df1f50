// The routes, asked as their clients ask them, of the app as `next start` runs it.

import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, test } from "node:test";
import {
  ALMA,
  BRUNO,
  ask,
  asset,
  bytesOf,
  get,
  post,
  postJson,
  scratch,
  serve,
  unless,
  wav,
  wavOf,
} from "./support.js";

const settings = { VIIM_STORE: join(scratch(), "store"), VIIM_MAX_UPLOAD_BYTES: "2000000" };
let server;
const at = (path) => `${server.url}/api/viim/${path}`;
const similar = (a, b) => Math.abs(a - b) < 1e-5;

before(async () => {
  server = await serve(settings);
});

after(() => server?.stop());

test("health names the model that is loaded", async () => {
  const { status, json } = await get(`${server.url}/api/health`);
  assert.deepEqual([status, json.status, json.model_loaded, json.model_name], [200, "healthy", true, "celda128"]);
  assert.deepEqual([json.model.dimensions, json.store], [128, { recordings: 0, people: 0 }]);
  assert.deepEqual([json.settings.threshold, json.settings.minSamples, json.settings.maxSamples], [0.7, 3, 5]);
  assert.match(server.output(), /Connected to ML model: celda128/);
});

test("nobody is enrolled: nobody is found, and the recording is stored", async () => {
  const { status, json } = await post(at("identify"), await wav(ask("alma-ferry")));
  assert.deepEqual(
    [status, json.matches, json.topMatch, json.threshold, json.decision],
    [200, [], null, 0.7, "unknown"],
  );
  assert.deepEqual([json.embeddingDimensions, json.embedding.length, json.compared], [128, 128, 0]);
  assert.ok(json.processingTime >= 0);
  const { json: list } = await get(`${at("recordings")}?mode=identify`);
  assert.deepEqual(
    list.recordings.map((one) => one.recording_id),
    [json.recordingId],
  );
  assert.equal(list.recordings[0].filename, "recording.wav");
});

test("enrolling goes from enrolled through sample_added to complete", async () => {
  const answers = [];
  for (const path of ALMA) answers.push(await post(at("enroll"), await wav(path), { userId: "alma" }));
  assert.deepEqual(
    answers.map((one) => [one.status, one.json.status, one.json.sampleCount]),
    [
      [200, "enrolled", 1],
      [200, "sample_added", 2],
      [200, "complete", 3],
    ],
  );
  const [first] = answers;
  assert.ok(
    answers.every(({ json }) => json.voiceprintId === first.json.voiceprintId && json.voiceprintId.startsWith("vp_")),
  );
  assert.ok(answers.every(({ json }) => json.embedding.length === 128 && json.message.length > 10));
  const power = first.json.embedding.reduce((sum, x) => sum + x * x, 0);
  assert.ok(Math.abs(power - 1) < 1e-3, `length ${Math.sqrt(power)}`);
});

test("the same recording is no second sample", async () => {
  const { status, json } = await post(at("enroll"), await wav(ALMA[0]), { userId: "alma" });
  assert.deepEqual([status, json.sampleCount], [200, 3]);
  assert.match(json.message, /already/);
});

test("somebody else may not be enrolled from it", async () => {
  const { status, json } = await post(at("enroll"), await wav(ALMA[0]), { userId: "impostor" });
  assert.equal(status, 409);
  assert.match(json.error, /somebody else/);
});

test("from the fifth sample on nothing is added, but all is stored", async () => {
  for (const name of ["alma-ferry"]) await post(at("enroll"), await wav(ask(name)), { userId: "alma" });
  const fifth = await post(at("enroll"), await wav([ALMA[0], ALMA[1]], { seconds: 8 }), { userId: "alma" });
  assert.deepEqual([fifth.json.status, fifth.json.sampleCount], ["complete", 5]);
  const before = (await get(`${server.url}/api/health`)).json.store.recordings;
  const sixth = await post(at("enroll"), await wav([ALMA[1], ALMA[2]], { seconds: 8 }), { userId: "alma" });
  assert.deepEqual([sixth.status, sixth.json.status, sixth.json.sampleCount], [200, "complete", 5]);
  assert.equal("embedding" in sixth.json, false);
  assert.equal((await get(`${server.url}/api/health`)).json.store.recordings, before + 1);
});

test("a user who has no id gets one", async () => {
  const { json } = await post(at("enroll"), await wav(BRUNO[0]));
  assert.match(json.userId, /^temp_user_\d+_[0-9a-f]+$/);
  const gone = await get(`${at("voiceprints")}?userId=${json.userId}`, { method: "DELETE" });
  assert.deepEqual([gone.status, gone.json.recordings], [200, 1]);
});

test("identifying tells who it is, and who it is not", async () => {
  for (const path of BRUNO) await post(at("enroll"), await wav(path), { userId: "bruno" });
  for (const who of ["alma", "bruno"]) {
    const { status, json } = await post(at("identify"), await wav(ask(`${who}-ferry`)), { threshold: "0.5" });
    assert.deepEqual([status, json.decision, json.topMatch.userId, json.threshold], [200, "match", who, 0.5]);
    assert.deepEqual(Object.keys(json.topMatch), ["userId", "voiceprintId", "similarity"]);
    assert.ok(json.matches.every(({ match, similarity }) => match && similarity >= 0.5));
    assert.equal(json.candidates[0].userId, who);
  }
  const stranger = await post(at("identify"), await wav(ask("dora-ferry")));
  assert.deepEqual([stranger.json.topMatch, stranger.json.compared], [null, 2]);
});

test("a threshold decides which matches there are", async () => {
  const all = await post(at("identify"), await wav(ask("bruno-ferry")), { threshold: "0" });
  const none = await post(at("identify"), await wav(ask("bruno-ferry")), { threshold: "1" });
  assert.deepEqual([all.json.matches.length, none.json.matches.length], [2, 0]);
  assert.ok(all.json.matches[0].similarity > all.json.matches[1].similarity);
  for (const threshold of ["-0.1", "1.1", "much"]) {
    const { status, json } = await post(at("identify"), await wav(ask("bruno-ferry")), { threshold });
    assert.deepEqual([status, json.error], [400, "Invalid threshold (must be between 0 and 1)"]);
    assert.equal(typeof json.processingTime, "number");
  }
});

test("verifying compares: the claim is accepted for the right voice only", async () => {
  const right = await post(at("verify"), await wav(ask("bruno-ferry")), { userId: "bruno", assetId: "song-1" });
  assert.deepEqual(
    [right.status, right.json.verified, right.json.userId, right.json.assetId],
    [200, true, "bruno", "song-1"],
  );
  const wrong = await post(at("verify"), await wav(ask("dora-ferry")), { userId: "bruno" });
  assert.deepEqual([wrong.json.verified, wrong.json.serial], [false, null]);
  assert.ok(right.json.similarityScore > wrong.json.similarityScore + 0.2);
  assert.ok(right.json.probability > 0.5 && wrong.json.probability < 0.5);
  const { grade, similarityScore } = right.json;
  assert.equal(
    grade,
    similarityScore >= 0.9 ? "A" : similarityScore >= 0.8 ? "B" : similarityScore >= 0.7 ? "C" : null,
  );
  assert.match(String(right.json.serial), grade ? new RegExp(`^VIIM-${grade}-[0-9A-F]{12}$`) : /^null$/);
  const strict = await post(at("verify"), await wav(ask("bruno-ferry")), { userId: "bruno", threshold: "1" });
  assert.equal(strict.json.verified, false);
  assert.equal((await post(at("verify"), await wav(ask("bruno-ferry")))).status, 400);
  assert.equal((await post(at("verify"), await wav(ask("bruno-ferry")), { userId: "nobody" })).status, 404);
});

test("recordings that sound alike are found", async () => {
  const { json: asked } = await post(at("identify"), await wav(BRUNO[1]));
  const { embedding, recordingId } = asked;
  const { status, json } = await postJson(at("recordings/search"), { embedding });
  assert.deepEqual([status, json.count, json.matches.length], [200, 3, 3]);
  const self = json.matches.find((one) => one.recording_id === recordingId);
  assert.ok(similar(self.similarity, 1) && self.mode === "identify");
  assert.deepEqual(Object.keys(json.matches[0]).sort(), [
    "created_at",
    "duration_seconds",
    "filename",
    "mode",
    "recording_id",
    "similarity",
    "user_id",
    "voiceprint_id",
  ]);
  const others = await postJson(at("recordings/search"), { embedding, recordingId, threshold: 0.9, limit: 1 });
  assert.deepEqual([others.json.count, others.json.matches[0].user_id], [1, "bruno"]);
  assert.deepEqual(
    (await postJson(at("recordings/search"), { recordingId, threshold: 0.9, limit: 1 })).json,
    others.json,
  );
});

test("searches that make no sense are refused", async () => {
  const embedding = Array.from({ length: 128 }, () => 0.1);
  const refused = async (body, status, said) => {
    const answer = await postJson(at("recordings/search"), body);
    assert.deepEqual([answer.status, said.test(answer.json.error)], [status, true], answer.json.error);
  };
  await refused({}, 400, /embedding array/);
  await refused({ embedding: "much" }, 400, /embedding array/);
  await refused({ embedding: [1, null] }, 400, /embedding array/);
  await refused({ embedding: embedding.slice(1) }, 400, /127 numbers.*celda128.*128/);
  await refused({ embedding, threshold: 2 }, 400, /threshold/);
  await refused({ embedding, limit: 11 }, 400, /limit/);
  await refused({ recordingId: "none" }, 404, /no recording none/);
  await refused([], 400, /object/);
  const broken = await get(at("recordings/search"), { method: "POST", body: "{" });
  assert.equal(broken.status, 400);
});

test("recordings that cannot be used are refused in words", async () => {
  const silence = wavOf(
    Array.from({ length: 32_000 }, () => 0),
    16_000,
  );
  const refused = async (audio, said, fields = { userId: "alice" }) => {
    for (const route of ["enroll", "identify"]) {
      const { status, json } = await post(at(route), audio, fields);
      assert.deepEqual([status, said.test(json.error)], [400, true], `${route}: ${status} ${json.error}`);
      assert.equal("processingTime" in json, route === "identify");
    }
  };
  await refused(null, /^Missing audio file/);
  await refused("", /^Empty audio file/);
  await refused("This is a letter, not sound. ".repeat(40), /^Failed to load audio: /);
  await refused(await wav(ALMA[0], { seconds: 0.8 }), /^Audio too short: 0.80s \(minimum 1s\)/);
  await refused(await wav(ALMA, { seconds: 10.05 }), /^Audio too long: 10.05s \(maximum 10s\)/);
  await refused(silence, /./);
  assert.equal((await post(at("identify"), null, { audio: "text" })).status, 400);
  const tooLong = await post(at("identify"), Buffer.alloc(2_000_001));
  assert.deepEqual([tooLong.status, /2000000 bytes/.test(tooLong.json.error)], [413, true]);
  const noForm = await get(at("enroll"), { method: "POST", body: "x" });
  assert.deepEqual([noForm.status, /^Missing audio file/.test(noForm.json.error)], [400, true]);
  assert.equal((await fetch(at("enroll"))).status, 405);
});

test("pages of other sites may not send", async () => {
  const headers = { origin: "https://elsewhere.example" };
  const { status, json } = await post(at("identify"), await wav(ask("alma-ferry")), {}, { headers });
  assert.deepEqual([status, /elsewhere.example/.test(json.error)], [403, true]);
  const own = await post(at("identify"), await wav(ask("alma-ferry")), {}, { headers: { origin: server.url } });
  assert.equal(own.status, 200);
});

const webm = asset("services/contracts/bodies/alma-1.webm");
const m4a = asset("services/contracts/bodies/alma-1.m4a");
const recorded = asset("services/citywok/queries/mediarecorder.webm");
const noAssets = unless(webm && m4a && recorded, "assets", "SONIC_TEST_ASSETS is not set, or lacks services");
test("what browsers record is understood: WebM and M4A", { skip: noAssets }, async () => {
  for (const [path, filename] of [
    [webm, "a.webm"],
    [m4a, "a.m4a"],
  ]) {
    const { status, json } = await post(at("identify"), bytesOf(path), {}, { filename });
    assert.deepEqual(
      [status, json.candidates[0].userId, json.decision],
      [200, "alma", "match"],
      JSON.stringify(json.error),
    );
  }
  assert.equal((await post(at("identify"), bytesOf(recorded), {}, { filename: "r.webm" })).status, 200);
  const { json } = await get(`${at("recordings")}?limit=1`);
  assert.equal(json.recordings[0].filename, "r.webm");
});

test("a user is forgotten with all recordings", async () => {
  const { json: listed } = await get(at("voiceprints"));
  assert.deepEqual(
    listed.voiceprints.map(({ userId, sampleCount, complete }) => [userId, sampleCount, complete]),
    [
      ["alma", 5, true],
      ["bruno", 3, true],
    ],
  );
  const gone = await get(`${at("voiceprints")}?userId=bruno`, { method: "DELETE" });
  assert.deepEqual([gone.status, gone.json.voiceprints], [200, 1]);
  assert.deepEqual((await get(`${at("recordings")}?userId=bruno`)).json.recordings, []);
  assert.equal((await get(`${at("voiceprints")}?userId=bruno`, { method: "DELETE" })).status, 404);
  assert.equal((await get(at("voiceprints"), { method: "DELETE" })).status, 400);
});

test("what happened is counted and logged", async () => {
  const response = await fetch(`${server.url}/metrics`);
  assert.match(response.headers.get("content-type"), /^text\/plain; version=0.0.4/);
  const text = await response.text();
  assert.match(text, /^viim_requests_total\{route="\/api\/viim\/enroll",method="POST",status="200"\} \d+$/m);
  assert.match(text, /^viim_people 1$/m);
  const lines = server
    .output()
    .split("\n")
    .filter((line) => line.startsWith("{"))
    .map((line) => JSON.parse(line));
  const enrolled = lines.find((line) => line.route === "/api/viim/enroll" && line.status === 200);
  assert.deepEqual([enrolled.message, enrolled.model, enrolled.userId], ["request", "celda128", "alma"]);
});

test("what was enrolled is there after a restart", async () => {
  await server.stop();
  server = await serve(settings);
  const { json } = await get(at("voiceprints"));
  assert.deepEqual(
    json.voiceprints.map(({ userId, sampleCount }) => [userId, sampleCount]),
    [["alma", 5]],
  );
  const answer = await post(at("identify"), await wav(ask("alma-ferry")));
  assert.equal(answer.json.decision, "match");
});

// What the tests share: recordings to send, and the app on a port of loopback.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { decode } from "sonic-media";

// Each server and each folder has an end of its own.
process.setMaxListeners(0);

const APP = fileURLToPath(new URL("../", import.meta.url));
const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
/** Milliseconds that a server may take to answer for the first time, on a busy machine. */
const START_MS = 60_000;

const voice = (path) => join(ROOT, "examples/demo/voices", path);
const enrol = (who, ...names) => names.map((name) => voice(`enrol/${who}/${name}.opus`));
export const ALMA = enrol("alma", "boat", "bread", "lanterns");
export const BRUNO = enrol("bruno", "bread", "garden", "river");
export const ask = (name) => voice(`ask/${name}.opus`);

/** A file of the app. */
export const file = (path) => join(APP, path);

/** Whether what is missing must be there: SONIC_REQUIRE names it, or says "all". */
function required(need) {
  const named = (process.env.SONIC_REQUIRE ?? "").split(",").map((one) => one.trim());
  return named.includes(need) || named.includes("all");
}

/** Why a test is skipped, which is printed with it; false if it is not. What SONIC_REQUIRE names is never skipped. */
export function unless(there, need, reason) {
  if (there) return false;
  assert.ok(!required(need), `SONIC_REQUIRE names ${need}, but ${reason}`);
  return reason;
}

/** A file of the assets; undefined without them. */
export function asset(path) {
  const folder = process.env.SONIC_TEST_ASSETS;
  const found = folder && join(folder, path);
  return found && existsSync(found) ? found : undefined;
}

const ECAPA = "voice/models/ecapa-untrained/ecapa-c192.onnx";

/** Why there is no ECAPA model here; false if there is. */
export function noEcapa() {
  return (
    unless(asset(ECAPA), "assets", "SONIC_TEST_ASSETS is not set, or lacks the ECAPA model") ||
    unless(process.env.ORT_DYLIB_PATH, "onnxruntime", "ORT_DYLIB_PATH is not set")
  );
}

/** The path of a manifest of the ECAPA model, which is put into `folder`. */
export function ecapaManifest(folder) {
  copyFileSync(asset(ECAPA), join(folder, "ecapa-c192.onnx"));
  const manifest = `
    id = "ecapa-c192"
    task = "speaker-embedding"
    file = "ecapa-c192.onnx"
    licence = "CC-BY-4.0"
    commercial = true
    source = "https://example.org"
    dimensions = 192
    inputs = ["feats"]
    outputs = ["embedding"]
    speech = { front_end = "ecapa80", sample_rate = 16000 }
  `;
  const path = join(folder, "ecapa.toml");
  writeFileSync(path, manifest);
  return path;
}

/** A folder that is gone when the tests of this file are over. */
export function scratch() {
  const path = mkdtempSync(join(tmpdir(), "sonic-nextjs-"));
  process.on("exit", () => rmSync(path, { recursive: true, force: true }));
  return path;
}

/** The sound of files, one after another, as a WAV file of 16 bits; cut to `seconds`. */
export async function wav(paths, { sampleRate = 16_000, seconds = Infinity } = {}) {
  const clips = await Promise.all([paths].flat().map((path) => decode(path, { sampleRate })));
  const samples = clips.flatMap(({ samples: all }) => Array.from(all)).slice(0, seconds * sampleRate);
  return wavOf(samples, sampleRate);
}

/** Samples of -1 to 1 as a WAV file of 16 bits. */
export function wavOf(samples, sampleRate) {
  const bytes = Buffer.alloc(44 + 2 * samples.length);
  bytes.write("RIFF", 0, "latin1");
  bytes.writeUInt32LE(36 + 2 * samples.length, 4);
  bytes.write("WAVEfmt ", 8, "latin1");
  bytes.writeUInt32LE(16, 16);
  bytes.writeUInt16LE(1, 20);
  bytes.writeUInt16LE(1, 22);
  bytes.writeUInt32LE(sampleRate, 24);
  bytes.writeUInt32LE(2 * sampleRate, 28);
  bytes.writeUInt16LE(2, 32);
  bytes.writeUInt16LE(16, 34);
  bytes.write("data", 36, "latin1");
  bytes.writeUInt32LE(2 * samples.length, 40);
  samples.forEach((x, i) => bytes.writeInt16LE(Math.round(Math.min(Math.max(x, -1), 1) * 32_767), 44 + 2 * i));
  return bytes;
}

/** Writes a WAV file for a microphone that plays it. */
export async function microphoneFile(folder, name, paths) {
  const path = join(folder, `${name}.wav`);
  writeFileSync(path, await wav(paths, { sampleRate: 48_000 }));
  return path;
}

async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** The environment of a server: this one's, without settings of the app, and `settings`. */
function environment(settings) {
  const names = Object.keys(process.env).filter(
    (name) => !name.startsWith("VIIM_") && !name.endsWith("ML_SERVICE_URL"),
  );
  return { ...Object.fromEntries(names.map((name) => [name, process.env[name]])), ...settings };
}

/** `next start` with settings; `output()` is what it has printed, `ended` its exit code once it has. */
export async function launch(settings) {
  const port = await freePort();
  const command = [file("run.js"), "start", "--hostname", "127.0.0.1", "--port", String(port)];
  const child = spawn(process.execPath, command, {
    cwd: APP,
    env: environment(settings),
    stdio: ["ignore", "pipe", "pipe"],
  });
  let text = "";
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (part) => (text += part));
  const ended = new Promise((resolve) => child.once("close", resolve));
  const stop = () => (child.kill("SIGTERM"), ended);
  process.on("exit", () => child.kill("SIGKILL"));
  return { url: `http://127.0.0.1:${port}`, output: () => text, ended, stop };
}

/** The same, once it answers. */
export async function serve(settings) {
  const server = await launch(settings);
  let code;
  server.ended.then((found) => (code = found));
  const until = Date.now() + START_MS;
  while (Date.now() < until && code === undefined) {
    const response = await fetch(`${server.url}/api/health`).catch(() => undefined);
    if (response) return server;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  await server.stop();
  throw new Error(`the server did not start: ${server.output()}`);
}

/** Posts a form: a file as `audio`, and fields. */
export async function post(url, audio, fields = {}, { filename = "recording.wav", headers = {} } = {}) {
  const form = new FormData();
  if (audio !== null) form.append("audio", new Blob([audio]), filename);
  for (const [name, value] of Object.entries(fields)) form.append(name, value);
  return answerOf(await fetch(url, { method: "POST", body: form, headers }));
}

/** Posts JSON. */
export async function postJson(url, body) {
  const headers = { "content-type": "application/json" };
  return answerOf(await fetch(url, { method: "POST", body: JSON.stringify(body), headers }));
}

export async function get(url, options) {
  return answerOf(await fetch(url, options));
}

async function answerOf(response) {
  return { status: response.status, headers: response.headers, json: await response.json() };
}

export const bytesOf = (path) => readFileSync(path);

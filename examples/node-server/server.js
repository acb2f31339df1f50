// A host: clips are uploaded, their recordings are named.
//
//   node server.js STORE [PORT]
//   curl --data-binary @clip.mp3 localhost:8080/identify
//   curl --form clip=@clip.mp3 localhost:8080/identify

import { createServer } from "node:http";
import { pathToFileURL } from "node:url";
import { SonicError, Store } from "sonic-media";

const MAX_BYTES = 32 << 20;
/** Uploads that may wait for an answer; who comes later has to come back. */
const MAX_WAITING = 64;

const STATUS = {
  invalid_argument: 400,
  malformed: 422,
  unsupported: 415,
  limit: 413,
  closed: 503,
};

/** An error that is the client's. */
class Refused extends Error {
  constructor(status, kind, message) {
    super(message);
    Object.assign(this, { status, kind });
  }
}

/** A server that answers `POST /identify` from `store`. The answer is that of `sonic identify --json`. */
export function createHost(store, { maxBytes = MAX_BYTES, maxWaiting = MAX_WAITING } = {}) {
  let waiting = 0;
  const server = createServer(async (request, response) => {
    const gone = new AbortController();
    response.on("close", () => gone.abort());
    waiting += 1;
    try {
      if (waiting > maxWaiting) throw new Refused(503, "limit", "too many clips at once: try again soon");
      respond(response, 200, await route(store, request, maxBytes, gone.signal));
    } catch (error) {
      if (!gone.signal.aborted) refuse(request, response, error);
    } finally {
      waiting -= 1;
    }
  });
  server.requestTimeout = 60_000;
  return server;
}

async function route(store, request, maxBytes, signal) {
  const { pathname } = new URL(request.url, "http://host");
  if (pathname !== "/identify") throw new Refused(404, "not_found", "there is only POST /identify");
  if (request.method !== "POST") throw new Refused(405, "invalid_argument", "send the clip with POST");
  const clip = await clipOf(request, await body(request, maxBytes));
  const answer = await store.identify(clip.bytes, { signal });
  return { query: clip.name, ...inSnakeCase(answer) };
}

/** The whole body, unless it is too long. */
async function body(request, maxBytes) {
  const tooLong = new Refused(413, "limit", `a clip may have ${maxBytes} bytes: send a shorter one`);
  if (Number(request.headers["content-length"]) > maxBytes) throw tooLong;
  const chunks = [];
  let length = 0;
  for await (const chunk of request) {
    length += chunk.length;
    if (length > maxBytes) throw tooLong;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, length);
}

/** The clip in a body: its first file if it is a form, else all of it. */
async function clipOf(request, bytes) {
  const type = request.headers["content-type"] ?? "";
  if (!type.toLowerCase().startsWith("multipart/form-data")) return { name: null, bytes };
  const form = await new Response(bytes, { headers: { "content-type": type } }).formData().catch((cause) => {
    throw new Refused(400, "malformed", `the form cannot be read: ${cause.message}`);
  });
  for (const value of form.values()) {
    if (typeof value !== "string") return { name: value.name, bytes: await value.arrayBuffer() };
  }
  throw new Refused(400, "invalid_argument", "the form has no file: add one");
}

/** { offsetMs: 1 } as { offset_ms: 1 }, at every depth. */
function inSnakeCase(value) {
  if (Array.isArray(value)) return value.map(inSnakeCase);
  if (value === null || typeof value !== "object") return value;
  const named = ([key, item]) => [key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`), inSnakeCase(item)];
  return Object.fromEntries(Object.entries(value).map(named));
}

function refuse(request, response, error) {
  const ours = error instanceof SonicError || error instanceof Refused;
  const status = error.status ?? STATUS[error.kind] ?? 500;
  // What is our own trouble is not for the client to read.
  const text = ours && status < 500 ? error.message : status === 503 ? "busy: try again soon" : "it is our fault";
  if (status >= 500 && status !== 503) console.error(error);
  // A body that was not read to its end cannot be followed by another request.
  if (!request.complete) response.setHeader("connection", "close");
  respond(response, status, { error: { kind: ours ? error.kind : "internal", message: text } });
}

function respond(response, status, value) {
  const text = JSON.stringify(value);
  response.writeHead(status, { "content-type": "application/json", "content-length": Buffer.byteLength(text) });
  response.end(text);
}

async function main([path, port = "8080"]) {
  if (!path) {
    console.error("usage: node server.js STORE [PORT]");
    process.exitCode = 2;
    return;
  }
  const store = await Store.open(path, { access: "read_only" });
  const server = createHost(store).listen(Number(port), () => {
    console.log(`listening on port ${server.address().port}, ${path}`);
  });
  for (const signal of ["SIGINT", "SIGTERM"]) {
    process.once(signal, () => server.close(() => store.close()));
  }
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) await main(process.argv.slice(2));

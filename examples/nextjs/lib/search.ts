// Which recordings sound alike, whoever they are of.

import { type Call, Refused } from "./http";
import { listed } from "./recordings";
import { bodyOf } from "./upload";

/** Recordings found at most. */
const MOST = 10;

interface Wanted {
  embedding: Float32Array;
  exclude: string[];
  threshold: number;
  limit: number;
}

/** The recordings nearest to an embedding, or to a recording that the store has. */
export async function search(call: Call): Promise<unknown> {
  const { store, embedder } = call.engine;
  const { embedding, ...options } = await wantedOf(call);
  const found = await store.voices.search(embedding, { embedder, ...options, signal: call.request.signal });
  const matches = found.map(({ voice, similarity }) => ({ ...listed(voice), similarity: Math.min(similarity, 1) }));
  call.logged.count = matches.length;
  return { count: matches.length, matches };
}

async function wantedOf(call: Call): Promise<Wanted> {
  const body = await jsonOf(call);
  const { recordingId, threshold = 0.5, limit = 3 } = body;
  if (typeof threshold !== "number" || !(threshold >= 0 && threshold <= 1)) {
    throw new Refused(400, "Invalid threshold (must be between 0 and 1)");
  }
  if (typeof limit !== "number" || !Number.isInteger(limit) || limit < 1 || limit > MOST) {
    throw new Refused(400, `Invalid limit (must be a whole number, 1 to ${MOST})`);
  }
  if (recordingId !== undefined && typeof recordingId !== "string") throw new Refused(400, "recordingId must be text");
  const embedding = await embeddingOf(call, body.embedding, recordingId);
  return { embedding, exclude: recordingId === undefined ? [] : [recordingId], threshold, limit };
}

/** The embedding that was sent; without one that of the recording named, which is not found then. */
async function embeddingOf(call: Call, given: unknown, recordingId: string | undefined): Promise<Float32Array> {
  const { store, model } = call.engine;
  if (given === undefined && recordingId !== undefined) {
    const kept = await store.voices.embedding(recordingId);
    if (kept === null) throw new Refused(404, `there is no recording ${recordingId}`);
    return kept;
  }
  if (!Array.isArray(given) || !given.every((x) => typeof x === "number" && Number.isFinite(x))) {
    throw new Refused(400, "Missing or invalid embedding array");
  }
  if (given.length !== model.dimensions) {
    throw new Refused(
      400,
      `embedding has ${given.length} numbers, and those of ${model.name} have ${model.dimensions}`,
    );
  }
  return Float32Array.from(given);
}

async function jsonOf(call: Call): Promise<Record<string, unknown>> {
  const bytes = await bodyOf(call.request, call.engine.settings.maxUploadBytes);
  let body: unknown;
  try {
    body = JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    throw new Refused(400, "the body must be JSON, with an embedding or a recordingId");
  }
  if (body === null || typeof body !== "object" || Array.isArray(body))
    throw new Refused(400, "the body must be an object");
  return body as Record<string, unknown>;
}

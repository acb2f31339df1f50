// Recordings as the store keeps them: every one that can be embedded, whatever came of it.

import { randomBytes } from "node:crypto";
import { type Voice, SonicError } from "sonic-media";
import { type Call, Refused } from "./http";
import { described, log } from "./log";
import type { Upload } from "./upload";

/** What a recording was sent for. */
export type Mode = "enroll" | "identify" | "verify";

/** An id of its own, as `prefix_<milliseconds>_<random>`. */
export function newId(prefix: string): string {
  return `${prefix}_${Date.now()}_${randomBytes(5).toString("hex")}`;
}

/** A recording that is in the store. */
export interface Kept {
  readonly recordingId: string;
  readonly embedding: number[];
}

interface Row {
  readonly mode: Mode;
  readonly userId: string | null;
  /** Without an id of its own a recording is known again by its bytes, as enrolling needs it. */
  readonly recordingId?: string;
  /** What came of it. */
  readonly outcome?: Readonly<Record<string, unknown>>;
}

/** Keeps a recording. */
export async function keep(call: Call, upload: Upload, row: Row): Promise<Kept> {
  const { store, embedder, model } = call.engine;
  const { filename, contentType } = upload;
  const { voice } = await store.voices.record(upload.bytes, {
    embedder,
    mode: row.mode,
    userId: row.userId,
    recordingId: row.recordingId ?? null,
    status: "processed",
    metadata: { source: "nextjs", model: model.name, filename, content_type: contentType, ...row.outcome },
    signal: call.request.signal,
  });
  const embedding = await store.voices.embedding(voice.recordingId);
  return { recordingId: voice.recordingId, embedding: [...(embedding ?? [])] };
}

/** As `keep`, for a question that has its answer: that the store cannot write just now does not take it away. */
export async function keepAnswered(call: Call, upload: Upload, row: Row): Promise<Kept | null> {
  try {
    return await keep(call, upload, { recordingId: newId("rec"), ...row });
  } catch (error) {
    log("error", "a recording was not stored", { mode: row.mode, error: described(error) });
    return null;
  }
}

/** A recording in a list, in the words of the original's answers. */
export function listed(voice: Voice): Record<string, unknown> {
  const named = (voice.metadata as { filename?: unknown } | null)?.filename;
  return {
    recording_id: voice.recordingId,
    user_id: voice.userId,
    created_at: new Date(voice.createdAtMs).toISOString(),
    mode: voice.mode,
    filename: voice.filename ?? (typeof named === "string" ? named : null),
    duration_seconds: voice.durationMs / 1000,
    voiceprint_id: voice.voiceprintId,
  };
}

/** What libsonic says of sound that cannot be used, as the caller's error. */
export function unusable(error: unknown): unknown {
  const theirs = error instanceof SonicError && ["malformed", "unsupported", "limit"].includes(error.kind);
  return theirs ? new Refused(400, `Failed to load audio: ${error.message}`) : error;
}

/** Shortest and longest recording that can be a question, in milliseconds; those of enrolling. */
const [LEAST_MS, MOST_MS] = [1000, 10_000];

/** Refuses a recording that is too short, too long or without speech. */
export function checkQuality({ durationMs, speechMs }: { durationMs: number; speechMs: number }): void {
  const seconds = (durationMs / 1000).toFixed(2);
  if (durationMs < LEAST_MS) throw new Refused(400, `Audio too short: ${seconds}s (minimum 1s)`);
  if (durationMs > MOST_MS) throw new Refused(400, `Audio too long: ${seconds}s (maximum 10s)`);
  if (speechMs === 0) throw new Refused(400, "Nobody speaks in this recording: speak closer to the microphone");
}

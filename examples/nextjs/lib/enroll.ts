// Enrolling a person, one recording a request.

import { type Enrolled, SonicError } from "sonic-media";
import { type Call, Refused } from "./http";
import { keep, newId, unusable } from "./recordings";
import { type Upload, uploadOf } from "./upload";

/** Keeps the recording, and makes it a sample of the user's voiceprint. */
export async function enroll(call: Call): Promise<unknown> {
  const { store, settings } = call.engine;
  const { maxSamples, maxUploadBytes } = settings;
  const upload = await uploadOf(call.request, maxUploadBytes);
  const userId = upload.field("userId") ?? newId("temp_user");
  call.logged.userId = userId;
  const before = await store.voices.person(userId);
  const full = before !== null && before.sampleCount >= maxSamples;
  // A recording that is no sample has an id of its own; a sample is known by its bytes.
  const id = full ? { recordingId: newId("rec"), outcome: { left_out: "enough samples" } } : {};
  const kept = await keep(call, upload, { mode: "enroll", userId, ...id }).catch((error: unknown) => {
    throw unusable(error);
  });
  call.logged.recordingId = kept.recordingId;
  if (full) return complete(userId, before);
  const enrolled = await sample(call, upload, userId);
  if (enrolled.leftOut > 0) return complete(userId, enrolled.voiceprint);
  call.logged.sampleCount = enrolled.sampleCount;
  return { ...progress(call, enrolled), userId, ...kept };
}

async function sample(call: Call, upload: Upload, userId: string): Promise<Enrolled> {
  const { store, embedder, settings } = call.engine;
  const { minSamples, maxSamples } = settings;
  try {
    return await store.voices.enroll(userId, upload.bytes, {
      embedder,
      userId,
      minSamples,
      maxSamples,
      gate: "short_utterance",
      signal: call.request.signal,
    });
  } catch (error) {
    throw refused(error);
  }
}

/** Why a recording is no sample, in words for whoever recorded it. */
function refused(error: unknown): unknown {
  if (!(error instanceof SonicError)) return error;
  if (error.kind === "mismatch") {
    return new Refused(409, `this recording belongs to somebody else's voiceprint: ${error.message}`);
  }
  const reasons = /not good enough to enrol from: (.*)$/s.exec(error.message)?.[1];
  return reasons === undefined ? unusable(error) : new Refused(400, reasons);
}

function progress(call: Call, enrolled: Enrolled): Record<string, unknown> {
  const { minSamples, maxSamples } = call.engine.settings;
  const { sampleCount, voiceprint, similarTo, known } = enrolled;
  const done = sampleCount >= minSamples;
  const heard = known > 0 ? "This recording is a sample already" : `Sample ${sampleCount} of ${maxSamples} kept`;
  const next = sampleCount < minSamples ? `${minSamples - sampleCount} more to go` : "the voiceprint is complete";
  return {
    voiceprintId: voiceprint.voiceprintId,
    sampleCount,
    // The original's words: the first sample "enrolled", and "complete" from the least number of samples on.
    status: done ? "complete" : sampleCount === 1 ? "enrolled" : "sample_added",
    message: `${heard}; ${next}.`,
    minSamples,
    maxSamples,
    similarTo: similarTo && {
      userId: similarTo.person,
      voiceprintId: similarTo.voiceprintId,
      similarity: similarTo.score,
    },
  };
}

/** The answer to one who has as many samples as there may be: without an embedding, as theirs. */
function complete(userId: string, voiceprint: { voiceprintId: string; sampleCount: number }): Record<string, unknown> {
  const { voiceprintId, sampleCount } = voiceprint;
  const message = `The voiceprint is complete with ${sampleCount} samples, the most there may be.`;
  return { voiceprintId, sampleCount, status: "complete", message, userId };
}

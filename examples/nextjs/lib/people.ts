// Who is enrolled, and who is not any more.

import { type Call, Refused } from "./http";
import { listed } from "./recordings";

/** Recordings listed at most, and if nothing is said. */
const [MOST, USUAL] = [100, 20];

/** Everybody with a voiceprint, in the order in which they came. */
export async function people(call: Call): Promise<unknown> {
  const voiceprints = await call.engine.store.voices.people({ signal: call.request.signal });
  return {
    voiceprints: voiceprints.map(({ person, voiceprintId, sampleCount, createdAtMs, updatedAtMs }) => ({
      userId: person,
      voiceprintId,
      sampleCount,
      complete: sampleCount >= call.engine.settings.minSamples,
      createdAt: new Date(createdAtMs).toISOString(),
      updatedAt: new Date(updatedAtMs).toISOString(),
    })),
  };
}

/** Forgets a user: the voiceprint and all recordings. */
export async function forget(call: Call): Promise<unknown> {
  const userId = new URL(call.request.url).searchParams.get("userId");
  if (!userId) throw new Refused(400, "Missing userId");
  const { voices } = call.engine.store;
  const person = await voices.person(userId);
  const ofUser = await voices.forgetUser(userId);
  // A voiceprint that was enrolled elsewhere, without a user, is forgotten by its name.
  const left = person && (await voices.person(userId)) ? await voices.forget(userId) : null;
  const voiceprintCount = ofUser.voiceprints + (left?.voiceprints ?? 0);
  const recordings = ofUser.recordings + (left?.recordings ?? 0);
  if (voiceprintCount + recordings === 0) throw new Refused(404, `there is nothing of ${userId}`);
  call.logged.userId = userId;
  return { userId, voiceprints: voiceprintCount, recordings };
}

/** The latest recordings: all, or those of a user, of a mode or of a voiceprint. */
export async function recent(call: Call): Promise<unknown> {
  const asked = new URL(call.request.url).searchParams;
  const limit = Number(asked.get("limit") ?? USUAL);
  if (!Number.isInteger(limit) || limit < 1 || limit > MOST) {
    throw new Refused(400, `Invalid limit (must be a whole number, 1 to ${MOST})`);
  }
  const narrowed = ["userId", "mode", "voiceprintId"].filter((name) => asked.get(name));
  if (narrowed.length > 1) throw new Refused(400, `give one of ${narrowed.join(", ")}`);
  const by = Object.fromEntries(narrowed.map((name) => [name, asked.get(name)]));
  const found = await call.engine.store.voices.recent({ limit, ...by });
  return { recordings: found.map((voice) => ({ ...listed(voice), metadata: voice.metadata })) };
}

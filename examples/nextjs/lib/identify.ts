// Who is speaking, and whether it is who they say.

import { createHash } from "node:crypto";
import type { VoiceMatch } from "sonic-media";
import { type Call, Refused } from "./http";
import { checkQuality, keepAnswered, unusable } from "./recordings";
import { thresholdOf, uploadOf } from "./upload";

/** People compared with that an answer may hold. */
const MOST_MATCHES = 50;
/** Of them, those whose probabilities are told. */
const CANDIDATES = 5;

/** Cosines of the originals are 0 to 1. */
const similarityOf = ({ score }: { score: number }): number => Math.min(Math.max(score, 0), 1);

/** Compares the recording with every voiceprint. */
export async function identify(call: Call): Promise<unknown> {
  const { store, embedder, settings } = call.engine;
  const upload = await uploadOf(call.request, settings.maxUploadBytes);
  const threshold = thresholdOf(upload.field("threshold"), settings.threshold);
  const { signal } = call.request;
  const answer = await store.voices
    .identify(upload.bytes, { embedder, limit: MOST_MATCHES, signal })
    .catch((error: unknown) => {
      throw unusable(error);
    });
  const { decision, quality, compared } = answer;
  const bySimilarity = [...answer.matches].sort((a, b) => b.score - a.score);
  const matches = bySimilarity.map((match) => matchOf(match, threshold)).filter(({ match }) => match);
  const likeliest = answer.matches[0];
  const outcome = { threshold, decision, similarity: likeliest?.score, matched_user_id: matches[0]?.userId };
  const kept = await keepAnswered(call, upload, { mode: "identify", userId: upload.field("userId"), outcome });
  Object.assign(call.logged, { recordingId: kept?.recordingId, decision, compared });
  checkQuality(quality);
  return {
    matches,
    topMatch: matches[0] ? withoutFlag(matches[0]) : null,
    threshold,
    decision,
    candidates: answer.matches.slice(0, CANDIDATES).map((match) => candidateOf(match)),
    compared,
    quality,
    embeddingDimensions: embedder.dimensions,
    recordingId: kept?.recordingId ?? null,
    embedding: kept?.embedding ?? null,
    processingTime: call.elapsedMs(),
  };
}

interface Match {
  userId: string;
  voiceprintId: string;
  similarity: number;
  match: boolean;
}

function matchOf(match: VoiceMatch, threshold: number): Match {
  const similarity = similarityOf(match);
  return { userId: match.person, voiceprintId: match.voiceprintId, similarity, match: similarity >= threshold };
}

function withoutFlag({ userId, voiceprintId, similarity }: Match): Omit<Match, "match"> {
  return { userId, voiceprintId, similarity };
}

function candidateOf(match: VoiceMatch): Record<string, unknown> {
  const { person, voiceprintId, probability, sampleCount, enrolled } = match;
  return { userId: person, voiceprintId, similarity: similarityOf(match), probability, sampleCount, enrolled };
}

/** Least similarity of each grade. */
const GRADES = [
  ["A", 0.9],
  ["B", 0.8],
  ["C", 0.7],
] as const;

/** Compares the recording with the voiceprint of one user. */
export async function verify(call: Call): Promise<unknown> {
  const { store, embedder, settings } = call.engine;
  const upload = await uploadOf(call.request, settings.maxUploadBytes);
  const userId = upload.field("userId");
  if (userId === null) throw new Refused(400, "Missing userId");
  const given = upload.field("threshold");
  const threshold = given === null ? {} : { threshold: thresholdOf(given, settings.threshold) };
  if ((await store.voices.person(userId)) === null) {
    throw new Refused(404, `there is no voiceprint of ${userId}: enrol it first`);
  }
  const { signal } = call.request;
  const { decision, claim, quality } = await store.voices
    .verify(userId, upload.bytes, { embedder, ...threshold, signal })
    .catch((error: unknown) => {
      throw unusable(error);
    });
  const similarityScore = similarityOf(claim);
  const outcome = { claimed_user_id: userId, decision, similarity: claim.score };
  const kept = await keepAnswered(call, upload, { mode: "verify", userId, outcome });
  Object.assign(call.logged, { recordingId: kept?.recordingId, userId, decision });
  checkQuality(quality);
  const verified = decision === "match";
  const grade = GRADES.find(([, least]) => similarityScore >= least)?.[0] ?? null;
  return {
    verificationId: kept?.recordingId ?? null,
    userId,
    assetId: upload.field("assetId"),
    voiceprintId: claim.voiceprintId,
    verified,
    decision,
    similarityScore,
    probability: claim.probability,
    grade,
    serial: verified && grade && kept ? serialOf(grade, kept.recordingId) : null,
    embedding: kept?.embedding ?? null,
    createdAt: new Date().toISOString(),
    processingTime: call.elapsedMs(),
  };
}

/** A number for a verification that was good: the same recording has the same. */
function serialOf(grade: string, recordingId: string): string {
  const digest = createHash("sha256").update(recordingId).digest("hex");
  return `VIIM-${grade}-${digest.slice(0, 12).toUpperCase()}`;
}

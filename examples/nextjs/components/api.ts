// The app's own routes, as the page calls them.

export type Mode = "enroll" | "identify" | "verify";

export interface Health {
  model_name: string;
  model: { dimensions: number };
  store: { recordings: number; people: number };
  settings: { threshold: number; minSamples: number; maxSamples: number };
}

export interface Person {
  userId: string;
  voiceprintId: string;
  sampleCount: number;
  complete: boolean;
}

export interface Candidate {
  userId: string;
  similarity: number;
  probability: number;
}

interface Common {
  recordingId?: string | null;
  /** Absent if the recording was not embedded for this answer. */
  embedding?: number[] | null;
}

export interface Enrolled extends Common {
  mode: "enroll";
  userId: string;
  sampleCount: number;
  status: "enrolled" | "sample_added" | "complete";
  message: string;
  similarTo?: { userId: string; similarity: number } | null;
}

export interface Identified extends Common {
  mode: "identify";
  topMatch: { userId: string; similarity: number } | null;
  decision: "match" | "unknown";
  candidates: Candidate[];
  compared: number;
  threshold: number;
  processingTime: number;
}

export interface Verified extends Common {
  mode: "verify";
  userId: string;
  verified: boolean;
  similarityScore: number;
  probability: number;
  grade: string | null;
  serial: string | null;
}

export type Result = Enrolled | Identified | Verified;

async function json<T>(path: string, options?: RequestInit): Promise<T> {
  const response = await fetch(path, options);
  const body: unknown = await response.json().catch(() => null);
  if (response.ok) return body as T;
  const said = (body as { error?: unknown } | null)?.error;
  throw new Error(typeof said === "string" ? said : `the server answered ${response.status}`);
}

export const health = (): Promise<Health> => json("/api/health");

export const people = async (): Promise<Person[]> =>
  (await json<{ voiceprints: Person[] }>("/api/viim/voiceprints")).voiceprints;

export const forget = (userId: string): Promise<{ recordings: number }> =>
  json(`/api/viim/voiceprints?${new URLSearchParams({ userId })}`, { method: "DELETE" });

/** Sends a recording to the route of `mode`. */
export async function send(mode: Mode, audio: Blob, filename: string, userId: string): Promise<Result> {
  const form = new FormData();
  form.append("audio", audio, filename);
  if (userId && mode !== "identify") form.append("userId", userId);
  const answer = await json<object>(`/api/viim/${mode}`, { method: "POST", body: form });
  return { mode, ...answer } as Result;
}

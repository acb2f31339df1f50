import type { Clip } from "./audio.js";
import type { CallOptions, LongCallOptions, ModelOptions, Source } from "./common.js";

/** Somebody speaking: a file, its bytes, or a clip. */
export type Speech = Source | Clip;

/** How an embedder is loaded. */
export interface VoiceEmbedderOptions extends ModelOptions {
  /**
   * Whether enrolling, identifying, verifying and `embedSpeech` remove the constant part of the sound, set its level and keep
   * what is spoken before they embed; default true. A store keeps voices of one or the other.
   */
  prepare?: boolean | undefined;
}

/** Makes embeddings of voices: vectors of unit length that say who is speaking, compared by their dot product. */
export class VoiceEmbedder {
  private constructor();
  /**
   * Loads a model by its id or the path of its manifest; default: "celda128", which is built in. Other models run in
   * ONNX Runtime, which `ORT_DYLIB_PATH` names.
   */
  static load(model?: string | URL | null, options?: VoiceEmbedderOptions): Promise<VoiceEmbedder>;
  /** Length of the vectors. */
  readonly dimensions: number;
  /** Samples per second that it works at; other sound is resampled. */
  readonly sampleRate: number;
  /** How it makes the embeddings that a store keeps: those of different pipelines cannot be compared. */
  readonly pipeline: string;
  /** The voice in 0.2 s or more of sound, by all of it as it is; 3 s and more tell speakers apart. */
  embed(source: Speech, options?: CallOptions): Promise<Float32Array>;
  /** What is spoken in a recording, as enrolling and identifying embed it and a store keeps it. */
  embedSpeech(source: Speech, options?: CallOptions): Promise<Float32Array>;
  /** The voices in many sources, all of them clips or none, on all cores. */
  embedMany(sources: readonly Speech[], options?: LongCallOptions): Promise<Float32Array[]>;
  /** Frees its memory, which else happens when it is garbage. Calls under way end first; twice is fine. */
  close(): Promise<void>;
}

/** Options of calls that analyze a voice. */
export interface EmbedderOptions {
  /** What makes the embeddings; default: the built-in model. All of a store are made by one. */
  embedder?: VoiceEmbedder | undefined;
}

export interface EnrollOptions extends LongCallOptions, EmbedderOptions {
  /** Samples from which on the person counts as enrolled; default 3. */
  minSamples?: number | undefined;
  /** Samples that a voiceprint has at most; default 5. */
  maxSamples?: number | undefined;
  /** The user that the person is. */
  userId?: string | null | undefined;
  /** How good a recording must be; "short_utterance": 1 to 10 s, trimmed; null: whatever can be embedded. */
  gate?: "default" | "short_utterance" | null | undefined;
  /** True: recordings that cannot be used are left out, with the reason in `samples`, and do not fail the call. */
  onlyUsable?: boolean | undefined;
}

export interface VerifyOptions extends CallOptions, EmbedderOptions {
  /** The cosine from which on the first person is the answer, whatever the probability. */
  threshold?: number | undefined;
  /** The probability from which on the first person is the answer; default 0.5. */
  accept?: number | undefined;
  /** Threads that share the search; 0, the default, is as many as the machine has cores. */
  threads?: number | undefined;
}

export interface IdentifyVoiceOptions extends VerifyOptions {
  /** People reported at most; default 5. */
  limit?: number | undefined;
  /** Names of people who are not to be found. */
  exclude?: readonly string[] | undefined;
}

/** A recording that a voiceprint is made of, or was. */
export interface Sample {
  readonly recordingId: string;
  /** Milliseconds since 1970 UTC. */
  readonly createdAtMs: number;
  /** When it was left out of the voiceprint; null while it is part of it. */
  readonly removedAtMs: number | null;
  /** Cosine with the mean of the others, -1 to 1. */
  readonly agreement: number;
}

/** A person whose voice a store knows. */
export interface Voiceprint {
  readonly person: string;
  readonly voiceprintId: string;
  readonly userId: string | null;
  /** Milliseconds since 1970 UTC. */
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
  /** Samples that the voiceprint is made of. */
  readonly sampleCount: number;
  /** Samples from which on the person counts as enrolled. */
  readonly minSamples: number;
  readonly enrolled: boolean;
  /** The samples, and the last that were removed. */
  readonly samples: readonly Sample[];
}

/** What was measured of a recording of a voice. */
export interface VoiceQuality {
  readonly durationMs: number;
  /** Milliseconds in which somebody speaks. */
  readonly speechMs: number;
  /** Power of the speech over that of the background, in dB; null if nobody speaks. */
  readonly snrDb: number | null;
  /** Share of samples, 0 to 1, that are clipped. */
  readonly clipping: number;
  /** Mean power in dB of full scale. */
  readonly levelDbfs: number;
  /** Largest magnitude of a sample. */
  readonly peak: number;
  /** True if it is good enough to be enrolled from. */
  readonly passes: boolean;
  /** The highest frequency that the speech reaches, in Hz, up to 8000; 0 if nobody speaks. */
  readonly bandwidthHz: number;
}

/** What was found out about a recording that was to be enrolled. */
export interface VoiceSample {
  /** The id under which it is kept; null if it could not be decoded or embedded. */
  readonly recordingId: string | null;
  /** Why it was left out; null if it was not. */
  readonly reason: string | null;
  readonly quality: VoiceQuality | null;
}

/** Another person whose voice it is, more likely than not. */
export interface SimilarVoiceprint {
  /** The name that the voice is enrolled under. */
  readonly person: string;
  readonly voiceprintId: string;
  /** Cosine of the two voiceprints, -1 to 1. */
  readonly score: number;
  /** Probability that both are one person, 0.5 to 1. */
  readonly probability: number;
}

/** What enrolling came to. */
export interface Enrolled {
  /** "sample_added": fewer samples than enrolling takes; "complete": as many as there may be. */
  readonly status: "sample_added" | "enrolled" | "complete";
  readonly sampleCount: number;
  /** Recordings that were added just now. */
  readonly added: number;
  /** Recordings given that the voiceprint had before. */
  readonly known: number;
  /** Recordings given that were left out because there were enough. */
  readonly leftOut: number;
  readonly voiceprint: Voiceprint;
  /** Somebody enrolled under another name whose voice it is; null if there is nobody. */
  readonly similarTo: SimilarVoiceprint | null;
  /** What was found out about each recording, in the order in which they were given. */
  readonly samples: readonly VoiceSample[];
}

/** A person who may be the one speaking. */
export interface VoiceMatch {
  readonly person: string;
  readonly voiceprintId: string;
  readonly userId: string | null;
  /** Cosine of the embedding and the voiceprint, -1 to 1. */
  readonly score: number;
  /** The score in standard deviations above what strangers score; null where there are no strangers. */
  readonly normalized: number | null;
  /** Probability that it is this person, 0 to 1. */
  readonly probability: number;
  readonly sampleCount: number;
  readonly enrolled: boolean;
}

/** The answer to a voice. */
export interface VoiceAnswer {
  /** "match": the first match is the one speaking. */
  readonly decision: "match" | "unknown";
  /** People, likeliest first. */
  readonly matches: readonly VoiceMatch[];
  /** People that the voice was compared with. */
  readonly compared: number;
  /** Strangers that scores were normalised with; 0 if they were not. */
  readonly cohort: number;
  /** True if the probabilities were fitted from trials; false if they rest on an assumption. */
  readonly calibrated: boolean;
  readonly quality: VoiceQuality;
  /** Time that the stages took, in milliseconds. */
  readonly elapsedMs: { readonly decode: number; readonly embed: number; readonly search: number };
}

/** Whether a voice is the one it is said to be. */
export interface Verification {
  /** "match": the claim is accepted. */
  readonly decision: "match" | "unknown";
  readonly claim: VoiceMatch;
  readonly calibrated: boolean;
  readonly quality: VoiceQuality;
}

/** How much was forgotten. */
export interface ForgottenVoices {
  readonly voiceprints: number;
  readonly recordings: number;
  readonly speakers: number;
}

/** A recording of somebody speaking. */
export interface Voice {
  readonly recordingId: string;
  readonly userId: string | null;
  readonly filename: string | null;
  readonly filePath: string | null;
  readonly durationMs: number;
  readonly fileSizeBytes: number;
  readonly sampleRate: number;
  readonly audioFormat: string | null;
  /** Milliseconds since 1970 UTC. */
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
  /** What it was recorded for, such as "enroll". */
  readonly mode: string | null;
  readonly status: string | null;
  readonly embeddingDimensions: number;
  /** The voiceprint that it is put down to. */
  readonly voiceprintId: string | null;
  readonly similarityScore: number | null;
  readonly matchedUserId: string | null;
  readonly metadata: unknown;
}

/** What is written into the row of a recorded voice. */
export interface RecordOptions extends CallOptions, EmbedderOptions {
  /** Its id; default: made of its bytes, so that the same recording is known again. */
  recordingId?: string | null | undefined;
  userId?: string | null | undefined;
  /** What it was recorded for. */
  mode?: string | null | undefined;
  status?: string | null | undefined;
  /** Whatever else is to be kept: any value that JSON can hold. */
  metadata?: unknown;
}

/** What became of a recording of a voice. */
export interface RecordedVoice {
  /** False if the store had a recording of this id, which stays as it is. */
  readonly isNew: boolean;
  readonly voice: Voice;
}

export interface SearchVoicesOptions extends CallOptions, EmbedderOptions {
  /** Least cosine; default 0.5. */
  threshold?: number | undefined;
  /** Recordings found at most; default 3. */
  limit?: number | undefined;
  /** Ids of recordings that are not to be found. */
  exclude?: readonly string[] | undefined;
  threads?: number | undefined;
}

/** A recording that sounds alike. */
export interface SimilarVoice {
  readonly voice: Voice;
  /** Cosine of the two embeddings, -1 to 1. */
  readonly similarity: number;
}

export interface VoicePageOptions extends CallOptions {
  /** `next` of the page before; 0, the default, begins. */
  after?: number | undefined;
  /** Recordings at most; default 256. */
  limit?: number | undefined;
}

/** Some recordings of voices, in the order in which they were added. */
export interface VoicePage {
  readonly voices: readonly Voice[];
  /** What the page that follows comes `after`; null at the end. */
  readonly next: number | null;
}

export interface RecentVoicesOptions extends CallOptions {
  /** Recordings at most; default 10. */
  limit?: number | undefined;
  /** Only those of this user. */
  userId?: string | null | undefined;
  /** Only those of this mode. */
  mode?: string | null | undefined;
  /** Only those of this voiceprint. */
  voiceprintId?: string | null | undefined;
}

export interface ScopeOptions extends CallOptions {
  /** The user or meeting within which speakers are known; default: none. */
  scope?: string | null | undefined;
}

export interface ObserveOptions extends ScopeOptions, EmbedderOptions {
  /** Cosine above which it is a known speaker, of whom nothing more is learnt; default 0.95. */
  same?: number | undefined;
  /** Cosine above which it is a known speaker, of whom more is known then; default 0.7. */
  matching?: number | undefined;
}

/** Which unnamed speaker it was. */
export interface Observed {
  readonly speaker: string;
  /** Cosine with the nearest speaker; null if there was none. */
  readonly score: number | null;
  readonly isNew: boolean;
  /** True if the embedding was kept. */
  readonly stored: boolean;
}

/** A speaker who is unnamed. */
export interface Speaker {
  readonly speaker: string;
  readonly embeddings: number;
}

/** How scores become probabilities. */
export interface Calibration {
  readonly slope: number;
  readonly offset: number;
  readonly trials: number;
}

/** A cosine, and whether one person spoke in both recordings. */
export interface Trial {
  readonly score: number;
  readonly same: boolean;
}

export interface VoiceStats {
  readonly recordings: number;
  readonly people: number;
  readonly cohort: number;
  readonly dimensions: number;
  /** Pipeline of the embeddings; null while there are none. */
  readonly pipeline: string | null;
}

/**
 * The voices of a store: `store.voices`. `for await (const voice of store.voices)` reads the recordings a page at a time,
 * in the order in which they were added.
 */
export class Voices implements AsyncIterable<Voice> {
  private constructor();
  /**
   * Enrols a person, who need not be new, from recordings of them alone: all or none of them. Three to five of 3 s and
   * more make a good voiceprint; one that it has already is not added again.
   */
  enroll(person: string, sources: Speech | readonly Speech[], options?: EnrollOptions): Promise<Enrolled>;
  /** Who is speaking. A voice that is not recognised is no error. */
  identify(source: Speech, options?: IdentifyVoiceOptions): Promise<VoiceAnswer>;
  /** Whether it is `person` who is speaking; a `not_found` error if there is no such person. */
  verify(person: string, source: Speech, options?: VerifyOptions): Promise<Verification>;
  /** Keeps a recording of somebody speaking, with its embedding. */
  record(source: Speech, options?: RecordOptions): Promise<RecordedVoice>;
  /** The recordings that sound most like a voice or an embedding, whoever they are of. */
  search(source: Speech | Float32Array, options?: SearchVoicesOptions): Promise<SimilarVoice[]>;
  /** Which unnamed speaker of a scope it is, by the rule of two thresholds. */
  observe(source: Speech | Float32Array, options?: ObserveOptions): Promise<Observed>;
  /** Everybody, in the order in which they were first enrolled. */
  people(options?: CallOptions): Promise<Voiceprint[]>;
  /** The voiceprint of a person; null if there is none. */
  person(person: string, options?: CallOptions): Promise<Voiceprint | null>;
  /** Leaves a sample out of a voiceprint, and gives what is left. */
  removeSample(person: string, recordingId: string, options?: CallOptions): Promise<Voiceprint>;
  /** Takes a removed sample back: the one named, or the last one removed. */
  restoreSample(
    person: string,
    options?: CallOptions & { recordingId?: string | null | undefined; maxSamples?: number | undefined },
  ): Promise<Voiceprint>;
  /** The recording of this id; null if there is none. */
  get(recordingId: string, options?: CallOptions): Promise<Voice | null>;
  /** The embedding of a recording; null if there is none. */
  embedding(recordingId: string, options?: CallOptions): Promise<Float32Array | null>;
  page(options?: VoicePageOptions): Promise<VoicePage>;
  [Symbol.asyncIterator](): AsyncGenerator<Voice, void, undefined>;
  /** The latest recordings, the latest first. */
  recent(options?: RecentVoicesOptions): Promise<Voice[]>;
  /** Removes a recording; a voiceprint that it was a sample of is made anew without it. */
  remove(recordingId: string, options?: CallOptions): Promise<void>;
  /** The unnamed speakers of a scope, in the order in which they were first observed. */
  speakers(options?: ScopeOptions): Promise<Speaker[]>;
  /** Forgets a person with all recordings; a `not_found` error if there is none. `compact` frees the bytes. */
  forget(person: string, options?: CallOptions): Promise<ForgottenVoices>;
  /** Forgets a user: voiceprints, recordings, and speakers. Counts of 0 mean that there was nothing. */
  forgetUser(userId: string, options?: CallOptions): Promise<ForgottenVoices>;
  /** Forgets the unnamed speakers of a scope; gives how many embeddings went. */
  forgetSpeakers(options?: ScopeOptions): Promise<number>;
  /** Keeps embeddings of strangers, against whom scores are normalised, in place of those before; none takes them away. */
  setCohort(embeddings: readonly Float32Array[], options?: CallOptions & EmbedderOptions): Promise<void>;
  /** Fits how scores become probabilities, and keeps it for the embedder's pipeline. */
  fitCalibration(trials: readonly Trial[], options?: CallOptions & EmbedderOptions): Promise<Calibration>;
  stats(options?: CallOptions): Promise<VoiceStats>;
}

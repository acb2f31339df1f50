/** Names recordings by clips of them, and people by their voices: libsonic for Node. Every call works on a thread of its own. */

/** A file by its path or file URL, or the bytes of a file, which are copied. */
export type Source = string | URL | Uint8Array | ArrayBuffer | SharedArrayBuffer;

/** What a caller can do about an error; the same names in every language. */
export type ErrorKind =
  | "invalid_argument"
  | "not_found"
  | "malformed"
  | "unsupported"
  | "limit"
  | "mismatch"
  | "io"
  | "model"
  | "closed"
  | "internal";

/** Everything that can go wrong in sonic. Values of a wrong type are a `TypeError` instead. */
export class SonicError extends Error {
  constructor(kind: ErrorKind, message: string, options?: ErrorOptions);
  readonly name: "SonicError";
  /** What the caller can do about it. */
  readonly kind: ErrorKind;
  /** The number of `kind`, 1 to 10; the status code of the C interface. */
  readonly code: number;
}

/** Options of every call that can be cancelled. */
export interface CallOptions {
  /** Rejects the call when it is aborted. Work that has begun runs to its end unheard; what waits is dropped. */
  signal?: AbortSignal | undefined;
}

/** Says where libsonic is, and how many threads may call it. Only before the first call; both have good defaults. */
export function configure(options: {
  /** Path of libsonic. Default: `$SONIC_LIBRARY`, else an installed one, else what this checkout has built. */
  library?: string | undefined;
  /** Calls made at once, 1 to 64; others wait. Default: as many as the machine has cores, 2 to 8. */
  workers?: number | undefined;
}): void;

/** The version of libsonic, such as "0.1.0". */
export function version(): string;

/** Mono samples at one rate. */
export interface Clip {
  /** Nominally -1 to 1, always finite. */
  readonly samples: Float32Array;
  /** Samples per second, 1 to 768,000. */
  readonly sampleRate: number;
}

/** A clip that was decoded. */
export interface DecodedClip extends Clip {
  /** Length in milliseconds, rounded down. */
  readonly durationMs: number;
  /** True if the source ended before its container said it would. */
  readonly truncated: boolean;
}

export interface DecodeOptions extends CallOptions {
  /** Samples per second to resample to, 1 to 768,000; default: the rate of the source. */
  sampleRate?: number | undefined;
}

/** Decodes the sound of a file, or of its bytes, of nearly every format, videos included, to mono. */
export function decode(source: Source, options?: DecodeOptions): Promise<DecodedClip>;

/** A salient spectral peak. */
export interface Landmark {
  /** Frame number, in hops of 256 samples at 11,025 Hz from the start. */
  readonly frame: number;
  /** Frequency in eighths of a bin of the spectrum. */
  readonly frequency: number;
  /** How far the peak stands above its surroundings, in dB. */
  readonly salience: number;
}

/** What a clip is recognised by: ready to ask with and to be added. About 20 kB a second, in libsonic's memory. */
export class Fingerprint {
  private constructor();
  /** How it was made: fingerprints of different pipelines cannot be compared. */
  readonly pipeline: string;
  /** Length of the sound in milliseconds. */
  readonly durationMs: number;
  /** Length of the sound in frames. */
  readonly frames: number;
  /** How many landmarks there are. */
  get length(): number;
  /** The landmarks in order of frame, then frequency; a new array each time. */
  get landmarks(): Landmark[];
  /** Frees its memory, which else happens when it is garbage. Calls under way end first; twice is fine. */
  close(): Promise<void>;
}

/** The fingerprint of a clip. */
export function fingerprint(clip: Clip, options?: CallOptions): Promise<Fingerprint>;

export interface OpenOptions extends CallOptions {
  /** "create" (default): reading and writing, created if there is none; "read_write": it must exist; "read_only". */
  access?: "create" | "read_write" | "read_only" | undefined;
  /** Bytes of address space to reserve at first, which grows by itself; default 1 GiB. */
  mapSize?: number | undefined;
}

export interface IdentifyOptions extends CallOptions {
  /** Matches reported at most; default 5. */
  limit?: number | undefined;
  /** Ids of recordings that are not to be found. */
  exclude?: readonly string[] | undefined;
  /** Threads that share the work on one clip; 0, the default, is as many as the machine has cores. */
  threads?: number | undefined;
}

/** A recording that a clip, or a stretch of it, may come from. */
export interface Match {
  readonly id: string;
  /** Where in the recording the clip starts, in milliseconds; negative if the clip starts before the recording. */
  readonly offsetMs: number;
  /** Log-odds that the match is right. */
  readonly score: number;
  /** Landmarks of the recording that are found in the clip. */
  readonly aligned: number;
  /** Probability that the match is right, 0 to 1. */
  readonly probability: number;
  /** Seconds of recording per second of clip: above 1 if the clip was sped up. */
  readonly timeScale: number;
  /** Semitones by which the clip is higher than the recording. */
  readonly pitchSemitones: number;
  /** Start of the stretch of the clip that matches, in milliseconds. */
  readonly queryStartMs: number;
  /** Its end. */
  readonly queryEndMs: number;
}

/** The answer to a clip. */
export interface Answer {
  /** "match": the first match is right with a probability of at least three quarters. */
  readonly decision: "match" | "unknown";
  /** Matches, likeliest first; guesses, if any, when the decision is "unknown". */
  readonly matches: readonly Match[];
  /** Length of the clip in milliseconds. */
  readonly durationMs: number;
  /** True if the clip's file ended early. */
  readonly truncated: boolean;
  /** Time that the stages took, in milliseconds; decoding and fingerprinting are 0 for a fingerprint. */
  readonly elapsedMs: { readonly decode: number; readonly fingerprint: number; readonly search: number };
}

/** What is written into the row of a recording. */
export interface AddOptions extends CallOptions {
  /** The name by which matches report it, 1 to 500 bytes, unique. Default for files: their name without extension. */
  id?: string | null | undefined;
  /** A title for people. */
  title?: string | null | undefined;
  /** Where it came from; default for files: the path. */
  source?: string | null | undefined;
  /** The user it belongs to. */
  user?: string | null | undefined;
  /** What it was recorded for. */
  mode?: string | null | undefined;
  /** Whatever else is to be kept: any value that JSON can hold. */
  metadata?: unknown;
  /** When it was added; default: now. A number is milliseconds since 1970 UTC. */
  createdAt?: Date | number | undefined;
}

/** What a store knows about a recording. */
export interface Recording {
  readonly id: string;
  readonly title: string | null;
  readonly source: string;
  /** xxh3-128 of the source's bytes in hexadecimal: the same bytes are added only once. */
  readonly sourceHash: string;
  readonly user: string | null;
  readonly mode: string | null;
  readonly metadata: unknown;
  readonly durationMs: number;
  readonly frames: number;
  /** Number of landmarks kept. */
  readonly landmarks: number;
  readonly truncated: boolean;
  readonly format: { readonly codec: string; readonly sampleRate: number; readonly channels: number };
  readonly createdAt: Date;
}

/** What became of a recording that was to be added. */
export type Added =
  | { readonly isNew: true; readonly id: string; readonly recording: Recording }
  /** The same bytes are in the store already, under `id`. */
  | { readonly isNew: false; readonly id: string; readonly recording: null };

/** Counts of a store. */
export interface Stats {
  readonly recordings: number;
  readonly durationMs: number;
  readonly landmarks: number;
  readonly postings: number;
  readonly postingsBytes: number;
  readonly segments: number;
  readonly fileBytes: number;
  readonly formatVersion: number;
  /** Pipeline of the fingerprints; null while there are none. */
  readonly pipeline: string | null;
}

/** A store of recordings, in a directory. Any number of processes may read it while one writes. */
export class Store {
  private constructor();
  /** The directory. */
  readonly path: string;
  /** The people of the store, and who is speaking. */
  readonly voices: Voices;
  /** Opens the store in directory `path`. */
  static open(path: string | URL, options?: OpenOptions): Promise<Store>;
  /** Which recordings a clip is from. A clip that is not recognised is no error. */
  identify(source: Source | Fingerprint, options?: IdentifyOptions): Promise<Answer>;
  /** Adds a recording; what the store has already, by the bytes of the source, is not added again. */
  add(source: Source | Fingerprint, options?: AddOptions): Promise<Added>;
  /** The recording named `id`; a `not_found` error if there is none. */
  recording(id: string, options?: CallOptions): Promise<Recording>;
  /**
   * Every recording, in the order in which they were added, read a page at a time. What is removed meanwhile is left
   * out, what is added comes at the end.
   */
  recordings(options?: CallOptions): AsyncGenerator<Recording, void, undefined>;
  /** How many recordings there are. */
  count(options?: CallOptions): Promise<number>;
  /** The landmarks that are kept of a recording. */
  landmarks(id: string, options?: CallOptions): Promise<Landmark[]>;
  /** Forgets a recording; a `not_found` error if there is none. */
  remove(id: string): Promise<void>;
  stats(options?: CallOptions): Promise<Stats>;
  /** Gives the space of what was removed back to the disk. */
  compact(): Promise<void>;
  /** Reads everything once and tells what is wrong; empty means sound. */
  check(options?: CallOptions): Promise<string[]>;
  /** Ends the calls under way, then closes; later calls are `closed` errors. Twice is fine. */
  close(): Promise<void>;
  /** The same as `close`, for `await using`, where Node has it. */
  [Symbol.asyncDispose](): Promise<void>;
}

/** Somebody speaking: a file, its bytes, or a clip. */
export type Speech = Source | Clip;

/** Makes embeddings of voices: vectors of unit length that say who is speaking, compared by their dot product. */
export class VoiceEmbedder {
  private constructor();
  /**
   * Loads a model by its id or the path of its manifest; default: "celda128", which is built in. Other models run in
   * ONNX Runtime, which `ORT_DYLIB_PATH` names.
   */
  static load(model?: string | URL | null, options?: LoadOptions): Promise<VoiceEmbedder>;
  /** Length of the vectors. */
  readonly dims: number;
  /** Samples per second that it works at; other sound is resampled. */
  readonly sampleRate: number;
  /** How it makes embeddings: those of different pipelines cannot be compared. */
  readonly pipeline: string;
  /** The voice in 0.2 s or more of speech; 3 s and more tell speakers apart. */
  embed(source: Speech, options?: CallOptions): Promise<Float32Array>;
  /** Frees its memory, which else happens when it is garbage. Calls under way end first; twice is fine. */
  close(): Promise<void>;
}

export interface LoadOptions extends CallOptions {
  /** Threads that one call uses; 0, the default, is as many as the machine has cores. */
  threads?: number | undefined;
}

/** Options of calls that listen to a voice. */
export interface VoiceOptions extends CallOptions {
  /** What makes the embeddings; default: the built-in model. All of a store are made by one. */
  embedder?: VoiceEmbedder | undefined;
}

export interface EnrollOptions extends VoiceOptions {
  /** Samples from which on the person counts as enrolled; default 3. */
  minSamples?: number | undefined;
  /** Samples that a voiceprint has at most; default 5. */
  maxSamples?: number | undefined;
  /** The user that the person is. */
  userId?: string | null | undefined;
  /** How good a recording must be; null: whatever can be embedded. */
  gate?: "default" | "viim" | null | undefined;
  /** True: recordings that cannot be used are left out, with the reason in `heard`, and do not fail the call. */
  onlyUsable?: boolean | undefined;
}

export interface VerifyOptions extends VoiceOptions {
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

/** A person whose voice a store knows. */
export interface Person {
  readonly person: string;
  readonly voiceprintId: string;
  readonly userId: string | null;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  /** Samples that the voiceprint is made of. */
  readonly sampleCount: number;
  /** Samples from which on the person counts as enrolled. */
  readonly minSamples: number;
  readonly enrolled: boolean;
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
  readonly isGood: boolean;
}

/** What was heard of a recording that was to be enrolled. */
export interface Heard {
  /** The id under which it is kept; null if it could not be decoded or embedded. */
  readonly recordingId: string | null;
  /** Why it was left out; null if it was not. */
  readonly reason: string | null;
  readonly quality: VoiceQuality | null;
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
  readonly person: Person;
  /** What was heard of each recording, in the order in which they were given. */
  readonly heard: readonly Heard[];
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
}

/** How much was forgotten. */
export interface Forgotten {
  readonly voiceprints: number;
  readonly recordings: number;
  readonly speakers: number;
}

/** The people of a store: `store.voices`. */
export class Voices {
  private constructor();
  /**
   * Enrols a person, who need not be new, from recordings of them alone, all paths, all bytes or all clips: all or none
   * of them. Three to five of 3 s and more make a good voiceprint; one that it has already is not added again.
   */
  enroll(person: string, sources: Speech | readonly Speech[], options?: EnrollOptions): Promise<Enrolled>;
  /** Who is speaking. A voice that is not recognised is no error. */
  identify(source: Speech, options?: IdentifyVoiceOptions): Promise<VoiceAnswer>;
  /** Whether it is `person` who is speaking; a `not_found` error if there is no such person. */
  verify(person: string, source: Speech, options?: VerifyOptions): Promise<Verification>;
  /** Everybody, in the order in which they were first enrolled. */
  people(options?: CallOptions): Promise<Person[]>;
  /** Forgets a person with all recordings; a `not_found` error if there is none. `compact` frees the bytes. */
  forget(person: string): Promise<Forgotten>;
  /** Forgets a user: voiceprints, recordings, and speakers heard. Counts of 0 mean that there was nothing. */
  forgetUser(userId: string): Promise<Forgotten>;
}

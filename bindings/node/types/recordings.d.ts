import type { Fingerprint, Landmark } from "./audio.js";
import type { CallOptions, LongCallOptions, SonicError, Source } from "./common.js";
import type { Monitor, MonitorOptions, RecordingQuery } from "./monitor.js";

export interface IdentifyOptions extends CallOptions {
  /** Matches reported at most; default 5. Pieces of a long clip that were recognised are always reported; what else it may be fills up to this number. */
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
  /** Share of the clip that the match explains, 0 to 1. */
  readonly coverage: number;
  /** Seconds of recording per second of clip: above 1 if the clip was sped up. */
  readonly timeScale: number;
  /** Semitones by which the clip is higher than the recording. */
  readonly pitchSemitones: number;
  /** Start of the stretch of the clip that matches, in milliseconds. */
  readonly queryStartMs: number;
  /** Its end. */
  readonly queryEndMs: number;
  /** True if it was found by hashes that were imported without the recording's sound, and not by landmarks. */
  readonly imported: boolean;
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
  /** How much of the clip's sound could not be decoded, in milliseconds. */
  readonly damagedMs: number;
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
  userId?: string | null | undefined;
  /** What it was recorded for. */
  mode?: string | null | undefined;
  /** Whatever else is to be kept: any value that JSON can hold. */
  metadata?: unknown;
  /** When it was added, in milliseconds since 1970 UTC, or a Date; default: now. */
  createdAtMs?: number | Date | undefined;
  /** Takes the place of the recording that has this id and other bytes. */
  replace?: boolean | undefined;
  /** Adds what holds nothing to be recognised by, silence or no sound at all, which is refused otherwise. */
  keepSilent?: boolean | undefined;
}

/** What a store knows about a recording. */
export interface Recording {
  readonly id: string;
  readonly title: string | null;
  /** Where it came from; null if none was given. */
  readonly source: string | null;
  /** xxh3-128 of the source's bytes in hexadecimal, by which the same bytes are added only once; null without bytes. */
  readonly sourceHash: string | null;
  readonly userId: string | null;
  readonly mode: string | null;
  readonly metadata: unknown;
  readonly durationMs: number;
  readonly frames: number;
  /** Number of landmarks kept. */
  readonly landmarks: number;
  readonly truncated: boolean;
  /** How much of its sound could not be decoded, in milliseconds. */
  readonly damagedMs: number;
  readonly format: { readonly codec: string | null; readonly sampleRate: number; readonly channels: number };
  /** Milliseconds since 1970 UTC. */
  readonly createdAtMs: number;
}

/** What became of a recording that was to be added. */
export type Added =
  | { readonly isNew: true; readonly id: string; readonly recording: Recording }
  /** The same bytes are in the store already, under `id`. */
  | { readonly isNew: false; readonly id: string; readonly recording: null };

export interface AddManyOptions extends LongCallOptions {
  /** Threads that decode while one writes; 0, the default, is as many as the machine has cores. */
  threads?: number | undefined;
  /** What ids are made of: the names of files without extension, the default, or their paths as they are named. */
  idFrom?: "stem" | "path" | undefined;
  /** What stands in front of ids. */
  idPrefix?: string | undefined;
  /** Lets a file take the place of the recording that has its id and other bytes. */
  replace?: boolean | undefined;
  /** Adds what holds nothing to be recognised by, silence or no sound at all. */
  keepSilent?: boolean | undefined;
  /** The number of the sound track that is taken of each file, from 0 on; default: the one that the file calls its default. */
  track?: number | undefined;
}

/** What became of a file that was to be added. */
export interface AddedFile {
  readonly path: string;
  /** "silent" files hold nothing to be recognised by; "passed_over" is what a folder holds that was not taken. */
  readonly status: "added" | "replaced" | "duplicate" | "silent" | "failed" | "passed_over";
  /** The id of its recording, that of the earlier one if it is a duplicate, the one it was to have if it failed; null if its path gives none. */
  readonly id: string | null;
  /** Length of its sound in milliseconds; 0 unless it was added. */
  readonly durationMs: number;
  /** Number of landmarks kept; 0 unless it was added. */
  readonly landmarks: number;
  /** True if the file ended early. */
  readonly truncated: boolean;
  /** How much of its sound could not be decoded, in milliseconds. */
  readonly damagedMs: number;
  /** Why it was not added; null if it was, or is there already. */
  readonly error: SonicError | null;
}

export interface RecordingPageOptions extends CallOptions {
  /** `next` of the page before; 0, the default, begins. */
  after?: number | undefined;
  /** Recordings at most; default 256. */
  limit?: number | undefined;
}

/** Some recordings, in the order in which they were added. */
export interface RecordingPage {
  readonly recordings: readonly Recording[];
  /** What the page that follows comes `after`; null at the end. */
  readonly next: number | null;
}

/**
 * The recordings of a store: `store.recordings`. `for await (const recording of store.recordings)` reads them a page at a
 * time, in the order in which they were added; what is removed meanwhile is left out, what is added comes at the end.
 */
export class Recordings implements AsyncIterable<Recording> {
  private constructor();
  /** Which recordings a clip is from. A clip that is not recognised is no error. */
  identify(source: Source | Fingerprint, options?: IdentifyOptions): Promise<Answer>;
  /** What plays on a stream, as it comes: slices are pushed to the monitor. */
  monitor(options?: MonitorOptions): Promise<Monitor>;
  /** A query whose clip comes piece by piece, each a fingerprint. */
  query(options?: IdentifyOptions): Promise<RecordingQuery>;
  /** Adds a recording; what the store has already, by the bytes of the source, is not added again. */
  add(source: Source | Fingerprint, options?: AddOptions): Promise<Added>;
  /**
   * Adds files, and the media files in folders, under the names of the files, a batch a transaction. What is wrong with a
   * file is in its row and does not end the others; what is there already is passed over, so that adding a folder again
   * goes on where it stopped.
   */
  addMany(paths: string | URL | readonly (string | URL)[], options?: AddManyOptions): Promise<AddedFile[]>;
  /** A picture, as SVG, of why a source was recognised as a match of its answer. The source is read once more. */
  explain(source: Source, match: Pick<Match, "id" | "offsetMs">, options?: CallOptions): Promise<string>;
  /** The recording named `id`; null if there is none. */
  get(id: string, options?: CallOptions): Promise<Recording | null>;
  /** True if there is a recording named `id`. */
  contains(id: string, options?: CallOptions): Promise<boolean>;
  /** The recording whose source bytes have this hash, as `Recording.sourceHash` has it; null if there is none. */
  ofSource(sourceHash: string, options?: CallOptions): Promise<Recording | null>;
  page(options?: RecordingPageOptions): Promise<RecordingPage>;
  [Symbol.asyncIterator](): AsyncGenerator<Recording, void, undefined>;
  /** How many there are. */
  count(options?: CallOptions): Promise<number>;
  /** The landmarks that are kept of a recording; a `not_found` error if there is none. */
  landmarks(id: string, options?: CallOptions): Promise<Landmark[]>;
  /** Removes a recording; a `not_found` error if there is none. */
  remove(id: string, options?: CallOptions): Promise<void>;
}

import type { Fingerprint } from "./audio.js";
import type { CallOptions, LongCallOptions, Source } from "./common.js";
import type { Faces, ForgottenFaces } from "./faces.js";
import type { Imported } from "./imported.js";
import type { People } from "./people.js";
import type { AddOptions, Added, Answer, IdentifyOptions, Recordings } from "./recordings.js";
import type { RemoteOptions, TransferOptions, Transferred } from "./snapshots.js";
import type { ForgottenVoices, Voices } from "./voices.js";

export interface OpenOptions extends CallOptions {
  /** "create" (default): reading and writing, created if there is none; "read_write": it must exist; "read_only". */
  access?: "create" | "read_write" | "read_only" | undefined;
  /**
   * How far the file is looked at first, as a damaged page, followed without a look, would end the process: "auto", the
   * default (the pages, unless the file is as a process that had the store open left it, or another process has it open),
   * "full" (the pages in any case; about a second a gigabyte) or "never".
   */
  verify?: "never" | "auto" | "full" | undefined;
  /** Bytes of address space to reserve at first, which grows by itself; default 1 GiB. */
  mapSize?: number | undefined;
}

/** Counts of a store. */
/** What was saved of a damaged store. */
export interface Salvaged {
  /** Recordings with their landmarks. */
  recordings: number;
  /** Recordings that were imported without their sound. Of their hashes some may be lost. */
  imported: number;
  voices: number;
  /** People with a voiceprint. */
  people: number;
  photos: number;
  faces: number;
  /** Rows that were damaged. */
  damagedRows: number;
  /** Pages that could not be made out; of what lay below them nothing may be missing. */
  damagedPages: number;
  /**
   * One of the two pages is damaged that tell in turn of the last change: what was saved is perhaps what was there before
   * it, and has what that change removed.
   */
  mayLackLastChange: boolean;
}

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
  /** Number of the snapshot that the store was pulled or pushed as last; null if it never was. */
  readonly snapshot: number | null;
  /** Why the store cannot follow its snapshots just now; null if it can, or nobody in this process follows. */
  readonly followError: string | null;
}

export interface FollowOptions extends RemoteOptions {
  /** Milliseconds from one look at the bucket to the next, 10 or more; default 30,000. */
  intervalMs?: number | undefined;
}

/** Keeps a store at the current snapshot of a bucket. */
export class Follower {
  private constructor();
  /** Ends it; a pull that is under way is given up. Twice is fine. */
  close(): Promise<void>;
}

/** How much of a user was forgotten. */
export interface Forgotten {
  readonly voices: ForgottenVoices;
  readonly faces: ForgottenFaces;
}

/** A store, in a directory. Any number of processes may read it while one writes. */
export class Store {
  private constructor();
  /** The directory. */
  readonly path: string;
  /** Its recordings. */
  readonly recordings: Recordings;
  /** The recordings that were imported without their sound. */
  readonly imported: Imported;
  /** The voices of people, and who is speaking. */
  readonly voices: Voices;
  /** Its photos and their faces. */
  readonly faces: Faces;
  /** The people of an event; nobody if there is no such event. */
  people(event: string): People;
  /** Opens the store in directory `path`. */
  static open(path: string | URL, options?: OpenOptions): Promise<Store>;
  /** Short for `recordings.add`. */
  add(source: Source | Fingerprint, options?: AddOptions): Promise<Added>;
  /** Short for `recordings.identify`. */
  identify(source: Source | Fingerprint, options?: IdentifyOptions): Promise<Answer>;
  /** Forgets a user: voices and faces. Counts of 0 mean that there was nothing. `compact` frees the bytes. */
  forget(userId: string, options?: CallOptions): Promise<Forgotten>;
  stats(options?: CallOptions): Promise<Stats>;
  /**
   * Makes what the store holds the current snapshot of a bucket: s3://bucket/prefix, az://container/prefix, gs://bucket/prefix
   * or file:///folder. Only chunks that the bucket lacks are sent. A `mismatch` error if another snapshot is the current one.
   */
  push(url: string, options?: TransferOptions): Promise<Transferred>;
  /**
   * Keeps the store at the current snapshot of a bucket: it turns to a new one with the next call, and no call waits for it or
   * fails. If it cannot be pulled `stats().followError` says why, and the store stays as it is.
   */
  follow(url: string, options?: FollowOptions): Promise<Follower>;
  /** Gives the space of what was removed back to the disk. */
  compact(options?: LongCallOptions): Promise<void>;
  /**
   * Writes the tables into a folder, made if it does not exist, as recordings.parquet, voices.parquet, faces.parquet and
   * people.parquet. A file takes the place of an older one when it is complete.
   */
  exportParquet(folder: string | URL, options?: LongCallOptions): Promise<void>;
  /**
   * Saves what is whole of the store in the folder `from`, to which nobody writes meanwhile, to a new store in the folder
   * `to`. What was removed does not come back, but see `mayLackLastChange`; what needs a row that is lost goes with it.
   * `from` is only read; if the call fails nothing is left in `to`.
   */
  static salvage(from: string | URL, to: string | URL, options?: LongCallOptions): Promise<Salvaged>;
  /** Reads everything once and tells what is wrong; empty means sound. */
  check(options?: LongCallOptions): Promise<string[]>;
  /** Ends the calls under way, then closes; later calls are `closed` errors. Twice is fine. */
  close(): Promise<void>;
  /** The same as `close`, for `await using`, where Node has it. */
  [Symbol.asyncDispose](): Promise<void>;
}

import type { CallOptions, LongCallOptions, SonicError } from "./common.js";

/** How often each oddity of a file applies, by name: `unknown_hashes`, `trailing_bytes` and others. */
export type ImportWarnings = Readonly<Record<string, number>>;

/** What became of a file that was to be imported. */
export interface ImportedFile {
  readonly path: string;
  /** "duplicate": the same was imported before. */
  readonly status: "imported" | "duplicate" | "failed";
  /** The season that it is of, if that is known. */
  readonly season: number | null;
  /** Recordings that were imported. */
  readonly recordings: number;
  /** Recordings that were left out, because the store has them with their sound. */
  readonly leftOut: number;
  /** Hashes of the file. */
  readonly hashes: number;
  /** Entries that were imported. */
  readonly entries: number;
  readonly warnings: ImportWarnings;
  /** Why it was refused; null if it was not. */
  readonly error: SonicError | null;
}

/** A file that was compared with what was imported of it. */
export interface ValidatedFile {
  readonly path: string;
  /** True if the store has what the file has. */
  readonly isFine: boolean;
  readonly season: number | null;
  /** Hashes of the file, each of which was looked at. */
  readonly hashes: number;
  /** Hashes that no pair of peaks has. */
  readonly unknown: number;
  /** Hashes whose frames were compared with those in the store. */
  readonly compared: number;
  /** Of those, hashes whose frames differ in some recording. */
  readonly different: number;
  /** Recordings of the file that were not imported, or were removed since. */
  readonly missing: number;
  /** Recordings of the file that the store has with their sound by now. */
  readonly withSound: number;
  readonly warnings: ImportWarnings;
  /** Why it could not be read; null if it was. */
  readonly error: SonicError | null;
}

/** A recording that was imported without its sound. */
export interface ImportedRecording {
  readonly id: string;
  /** The file that it came from. */
  readonly source: string;
  readonly season: number | null;
  /** Hashes, with repetitions. */
  readonly entries: number;
  /** Frames of 23.2 ms up to the last hash. */
  readonly frames: number;
  /** Milliseconds up to the last hash: a little less than the recording lasts. */
  readonly durationMs: number;
  /** When it was imported, in milliseconds since 1970 UTC. */
  readonly createdAtMs: number;
}

/** The recordings of a store of which only another system's fingerprints were imported. `identify` finds them beside the others. */
export class Imported {
  private constructor();
  /**
   * Imports the fingerprints that CityWok left: a pickle, an LMDB environment, a folder of them, or a folder with
   * `fingerprints` and `checksums` as its bucket has them. Each file is one transaction; what was imported before is passed
   * over, and what is wrong with a file is in its row and does not end the others. Progress counts bytes that were read.
   */
  add(place: string | URL, options?: LongCallOptions): Promise<ImportedFile[]>;
  /** Compares files with what was imported of them: 1,000 hashes of each by their frames, and all by whether there is such a hash. Progress counts files. */
  validate(place: string | URL, options?: LongCallOptions): Promise<ValidatedFile[]>;
  list(options?: CallOptions): Promise<ImportedRecording[]>;
  /** Removes what was imported of a recording. */
  remove(id: string, options?: CallOptions): Promise<void>;
  /** Removes all that was imported, and says of how many recordings. */
  clear(options?: CallOptions): Promise<number>;
}

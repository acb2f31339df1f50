import type { CallOptions, LongCallOptions } from "./common.js";

/** How a bucket is reached. Keys come from the environment or a file, never from an address. */
export interface RemoteOptions extends CallOptions {
  /** A server in the place of the usual one: of R2, MinIO, an emulator. */
  endpoint?: string | undefined;
  /** A file with keys and settings, one NAME=value a line as in the environment, whose place it takes. */
  credentials?: string | URL | undefined;
  /** Requests at the same time, 1 to 64; default 8. */
  connections?: number | undefined;
  /** Most bytes a second that are sent or received; default: no limit. */
  bytesPerSecond?: number | undefined;
}

export interface TransferOptions extends RemoteOptions, LongCallOptions {}

export interface PruneOptions extends TransferOptions {
  /** Snapshots that stay, the newest; default 1. */
  keep?: number | undefined;
  /** Seconds: what is younger stays. Default 3600; less only if nobody pushes or pulls. */
  grace?: number | undefined;
}

export interface RollbackOptions extends TransferOptions {
  /** The number of the snapshot; default: the one before the current. */
  to?: number | undefined;
}

/** A snapshot in a bucket. */
export interface Snapshot {
  /** Its number, from 1 on; the largest is current. */
  readonly version: number;
  /** Number of the snapshot that it was made on the base of; null of the first. */
  readonly base: number | null;
  /** Number of the snapshot that it brings back; null unless it is a rollback. */
  readonly restores: number | null;
  /** When it was made, by the clock of its maker. */
  readonly createdAtMs: number;
  /** How often somebody was forgotten in the store so far. */
  readonly forgetEpoch: number;
  /** Rows of all tables. */
  readonly rows: number;
  /** Bytes of its chunks. */
  readonly bytes: number;
  /** Bytes of its chunks as they are in the bucket. */
  readonly packedBytes: number;
  /** SHA-256 of its manifest. */
  readonly manifest: string;
  /** Version of the store's format. */
  readonly storeFormat: number;
}

/** What a push or a pull came to. */
export interface Transferred {
  /** False if the store and the current snapshot were the same already. */
  readonly changed: boolean;
  /** Number of the snapshot that the store is now. */
  readonly version: number;
  /** Bytes that were sent or received. */
  readonly bytes: number;
}

/** What pruning removed. */
export interface Pruned {
  readonly removedSnapshots: number;
  readonly removedChunks: number;
  readonly removedBytes: number;
  /** Snapshots that stay. */
  readonly keptSnapshots: number;
}

/**
 * Makes the store in a folder, made if it does not exist, the current snapshot of a bucket. Chunks that it has already are not
 * received; open stores turn to it with their next call.
 */
export function pull(directory: string | URL, url: string, options?: TransferOptions): Promise<Transferred>;

/** The snapshots that can be pulled or rolled back to, the current one first. */
export function list(url: string, options?: RemoteOptions): Promise<Snapshot[]>;

/** Removes all but the newest snapshots, and chunks that none of those needs. */
export function prune(url: string, options?: PruneOptions): Promise<Pruned>;

/** Makes a snapshot from before the current one again, and gives its new number. */
export function rollback(url: string, options?: RollbackOptions): Promise<number>;

import type { CallOptions } from "./common.js";

export interface PushOptions extends CallOptions {
  /** Samples per second of the chunks, 1,000 to 768,000; default 16,000. */
  sampleRate?: number | undefined;
  /** How many slices with a higher index may come before a slice, which is given up then; default 3. */
  window?: number | undefined;
  /** How far a container's time may be ahead of the packets, in milliseconds, before it is a gap; default 100. */
  gapThresholdMs?: number | undefined;
  /** Most bytes of a slice, and of all slices that wait for one before them; default 16 MiB. */
  maxSliceBytes?: number | undefined;
}

export interface SliceOptions {
  /** When the slice was sent, in milliseconds by the clock of the sender, from anywhere: by it the next recorder finds its place. */
  sentMs?: number | undefined;
}

/** Mono sound and its place. */
export interface Chunk {
  /** When its first sample was recorded, in milliseconds from the first sample of the connection on. */
  readonly startMs: number;
  /** Nominally -1 to 1, always finite. */
  readonly samples: Float32Array;
}

/** A stretch of time of which no sound came. */
export interface Gap {
  readonly startMs: number;
  readonly endMs: number;
}

/** What became of the slices. */
export interface PushCounts {
  /** Slices that were taken, those that were repeated, late or conflicting among them. */
  readonly slices: number;
  /** Slices that came again, and were left out. */
  readonly repeated: number;
  /** Slices that came after they had been given up, and were left out. */
  readonly late: number;
  /** Slices that were given up: they never came, or too late. */
  readonly lost: number;
  /** Slices that are not what came under their index before, and begin no recording; left out. */
  readonly conflicting: number;
  /** Times that the index began anew. */
  readonly restarts: number;
  /** Recordings that began, each with its header. */
  readonly sessions: number;
  /** Recordings whose header never came, and whose sound was taken for Opus. */
  readonly headersAssumed: number;
  /** Places where bytes were missing, whether slices were lost or cut. */
  readonly holes: number;
  /** Packets whose time was lost with their Cluster, and that were placed by their order. */
  readonly placedByOrder: number;
  /** Bytes in which nothing could be read, and that were passed over. */
  readonly unreadableBytes: number;
  /** Packets that could not be decoded. */
  readonly damagedPackets: number;
  /** Slices that were refused or could not be read: each gave an error. */
  readonly errors: number;
}

/**
 * Decodes the slices that a browser's MediaRecorder gives, of one connection, as they come: WebM, fragmented MP4, Ogg Opus,
 * and MP3, ADTS and WAV. What is lost is a gap in time; what survives keeps its place. Calls are made one after the other, in
 * the order in which they were begun.
 */
export class PushDecoder {
  private constructor();
  static open(options?: PushOptions): Promise<PushDecoder>;
  /** Samples per second of the chunks. */
  readonly sampleRate: number;
  /**
   * Takes the slice number `index`, counted from 0 as the browser does, and gives the sound that is known by it, often none.
   * Rejects with `limit` or `invalid_argument` for a slice that is too large or an index that cannot be, as if it had not come;
   * with `unsupported` or `malformed` once for each recording that cannot be decoded. What is decoded comes with a later call.
   */
  push(index: number, data: Uint8Array | ArrayBuffer, options?: SliceOptions): Promise<Chunk[]>;
  /** Gives the rest: slices that wait for others are read, packets that wait for their time are placed. */
  finish(): Promise<Chunk[]>;
  /** The gaps so far, in order; the last 4,096 are kept. */
  gaps(): Promise<Gap[]>;
  /** What became of the slices so far. */
  counts(): Promise<PushCounts>;
  /** Frees its memory, which else happens when it is garbage. Calls under way end first; twice is fine. */
  close(): Promise<void>;
}

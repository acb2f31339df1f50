import type { Fingerprint } from "./audio.js";
import type { CallOptions } from "./common.js";
import type { SliceOptions } from "./push.js";
import type { Answer } from "./recordings.js";

export interface MonitorOptions extends CallOptions {
  /** Slices are mono samples, 32-bit floats of this machine, so many a second; default: they have a header. */
  rawSampleRate?: number | undefined;
  /** How many slices with a higher index may come before a slice, which is given up then; default 3. */
  window?: number | undefined;
  /** How far a container's time may be ahead of the packets, in milliseconds, before it is a gap; default 100. */
  gapThresholdMs?: number | undefined;
  /** Threads that share the work of a search; default 1, 0 is as many as the machine has cores. */
  threads?: number | undefined;
  /** Ids of recordings that are not looked for. */
  exclude?: readonly string[] | undefined;
}

/** A recording that is, or was, on air. */
export interface Airing {
  /** Counts the airings of a stream from 0: it is reported twice under its number, when it is recognised and when it ended. */
  readonly number: number;
  /** The recording's id. */
  readonly id: string;
  /** Its title; null if it has none. */
  readonly title: string | null;
  /** Where it begins, in milliseconds of the stream. */
  readonly startMs: number;
  /** Where it ends; how far it is known to play as long as it plays. */
  readonly endMs: number;
  /** False while it plays. */
  readonly ended: boolean;
  /** Where in the recording it begins, in milliseconds. */
  readonly offsetMs: number;
  /** Log-odds that it is right. */
  readonly score: number;
  /** Probability that it is right, 0 to 1. */
  readonly probability: number;
  /** Seconds of recording per second of stream: above 1 if it is played faster. */
  readonly timeScale: number;
  /** Semitones by which it sounds higher than the recording. */
  readonly pitchSemitones: number;
}

/**
 * Follows a stream: sound goes in, what plays comes out when it is recognised, after 2 to 6 s, and once more when it ended,
 * mostly within 1 s, later where the recording itself pauses at that place. Every piece of 5 s or more is found, whole or in part;
 * recordings that were imported without their sound are not.
 * Calls are made one after the other, in the order in which they were begun. Made by `Recordings.monitor`.
 */
export class Monitor {
  private constructor();
  /**
   * Takes the slice number `index` of the stream, counted from 0, and gives what became known, often nothing. Rejects as
   * `PushDecoder.push`, after which the stream goes on.
   */
  push(index: number, data: Uint8Array | ArrayBuffer, options?: SliceOptions): Promise<Airing[]>;
  /**
   * Takes mono samples, 11,025 a second, of which the first lies `startMs` milliseconds after the first of the stream, in the
   * place of slices. What is missing before it is a gap.
   */
  pushSamples(startMs: number, samples: Float32Array): Promise<Airing[]>;
  /** Ends the stream, and what plays; gives the rest. */
  finish(): Promise<Airing[]>;
  /** What plays, of slices as they come, and then of the rest. */
  airings(
    slices: AsyncIterable<Uint8Array | ArrayBuffer> | Iterable<Uint8Array | ArrayBuffer>,
  ): AsyncGenerator<Airing, void, undefined>;
  /** Frees its memory, which else happens when it is garbage. Calls under way end first; twice is fine. */
  close(): Promise<void>;
}

/** A query whose clip comes piece by piece: one too long for memory, or of a stream. Made by `Recordings.query`. */
export class RecordingQuery {
  private constructor();
  /** Searches for the next piece of the clip, which begins where the last one ended: of 10 s or more if there is as much. */
  push(piece: Fingerprint): Promise<void>;
  /** The answer to all pieces; the query has ended then. */
  finish(): Promise<Answer>;
  /** Frees its memory, which else happens when it is garbage. Calls under way end first; twice is fine. */
  close(): Promise<void>;
}

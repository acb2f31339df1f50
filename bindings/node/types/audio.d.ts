import type { CallOptions, Source } from "./common.js";

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
  /** How much of the source's sound could not be decoded, in milliseconds; it is left out of the samples. */
  readonly damagedMs: number;
}

export interface DecodeOptions extends CallOptions {
  /** Samples per second to resample to, 1 to 768,000; default: the rate of the source. */
  sampleRate?: number | undefined;
  /** The number of a sound track, from 0 on; default: the one that the file calls its default, or the first that can be decoded. */
  track?: number | undefined;
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

/** What a clip is recognised by: ready to be a query and to be added. About 20 kB a second, in libsonic's memory. */
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

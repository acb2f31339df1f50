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
  | "internal"
  | "busy";

/** Everything that can go wrong in sonic. Values of a wrong type and options that do not exist are a `TypeError`. */
export class SonicError extends Error {
  constructor(kind: ErrorKind, message: string, options?: ErrorOptions);
  readonly name: "SonicError";
  /** What the caller can do about it. */
  readonly kind: ErrorKind;
  /** The number of `kind`, 1 to 11; the status code of the C interface. */
  readonly code: number;
  /** Of `busy`: how long to wait, in milliseconds, before it is tried again. */
  readonly retryAfterMs?: number;
}

/** Options of every call that can be cancelled. */
export interface CallOptions {
  /**
   * Rejects the call when it is aborted. A call that waits is dropped; one that runs and may take seconds is cancelled
   * (see `LongCallOptions`), a short one ends by itself.
   */
  signal?: AbortSignal | undefined;
}

/** How far a call has come, in units of its own: files, faces, bytes. */
export interface Progress {
  readonly done: number;
  /** 0 while it is not known. */
  readonly total: number;
}

/** Options of calls that may take seconds: they stop soon after their `signal` is aborted. */
export interface LongCallOptions extends CallOptions {
  /** Called now and then while the call runs, and once at its end. */
  onProgress?: ((progress: Progress) => void) | undefined;
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

/** What models are run on and found in. */
export interface ModelOptions extends CallOptions {
  /** Threads that one call uses; 0, the default, is as many as the machine has cores. */
  threads?: number | undefined;
  /** What an ONNX model runs on: "cpu" (default), "cuda", or "auto" for a GPU if there is one. */
  provider?: "cpu" | "cuda" | "auto" | undefined;
  /** Path of ONNX Runtime's library; default: `$ORT_DYLIB_PATH`, else an installed one. */
  onnxruntime?: string | URL | undefined;
  /** The folder of models; default: `$SONIC_MODELS`, else the user's. */
  modelsFolder?: string | URL | undefined;
}

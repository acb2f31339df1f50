// One error class; its kinds and numbers are those of every other language.

import { enums } from "./prototypes.js";

/** `error_not_found` of C is "not_found" here. */
const KINDS = new Map(Object.entries(enums.status).map(([name, code]) => [name.replace(/^error_/, ""), code]));
const NAMES = new Map([...KINDS].map(([name, code]) => [code, name]));

/** Everything that can go wrong in sonic: `kind` says what the caller can do, `message` what to do, on which file. */
export class SonicError extends Error {
  constructor(kind, message, { retryAfterMs, ...options } = {}) {
    super(message, options);
    this.name = "SonicError";
    this.kind = kind;
    this.code = KINDS.get(kind);
    if (retryAfterMs) this.retryAfterMs = retryAfterMs;
  }
}

/** The name of a status of the C interface. */
export function kindOf(status) {
  return NAMES.get(status) ?? "internal";
}

/** What became of a file of many, with its error as one of ours. */
export function outcome({ error, reason, ...file }) {
  return { ...file, error: reason === null ? null : new SonicError(kindOf(error), reason) };
}

export function invalid(message) {
  return new SonicError("invalid_argument", message);
}

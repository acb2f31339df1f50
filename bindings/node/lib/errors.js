// One error class; its kinds and numbers are those of every other language.

const KINDS = [
  "ok",
  "invalid_argument",
  "not_found",
  "malformed",
  "unsupported",
  "limit",
  "mismatch",
  "io",
  "model",
  "closed",
  "internal",
];

/** Everything that can go wrong in sonic: `kind` says what the caller can do, `message` what to do, on which file. */
export class SonicError extends Error {
  constructor(kind, message, options) {
    super(message, options);
    this.name = "SonicError";
    this.kind = kind;
    this.code = KINDS.indexOf(kind);
  }
}

/** The name of a status of the C interface. */
export function kindOf(status) {
  return KINDS[status] ?? "internal";
}

export function invalid(message) {
  return new SonicError("invalid_argument", message);
}

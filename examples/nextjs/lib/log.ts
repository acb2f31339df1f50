// One JSON object a line, as log collectors want them.

type Level = "info" | "error";

let least: Level = "info";

/** Says which lines are written. */
export function setLevel(level: Level): void {
  least = level;
}

/** Writes a line. */
export function log(level: Level, message: string, fields: Readonly<Record<string, unknown>> = {}): void {
  if (level === "info" && least === "error") return;
  const line = JSON.stringify({ time: new Date().toISOString(), level, message, ...fields });
  (level === "error" ? process.stderr : process.stdout).write(`${line}\n`);
}

/** An error with its causes, for a line. */
export function described(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause === undefined ? "" : `; ${described(error.cause)}`;
  return `${error.message}${cause}`;
}

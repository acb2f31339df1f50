// What the environment says. A value that is not understood is an error: a server that guesses is found out too late.

/** What the app is told by its environment; `.env.example` describes each. */
export interface Settings {
  /** Folder of the store. */
  readonly store: string;
  /** Id of a voice model, or the path of its manifest. */
  readonly model: string;
  readonly provider: "cpu" | "cuda" | "auto";
  /** Cosine, 0 to 1, from which on a person is a match. */
  readonly threshold: number;
  /** Samples from which on enrolling is complete. */
  readonly minSamples: number;
  /** Samples that a voiceprint has at most. */
  readonly maxSamples: number;
  readonly maxUploadBytes: number;
  /** Requests under way at most; more are asked to come back. */
  readonly maxRequests: number;
  /** Threads that call libsonic; null: as many as the machine has cores. */
  readonly workers: number | null;
  /** Other sites whose pages may call: origins, or "*" alone. */
  readonly corsOrigins: readonly string[];
  readonly log: "info" | "error";
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Variables of the service that this app replaces: what they ask for would not happen. */
const REPLACED = ["ML_SERVICE_URL", "NEXT_PUBLIC_ML_SERVICE_URL"];

/** Says what is wrong with a value. */
class Wrong extends Error {}

function whole(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= least && value <= most) return value;
    throw new Wrong(`must be a whole number, ${least} to ${most}`);
  };
}

function share(text: string): number {
  const value = Number(text);
  if (/^\d*\.?\d+$/.test(text) && value >= 0 && value <= 1) return value;
  throw new Wrong("must be a number, 0 to 1");
}

function word<T extends string>(...words: readonly T[]): (text: string) => T {
  return (text) => {
    const found = words.find((one) => one === text);
    if (found) return found;
    throw new Wrong(`must be ${words.join(" or ")}`);
  };
}

function originsOf(text: string): string[] {
  const origins = text.split(",").map((one) => one.trim());
  if (origins.length === 1 && origins[0] === "*") return origins;
  for (const one of origins) {
    const url = URL.canParse(one) ? new URL(one) : null;
    if (url?.origin !== one || !url.protocol.startsWith("http")) {
      throw new Wrong(`must be origins such as https://example.org with commas between them, or *, not ${one}`);
    }
  }
  return origins;
}

const same = (text: string): string => text;

/**
 * The settings in `environment`.
 * @throws Error that names every variable that is not understood.
 */
export function settingsOf(environment: Environment): Settings {
  const problems: string[] = [];
  const known = new Set<string>();
  function read<T>(name: string, otherwise: T, parse: (text: string) => T): T {
    known.add(name);
    const text = environment[name];
    if (text === undefined || text === "") return otherwise;
    try {
      return parse(text);
    } catch (error) {
      if (!(error instanceof Wrong)) throw error;
      problems.push(`${name}=${text} ${error.message}`);
      return otherwise;
    }
  }
  const settings: Settings = {
    store: read("VIIM_STORE", "voiceprints.sonic", same),
    model: read("VIIM_VOICE_MODEL", "celda128", same),
    provider: read("VIIM_PROVIDER", "cpu", word("cpu", "cuda", "auto")),
    threshold: read("VIIM_THRESHOLD", 0.7, share),
    minSamples: read("VIIM_MIN_SAMPLES", 3, whole(1, 100)),
    maxSamples: read("VIIM_MAX_SAMPLES", 5, whole(1, 100)),
    maxUploadBytes: read("VIIM_MAX_UPLOAD_BYTES", 4 << 20, whole(1024, 1 << 30)),
    maxRequests: read("VIIM_MAX_REQUESTS", 32, whole(1, 10_000)),
    workers: read<number | null>("VIIM_WORKERS", null, whole(1, 64)),
    corsOrigins: read<string[]>("VIIM_CORS_ORIGINS", [], originsOf),
    log: read("VIIM_LOG", "info", word("info", "error")),
  };
  if (settings.maxSamples < settings.minSamples) problems.push("VIIM_MAX_SAMPLES must not be below VIIM_MIN_SAMPLES");
  problems.push(...unknownIn(environment, known));
  if (problems.length > 0) throw new Error(`the environment is not understood: ${problems.join("; ")}`);
  return settings;
}

function unknownIn(environment: Environment, known: ReadonlySet<string>): string[] {
  const set = Object.keys(environment).filter((name) => environment[name]);
  const unknown = set.filter((name) => name.startsWith("VIIM_") && !known.has(name));
  const replaced = set.filter((name) => REPLACED.includes(name));
  return [
    ...unknown.map((name) => `there is no ${name}: remove it, or see .env.example`),
    ...replaced.map((name) => `${name} names a service that is not asked any more: voices are told here; remove it`),
  ];
}

// What all routes share: who may call, what an error says, what is logged and counted.

import { SonicError } from "sonic-media";
import { type Engine, engine } from "./engine";
import { described, log } from "./log";
import { answered, counters } from "./metrics";

/** An error that is the caller's, or that passes. */
export class Refused extends Error {
  constructor(
    readonly status: number,
    message: string,
    readonly retryAfterSeconds?: number,
  ) {
    super(message);
  }
}

/** What a route does: its answer is sent as JSON, and `logged` is added to the line of the request. */
export type Work = (call: Call) => Promise<unknown>;

export interface Call {
  readonly request: Request;
  readonly engine: Engine;
  readonly logged: Record<string, unknown>;
  /** Milliseconds since the request came. */
  elapsedMs(): number;
}

export interface RouteOptions {
  /** Whether errors say how long the request took, as /api/viim/identify's do. */
  timed?: boolean;
}

type Handler = (request: Request) => Promise<Response>;

/** The handler of a route. */
export function route(name: string, work: Work, { timed = false }: RouteOptions = {}): Handler {
  return async (request) => {
    const began = performance.now();
    const elapsedMs = (): number => Math.round(performance.now() - began);
    const logged: Record<string, unknown> = {};
    let cors: Record<string, string> = {};
    let response: Response;
    counters().underWay += 1;
    try {
      const ready = await engine();
      logged.model = ready.model.name;
      cors = admitted(request, ready.settings.corsOrigins);
      checkRoom(ready.settings.maxRequests);
      response = Response.json(await work({ request, engine: ready, logged, elapsedMs }));
    } catch (error) {
      response = refusal(error, logged, timed ? { processingTime: elapsedMs() } : {});
    } finally {
      counters().underWay -= 1;
    }
    for (const [header, value] of Object.entries(cors)) response.headers.set(header, value);
    const { status } = response;
    answered(name, request.method, status, (performance.now() - began) / 1000);
    const line = { route: name, method: request.method, status, ms: elapsedMs(), ...logged };
    log(status >= 500 ? "error" : "info", "request", line);
    return response;
  };
}

function checkRoom(most: number): void {
  if (counters().underWay > most) throw new Refused(503, "too many requests at once: try again", 1);
}

/**
 * The headers for the page that calls. A page of another site may call only if it is listed: browsers send forms
 * anywhere, and would enrol whomever they like.
 */
function admitted(request: Request, origins: readonly string[]): Record<string, string> {
  const origin = request.headers.get("origin");
  if (origin === null || isOwn(origin, request)) return {};
  const listed = origins.includes(origin) || origins[0] === "*";
  if (!listed) throw new Refused(403, `pages of ${origin} may not call: add it to VIIM_CORS_ORIGINS`);
  return { "access-control-allow-origin": origin, vary: "origin" };
}

function isOwn(origin: string, request: Request): boolean {
  const host = request.headers.get("x-forwarded-host") ?? request.headers.get("host");
  return URL.canParse(origin) && new URL(origin).host === host;
}

/** The answer to a browser that asks whether a page of another site may call. */
export async function OPTIONS(request: Request): Promise<Response> {
  try {
    const cors = admitted(request, (await engine()).settings.corsOrigins);
    const allowed = {
      "access-control-allow-methods": "GET, POST, DELETE",
      "access-control-allow-headers": "content-type",
    };
    return new Response(null, { status: 204, headers: { ...cors, ...allowed, "access-control-max-age": "600" } });
  } catch (error) {
    return refusal(error, {}, {});
  }
}

/** Statuses of what sonic refuses; what is missing here is our own trouble. */
const STATUS: Readonly<Record<string, number>> = {
  invalid_argument: 400,
  malformed: 400,
  unsupported: 400,
  limit: 400,
  not_found: 404,
  mismatch: 409,
  busy: 503,
  closed: 503,
};

/** The status of an error; 500 for what is no answer to the caller. */
export function statusOf(error: unknown): number {
  if (error instanceof Refused) return error.status;
  return error instanceof SonicError ? (STATUS[error.kind] ?? 500) : 500;
}

function refusal(error: unknown, logged: Record<string, unknown>, fields: Readonly<Record<string, unknown>>): Response {
  const status = statusOf(error);
  logged.error = described(error);
  // What is our own trouble is for the log, not for the caller to read.
  const text = status === 500 || !(error instanceof Error) ? "Internal server error" : error.message;
  const seconds = error instanceof Refused ? error.retryAfterSeconds : status === 503 ? 1 : undefined;
  const headers: Record<string, string> = seconds === undefined ? {} : { "retry-after": String(seconds) };
  return Response.json({ error: text, ...fields }, { status, headers });
}

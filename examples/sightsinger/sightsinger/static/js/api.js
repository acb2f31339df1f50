// The routes of the service. What fails is an `ApiError`, whose message tells people what to do.

const TEXTS = {
  invalid_musicxml: "This file is not a score that can be read.",
  unsupported_file_type: "Choose a file of MusicXML: .musicxml, .xml or .mxl.",
  score_parse_timeout: "This score takes too long to read. Try a shorter one.",
  score_changed: "The score was changed somewhere else. It is shown as it is now; please change the word again.",
  note_not_found: "That note is no longer in the score.",
  session_not_found: "The session has ended. Choose the score again.",
  score_not_found: "There is no score yet. Choose one.",
  job_not_found: "What was sung is no longer kept. Press Sing again.",
  job_not_done: "A part is still being sung. Wait until all are done.",
  no_audible_tracks: "Every part is muted.",
};
const STATUSES = {
  0: "The service cannot be reached. Check the connection, then try again.",
  401: "The service needs a valid token.",
  403: "This token may not do that.",
  413: "The file is larger than this service takes.",
  422: "The service did not understand the request.",
  429: "Too many requests. Wait a moment, then try again.",
  503: "The storage cannot be reached at the moment. Try again shortly.",
};
const TRIES = 3;

/** A refusal: `status` is 0 without an answer, `code` the service's own word. */
export class ApiError extends Error {
  constructor(status, code, more) {
    const known = TEXTS[code] ?? STATUSES[status] ?? (status === 200 ? "" : `The service failed (${status}). Try again.`);
    super([known, more].filter(Boolean).join(" "));
    Object.assign(this, { name: "ApiError", status, code });
  }
}

/** The token that requests carry; null for none. It stays in this tab. */
export const token = {
  get: () => sessionStorage.getItem("token"),
  set: (value) => (value ? sessionStorage.setItem("token", value) : sessionStorage.removeItem("token")),
};

/** The answer of a route. What only reads is tried again when the network or the storage is away for a moment. */
export async function request(path, { method = "GET", json, body, tries = method === "GET" ? TRIES : 1, signal } = {}) {
  const headers = token.get() ? { Authorization: `Bearer ${token.get()}` } : {};
  if (json !== undefined) headers["Content-Type"] = "application/json";
  for (let tried = 1; ; tried += 1) {
    try {
      const answer = await fetch(path, { method, headers, body: json === undefined ? body : JSON.stringify(json), signal });
      if (answer.ok) return answer;
      throw await refusal(answer);
    } catch (error) {
      if (error.name === "AbortError") throw error;
      const failed = error instanceof ApiError ? error : new ApiError(0);
      if (tried >= tries || ![0, 502, 503, 504].includes(failed.status)) throw failed;
      await pause(300 * 2 ** tried);
    }
  }
}

const json = async (path, options) => (await request(path, options)).json();

async function refusal(answer) {
  const body = await answer.json().catch(() => ({}));
  const code = typeof body.detail === "string" ? body.detail : null;
  return new ApiError(answer.status, code, typeof body.message === "string" ? body.message : "");
}

export const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

export const api = {
  config: () => json("/config"),
  voicebanks: async () => (await json("/api/voicebanks")).voicebanks,
  newSession: async () => (await json("/sessions", { method: "POST", tries: TRIES })).session_id,
  upload(session, file) {
    const body = new FormData();
    body.append("file", file, file.name);
    return json(`/sessions/${session}/upload`, { method: "POST", body });
  },
  score: (session) => json(`/sessions/${session}/score.json`),
  musicXml: async (session) => (await request(`/sessions/${session}/score`)).text(),
  changeLyric: (session, change) => json(`/sessions/${session}/score`, { method: "PATCH", json: change }),
  solfege: (session, settings) => json(`/sessions/${session}/solfege-settings`, { method: "PATCH", json: settings }),
  async sing(session, order) {
    const answer = await json(`/sessions/${session}/chat`, { method: "POST", json: { message: "", ...order } });
    if (answer.type !== "chat_progress") throw new ApiError(200, null, answer.message);
    return answer;
  },
  progress: (session, job) => json(`/sessions/${session}/progress?job_id=${encodeURIComponent(job)}`),
  cancel: (session, job) => json(`/sessions/${session}/jobs/${job}/cancel`, { method: "POST" }),
};

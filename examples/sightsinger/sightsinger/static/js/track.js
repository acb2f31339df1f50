// The sound of one part, as it arrives: a WAV stream whose samples are kept, and taken up again where the network lost it.

import { api, ApiError, pause, request } from "./api.js";

const HEADER = 44;
const GROWTH_S = 30;
/** Refusals that pass: no network, an old token, a storage that is away. */
const PASSING = [0, 401, 502, 503, 504];
const RETRY_MS = [500, 1000, 2000, 4000, 8000];

/** Samples that grow. `length` of them are there; `complete` says that no more come. */
export class Track extends EventTarget {
  constructor(about) {
    super();
    Object.assign(this, { volume: 0.8, pan: 0, muted: false, solo: false, ...about });
    this.rate = 44100;
    this.samples = new Float32Array(0);
    this.length = 0;
    this.complete = false;
    this.failed = null;
    this.waiting = false;
  }

  /** Seconds that are there. */
  get seconds() {
    return this.length / this.rate;
  }

  /** Takes all samples at once. */
  fill(samples, rate) {
    Object.assign(this, { samples, rate, length: samples.length, complete: true });
    this.changed();
  }

  append(values) {
    if (this.length + values.length > this.samples.length) {
      const room = new Float32Array(Math.max(this.length + values.length, this.samples.length + GROWTH_S * this.rate));
      room.set(this.samples.subarray(0, this.length));
      this.samples = room;
    }
    this.samples.set(values, this.length);
    this.length += values.length;
    this.changed();
  }

  changed() {
    this.dispatchEvent(new Event("change"));
  }

  stop() {
    this.reading?.abort();
  }

  /** Reads the stream of a job to its end. Breaks of the network and old tokens are passed over; a failed job is an error. */
  async read(session, job, url) {
    this.reading = new AbortController();
    const { signal } = this.reading;
    for (let failures = 0; ; ) {
      const before = this.length;
      try {
        await this.take(`${url}&from=${this.seconds}`, signal);
        if (await ended(session, job)) break;
      } catch (error) {
        if (error.name === "AbortError") return;
        if (error instanceof ApiError && !PASSING.includes(error.status)) {
          // The job itself says more of why there is no sound.
          await ended(session, job);
          throw error;
        }
      }
      failures = this.length > before ? 0 : failures + 1;
      if (failures > RETRY_MS.length) throw new ApiError(0);
      this.waits(failures > 0 || this.length > before);
      await pause(RETRY_MS[Math.max(0, failures - 1)]);
      if (signal.aborted) return;
      url = await streamUrl(session, job, url);
    }
    this.complete = true;
    this.waits(false);
    this.changed();
  }

  waits(value) {
    this.waiting = value;
    this.changed();
  }

  /** Appends what one answer brings. */
  async take(url, signal) {
    const answer = await request(url, { signal, tries: 1 });
    this.total = Number(answer.headers.get("X-Total-Seconds")) || this.total;
    const reader = answer.body.getReader();
    let [head, odd] = [new Uint8Array(0), new Uint8Array(0)];
    for (;;) {
      const { done, value } = await reader.read();
      if (done || signal.aborted) return;
      let bytes = value;
      if (head.length < HEADER) {
        head = joined(head, bytes);
        if (head.length < HEADER) continue;
        this.rate = new DataView(head.buffer).getUint32(24, true);
        bytes = head.slice(HEADER);
      }
      bytes = joined(odd, bytes);
      odd = bytes.slice(bytes.length & ~1);
      if (bytes.length > 1) this.append(floats(bytes.slice(0, bytes.length & ~1)));
      this.waiting = false;
    }
  }
}

/** Whether the job is done; what ended it otherwise is thrown. */
async function ended(session, job) {
  const progress = await api.progress(session, job);
  if (progress.status === "error") throw new ApiError(200, null, problem(progress));
  return progress.status === "done";
}

/** What went wrong with a job, for people. */
export function problem(progress) {
  return progress.error === "cancelled" ? "The singing was stopped." : progress.error || progress.message || "The singing failed.";
}

async function streamUrl(session, job, url) {
  try {
    return (await api.progress(session, job)).stream_url ?? url;
  } catch (error) {
    if (error.status === 0) return url;
    throw error;
  }
}

function joined(first, second) {
  if (!first.length) return second;
  const both = new Uint8Array(first.length + second.length);
  both.set(first);
  both.set(second, first.length);
  return both;
}

function floats(bytes) {
  const whole = new Int16Array(bytes.buffer, bytes.byteOffset, bytes.length / 2);
  return Float32Array.from(whole, (value) => value / 32768);
}

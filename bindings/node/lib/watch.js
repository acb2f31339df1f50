// What the main thread says to a call that runs on another, and what it hears of it: a token that cancels the call, and
// how far it has come.

/** How often progress is looked at, in milliseconds. */
const EVERY_MS = 100;
/** The handles of a call without a watch. */
const UNWATCHED = { cancel: null, progress: null };

export class Watch {
  #native;
  #cancel = null;
  #progress = null;
  #report;
  #fail;
  #timer;
  #last = "";

  /** `fail` gets what `onProgress` throws. */
  constructor(native, { signal, onProgress }, fail) {
    this.#native = native;
    this.#report = onProgress;
    this.#fail = fail;
    if (signal || onProgress) this.#cancel = handle(native.cancel_new);
    if (onProgress) this.#progress = handle(native.progress_new);
  }

  /** What goes to the worker. */
  get handles() {
    return { cancel: this.#cancel, progress: this.#progress };
  }

  /** The call runs from here on. */
  begin() {
    if (!this.#report) return;
    this.#timer = setInterval(() => this.#look(), EVERY_MS);
    this.#timer.unref();
  }

  cancel() {
    if (this.#cancel !== null) this.#native.cancel_cancel(this.#cancel);
  }

  /** Nothing of the call runs any more; `finished` if it came to its end. */
  end(finished) {
    clearInterval(this.#timer);
    if (finished && this.#report) this.#look();
    this.#native.cancel_free(this.#cancel);
    this.#native.progress_free(this.#progress);
    this.#cancel = this.#progress = this.#report = null;
  }

  #look() {
    const total = this.#native.progress_total(this.#progress);
    const done = this.#native.progress_done(this.#progress);
    if (`${done}/${total}` === this.#last) return;
    this.#last = `${done}/${total}`;
    try {
      this.#report({ done, total });
    } catch (error) {
      // A program that cannot take progress does not want the call to go on.
      clearInterval(this.#timer);
      this.#report = null;
      this.cancel();
      this.#fail(error);
    }
  }
}

function handle(make) {
  const out = [null];
  make(out);
  return out[0];
}

/** The handles of a watch, or of none. */
export function handlesOf(watch) {
  return watch?.handles ?? UNWATCHED;
}

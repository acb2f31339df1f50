// Things that live in libsonic and must be freed there.

import { SonicError } from "./errors.js";
import { run } from "./pool.js";

/** What the garbage collector finds is freed, in case the program did not. */
const forgotten = new FinalizationRegistry((what) => {
  run("free", what).catch(() => {});
});

/** Owns a native object, and keeps it from being freed while a call uses it. */
export class Handle {
  #address;
  #noun;
  #what;
  #users = 0;
  #closing;
  #idle;

  /** `noun` is what C calls it, `what` what people call it. */
  constructor(address, noun, what = noun) {
    this.#address = address;
    this.#noun = noun;
    this.#what = what;
    forgotten.register(this, { noun, address }, this);
  }

  get closed() {
    return this.#closing !== undefined;
  }

  /** The address; `release` must be called when nothing uses it any more. */
  acquire() {
    if (this.closed) throw new SonicError("closed", `the ${this.#what} is closed: open it again`);
    this.#users += 1;
    return this.#address;
  }

  release() {
    this.#users -= 1;
    if (this.#users === 0) this.#idle?.();
  }

  /** Refuses new calls, waits for those under way, and frees. The second time nothing happens. */
  close() {
    this.#closing ??= this.#end();
    return this.#closing;
  }

  async #end() {
    forgotten.unregister(this);
    if (this.#users > 0) await new Promise((resolve) => (this.#idle = resolve));
    await run("free", { noun: this.#noun, address: this.#address });
  }
}

/** Runs a call that uses `handles`, which keep alive and open until its end. */
export function using(handles, call, values, options) {
  const held = [];
  try {
    const addresses = handles.map((handle) => {
      const address = handle.acquire();
      held.push(handle);
      return address;
    });
    const ended = () => held.forEach((handle) => handle.release());
    return run(call, { addresses, ...values }, { ...options, ended });
  } catch (error) {
    held.forEach((handle) => handle.release());
    throw error;
  }
}

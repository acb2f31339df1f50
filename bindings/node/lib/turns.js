// Calls of a handle that is for one thread at a time.

/** Makes calls one after the other, in the order in which they were begun. */
export class Turns {
  #last = Promise.resolve();

  take(call) {
    const turn = this.#last.then(call);
    this.#last = turn.catch(() => {});
    return turn;
  }
}

// Sound out of the slices of a browser's recorder, as they come.

import * as check from "./arguments.js";
import { Handle, using } from "./handle.js";
import { run } from "./pool.js";
import { copied } from "./sources.js";
import { Turns } from "./turns.js";

const PRIVATE = Symbol("private");
/** Per decoder: its handle, and whose turn it is: slices are taken in the order in which they are pushed. */
const decoders = new WeakMap();
const OPTIONS = {
  sampleRate: check.whole(1_000, 768_000),
  window: check.whole(0),
  gapThresholdMs: check.number(Number.MIN_VALUE, Number.MAX_VALUE),
  maxSliceBytes: check.whole(0, Number.MAX_SAFE_INTEGER),
};
const PUSH = { sentMs: check.number(-Number.MAX_VALUE, Number.MAX_VALUE) };

/** Decodes the slices of one connection. */
export class PushDecoder {
  constructor(key, address, sampleRate) {
    if (key !== PRIVATE) throw new TypeError("use await PushDecoder.open(options)");
    this.sampleRate = sampleRate;
    decoders.set(this, { handle: new Handle(address, "push_decoder", "decoder"), turns: new Turns() });
    Object.freeze(this);
  }

  static async open(options) {
    const { fields, how } = check.options(options, OPTIONS);
    how.signal?.throwIfAborted();
    const { sample_rate: sampleRate = 16_000, ...rest } = fields;
    return new PushDecoder(PRIVATE, await run("push_open", { sampleRate, options: rest }), sampleRate);
  }

  async push(index, data, options) {
    const { fields } = check.options(options, PUSH);
    const at = check.whole(0, Number.MAX_SAFE_INTEGER)(index, "index");
    const bytes = copied(data);
    if (bytes === undefined) throw new TypeError(`data must be bytes, not ${check.kind(data)}`);
    const values = { index: at, bytes, sentMs: fields.sent_ms };
    return inTurn(this, (handle) => using([handle], "push_slice", values, { transfer: [bytes.buffer] }));
  }

  async finish() {
    return inTurn(this, (handle) => using([handle], "push_finish"));
  }

  async gaps() {
    return inTurn(this, (handle) => using([handle], "push_gaps"));
  }

  async counts() {
    return inTurn(this, (handle) => using([handle], "push_counts"));
  }

  async close() {
    return decoders.get(this).handle.close();
  }
}

function inTurn(decoder, call) {
  const { handle, turns } = decoders.get(decoder);
  return turns.take(() => call(handle));
}

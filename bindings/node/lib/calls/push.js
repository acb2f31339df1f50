// What a worker can be asked for about the slices of a browser's recorder.

import koffi from "koffi";
import { blank, checked, consume, copied, opened, optionsOf } from "../convert.js";
import { readRow } from "../rows.js";

const GAP_BYTES = 16;

export const pushCalls = {
  push_open(native, { sampleRate, options }) {
    const given = optionsOf(native, "push_options", options);
    return { value: opened(native, (out) => native.push_decoder_new(sampleRate, given, out)) };
  },

  push_slice(native, { addresses: [decoder], index, bytes, sentMs }) {
    return chunksOf(native, (out) =>
      sentMs === undefined
        ? native.push_decoder_push(decoder, index, bytes, bytes.length, out)
        : native.push_decoder_push_at(decoder, index, sentMs, bytes, bytes.length, out),
    );
  },

  push_finish(native, { addresses: [decoder] }) {
    return chunksOf(native, (out) => native.push_decoder_finish(decoder, out));
  },

  push_gaps(native, { addresses: [decoder] }) {
    return gapsOf(native, (out) => native.push_decoder_gaps(decoder, out));
  },

  push_counts(native, { addresses: [decoder] }) {
    const counts = blank(native, "push_counts");
    checked(native, native.push_decoder_counts(decoder, counts));
    return { value: readRow("push_counts", counts) };
  },
};

/** The gaps that a call gives. */
export function gapsOf(native, call) {
  return consume(native, "gaps", call, (gaps) => {
    const numbers = new Float64Array(copied(native.gaps_data(gaps), GAP_BYTES * native.gaps_len(gaps)));
    const value = Array.from({ length: numbers.length / 2 }, (_, i) => ({ startMs: numbers[2 * i], endMs: numbers[2 * i + 1] }));
    return { value };
  });
}

/** The chunks that a call gives, their samples copied. */
function chunksOf(native, call) {
  return consume(native, "chunk_list", call, (chunks) => {
    const value = Array.from({ length: native.chunk_list_len(chunks) }, (_, i) => {
      const { start_ms, samples, len } = koffi.decode(native.chunk_list_at(chunks, i), native.types.chunk);
      return { startMs: start_ms, samples: new Float32Array(copied(samples, 4 * Number(len))) };
    });
    return { value, transfer: value.map(({ samples }) => samples.buffer) };
  });
}

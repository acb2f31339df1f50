// What a worker can be asked for about streams.

import koffi from "koffi";
import { checked, consume, opened, optionsOf } from "../convert.js";
import { readRow } from "../rows.js";
import { answered } from "./recordings.js";

export const monitorCalls = {
  monitor_open(native, { addresses: [store], options }) {
    const given = optionsOf(native, "monitor_options", options);
    return { value: opened(native, (out) => native.monitor_new(store, given, out)) };
  },

  monitor_push(native, { addresses: [monitor], index, bytes, sentMs }) {
    return airingsOf(native, (out) =>
      sentMs === undefined
        ? native.monitor_push(monitor, index, bytes, bytes.length, out)
        : native.monitor_push_at(monitor, index, sentMs, bytes, bytes.length, out),
    );
  },

  monitor_push_samples(native, { addresses: [monitor], startMs, samples }) {
    return airingsOf(native, (out) => native.monitor_push_samples(monitor, startMs, samples, samples.length, out));
  },

  monitor_finish(native, { addresses: [monitor] }) {
    return airingsOf(native, (out) => native.monitor_finish(monitor, out));
  },

  query_open(native, { addresses: [store], options }) {
    const given = optionsOf(native, "identify_options", options);
    return { value: opened(native, (out) => native.recording_query_new(store, given, out)) };
  },

  query_push(native, { addresses: [query, piece] }) {
    checked(native, native.recording_query_push(query, piece));
    return {};
  },

  query_finish(native, { addresses: [query] }) {
    return answered(native, (out) => native.recording_query_finish(query, out));
  },
};

/** The airings that a call gives. */
function airingsOf(native, call) {
  return consume(native, "airing_list", call, (airings) => ({
    value: Array.from({ length: native.airing_list_len(airings) }, (_, i) =>
      readRow("airing", koffi.decode(native.airing_list_at(airings, i), native.types.airing)),
    ),
  }));
}

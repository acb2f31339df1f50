// What a worker can be asked for about sessions that follow a connection.

import koffi from "koffi";
import { blank, checked, consume, fileOf, opened, optionsOf } from "../convert.js";
import { listOf, plain, readRow, rowsAt } from "../rows.js";
import { gapsOf } from "./push.js";

export const liveCalls = {
  live_open_ai(native, { url, options }) {
    const given = optionsOf(native, "recognizer_options", options);
    return { value: opened(native, (out) => native.recognizer_open_ai(url, given, out)) };
  },

  live_whisper(native, { url, options }) {
    const given = optionsOf(native, "recognizer_options", options);
    return { value: opened(native, (out) => native.recognizer_whisper(url, given, out)) };
  },

  live_spelling(native, { model, options }) {
    const given = optionsOf(native, "recognizer_options", options);
    return { value: opened(native, (out) => native.recognizer_spelling(model ?? null, given, out)) };
  },

  live_recognizer_counts(native, { addresses: [recognizer] }) {
    return filledRow(native, "recognition_counts", (row) => native.recognizer_counts(recognizer, row));
  },

  live_open(native, { addresses, parts, connection, state, options }) {
    const handles = Object.fromEntries(parts.map((part, i) => [part, addresses[i]]));
    const given = { ...optionsOf(native, "live_options", options), ...handles };
    const call = (out) =>
      state === undefined
        ? native.live_session_new(connection, given, out)
        : native.live_session_restore(state, state.length, given, out);
    return { value: opened(native, call) };
  },

  live_push(native, { addresses: [session], index, bytes, sentMs }) {
    return segmentsOf(native, (out) =>
      sentMs === undefined
        ? native.live_session_push(session, index, bytes, bytes.length, out)
        : native.live_session_push_at(session, index, sentMs, bytes, bytes.length, out),
    );
  },

  live_push_samples(native, { addresses: [session], startMs, samples }) {
    return segmentsOf(native, (out) => native.live_session_push_samples(session, startMs, samples, samples.length, out));
  },

  live_activity(native, { addresses: [session], stampMs, names, digits }) {
    return segmentsOf(native, (out) => native.live_session_activity(session, stampMs, names, digits, names.length, out));
  },

  live_poll(native, { addresses: [session] }) {
    return segmentsOf(native, (out) => native.live_session_poll(session, out));
  },

  live_finish(native, { addresses: [session] }) {
    return segmentsOf(native, (out) => native.live_session_finish(session, out));
  },

  live_refresh_names(native, { addresses: [session] }) {
    return segmentsOf(native, (out) => native.live_session_refresh_names(session, out));
  },

  live_turns(native, { addresses: [session] }) {
    return consume(
      native,
      "turn_list",
      (out) => native.live_session_turns(session, out),
      (list) => ({ value: listOf(native, "turn_list", list, plain("turn")) }),
    );
  },

  live_gaps(native, { addresses: [session] }) {
    return gapsOf(native, (out) => native.live_session_gaps(session, out));
  },

  live_counts(native, { addresses: [session] }) {
    return filledRow(native, "push_counts", (row) => native.live_session_counts(session, row));
  },

  live_stats(native, { addresses: [session] }) {
    return filledRow(native, "live_stats", (row) => native.live_session_stats(session, row));
  },

  live_state(native, { addresses: [session] }) {
    return fileOf(native, (out) => native.live_session_state(session, out));
  },
};

function filledRow(native, name, call) {
  const row = blank(native, name);
  checked(native, call(row));
  return { value: readRow(name, row) };
}

/** The segments that a call gives. */
function segmentsOf(native, call) {
  return consume(native, "segment_list", call, (list) => ({ value: listOf(native, "segment_list", list, segmentOf) }));
}

function segmentOf(native, pointer) {
  const row = koffi.decode(pointer, native.types.segment);
  return { ...readRow("segment", row), words: rowsAt(native, "word", row.words, row.word_len) };
}

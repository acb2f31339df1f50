// What a worker can be asked for about recordings.

import { checked, consume, copied, fileOf, optionsOf, orNull, withSource } from "../convert.js";
import { invalid } from "../errors.js";
import { listOf, pageOf, plain, rowOf, wordOf } from "../rows.js";
import { LANDMARK_BYTES } from "./sound.js";

/** Among how many matches the one to explain is looked for. */
const MOST_MATCHES = 100;
const STAGES = ["decode", "fingerprint", "search"];

export const recordingCalls = {
  recordings_add(native, { addresses: [store], source, options }) {
    const given = rowOptions(native, options);
    return withSource(native, source, (handle) =>
      added(native, (out) => native.recordings_add(store, handle, given, out)),
    );
  },

  recordings_add_fingerprint(native, { addresses: [store, fingerprint], options }) {
    const given = rowOptions(native, options);
    return added(native, (out) => native.recordings_add_fingerprint(store, fingerprint, given, out));
  },

  recordings_add_many(native, { addresses: [store], paths, options }, { cancel, progress }) {
    const given = optionsOf(native, "add_options", options);
    return consume(
      native,
      "added_file_list",
      (out) => native.recordings_add_many(store, paths, paths.length, given, cancel, progress, out),
      (list) => ({ value: listOf(native, "added_file_list", list, plain("added_file")) }),
    );
  },

  /** The answer is found again: its handle is not kept. */
  recordings_explain(native, { addresses: [store], source, match: { id, offsetMs } }) {
    const given = optionsOf(native, "identify_options", { limit: MOST_MATCHES });
    const explained = (handle, answer) => {
      const matches = matchesOf(native, answer);
      const index = matches.findIndex((one) => one.id === id && one.offsetMs === offsetMs);
      if (index < 0) throw invalid(`the source does not match ${id} at ${offsetMs} ms: give a match of its answer`);
      return fileOf(native, (out) => native.recordings_explain(store, handle, answer, index, out));
    };
    return withSource(native, source, (handle) =>
      consume(
        native,
        "answer",
        (out) => native.recordings_identify(store, handle, given, out),
        (answer) => ({ value: new TextDecoder().decode(explained(handle, answer).value) }),
      ),
    );
  },

  recordings_identify(native, { addresses: [store], source, options }) {
    const given = optionsOf(native, "identify_options", options);
    return withSource(native, source, (handle) =>
      answered(native, (out) => native.recordings_identify(store, handle, given, out)),
    );
  },

  recordings_identify_fingerprint(native, { addresses: [store, fingerprint], options }) {
    const given = optionsOf(native, "identify_options", options);
    return answered(native, (out) => native.recordings_identify_fingerprint(store, fingerprint, given, out));
  },

  recordings_get(native, { addresses: [store], id }) {
    return orNull(() =>
      consume(
        native,
        "recording",
        (out) => native.recordings_get(store, id, out),
        (row) => ({ value: recordingOf(native, row) }),
      ),
    );
  },

  recordings_contains(native, { addresses: [store], id }) {
    const found = [false];
    checked(native, native.recordings_contains(store, id, found));
    return { value: found[0] };
  },

  recordings_of_source(native, { addresses: [store], hash }) {
    return orNull(() =>
      consume(
        native,
        "recording",
        (out) => native.recordings_of_source(store, hash, out),
        (row) => ({ value: recordingOf(native, row) }),
      ),
    );
  },

  recordings_page(native, { addresses: [store], after, limit }) {
    return consume(
      native,
      "recording_list",
      (out) => native.recordings_page(store, after, limit, out),
      (list) => ({ value: pageOf(native, "recording_list", list, recordingOf) }),
    );
  },

  recordings_count(native, { addresses: [store] }) {
    const count = [0];
    checked(native, native.recordings_len(store, count));
    return { value: count[0] };
  },

  recordings_landmarks(native, { addresses: [store], id }) {
    return consume(
      native,
      "landmarks",
      (out) => native.recordings_landmarks(store, id, out),
      (handle) => {
        const value = copied(native.landmarks_data(handle), LANDMARK_BYTES * native.landmarks_len(handle));
        return { value, transfer: [value] };
      },
    );
  },

  recordings_remove(native, { addresses: [store], id }) {
    checked(native, native.recordings_remove(store, id));
    return {};
  },
};

function rowOptions(native, { metadata, ...rest }) {
  return optionsOf(native, "recording_options", metadata === undefined ? rest : { ...rest, metadata_json: metadata });
}

function added(native, call) {
  return consume(native, "added", call, (handle) => {
    const isNew = native.added_is_new(handle);
    const recording = isNew ? recordingOf(native, native.added_recording(handle)) : null;
    return { value: { isNew, id: native.added_id(handle), recording } };
  });
}

const match = plain("match");

function matchesOf(native, answer) {
  const length = native.answer_len(answer);
  return Array.from({ length }, (_, i) => match(native, native.answer_match(answer, i)));
}

export function answered(native, call) {
  return consume(native, "answer", call, (answer) => {
    const value = {
      decision: wordOf("decision", native.answer_decision(answer)),
      matches: matchesOf(native, answer),
      durationMs: native.answer_duration_ms(answer),
      truncated: native.answer_truncated(answer),
      damagedMs: native.answer_damaged_ms(answer),
      elapsedMs: Object.fromEntries(STAGES.map((stage) => [stage, native[`answer_${stage}_ms`](answer)])),
    };
    return { value };
  });
}

function recordingOf(native, pointer) {
  const { codec, sampleRate, channels, ...row } = rowOf(native, "recording", pointer);
  return { ...row, format: { codec, sampleRate, channels } };
}

// What a worker can be asked for about a store as a whole.

import { blank, checked, consume, opened, optionsOf } from "../convert.js";
import { readRow } from "../rows.js";

export const storeCalls = {
  store_open(native, { path, options }) {
    const given = optionsOf(native, "store_options", options);
    return { value: opened(native, (out) => native.store_open(path, given, out)) };
  },

  store_forget(native, { addresses: [store], userId }) {
    const [voices, faces] = [blank(native, "forgotten_voices"), blank(native, "forgotten_faces")];
    checked(native, native.store_forget(store, userId, voices, faces));
    return { value: { voices: readRow("forgotten_voices", voices), faces: readRow("forgotten_faces", faces) } };
  },

  store_stats(native, { addresses: [store] }) {
    return filled(native, "stats", (stats) => native.store_stats(store, stats));
  },

  store_compact(native, { addresses: [store] }, { cancel, progress }) {
    checked(native, native.store_compact(store, cancel, progress));
    return {};
  },

  store_export_parquet(native, { addresses: [store], folder }, { cancel, progress }) {
    checked(native, native.store_export_parquet(store, folder, cancel, progress));
    return {};
  },

  store_salvage(native, { from, to }, { cancel, progress }) {
    return filled(native, "salvaged", (salvaged) => native.store_salvage(from, to, cancel, progress, salvaged));
  },

  store_check(native, { addresses: [store] }, { cancel, progress }) {
    return consume(
      native,
      "problems",
      (out) => native.store_check(store, cancel, progress, out),
      (problems) => {
        const length = native.problems_len(problems);
        return { value: Array.from({ length }, (_, i) => native.problems_message(problems, i)) };
      },
    );
  },
};

/** A struct that a call fills in. */
export function filled(native, name, call) {
  const struct = blank(native, name);
  checked(native, call(struct));
  return { value: readRow(name, struct) };
}

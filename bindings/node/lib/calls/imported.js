// What a worker can be asked for about recordings that were imported without their sound.

import { checked, consume } from "../convert.js";
import { listOf, plain } from "../rows.js";

export const importedCalls = {
  imported_add(native, { addresses: [store], place }, { cancel, progress }) {
    return consume(
      native,
      "imported_file_list",
      (out) => native.imported_add(store, place, cancel, progress, out),
      (list) => ({ value: listOf(native, "imported_file_list", list, plain("imported_file")) }),
    );
  },

  imported_validate(native, { addresses: [store], place }, { cancel, progress }) {
    return consume(
      native,
      "validated_file_list",
      (out) => native.imported_validate(store, place, cancel, progress, out),
      (list) => ({ value: listOf(native, "validated_file_list", list, plain("validated_file")) }),
    );
  },

  imported_list(native, { addresses: [store] }) {
    return consume(
      native,
      "imported_recording_list",
      (out) => native.imported_list(store, out),
      (list) => ({ value: listOf(native, "imported_recording_list", list, plain("imported_recording")) }),
    );
  },

  imported_remove(native, { addresses: [store], id }) {
    checked(native, native.imported_remove(store, id));
    return {};
  },

  imported_clear(native, { addresses: [store] }) {
    const count = [0];
    checked(native, native.imported_clear(store, count));
    return { value: count[0] };
  },
};

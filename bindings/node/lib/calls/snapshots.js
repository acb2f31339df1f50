// What a worker can be asked for about snapshots in object storage.

import { checked, consume, opened, optionsOf } from "../convert.js";
import { listOf, plain } from "../rows.js";
import { filled } from "./store.js";

const given = (native, options) => optionsOf(native, "remote_options", options);

export const snapshotCalls = {
  snapshots_push(native, { addresses: [store], url, options }, { cancel, progress }) {
    const how = given(native, options);
    return filled(native, "transferred", (out) => native.snapshots_push(store, url, how, cancel, progress, out));
  },

  snapshots_pull(native, { directory, url, options }, { cancel, progress }) {
    const how = given(native, options);
    return filled(native, "transferred", (out) => native.snapshots_pull(directory, url, how, cancel, progress, out));
  },

  snapshots_list(native, { url, options }) {
    return consume(
      native,
      "snapshot_list",
      (out) => native.snapshots_list(url, given(native, options), out),
      (list) => ({ value: listOf(native, "snapshot_list", list, plain("snapshot")) }),
    );
  },

  snapshots_prune(native, { url, keep, grace, options }, { cancel, progress }) {
    const how = given(native, options);
    return filled(native, "pruned", (out) => native.snapshots_prune(url, how, keep, grace, cancel, progress, out));
  },

  snapshots_rollback(native, { url, to, options }, { cancel, progress }) {
    const version = [0];
    const wanted = to === null ? null : [to];
    checked(native, native.snapshots_rollback(url, given(native, options), wanted, cancel, progress, version));
    return { value: version[0] };
  },

  store_follow(native, { addresses: [store], url, interval, options }) {
    const how = given(native, options);
    return { value: opened(native, (out) => native.store_follow(store, url, interval, how, out)) };
  },
};

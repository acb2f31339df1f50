// What a worker can be asked for about the people of an event.

import koffi from "koffi";
import { checked, consume, fileOf, optionsOf, orNull } from "../convert.js";
import { listOf, plain, readRow, rowsAt } from "../rows.js";
import { storedFaces, tags } from "./faces.js";
import { filled } from "./store.js";

const person = plain("person");

export const peopleCalls = {
  people_cluster(native, { addresses: [store], event, options }, { cancel, progress }) {
    const given = clusterOptions(native, options);
    return consume(
      native,
      "cluster_report",
      (out) => native.people_cluster(store, event, given, cancel, progress, out),
      (report) => ({ value: reportOf(native, report) }),
    );
  },

  people_list(native, { addresses: [store], event }) {
    return consume(
      native,
      "person_list",
      (out) => native.people_list(store, event, out),
      (list) => ({ value: listOf(native, "person_list", list, person) }),
    );
  },

  people_get(native, { addresses: [store], event, personId }) {
    return orNull(() => onePerson(native, (out) => native.people_get(store, event, personId, out)));
  },

  people_faces_of(native, { addresses: [store], event, personId }) {
    return storedFaces(native, (out) => native.people_faces_of(store, event, personId, out));
  },

  people_unassigned(native, { addresses: [store], event }) {
    return storedFaces(native, (out) => native.people_unassigned(store, event, out));
  },

  people_tags(native, { addresses: [store], event }) {
    return tags(native, (out) => native.people_tags(store, event, null, out));
  },

  people_report(native, { addresses: [store], event, options }) {
    const given = optionsOf(native, "report_options", options);
    return fileOf(native, (out) => native.people_report(store, event, given, out));
  },

  /** A decision that gives the person as it is then; `said` is what it says, in C's order. */
  people_decide(native, { addresses: [store], event, what, said }) {
    const words = said.flatMap((word) => (Array.isArray(word) ? [ids(word), word.length] : [word ?? null]));
    return onePerson(native, (out) => native[`people_${what}`](store, event, ...words, out));
  },

  people_pin_representative(native, { addresses: [store], event, personId, faceId }) {
    const face = faceId === null ? null : ids([faceId]);
    return onePerson(native, (out) => native.people_pin_representative(store, event, personId, face, out));
  },

  people_merge(native, { addresses: [store], event, from, into }) {
    return consume(
      native,
      "merged_people",
      (out) => native.people_merge(store, event, from, into, out),
      (merged) => {
        const values = koffi.decode(merged, native.types.merged_people);
        return { value: { person: person(native, values.person), ...readRow("merged_people", values) } };
      },
    );
  },

  people_unassign(native, { addresses: [store], event, faceId }) {
    checked(native, native.people_unassign(store, event, faceId));
    return {};
  },

  people_not_same(native, { addresses: [store], event, first, second }) {
    checked(native, native.people_not_same(store, event, first, second));
    return {};
  },

  people_maybe_same(native, { addresses: [store], event, first, second }) {
    checked(native, native.people_maybe_same(store, event, first, second));
    return {};
  },

  people_forget_user(native, { addresses: [store], event, userId }) {
    return filled(native, "forgotten_faces", (counts) => native.people_forget_user(store, event, userId, counts));
  },

  people_forget_person(native, { addresses: [store], event, personId }) {
    return filled(native, "forgotten_faces", (counts) => native.people_forget_person(store, event, personId, counts));
  },

  people_remove(native, { addresses: [store], event }) {
    return filled(native, "forgotten_faces", (counts) => native.people_remove(store, event, counts));
  },

  people_archive(native, { addresses: [store], event }) {
    return filled(native, "archived_event", (counts) => native.people_archive(store, event, counts));
  },
};

function ids(values) {
  return BigUint64Array.from(values, BigInt);
}

/** The options of a preset with those that were given in their place. */
function clusterOptions(native, { preset, ...rest }) {
  const given = optionsOf(native, "people_cluster_options");
  if (preset !== undefined) checked(native, native.people_cluster_options_preset(given, preset));
  return optionsOf(native, "people_cluster_options", rest, given);
}

function onePerson(native, call) {
  return consume(native, "person", call, (row) => ({ value: person(native, row) }));
}

function reportOf(native, pointer) {
  const values = koffi.decode(pointer, native.types.cluster_report);
  const clusters = rowsAt(native, "cluster_summary", values.clusters, values.cluster_len);
  return { ...readRow("cluster_report", values), clusters: clusters.map((row) => ({ ...row, isNew: row.isNew !== 0 })) };
}

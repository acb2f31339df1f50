// What a worker can be asked for about the people of an event; see calls.js.

import koffi from "koffi";
import { checked, made, sized } from "./convert.js";
import { fileOf, orNull, rowsOf, storedFaces } from "./face_calls.js";

const STATUS = ["pending", "linked", "invited", "ignored", "merged"];

export const peopleCalls = {
  people_cluster(native, { addresses: [store], event, how }) {
    const options = sized(native.types.people_options, how);
    return made(
      native,
      "people_report",
      (out) => native.people_cluster(store, event, options, out),
      (report) => ({ value: reportOf(native, report) }),
    );
  },

  people_list(native, { addresses: [store], event }) {
    return made(
      native,
      "event_people",
      (out) => native.people_list(store, event, out),
      (list) => ({ value: rowsOf(native, "event_people", list, personOf) }),
    );
  },

  people_person(native, { addresses: [store], event, person }) {
    return onePerson(native, (out) => native.people_person(store, event, person, out));
  },

  people_faces(native, { addresses: [store], event, person }) {
    return storedFaces(native, (out) => native.people_faces(store, event, person, out));
  },

  people_tags(native, { addresses: [store], event, userId }) {
    return made(
      native,
      "tags",
      (out) => native.people_tags(store, event ?? null, userId ?? null, out),
      (list) => ({ value: rowsOf(native, "tags", list, tagOf) }),
    );
  },

  /** A decision that gives the person as it is then; `said` is what it says, in C's order. */
  people_decide(native, { addresses: [store], event, what, said }) {
    const words = said.map((word) => (Array.isArray(word) ? BigUint64Array.from(word, BigInt) : (word ?? null)));
    return onePerson(native, (out) => native[`people_${what}`](store, event, ...words, out));
  },

  people_merge(native, { addresses: [store], event, from, into }) {
    const leftOut = [0];
    const { value } = onePerson(native, (out) => native.people_merge(store, event, from, into, leftOut, out));
    return { value: { person: value, leftOut: leftOut[0] } };
  },

  people_unassign(native, { addresses: [store], event, face }) {
    checked(native, native.people_unassign(store, event, face));
    return {};
  },

  people_not_same(native, { addresses: [store], event, first, second, different }) {
    checked(native, native.people_not_same(store, event, first, second, different));
    return {};
  },

  people_purge(native, { addresses: [store], event, what, said }) {
    const purged = sized(native.types.purged, {});
    checked(native, native[`people_purge_${what}`](store, event ?? null, ...said, purged));
    const { faces, people, tags, photos } = purged;
    return { value: { faces, people, tags, photos } };
  },

  people_page(native, { addresses: [store], event, how }) {
    const options = sized(native.types.page_options, how);
    return fileOf(native, (out) => native.people_page(store, event, options, out));
  },

  people_archive(native, { addresses: [store], event }) {
    const archived = sized(native.types.archived, {});
    checked(native, native.people_archive(store, event, archived));
    const { embeddings, faces, photos, people } = archived;
    return { value: { embeddings, faces, photos, people } };
  },
};

/** `length` values of native memory, which may be none. */
function rowsAt(pointer, type, length) {
  return length === 0 ? [] : koffi.decode(pointer, koffi.array(type, length, "Array"));
}

function onePerson(native, call) {
  return made(native, "event_person", call, (row) => ({ value: personOf(native, row) }));
}

function personOf(native, pointer) {
  const row = koffi.decode(pointer, native.types.event_person);
  return {
    id: row.id,
    event: row.event,
    label: row.label,
    status: STATUS[row.status],
    userId: row.user_id,
    name: row.name,
    invitationEmail: row.invitation_email,
    invitedAt: row.invited_at_ms === 0 ? null : new Date(row.invited_at_ms),
    mergedInto: orNull(row.merged_into),
    faces: row.faces,
    photos: row.photos,
    representative: orNull(row.representative),
    avgQuality: row.avg_quality,
    minQuality: row.min_quality,
    maxQuality: row.max_quality,
    pinned: row.pinned,
    confirmed: row.confirmed,
    notSame: Array.from(rowsAt(row.not_same, "uint64_t", row.not_same_len), plain),
    createdAt: new Date(row.created_at_ms),
    updatedAt: new Date(row.updated_at_ms),
  };
}

/** An id as the rest of this module has it: a number where that is exact. */
function plain(id) {
  return id <= Number.MAX_SAFE_INTEGER ? Number(id) : id;
}

function reportOf(native, pointer) {
  const report = koffi.decode(pointer, native.types.people_report);
  const clusters = rowsAt(report.clusters, native.types.people_cluster_row, report.cluster_len);
  return {
    event: report.event,
    totalFaces: report.total_faces,
    preservedClusters: report.preserved_clusters,
    assignedToExisting: report.assigned_to_existing,
    newClustersCreated: report.new_clusters_created,
    removedClusters: report.removed_clusters,
    noiseFaces: report.noise_faces,
    processingTimeSeconds: report.processing_time_seconds,
    clusters: clusters.map((row) => ({
      person: row.person,
      label: row.label,
      faces: row.faces,
      representative: orNull(row.representative),
      avgQuality: row.avg_quality,
      isNew: row.is_new !== 0,
    })),
  };
}

function tagOf(native, pointer) {
  const row = koffi.decode(pointer, native.types.tag);
  return {
    event: row.event,
    photoId: row.photo_id,
    userId: row.user_id,
    person: row.person,
    face: row.face,
    bbox: row.bbox,
  };
}

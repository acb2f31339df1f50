// Who is on the photos of an event.

import * as check from "./arguments.js";
import { choice, id, ids } from "./faces.js";
import { Handle, using } from "./handle.js";

const PRESETS = ["default", "memoria"];
const MODES = ["full", "incremental"];
const METHODS = ["hdbscan", "dbscan"];
const ASSIGN_TO = ["mean", "representative"];

/** In C 0 is the default, and a number below 0 is none. */
function share(value, name, least) {
  if (value === false || value === null) return -1;
  const given = check.number(value, name, least, 1);
  return given === 0 ? Number.EPSILON : given;
}

/** The place of a word, from 1 on; `undefined` for the default. */
function from1(value, name, all) {
  const place = choice(value, name, all);
  return place === undefined ? undefined : place + 1;
}

/** The people of an event. */
export class People {
  #store;

  constructor(store, event) {
    if (!(store instanceof Handle)) throw new TypeError("use store.people(event)");
    this.#store = store;
    this.event = check.text(event, "event");
  }

  async cluster(options) {
    const given = check.options(options);
    const from0 = (name) => {
      const number = check.number(given[name], name, 0, Number.MAX_VALUE);
      return number === 0 ? -1 : number;
    };
    const how = {
      memoria: choice(given.preset, "preset", PRESETS),
      mode: from1(given.mode, "mode", MODES),
      method: from1(given.method, "method", METHODS),
      assign_to: from1(given.assignTo, "assignTo", ASSIGN_TO),
      min_cluster_size: check.whole(given.minClusterSize, "minClusterSize", 1, 0xffff_ffff),
      min_samples: check.whole(given.minSamples, "minSamples", 1, 0xffff_ffff),
      epsilon: from0("epsilon"),
      assign_similarity: share(given.assignSimilarity, "assignSimilarity", -1),
      min_similarity: share(given.minSimilarity, "minSimilarity", -1),
      gather_similarity: share(given.gatherSimilarity, "gatherSimilarity", 0),
      min_quality: share(given.minQuality, "minQuality", 0),
      min_size: from0("minSize"),
      min_sharpness: from0("minSharpness"),
      single_quality: share(given.singleQuality, "singleQuality", 0),
      threads: check.whole(given.threads, "threads", 0, 4096),
    };
    return this.#ask("people_cluster", { how }, given);
  }

  async list(options) {
    return this.#ask("people_list", {}, options);
  }

  async person(person, options) {
    return this.#ask("people_person", { person: id(person, "person") }, options);
  }

  async facesOf(person, options) {
    return this.#ask("people_faces", { person: id(person, "person") }, options);
  }

  async noise(options) {
    return this.#ask("people_faces", { person: 0 }, options);
  }

  async tags(options) {
    return this.#ask("people_tags", {}, options);
  }

  async page(options) {
    const { maxFaces, thumbnailSize, date, ...rest } = check.options(options);
    const how = {
      max_faces: check.whole(maxFaces, "maxFaces", 1, 0xffff_ffff),
      thumbnail_size: check.whole(thumbnailSize, "thumbnailSize", 1, 4096),
      date: check.optionalText(date, "date"),
    };
    return new TextDecoder().decode(await this.#ask("people_page", { how }, rest));
  }

  async link(person, userId) {
    return this.#decide("link", id(person, "person"), check.text(userId, "userId"));
  }

  async invite(person, email) {
    return this.#decide("invite", id(person, "person"), check.text(email, "email"));
  }

  async rename(person, name) {
    return this.#decide("rename", id(person, "person"), check.optionalText(name, "name"));
  }

  async ignore(person) {
    return this.#decide("ignore", id(person, "person"), true);
  }

  async unignore(person) {
    return this.#decide("ignore", id(person, "person"), false);
  }

  async merge(person, into) {
    return this.#ask("people_merge", { from: id(person, "person"), into: id(into, "into") });
  }

  async split(person, faces) {
    const given = ids(faces, "faces");
    return this.#decide("split", id(person, "person"), given, given.length);
  }

  async create(faces) {
    const given = ids(faces, "faces");
    return this.#decide("create", given, given.length);
  }

  async assign(face, person) {
    return this.#decide("assign", id(face, "face"), id(person, "person"));
  }

  async unassign(face) {
    return this.#ask("people_unassign", { face: id(face, "face") });
  }

  async notPerson(face, person) {
    return this.#decide("not_person", id(face, "face"), id(person, "person"));
  }

  async notSame(first, second) {
    const people = { first: id(first, "first"), second: id(second, "second") };
    return this.#ask("people_not_same", { ...people, different: true });
  }

  async maybeSame(first, second) {
    const people = { first: id(first, "first"), second: id(second, "second") };
    return this.#ask("people_not_same", { ...people, different: false });
  }

  async pinRepresentative(person, face) {
    return this.#decide("pin_representative", id(person, "person"), face === null ? 0 : id(face, "face"));
  }

  async purgeUser(userId) {
    return this.#ask("people_purge", { what: "user", said: [check.text(userId, "userId")] });
  }

  async purgePerson(person) {
    return this.#ask("people_purge", { what: "person", said: [id(person, "person")] });
  }

  async purge() {
    return this.#ask("people_purge", { what: "event", said: [] });
  }

  async archive() {
    return this.#ask("people_archive", {});
  }

  #decide(what, ...said) {
    return this.#ask("people_decide", { what, said });
  }

  async #ask(call, values, options) {
    const { signal } = check.options(options);
    return using([this.#store], call, { event: this.event, ...values }, { signal });
  }
}

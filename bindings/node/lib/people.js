// Who is on the photos of an event.

import * as check from "./arguments.js";
import { Handle, using } from "./handle.js";
import { enums } from "./prototypes.js";

const SHARE = check.number(0, 1);
const COSINE = check.number(-1, 1);
const FROM_ZERO = check.number(0, Number.MAX_VALUE);
const CLUSTER = {
  preset: check.word(enums.cluster_preset),
  mode: check.word(enums.cluster_mode),
  method: check.word(enums.cluster_method),
  assignTo: check.word(enums.assign_to),
  minClusterSize: check.whole(1),
  minSamples: check.whole(1),
  epsilon: FROM_ZERO,
  assignSimilarity: COSINE,
  minSimilarity: COSINE,
  gatherSimilarity: check.or(null, SHARE),
  minQuality: SHARE,
  minSize: FROM_ZERO,
  minSharpness: FROM_ZERO,
  singleQuality: check.or(null, SHARE),
  threads: check.threads,
  ...check.LONG,
};
const REPORT = { maxFaces: check.whole(1), thumbnailSize: check.whole(1, 4096), date: check.optionalText };

/** The people of an event. */
export class People {
  #store;

  constructor(store, event) {
    if (!(store instanceof Handle)) throw new TypeError("use store.people(event)");
    this.#store = store;
    this.event = check.text(event, "event");
  }

  async cluster(options) {
    return this.#call("people_cluster", {}, options, CLUSTER);
  }

  async list(options) {
    return this.#call("people_list", {}, options);
  }

  async get(person, options) {
    return this.#call("people_get", { personId: check.personId(person) }, options);
  }

  async facesOf(person, options) {
    return this.#call("people_faces_of", { personId: check.personId(person) }, options);
  }

  async unassigned(options) {
    return this.#call("people_unassigned", {}, options);
  }

  async tags(options) {
    return this.#call("people_tags", {}, options);
  }

  async report(options) {
    return new TextDecoder().decode(await this.#call("people_report", {}, options, REPORT));
  }

  async link(person, userId) {
    return this.#decide("link", check.personId(person), check.text(userId, "userId"));
  }

  async invite(person, email) {
    return this.#decide("invite", check.personId(person), check.text(email, "email"));
  }

  async rename(person, name) {
    return this.#decide("rename", check.personId(person), check.optionalText(name, "name"));
  }

  async ignore(person) {
    return this.#decide("ignore", check.personId(person));
  }

  async unignore(person) {
    return this.#decide("unignore", check.personId(person));
  }

  async merge(person, into) {
    return this.#call("people_merge", { from: check.personId(person), into: check.personId(into, "into") });
  }

  async split(person, faces) {
    return this.#decide("split", check.personId(person), check.faceIds(faces));
  }

  async create(faces) {
    return this.#decide("create", check.faceIds(faces));
  }

  async assign(face, person) {
    return this.#decide("assign", check.faceId(face), check.personId(person));
  }

  async unassign(face) {
    return this.#call("people_unassign", { faceId: check.faceId(face) });
  }

  async notPerson(face, person) {
    return this.#decide("not_person", check.faceId(face), check.personId(person));
  }

  async notSame(first, second) {
    const people = { first: check.personId(first, "first"), second: check.personId(second, "second") };
    return this.#call("people_not_same", people);
  }

  async maybeSame(first, second) {
    const people = { first: check.personId(first, "first"), second: check.personId(second, "second") };
    return this.#call("people_maybe_same", people);
  }

  async pinRepresentative(person, face) {
    const given = { personId: check.personId(person), faceId: face === null ? null : check.faceId(face) };
    return this.#call("people_pin_representative", given);
  }

  async forgetUser(userId) {
    return this.#call("people_forget_user", { userId: check.text(userId, "userId") });
  }

  async forgetPerson(person) {
    return this.#call("people_forget_person", { personId: check.personId(person) });
  }

  async remove() {
    return this.#call("people_remove", {});
  }

  async archive() {
    return this.#call("people_archive", {});
  }

  /** A decision, which gives the person as it is then; `said` is what it says, in C's order. */
  #decide(what, ...said) {
    return this.#call("people_decide", { what, said });
  }

  async #call(call, values, options, rules) {
    const { fields, how } = check.options(options, rules);
    return using([this.#store], call, { event: this.event, ...values, options: fields }, how);
  }
}

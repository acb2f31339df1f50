// The recordings of a store that were imported without their sound.

import * as check from "./arguments.js";
import { outcome } from "./errors.js";
import { using } from "./handle.js";

export class Imported {
  #store;

  constructor(store) {
    this.#store = store;
  }

  async add(place, options) {
    const files = await this.#call("imported_add", { place: check.path(place, "place") }, options, check.LONG);
    return files.map(outcome);
  }

  async validate(place, options) {
    const files = await this.#call("imported_validate", { place: check.path(place, "place") }, options, check.LONG);
    return files.map(outcome);
  }

  async list(options) {
    return this.#call("imported_list", {}, options);
  }

  async remove(id, options) {
    return this.#call("imported_remove", { id: check.text(id, "id") }, options);
  }

  async clear(options) {
    return this.#call("imported_clear", {}, options);
  }

  async #call(call, values, options, rules) {
    const { how } = check.options(options, rules);
    return using([this.#store], call, values, how);
  }
}

// What the server does not have yet, kept in the browser: it outlives a reload, a crash and a night without a network.

const NAME = "streamqueue";

function open() {
  return new Promise((resolve, reject) => {
    const opening = indexedDB.open(NAME, 1);
    opening.onupgradeneeded = () => {
      opening.result.createObjectStore("slices", { keyPath: ["connection", "index"] });
      opening.result.createObjectStore("connections", { keyPath: "id" });
    };
    opening.onsuccess = () => resolve(opening.result);
    opening.onerror = () => reject(opening.error);
    opening.onblocked = () => reject(new Error("another tab holds an older version of this page"));
  });
}

function done(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

/** Slices and connections in IndexedDB. */
export class Kept {
  static async open() {
    const kept = new Kept();
    kept.database = await open();
    return kept;
  }

  #store(name, mode) {
    return this.database.transaction(name, mode).objectStore(name);
  }

  /** Keeps a slice and how many its connection has, both or neither. */
  add(slice, connection) {
    return new Promise((resolve, reject) => {
      const both = this.database.transaction(["slices", "connections"], "readwrite", { durability: "strict" });
      both.objectStore("slices").put(slice);
      both.objectStore("connections").put(connection);
      both.oncomplete = () => resolve();
      both.onerror = both.onabort = () => reject(both.error ?? new Error("the browser keeps no more"));
    });
  }

  /** Removes slices up to an index, which the server has. */
  async removeTo(connection, index) {
    if (index < 0) return;
    await done(this.#store("slices", "readwrite").delete(IDBKeyRange.bound([connection, 0], [connection, index])));
  }

  remove(connection, index) {
    return done(this.#store("slices", "readwrite").delete([connection, index]));
  }

  /** The first slices of a connection from an index on. */
  slices(connection, from, most) {
    const range = IDBKeyRange.bound([connection, from], [connection, Number.MAX_SAFE_INTEGER]);
    return done(this.#store("slices", "readonly").getAll(range, most));
  }

  count(connection) {
    const range = IDBKeyRange.bound([connection, 0], [connection, Number.MAX_SAFE_INTEGER]);
    return done(this.#store("slices", "readonly").count(range));
  }

  keep(connection) {
    return done(this.#store("connections", "readwrite").put(connection));
  }

  connections() {
    return done(this.#store("connections", "readonly").getAll());
  }

  forget(connection) {
    return done(this.#store("connections", "readwrite").delete(connection));
  }
}

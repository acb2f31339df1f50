// libsonic as it is called: the structs and functions of lib/prototypes.js, which is made of sonic.h.

import koffi from "koffi";
import { functions, structs } from "./prototypes.js";

/** The library at `path` for a worker: its functions, and the structs that they take. Once a thread. */
export function bind(path) {
  const types = structTypes();
  return Object.defineProperty(functionsOf(koffi.load(path)), "types", { value: types });
}

/** The functions of a library, named without their `sonic_` and bound when they are first used. */
export function functionsOf(library) {
  const native = {};
  for (const [name, prototype] of Object.entries(functions)) {
    const get = () => {
      const value = library.func(prototype);
      Object.defineProperty(native, name, { value });
      return value;
    };
    Object.defineProperty(native, name, { get, configurable: true });
  }
  return native;
}

/** The structs that cross the border. */
export function structTypes() {
  const entries = Object.entries(structs).map(([name, fields]) => {
    const members = Object.entries(fields).map(([field, type]) => [field, member(type)]);
    return [name, koffi.struct(`sonic_${name}`, Object.fromEntries(members))];
  });
  return Object.fromEntries(entries);
}

function member(type) {
  if (type.startsWith("enum ")) return "int";
  const [, element, length] = /^(\w+)\[(\d+)\]$/.exec(type) ?? [];
  return element === undefined ? type : koffi.array(element, Number(length), "Array");
}

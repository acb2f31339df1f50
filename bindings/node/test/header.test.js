// What lib/native.js declares is what sonic.h declares: a difference would not be an exception, but a crash. And what
// index.d.ts declares is what there is.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import * as sonic from "../index.js";
import { prototypes, structs } from "../lib/native.js";
import { file } from "./support.js";

const header = readFileSync(file("bindings/c/include/sonic/sonic.h"), "utf8").replace(/\/\*[^]*?\*\//g, "");

/** A type of C in the words that both sides share: pointers to structs, which differ in name only, are "pointer". */
function plain(type) {
  const words = type.replace(/\b(const|struct|enum|_Out_|_Inout_)\b/g, "").replace(/\s+/g, "");
  if (/^char\*$/.test(words)) return "text";
  if (/^sonic_(status|decision|enroll_status|person_status)$|^int$/.test(words)) return "int32_t";
  return words.includes("*") ? "pointer" : words;
}

/** The type of a parameter, without its name. */
function parameter(text) {
  const [, type, length] = /^(.*?)\w+\[(\d+)\]$/.exec(text.trim()) ?? [];
  if (length !== undefined) return `${plain(type)}[${length}]`;
  return plain(text.trim().replace(/\w+$/, ""));
}

/** `int f(const char *a)` as ["f", ["int", "text"]]. */
function prototype(text) {
  const [, result, name, parameters] = /^\s*([^(]*?)(\w+)\s*\(([^]*)\)\s*;?\s*$/.exec(text);
  const types = parameters.trim() === "" || parameters.trim() === "void" ? [] : parameters.split(",").map(parameter);
  return [name, [plain(result), ...types]];
}

test("functions", () => {
  const functions = Object.fromEntries((header.match(/^[^#{}();]*\bsonic_\w+\([^)]*\);/gm) ?? []).map(prototype));
  assert.ok(Object.keys(functions).length > 60);
  for (const [name, types] of prototypes.map(prototype)) {
    assert.deepEqual(types, functions[name], name);
  }
});

test("structs", () => {
  for (const [name, type] of Object.entries(structs())) {
    const [, body] = new RegExp(`typedef struct sonic_${name} \\{([^}]*)\\}`).exec(header);
    const fields = body.split(";").filter((line) => line.trim());
    const wanted = fields.map((line) => [/(\w+)(?:\[\d+\])?\s*$/.exec(line)[1], parameter(line)]);
    const given = Object.entries(type.members).map(([field, member]) => [field, primitive(member.type)]);
    assert.deepEqual(given, wanted, name);
  }
});

function primitive(type) {
  if (type.primitive === "Array" || type.primitive === "Record") return type.name;
  const names = { String: "text", Pointer: "pointer", Bool: "bool", Float32: "float", Float64: "double" };
  return names[type.primitive] ?? (type.name === "size_t" ? "size_t" : `${type.primitive.toLowerCase()}_t`);
}

test("the version is that of the header", () => {
  const source = readFileSync(new URL("../lib/library.js", import.meta.url), "utf8");
  const [, ours] = /ABI_VERSION = (\d+)/.exec(source);
  const [, theirs] = /SONIC_ABI_VERSION (\d+)/.exec(header);
  assert.ok(Number(ours) <= Number(theirs));
});

test("everything that index.d.ts declares exists, and nothing else", () => {
  const declarations = readFileSync(new URL("../index.d.ts", import.meta.url), "utf8");
  const exported = [...declarations.matchAll(/^export (?:class|function) (\w+)/gm)].map((match) => match[1]);
  assert.deepEqual(Object.keys(sonic).sort(), exported.sort());
  for (const name of ["Store", "Fingerprint", "VoiceEmbedder", "Voices", "FaceAnalyzer", "Faces", "People"]) {
    const [, body] = new RegExp(`export class ${name} \\{([^]*?)\\n\\}`).exec(declarations);
    const methods = [...body.matchAll(/^  (?:get )?([a-z]\w*)(?:\(|: \()/gim)].map((match) => match[1]);
    const there = Object.getOwnPropertyNames(sonic[name].prototype).filter((key) => key !== "constructor");
    assert.deepEqual(methods.sort(), there.sort());
  }
});

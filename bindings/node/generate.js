// Makes lib/prototypes.js of sonic.h: what C declares, in koffi's words. The suite compares the two; `UPDATE=1 npm test`,
// or `node generate.js`, writes it anew.

import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

export const HEADER = new URL("../c/include/sonic/sonic.h", import.meta.url);
export const PROTOTYPES = new URL("./lib/prototypes.js", import.meta.url);

const INTEGERS = /^(?:u?int(?:8|16|32|64)_t|size_t|bool|float|double)$/;

/** Everything that a header declares: enums, structs, functions, and the constants that are whole numbers. */
export function parsed(header) {
  const all = { constants: {}, enums: {}, structs: {}, functions: {} };
  for (const [, name, value] of header.matchAll(/^ *#define SONIC_(\w+) (\d+)$/gm)) all.constants[name] = Number(value);
  for (const statement of statements(header)) {
    const [, kind, name, body] = /^typedef (enum|struct) sonic_(\w+) \{([^]*)\} sonic_\w+$/.exec(statement) ?? [];
    if (kind === "enum") all.enums[name] = members(name, body);
    else if (kind === "struct") all.structs[name] = fields(body);
  }
  for (const statement of statements(header)) {
    const [, result, name, parameters] = /^(?!typedef)([^({]*?)\bsonic_(\w+) ?\(([^]*)\)$/.exec(statement) ?? [];
    if (name !== undefined) all.functions[name] = prototype(result, name, parameters, all);
  }
  return all;
}

/** What ends with a semicolon outside of braces, without comments and lines for the preprocessor. */
function statements(header) {
  const code = header
    .replace(/\/\*[^]*?\*\//g, "")
    .replace(/^ *#ifdef __cplusplus[^]*?^ *#endif.*$/gm, "")
    .replace(/^ *#.*$/gm, "")
    .replace(/\s+/g, " ");
  const found = [];
  let [depth, start] = [0, 0];
  for (let i = 0; i < code.length; i++) {
    if (code[i] === "{") depth += 1;
    else if (code[i] === "}") depth -= 1;
    else if (code[i] === ";" && depth === 0) {
      found.push(code.slice(start, i).trim());
      start = i + 1;
    }
  }
  return found;
}

/** The members of an enum, in small letters and without what all of their names begin with. */
function members(name, body) {
  const pairs = body.split(",").map((one) => /^ ?(\w+) ?= ?(-?\d+) ?$/.exec(one)).filter(Boolean);
  const names = pairs.map(([, member]) => member);
  if (names.length === 0) throw new Error(`the enum sonic_${name} has no members`);
  const words = names[0].split("_").slice(0, -1);
  while (!names.every((member) => member.startsWith(`${words.join("_")}_`))) words.pop();
  const begin = words.join("_").length + 1;
  return Object.fromEntries(pairs.map(([, member, value]) => [member.slice(begin).toLowerCase(), Number(value)]));
}

/** The fields of a struct, with their types as C has them. */
function fields(body) {
  const named = body.split(";").filter((line) => line.trim()).map((line) => {
    const [, type, name, length] = /^(.*?)(\w+) ?(?:\[(\d+)\])?$/.exec(line.trim());
    const plain = type.replace(/\bstruct\b/g, "").replace(/\s+/g, " ").trim();
    return [name, length === undefined ? fieldType(plain) : `${plain}[${length}]`];
  });
  return Object.fromEntries(named);
}

/** Text, numbers and their arrays are what they are; what points to something of ours is an address. */
function fieldType(type) {
  if (type.includes("(")) return "void *";
  if (/^const char ?\*$/.test(type)) return "const char *";
  if (/^const char ?\* ?const ?\*$/.test(type)) return "const char **";
  if (!type.includes("*")) return type;
  return INTEGERS.test(pointed(type)) && type.split("*").length === 2 ? type : "const void *";
}

function pointed(type) {
  return type.replace(/\b(const|struct|enum)\b|\*/g, "").trim();
}

function prototype(result, name, parameters, all) {
  const given = parameters === "void" ? [] : parameters.split(/, ?/);
  const types = given.map((one) => {
    const [, type, called] = /^(.*?)(\w+)$/.exec(one.trim());
    return `${parameterType(type.trim(), name, all)}${called}`;
  });
  return `${resultType(result.trim())}sonic_${name}(${types.join(", ")})`;
}

function resultType(type) {
  if (type.startsWith("enum ")) return "int ";
  if (!type.includes("*")) return `${type} `;
  return /^const char ?\*$/.test(type) ? "const char *" : "const void *";
}

/** What C writes to is marked: handles that are made, numbers, and structs, which say their size before. */
function parameterType(type, name, { enums, structs }) {
  const to = pointed(type);
  const depth = type.split("*").length - 1;
  const struct = /^sonic_(\w+)$/.exec(to)?.[1];
  if (depth === 0) return type.startsWith("enum ") ? "int " : `${type} `;
  if (type.includes("(")) return "void *";
  if (to === "char") return depth === 1 ? "const char *" : "const char **";
  if (depth === 2) return type.startsWith("const ") ? "const void **" : "_Out_ void **";
  if (INTEGERS.test(to)) return type.startsWith("const ") ? `const ${to} *` : `_Out_ ${to} *`;
  if (struct in enums) return "_Out_ int *";
  const known = struct in structs && !name.endsWith("_free");
  if (type.startsWith("const ")) return known ? `const ${to} *` : "const void *";
  return known ? `_Inout_ ${to} *` : "void *";
}

/** The text of lib/prototypes.js. */
export function generated(header) {
  const { constants, enums, structs, functions } = parsed(header);
  const table = (name, doc, entries) => [
    `/** ${doc} */`,
    `export const ${name} = {`,
    ...Object.entries(entries).map(([key, value]) => `  ${key}: ${literal(value)},`),
    "};",
    "",
  ];
  return [
    "// Made from sonic.h by generate.js: do not edit.",
    "",
    ...table("constants", "The constants, without their SONIC_.", constants),
    ...table("enums", "The members of the enums, without what their names begin with.", enums),
    ...table("structs", "The fields of the structs and their types; a struct comes after those that it holds.", structs),
    ...table("functions", "The functions; handles are `void *` here.", functions),
  ].join("\n").trimEnd() + "\n";
}

function literal(value) {
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  return `{ ${Object.entries(value).map(([key, item]) => `${key}: ${JSON.stringify(item)}`).join(", ")} }`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  writeFileSync(PROTOTYPES, generated(readFileSync(HEADER, "utf8")));
}

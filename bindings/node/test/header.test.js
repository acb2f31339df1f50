// What lib/prototypes.js declares is what sonic.h declares: a difference would not be an exception, but a crash.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import koffi from "koffi";
import { HEADER, PROTOTYPES, generated, parsed } from "../generate.js";
import { structTypes } from "../lib/native.js";
import { functions, structs } from "../lib/prototypes.js";
import { scratch } from "./support.js";

const header = readFileSync(HEADER, "utf8");

test("the prototypes are those of the header", () => {
  const wanted = generated(header);
  if (process.env.UPDATE === "1") writeFileSync(PROTOTYPES, wanted);
  else assert.equal(readFileSync(PROTOTYPES, "utf8"), wanted, "sonic.h has changed: UPDATE=1 npm test");
});

test("nothing of the header is passed over", () => {
  const code = header.replace(/\/\*[^]*?\*\//g, "");
  const named = (pattern) => [...new Set([...code.matchAll(pattern)].map((match) => match[1]))].sort();
  assert.deepEqual(Object.keys(functions).sort(), named(/\bsonic_(\w+)\s*\((?!\*)/g));
  assert.deepEqual(Object.keys(structs).sort(), named(/typedef struct sonic_(\w+)\s*\{/g));
});

test("types of every kind", () => {
  const { constants, enums, structs: made, functions: called } = parsed(`
    #define SONIC_MOST 7
    typedef enum sonic_way { SONIC_WAY_IN = 0, SONIC_WAY_OUT = 1, } sonic_way;
    typedef struct sonic_handle sonic_handle;
    typedef struct sonic_row { const char *id; float box[4]; enum sonic_way way; const uint8_t *data;
      const struct sonic_row *next; } sonic_row;
    #ifdef __cplusplus
    extern "C" {
    #endif
    enum sonic_status sonic_handle_new(const char *const *names, struct sonic_handle **handle);
    const struct sonic_row *sonic_handle_row(const struct sonic_handle *handle, size_t index);
    enum sonic_status sonic_row_read(const struct sonic_row *rows, struct sonic_row *row, enum sonic_way *way, bool *more);
    uint32_t sonic_number(void);
    void sonic_handle_free(struct sonic_handle *handle);`);
  assert.deepEqual([constants, enums], [{ MOST: 7 }, { way: { in: 0, out: 1 } }]);
  const row = { id: "const char *", box: "float[4]", way: "enum sonic_way", data: "const uint8_t *", next: "const void *" };
  assert.deepEqual(made, { row });
  assert.deepEqual(Object.values(called), [
    "int sonic_handle_new(const char **names, _Out_ void **handle)",
    "const void *sonic_handle_row(const void *handle, size_t index)",
    "int sonic_row_read(const sonic_row *rows, _Inout_ sonic_row *row, _Out_ int *way, _Out_ bool *more)",
    "uint32_t sonic_number()",
    "void sonic_handle_free(void *handle)",
  ]);
});

const types = structTypes();

test("structs lie in memory as the C compiler lays them out", (t) => {
  const rows = Object.entries(structs).flatMap(([name, fields]) => [
    `{ "${name}", sizeof(sonic_${name}) }`,
    ...Object.keys(fields).map((field) => `{ "${name}.${field}", offsetof(sonic_${name}, ${field}) }`),
  ]);
  const program = `#include <sonic/sonic.h>
    #include <stdio.h>
    static const struct { const char *name; size_t bytes; } rows[] = { ${rows.join(", ")} };
    int main(void) {
      for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) printf("%s %zu\\n", rows[i].name, rows[i].bytes);
    }`;
  const folder = scratch();
  writeFileSync(join(folder, "layout.c"), program);
  const include = fileURLToPath(new URL("../c/include", new URL("../", import.meta.url)));
  const output = join(folder, "layout");
  const compiled = spawnSync(process.env.CC ?? "cc", ["-I", include, "-o", output, join(folder, "layout.c")]);
  if (compiled.error) return t.skip("there is no C compiler");
  assert.equal(compiled.status, 0, `${compiled.stderr}`);
  const lines = spawnSync(output, { encoding: "utf8" }).stdout.trim().split("\n");
  const ours = Object.entries(structs).flatMap(([name, fields]) => [
    `${name} ${koffi.sizeof(types[name])}`,
    ...Object.keys(fields).map((field) => `${name}.${field} ${koffi.offsetof(types[name], field)}`),
  ]);
  assert.deepEqual(ours, lines);
});

// What index.d.ts declares is what there is, and what the package holds.

import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { test } from "node:test";
import * as sonic from "../index.js";
import { file } from "./support.js";

const here = (path) => new URL(`../${path}`, import.meta.url);
const types = readdirSync(here("types"));
const textOf = (name) => readFileSync(here(`types/${name}`), "utf8");
const declarations = types.filter((name) => !["models.d.ts", "snapshots.d.ts"].includes(name)).map(textOf).join("\n");
const exports = (text) => [...text.matchAll(/^export (?:class|function) (\w+)/gm)].map((match) => match[1]);

test("everything that is declared exists, and nothing else", () => {
  const exported = exports(declarations);
  assert.deepEqual(Object.keys(sonic).sort(), [...exported, "models", "snapshots"].sort());
  assert.deepEqual(Object.keys(sonic.models).sort(), exports(textOf("models.d.ts")).sort());
  assert.deepEqual(Object.keys(sonic.snapshots).sort(), exports(textOf("snapshots.d.ts")).sort());
  for (const name of exported.filter((one) => /^[A-Z]/.test(one) && one !== "SonicError")) {
    const [, body] = new RegExp(`export class ${name}[^{]* \\{([^]*?)\\n\\}`).exec(declarations);
    const methods = [...body.matchAll(/^  (?:get )?([a-z]\w*)(?:\(|: \()/gim)].map((match) => match[1]);
    const there = Object.getOwnPropertyNames(sonic[name].prototype).filter((key) => key !== "constructor");
    assert.deepEqual(methods.sort(), there.sort(), name);
  }
});

test("index.d.ts shows every file of types", () => {
  const shown = [...readFileSync(here("index.d.ts"), "utf8").matchAll(/"\.\/types\/(\w+)\.js"/g)].map((match) => match[1]);
  assert.deepEqual(shown.map((name) => `${name}.d.ts`).sort(), types.sort());
});

test("the licences are those of the repository", () => {
  for (const name of ["LICENSE-MIT", "LICENSE-APACHE"]) {
    assert.equal(readFileSync(here(name), "utf8"), readFileSync(file(name), "utf8"));
  }
});

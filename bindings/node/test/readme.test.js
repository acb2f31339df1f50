// The first program of the README, word for word, in a project that has the module installed.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { WALTZ, WALTZ_CLIP, scratch } from "./support.js";

test("the quick start", () => {
  const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");
  const [, program] = /```js\n([^]*?)```/.exec(readme);
  const project = scratch();
  mkdirSync(join(project, "node_modules"));
  const here = fileURLToPath(new URL("../", import.meta.url));
  symlinkSync(here, join(project, "node_modules/sonic-media"), "junction");
  cpSync(WALTZ, join(project, "episodes/lantern-waltz.opus"));
  cpSync(WALTZ_CLIP, join(project, "clip.mp3"));
  writeFileSync(join(project, "program.mjs"), program);
  const { stdout, stderr } = spawnSync(process.execPath, ["program.mjs"], { cwd: project, encoding: "utf8" });
  assert.equal(stderr, "");
  assert.match(stdout, /^lantern-waltz at 313\d\d ms\n$/);
});

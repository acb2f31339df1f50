// Finding libsonic, each case in a process of its own.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { scratch } from "./support.js";

const INDEX = new URL("../index.js", import.meta.url).href;

/** What `program` says with the variable SONIC_LIBRARY set. */
function said(library, program) {
  const source = `import * as sonic from ${JSON.stringify(INDEX)};
    const report = (e) => console.log(JSON.stringify([e.name, e.kind, e.message]));
    ${program}`;
  const env = { ...process.env };
  if (library !== undefined) env.SONIC_LIBRARY = library;
  const options = { env, encoding: "utf8", input: source };
  const { stdout, status, stderr } = spawnSync(process.execPath, ["--input-type=module", "-"], options);
  assert.equal(status, 0, stderr);
  return stdout.trim() && JSON.parse(stdout);
}

test("a library that is not there", () => {
  const [name, kind, message] = said("/nowhere/libsonic.so.1", "await sonic.decode('x').catch(report)");
  assert.deepEqual([name, kind], ["SonicError", "not_found"]);
  assert.match(message, /\/nowhere\/libsonic\.so\.1/);
  assert.match(message, /cargo build/);
  const chosen = "sonic.configure({ library: '/there/neither.so' }); try { sonic.version() } catch (e) { report(e) }";
  assert.match(said("/nowhere/libsonic.so.1", chosen)[2], /\/there\/neither\.so/);
});

test("a file that is no library, and a library that is another", () => {
  const text = join(scratch(), "libsonic.so.1");
  writeFileSync(text, "no library");
  assert.equal(said(text, "await sonic.Store.open('x').catch(report)")[1], "not_found");
  const other = { darwin: "libSystem.B.dylib", win32: "kernel32.dll" }[process.platform] ?? "libc.so.6";
  const [, kind, message] = said(other, "await sonic.decode('x').catch(report)");
  assert.deepEqual([kind, message.includes("another library")], ["mismatch", true]);
});

test("a program that is done ends, workers or not", () => {
  const melody = fileURLToPath(new URL("../../../tests/golden/inputs/melody-8k.wav", import.meta.url));
  const program = `const { samples } = await sonic.decode(${JSON.stringify(melody)}); console.log(samples.length);`;
  assert.equal(said(undefined, program), 24_000);
});

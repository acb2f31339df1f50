// Puts what the page stands on into its folder: OpenSheetMusicDisplay with the licences of all that is in its bundle, and the
// song of examples/demo. Run by `npm run build` after `npm ci`; nothing of it is committed.

import { copyFile, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const modules = join(here, "node_modules");
const page = join(here, "sightsinger", "static");
const vendor = join(page, "vendor");

/** The folders of packages, those in scopes too. */
async function packages() {
  const names = (await readdir(modules)).filter((name) => !name.startsWith("."));
  const inside = async (name) => (name.startsWith("@") ? (await readdir(join(modules, name))).map((n) => join(name, n)) : [name]);
  return (await Promise.all(names.sort().map(inside))).flat();
}

/** What a package says of itself, and its licence. */
async function licence(name) {
  const folder = join(modules, name);
  const about = JSON.parse(await readFile(join(folder, "package.json"), "utf8"));
  const file = (await readdir(folder)).find((entry) => /^licen[cs]e/i.test(entry));
  const text = file ? await readFile(join(folder, file), "utf8") : "The package has no file of its licence.";
  return `${about.name} ${about.version}: ${about.license}\n\n${text.trim()}\n`;
}

await mkdir(vendor, { recursive: true });
await copyFile(join(modules, "opensheetmusicdisplay/build/opensheetmusicdisplay.min.js"), join(vendor, "opensheetmusicdisplay.min.js"));
const licences = await Promise.all((await packages()).filter((name) => !name.startsWith("@types")).map(licence));
await writeFile(join(vendor, "LICENSES.txt"), licences.join(`\n${"-".repeat(72)}\n\n`));
await copyFile(join(here, "../demo/song.musicxml"), join(page, "scores/moon.musicxml"));
console.log(`the page is complete: ${vendor}`);

// Finds libsonic and checks that it is new enough.

import { existsSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import koffi from "koffi";
import { SonicError } from "./errors.js";
import { constants } from "./prototypes.js";

const INSTALLED = { darwin: "libsonic.1.dylib", win32: "sonic.dll" }[process.platform] ?? "libsonic.so.1";
const BUILT = { darwin: "libsonic_c.dylib", win32: "sonic_c.dll" }[process.platform] ?? "libsonic_c.so";

/** Opens libsonic: `named`, else $SONIC_LIBRARY, else an installed one, else what this checkout has built. */
export function openLibrary(named) {
  const only = named ?? (process.env.SONIC_LIBRARY || undefined);
  const tried = [];
  for (const path of only === undefined ? [INSTALLED, ...built()] : [only]) {
    const library = attempt(path, tried);
    if (library) {
      checkVersion(library, path);
      return { path, library };
    }
  }
  const advice =
    "install libsonic, or build it (cargo build --release -p sonic-media-c), or name it in SONIC_LIBRARY";
  throw new SonicError("not_found", `libsonic was not found: ${advice}; tried ${tried.join("; ")}`);
}

/** What a checkout of the repository has built, the newest first. */
function built() {
  const target = resolve(fileURLToPath(new URL("../../../", import.meta.url)), process.env.CARGO_TARGET_DIR ?? "target");
  const files = ["release", "debug"].map((profile) => join(target, profile, BUILT)).filter((path) => existsSync(path));
  return files.sort((a, b) => statSync(b).mtimeMs - statSync(a).mtimeMs);
}

function attempt(path, tried) {
  try {
    return koffi.load(path);
  } catch (error) {
    tried.push(`${path} (${error.message})`);
    return undefined;
  }
}

function checkVersion(library, path) {
  let found;
  try {
    found = library.func("uint32_t sonic_abi_version()")();
  } catch (cause) {
    throw new SonicError("mismatch", `${path} is another library, not libsonic`, { cause });
  }
  if (found < constants.ABI_VERSION) {
    const needed = `but ${constants.ABI_VERSION} is needed: install a newer libsonic`;
    const message = `${path} has interface ${found} of sonic, ${needed}`;
    throw new SonicError("mismatch", message);
  }
}

// One thread that calls libsonic: a request comes, the answer goes.

import { parentPort, workerData } from "node:worker_threads";
import koffi from "koffi";
import { SonicError } from "./errors.js";
import { bind } from "./native.js";
import { calls as soundCalls } from "./calls.js";
import { faceCalls } from "./face_calls.js";
import { peopleCalls } from "./people_calls.js";
import { voiceCalls } from "./voice_calls.js";

// Calls run on a stack of koffi's, which has 1 MiB if nothing is said: decoders want more room.
koffi.config({ sync_stack_size: 8 << 20 });
const native = bind(workerData.library);
const calls = { ...soundCalls, ...voiceCalls, ...faceCalls, ...peopleCalls };

parentPort.on("message", ({ call, values }) => {
  try {
    const { value, transfer = [] } = calls[call](native, values);
    parentPort.postMessage({ value }, transfer);
  } catch (error) {
    parentPort.postMessage({ error: described(error) });
  }
});

function described(error) {
  if (error instanceof SonicError) return { kind: error.kind, message: error.message };
  return { kind: "internal", message: `${error}: please report it`, cause: error };
}

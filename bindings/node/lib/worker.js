// One thread that calls libsonic: a request comes, the answer goes.

import { parentPort, workerData } from "node:worker_threads";
import koffi from "koffi";
import { faceCalls } from "./calls/faces.js";
import { importedCalls } from "./calls/imported.js";
import { liveCalls } from "./calls/live.js";
import { modelCalls } from "./calls/models.js";
import { monitorCalls } from "./calls/monitor.js";
import { peopleCalls } from "./calls/people.js";
import { pushCalls } from "./calls/push.js";
import { recordingCalls } from "./calls/recordings.js";
import { singCalls } from "./calls/sing.js";
import { snapshotCalls } from "./calls/snapshots.js";
import { soundCalls } from "./calls/sound.js";
import { storeCalls } from "./calls/store.js";
import { visionCalls } from "./calls/vision.js";
import { voiceRowCalls } from "./calls/voice_rows.js";
import { voiceCalls } from "./calls/voices.js";
import { SonicError } from "./errors.js";
import { bind } from "./native.js";

// Calls run on a stack of koffi's, which has 1 MiB if nothing is said: decoders want more room.
koffi.config({ sync_stack_size: 8 << 20 });
const native = bind(workerData.library);
const calls = {
  ...soundCalls,
  ...pushCalls,
  ...storeCalls,
  ...recordingCalls,
  ...monitorCalls,
  ...importedCalls,
  ...voiceCalls,
  ...voiceRowCalls,
  ...visionCalls,
  ...faceCalls,
  ...peopleCalls,
  ...modelCalls,
  ...snapshotCalls,
  ...liveCalls,
  ...singCalls,
};

parentPort.on("message", ({ call, values, watch }) => {
  try {
    const { value, transfer = [] } = calls[call](native, values, watch);
    parentPort.postMessage({ value }, transfer);
  } catch (error) {
    parentPort.postMessage({ error: described(error) });
  }
});

function described(error) {
  if (error instanceof SonicError) return { kind: error.kind, message: error.message, retryAfterMs: error.retryAfterMs };
  return { kind: "internal", message: `${error}: please report it`, cause: error };
}

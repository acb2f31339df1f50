// What happens before the first request. Nothing is left to do after the last: what was answered is in the store.

import { engine } from "./engine";
import { described, log, setLevel } from "./log";

/** Opens the store and the model; ends the process if that is impossible, as nothing could be answered without them. */
export async function start(): Promise<void> {
  try {
    const { settings, store, model, version } = await engine();
    setLevel(settings.log);
    log("info", `Connected to ML model: ${model.name}`, { ...model, store: store.path, libsonic: version });
  } catch (error) {
    log("error", `not started: ${described(error)}`);
    process.exit(1);
  }
}

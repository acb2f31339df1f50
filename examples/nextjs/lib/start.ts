// What happens before the first request. Nothing is left to do after the last: each change is in the store once it is answered.

import { engine } from "./engine";
import { described, log, setLevel } from "./log";

/** Opens the store and the model; ends the process if that is impossible, so that nobody waits for a server without them. */
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

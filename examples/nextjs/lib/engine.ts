// The store and the model, which every request shares.

import { readFileSync } from "node:fs";
import { Store, VoiceEmbedder, configure, models, version } from "sonic-media";
import { type Settings, settingsOf } from "./settings";

/** What makes the embeddings. */
export interface Model {
  /** Its id, as its manifest says it. */
  readonly name: string;
  /** Length of the vectors. */
  readonly dimensions: number;
  /** What tells its embeddings from those of others. */
  readonly pipeline: string;
}

export interface Engine {
  readonly settings: Settings;
  readonly store: Store;
  readonly embedder: VoiceEmbedder;
  readonly model: Model;
  /** Version of libsonic. */
  readonly version: string;
}

/** Next bundles each route with a copy of this module of its own: what they share lies with the process. */
const shared = globalThis as typeof globalThis & { viimEngine?: Promise<Engine> | undefined };

/** The engine, which the first call makes. After a failure the next call tries again. */
export function engine(): Promise<Engine> {
  shared.viimEngine ??= open(settingsOf(process.env)).catch((error: unknown) => {
    shared.viimEngine = undefined;
    throw error;
  });
  return shared.viimEngine;
}

async function open(settings: Settings): Promise<Engine> {
  if (settings.workers !== null) configure({ workers: settings.workers });
  const embedder = await VoiceEmbedder.load(settings.model, { provider: settings.provider });
  const { dimensions, pipeline } = embedder;
  const model = { name: await nameOf(settings.model), dimensions, pipeline };
  const store = await Store.open(settings.store);
  const kept = await store.voices.stats();
  if (kept.recordings > 0 && kept.pipeline !== null && kept.pipeline !== pipeline) {
    await store.close();
    const found = `${settings.store} holds voices of ${kept.pipeline}`;
    const given = `VIIM_VOICE_MODEL=${settings.model} is ${pipeline}`;
    throw new Error(`${found}, and ${given}: set the model that they were made with, or another VIIM_STORE`);
  }
  return { settings, store, embedder, model, version: version() };
}

/** The id of a model, given as its id or as the path of its manifest, which libsonic has read and found right. */
async function nameOf(model: string): Promise<string> {
  if ((await models.list()).some(({ id }) => id === model)) return model;
  return /^\s*id\s*=\s*(["'])(.*?)\1/m.exec(readFileSync(model, "utf8"))?.[2] ?? model;
}

import { engine } from "@/lib/engine";
import { described, log } from "@/lib/log";

export const dynamic = "force-dynamic";

/** Whether the app can answer: the store is read and the model is loaded when it is asked, not said to be. */
export async function GET(): Promise<Response> {
  try {
    const { store, model, settings, version } = await engine();
    const { recordings, people } = await store.voices.stats();
    const { threshold, minSamples, maxSamples, maxUploadBytes } = settings;
    const facts = { threshold, minSamples, maxSamples, maxUploadBytes };
    return Response.json({
      status: "healthy",
      model_loaded: true,
      model_name: model.name,
      model,
      store: { recordings, people },
      settings: facts,
      version,
    });
  } catch (error) {
    log("error", "unhealthy", { error: described(error) });
    return Response.json(
      { status: "unhealthy", error: "the store or the model cannot be used: see the log" },
      { status: 503 },
    );
  }
}

import { engine } from "@/lib/engine";
import { exposition } from "@/lib/metrics";

export const dynamic = "force-dynamic";

/** Numbers for Prometheus. */
export async function GET(): Promise<Response> {
  const { store } = await engine();
  const [{ recordings, people }, { fileBytes }] = await Promise.all([store.voices.stats(), store.stats()]);
  const text = exposition({
    recordings: ["Recordings of voices in the store.", recordings],
    people: ["People with a voiceprint.", people],
    store_file_bytes: ["Size of the store's file.", fileBytes],
    resident_bytes: ["Memory of this process.", process.memoryUsage.rss()],
  });
  return new Response(text, { headers: { "content-type": "text/plain; version=0.0.4; charset=utf-8" } });
}

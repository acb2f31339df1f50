// Never run: the compiler checks that the declarations say what they should.

import { FaceAnalyzer, Fingerprint, LiveSession, Recognizer, Score, SonicError, Store, VoiceEmbedder, Voicebank } from "../index.js";
import { cluster, configure, decode, decodeImage, fingerprint, mix, models, version, writeSound } from "../index.js";
import type { AddedFile, Answer, Clusters, DecodedClip, Enrolled, ErrorKind, Face, Person } from "../index.js";
import type { Recording, Segment, StoredFace, Voice, VoiceAnswer, Voiceprint } from "../index.js";

configure({ workers: 2, library: "/usr/lib/libsonic.so.1" });
const text: string = version();

export async function program(signal: AbortSignal): Promise<string> {
  await using store = await Store.open("episodes.sonic", { access: "read_write", signal });
  const added = await store.add(new URL("file:///a.mp3"), { id: "a", metadata: { any: ["thing"] }, createdAtMs: new Date() });
  if (added.isNew) added.recording.durationMs satisfies number;
  else added.recording satisfies null;
  const answer: Answer = await store.identify(new Uint8Array(4), { limit: 3, exclude: ["a"], signal });
  const clip: DecodedClip = await decode(Buffer.from("x"), { sampleRate: 11_025 });
  const made: Fingerprint = await fingerprint(clip);
  await store.identify(made);
  for await (const row of store.recordings) row satisfies Recording;
  (await store.recordings.get("a"))?.sourceHash satisfies string | null | undefined;
  return answer.matches.map((m) => `${m.id} ${m.offsetMs.toFixed()}`).join() + text;
}

export async function voices(store: Store): Promise<string> {
  const embedder = await VoiceEmbedder.load("ecapa", { threads: 1 });
  const enrolled: Enrolled = await store.voices.enroll("Ann", ["a.wav", new URL("file:///b.wav")], { gate: null, embedder });
  enrolled.samples.map((one) => one.reason ?? one.quality?.snrDb);
  const answer: VoiceAnswer = await store.voices.identify(await decode("x"), { limit: 1, exclude: ["Ben"], accept: 0.9 });
  const { claim } = await store.voices.verify("Ann", new Uint8Array(4), { threshold: 0.7 });
  const people: Voiceprint[] = await store.voices.people();
  for await (const voice of store.voices) voice satisfies Voice;
  await store.compact({ signal: AbortSignal.timeout(5), onProgress: ({ done, total }) => console.log(done / total) });
  const vector: Float32Array = await embedder.embed("a.wav");
  await store.voices.forgetUser((await store.voices.forget("Ann")).recordings.toFixed());
  return `${answer.matches[0]?.person} ${claim.probability} ${people.length} ${vector.length}`;
}

export async function faces(store: Store): Promise<string> {
  const analyzer = await FaceAnalyzer.load({ detector: "yunet", embedder: new URL("file:///sface.onnx"), detSize: 640 });
  const found: Face[] = await analyzer.analyze(await decodeImage("party.jpg", { maxPixels: 1_000_000 }));
  const { isNew, photo } = await store.faces.addPhoto("party", "party.jpg", { analyzer, thumbnailSize: null });
  await store.faces.addFaces("party", "2.jpg", found, { width: 640, height: 480, metadata: [1] });
  const people = store.people("party");
  const report = await people.cluster({ mode: "incremental", gatherSimilarity: false });
  const [first, second]: Person[] = await people.list();
  if (first && second) await people.merge(second, first.personId);
  for await (const face of store.faces.ofEvent("party")) face satisfies StoredFace;
  const alike = found[0] ? await store.faces.search(found[0], { events: ["party"], limit: 3 }) : [];
  const groups: Clusters = await cluster(found.map((face) => face.embedding), { metric: "cosine", minClusterSize: 2 });
  return `${isNew} ${photo.faces} ${report.unassignedFaces} ${alike[0]?.similarity} ${groups.labels[0]} ${groups.count}`;
}

export async function registry(store: Store, signal: AbortSignal): Promise<string[]> {
  const [first]: models.ModelEntry[] = await models.list({ modelsFolder: new URL("file:///models/") });
  const { verified, files } = await models.pull("yunet", { commercialOnly: true, signal, onProgress: () => {} });
  const [added]: AddedFile[] = await store.recordings.addMany(["a.wav", new URL("file:///folder")], { threads: 2, signal });
  added?.error satisfies SonicError | null | undefined;
  const [match] = (await store.identify("x")).matches;
  if (match) await store.recordings.explain("x", match);
  await store.exportParquet("tables", { signal });
  return [await models.verify("yunet"), `${first?.dimensions} ${verified}`, ...files.map((file) => file.path)];
}

export function kind(error: unknown): ErrorKind | undefined {
  return error instanceof SonicError ? error.kind : undefined;
}

export async function wrong(store: Store): Promise<void> {
  // @ts-expect-error a number is no source
  await store.identify(7);
  // @ts-expect-error there is no such access
  await Store.open("x", { access: "write" });
  // @ts-expect-error samples are floats of 32 bits
  await fingerprint({ samples: [0.5], sampleRate: 8_000 });
  // @ts-expect-error stores are opened
  new Store("x");
  // @ts-expect-error there is no such gate
  await store.voices.enroll("Ann", "x", { gate: "strict" });
  // @ts-expect-error there is no such option
  await store.identify("x", { treshold: 0.5 });
  // @ts-expect-error there is no such method
  await cluster([[1, 2]], { method: "kmeans" });
  // @ts-expect-error photos from files need an analyzer
  await store.faces.addPhoto("party", "party.jpg", {});
  // @ts-expect-error answers are not to be written to
  (await store.identify("x")).decision = "match";
}

export async function live(store: Store, slices: AsyncIterable<Uint8Array>): Promise<string> {
  const recognizer = await Recognizer.openAi("https://example.org/v1/audio/transcriptions", { token: "x", model: "whisper-1" });
  const session = await LiveSession.open("call", { recognizer, store, embedder: await VoiceEmbedder.load(), maxMs: 5_000 });
  const found: Segment[] = await session.push(0, new Uint8Array(4), { sentMs: 7 });
  for await (const segment of session.segments(slices)) found.push(segment);
  (await session.activity(1_000, { Ann: "0011" })).map(({ words }) => words[0]?.startMs);
  const again = await LiveSession.open("call", { state: await session.state() });
  return `${found[0]?.speaker ?? "?"} ${(await again.stats()).givenUp} ${(await recognizer.counts()).stuck}`;
}

export async function songs(signal: AbortSignal): Promise<number> {
  const [score, bank] = [await Score.open("song.mxl"), await Voicebank.open(new URL("file:///singer"), { threads: 1 })];
  score.parts[0]?.sung[0]?.lyrics["1"]?.syllabic satisfies "single" | "begin" | "middle" | "end" | null | undefined;
  const parts: Float32Array[] = [];
  for await (const phrase of await bank.render(score, { part: "P1", steps: 10, signal })) parts.push(phrase.samples);
  await bank.save(score, "song.flac", { part: 1, onProgress: ({ done }) => console.log(done) });
  (await bank.check()).map(({ line }) => line?.toFixed());
  const mixed: Float32Array = await mix(parts.map((samples, i) => ({ samples, pan: i ? 1 : -1, solo: false })));
  await writeSound("mix.wav", mixed, { sampleRate: bank.sampleRate, channels: 2 });
  return mixed.length;
}

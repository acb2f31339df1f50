// Which recording a clip is from, who is speaking and what is said, who is on a photo, and scores that are sung. All work
// is done by libsonic on worker threads; the event loop stays free.

export { decodeImage, FaceAnalyzer } from "./lib/analyzer.js";
export { decode, fingerprint, Fingerprint } from "./lib/audio.js";
export { cluster } from "./lib/cluster.js";
export { VoiceEmbedder } from "./lib/embedder.js";
export { SonicError } from "./lib/errors.js";
export { Faces } from "./lib/faces.js";
export { Follower } from "./lib/follower.js";
export { Imported } from "./lib/imported.js";
export { LiveSession, Recognizer } from "./lib/live.js";
export { mix, writeSound } from "./lib/mix.js";
export * as models from "./lib/models.js";
export { Monitor, RecordingQuery } from "./lib/monitor.js";
export { People } from "./lib/people.js";
export { configure, version } from "./lib/pool.js";
export { PushDecoder } from "./lib/push.js";
export { Recordings } from "./lib/recordings.js";
export { Score, Singing, Voicebank } from "./lib/sing.js";
export * as snapshots from "./lib/snapshots.js";
export { Store } from "./lib/store.js";
export { Voices } from "./lib/voices.js";

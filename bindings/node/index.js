// Names recordings by clips of them, and people by their voices and faces. All work is done by libsonic on worker threads; the event loop stays free.

export { decode, fingerprint, Fingerprint } from "./lib/audio.js";
export { SonicError } from "./lib/errors.js";
export { configure, version } from "./lib/pool.js";
export { cluster, decodeImage, FaceAnalyzer, Faces } from "./lib/faces.js";
export { People } from "./lib/people.js";
export { Store } from "./lib/store.js";
export { VoiceEmbedder, Voices } from "./lib/voices.js";

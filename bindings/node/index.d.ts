/** Names recordings by clips of them, and people by their voices and faces: libsonic for Node. Every call works on a thread of its own. */

export * from "./types/audio.js";
export * from "./types/cluster.js";
export * from "./types/common.js";
export * from "./types/faces.js";
export * from "./types/imported.js";
export * from "./types/live.js";
export * as models from "./types/models.js";
export * from "./types/monitor.js";
export * from "./types/people.js";
export * from "./types/push.js";
export * from "./types/recordings.js";
export * from "./types/sing.js";
export * as snapshots from "./types/snapshots.js";
export * from "./types/store.js";
export * from "./types/vision.js";
export * from "./types/voices.js";

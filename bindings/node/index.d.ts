/** Names recordings by clips of them, and people by their voices and faces: libsonic for Node. Every call works on a thread of its own. */

/** A file by its path or file URL, or the bytes of a file, which are copied. */
export type Source = string | URL | Uint8Array | ArrayBuffer | SharedArrayBuffer;

/** What a caller can do about an error; the same names in every language. */
export type ErrorKind =
  | "invalid_argument"
  | "not_found"
  | "malformed"
  | "unsupported"
  | "limit"
  | "mismatch"
  | "io"
  | "model"
  | "closed"
  | "internal";

/** Everything that can go wrong in sonic. Values of a wrong type are a `TypeError` instead. */
export class SonicError extends Error {
  constructor(kind: ErrorKind, message: string, options?: ErrorOptions);
  readonly name: "SonicError";
  /** What the caller can do about it. */
  readonly kind: ErrorKind;
  /** The number of `kind`, 1 to 10; the status code of the C interface. */
  readonly code: number;
}

/** Options of every call that can be cancelled. */
export interface CallOptions {
  /** Rejects the call when it is aborted. Work that has begun runs to its end unheard; what waits is dropped. */
  signal?: AbortSignal | undefined;
}

/** Says where libsonic is, and how many threads may call it. Only before the first call; both have good defaults. */
export function configure(options: {
  /** Path of libsonic. Default: `$SONIC_LIBRARY`, else an installed one, else what this checkout has built. */
  library?: string | undefined;
  /** Calls made at once, 1 to 64; others wait. Default: as many as the machine has cores, 2 to 8. */
  workers?: number | undefined;
}): void;

/** The version of libsonic, such as "0.1.0". */
export function version(): string;

/** Mono samples at one rate. */
export interface Clip {
  /** Nominally -1 to 1, always finite. */
  readonly samples: Float32Array;
  /** Samples per second, 1 to 768,000. */
  readonly sampleRate: number;
}

/** A clip that was decoded. */
export interface DecodedClip extends Clip {
  /** Length in milliseconds, rounded down. */
  readonly durationMs: number;
  /** True if the source ended before its container said it would. */
  readonly truncated: boolean;
}

export interface DecodeOptions extends CallOptions {
  /** Samples per second to resample to, 1 to 768,000; default: the rate of the source. */
  sampleRate?: number | undefined;
}

/** Decodes the sound of a file, or of its bytes, of nearly every format, videos included, to mono. */
export function decode(source: Source, options?: DecodeOptions): Promise<DecodedClip>;

/** A salient spectral peak. */
export interface Landmark {
  /** Frame number, in hops of 256 samples at 11,025 Hz from the start. */
  readonly frame: number;
  /** Frequency in eighths of a bin of the spectrum. */
  readonly frequency: number;
  /** How far the peak stands above its surroundings, in dB. */
  readonly salience: number;
}

/** What a clip is recognised by: ready to ask with and to be added. About 20 kB a second, in libsonic's memory. */
export class Fingerprint {
  private constructor();
  /** How it was made: fingerprints of different pipelines cannot be compared. */
  readonly pipeline: string;
  /** Length of the sound in milliseconds. */
  readonly durationMs: number;
  /** Length of the sound in frames. */
  readonly frames: number;
  /** How many landmarks there are. */
  get length(): number;
  /** The landmarks in order of frame, then frequency; a new array each time. */
  get landmarks(): Landmark[];
  /** Frees its memory, which else happens when it is garbage. Calls under way end first; twice is fine. */
  close(): Promise<void>;
}

/** The fingerprint of a clip. */
export function fingerprint(clip: Clip, options?: CallOptions): Promise<Fingerprint>;

export interface OpenOptions extends CallOptions {
  /** "create" (default): reading and writing, created if there is none; "read_write": it must exist; "read_only". */
  access?: "create" | "read_write" | "read_only" | undefined;
  /** Bytes of address space to reserve at first, which grows by itself; default 1 GiB. */
  mapSize?: number | undefined;
}

export interface IdentifyOptions extends CallOptions {
  /** Matches reported at most; default 5. */
  limit?: number | undefined;
  /** Ids of recordings that are not to be found. */
  exclude?: readonly string[] | undefined;
  /** Threads that share the work on one clip; 0, the default, is as many as the machine has cores. */
  threads?: number | undefined;
}

/** A recording that a clip, or a stretch of it, may come from. */
export interface Match {
  readonly id: string;
  /** Where in the recording the clip starts, in milliseconds; negative if the clip starts before the recording. */
  readonly offsetMs: number;
  /** Log-odds that the match is right. */
  readonly score: number;
  /** Landmarks of the recording that are found in the clip. */
  readonly aligned: number;
  /** Probability that the match is right, 0 to 1. */
  readonly probability: number;
  /** Seconds of recording per second of clip: above 1 if the clip was sped up. */
  readonly timeScale: number;
  /** Semitones by which the clip is higher than the recording. */
  readonly pitchSemitones: number;
  /** Start of the stretch of the clip that matches, in milliseconds. */
  readonly queryStartMs: number;
  /** Its end. */
  readonly queryEndMs: number;
}

/** The answer to a clip. */
export interface Answer {
  /** "match": the first match is right with a probability of at least three quarters. */
  readonly decision: "match" | "unknown";
  /** Matches, likeliest first; guesses, if any, when the decision is "unknown". */
  readonly matches: readonly Match[];
  /** Length of the clip in milliseconds. */
  readonly durationMs: number;
  /** True if the clip's file ended early. */
  readonly truncated: boolean;
  /** Time that the stages took, in milliseconds; decoding and fingerprinting are 0 for a fingerprint. */
  readonly elapsedMs: { readonly decode: number; readonly fingerprint: number; readonly search: number };
}

/** What is written into the row of a recording. */
export interface AddOptions extends CallOptions {
  /** The name by which matches report it, 1 to 500 bytes, unique. Default for files: their name without extension. */
  id?: string | null | undefined;
  /** A title for people. */
  title?: string | null | undefined;
  /** Where it came from; default for files: the path. */
  source?: string | null | undefined;
  /** The user it belongs to. */
  user?: string | null | undefined;
  /** What it was recorded for. */
  mode?: string | null | undefined;
  /** Whatever else is to be kept: any value that JSON can hold. */
  metadata?: unknown;
  /** When it was added; default: now. A number is milliseconds since 1970 UTC. */
  createdAt?: Date | number | undefined;
}

/** What a store knows about a recording. */
export interface Recording {
  readonly id: string;
  readonly title: string | null;
  readonly source: string;
  /** xxh3-128 of the source's bytes in hexadecimal: the same bytes are added only once. */
  readonly sourceHash: string;
  readonly user: string | null;
  readonly mode: string | null;
  readonly metadata: unknown;
  readonly durationMs: number;
  readonly frames: number;
  /** Number of landmarks kept. */
  readonly landmarks: number;
  readonly truncated: boolean;
  readonly format: { readonly codec: string; readonly sampleRate: number; readonly channels: number };
  readonly createdAt: Date;
}

/** What became of a recording that was to be added. */
export type Added =
  | { readonly isNew: true; readonly id: string; readonly recording: Recording }
  /** The same bytes are in the store already, under `id`. */
  | { readonly isNew: false; readonly id: string; readonly recording: null };

/** Counts of a store. */
export interface Stats {
  readonly recordings: number;
  readonly durationMs: number;
  readonly landmarks: number;
  readonly postings: number;
  readonly postingsBytes: number;
  readonly segments: number;
  readonly fileBytes: number;
  readonly formatVersion: number;
  /** Pipeline of the fingerprints; null while there are none. */
  readonly pipeline: string | null;
}

/** A store of recordings, in a directory. Any number of processes may read it while one writes. */
export class Store {
  private constructor();
  /** The directory. */
  readonly path: string;
  /** The people of the store, and who is speaking. */
  readonly voices: Voices;
  /** Its photos and their faces. */
  readonly faces: Faces;
  /** The people of an event; nobody if there is no such event. */
  people(event: string): People;
  /** Opens the store in directory `path`. */
  static open(path: string | URL, options?: OpenOptions): Promise<Store>;
  /** Which recordings a clip is from. A clip that is not recognised is no error. */
  identify(source: Source | Fingerprint, options?: IdentifyOptions): Promise<Answer>;
  /** Adds a recording; what the store has already, by the bytes of the source, is not added again. */
  add(source: Source | Fingerprint, options?: AddOptions): Promise<Added>;
  /** The recording named `id`; a `not_found` error if there is none. */
  recording(id: string, options?: CallOptions): Promise<Recording>;
  /**
   * Every recording, in the order in which they were added, read a page at a time. What is removed meanwhile is left
   * out, what is added comes at the end.
   */
  recordings(options?: CallOptions): AsyncGenerator<Recording, void, undefined>;
  /** How many recordings there are. */
  count(options?: CallOptions): Promise<number>;
  /** The landmarks that are kept of a recording. */
  landmarks(id: string, options?: CallOptions): Promise<Landmark[]>;
  /** Forgets a recording; a `not_found` error if there is none. */
  remove(id: string): Promise<void>;
  stats(options?: CallOptions): Promise<Stats>;
  /** Gives the space of what was removed back to the disk. */
  compact(): Promise<void>;
  /** Reads everything once and tells what is wrong; empty means sound. */
  check(options?: CallOptions): Promise<string[]>;
  /** Ends the calls under way, then closes; later calls are `closed` errors. Twice is fine. */
  close(): Promise<void>;
  /** The same as `close`, for `await using`, where Node has it. */
  [Symbol.asyncDispose](): Promise<void>;
}

/** Somebody speaking: a file, its bytes, or a clip. */
export type Speech = Source | Clip;

/** Makes embeddings of voices: vectors of unit length that say who is speaking, compared by their dot product. */
export class VoiceEmbedder {
  private constructor();
  /**
   * Loads a model by its id or the path of its manifest; default: "celda128", which is built in. Other models run in
   * ONNX Runtime, which `ORT_DYLIB_PATH` names.
   */
  static load(model?: string | URL | null, options?: LoadOptions): Promise<VoiceEmbedder>;
  /** Length of the vectors. */
  readonly dims: number;
  /** Samples per second that it works at; other sound is resampled. */
  readonly sampleRate: number;
  /** How it makes embeddings: those of different pipelines cannot be compared. */
  readonly pipeline: string;
  /** The voice in 0.2 s or more of speech; 3 s and more tell speakers apart. */
  embed(source: Speech, options?: CallOptions): Promise<Float32Array>;
  /** Frees its memory, which else happens when it is garbage. Calls under way end first; twice is fine. */
  close(): Promise<void>;
}

export interface LoadOptions extends CallOptions {
  /** Threads that one call uses; 0, the default, is as many as the machine has cores. */
  threads?: number | undefined;
}

/** Options of calls that listen to a voice. */
export interface VoiceOptions extends CallOptions {
  /** What makes the embeddings; default: the built-in model. All of a store are made by one. */
  embedder?: VoiceEmbedder | undefined;
}

export interface EnrollOptions extends VoiceOptions {
  /** Samples from which on the person counts as enrolled; default 3. */
  minSamples?: number | undefined;
  /** Samples that a voiceprint has at most; default 5. */
  maxSamples?: number | undefined;
  /** The user that the person is. */
  userId?: string | null | undefined;
  /** How good a recording must be; null: whatever can be embedded. */
  gate?: "default" | "viim" | null | undefined;
  /** True: recordings that cannot be used are left out, with the reason in `heard`, and do not fail the call. */
  onlyUsable?: boolean | undefined;
}

export interface VerifyOptions extends VoiceOptions {
  /** The cosine from which on the first person is the answer, whatever the probability. */
  threshold?: number | undefined;
  /** The probability from which on the first person is the answer; default 0.5. */
  accept?: number | undefined;
  /** Threads that share the search; 0, the default, is as many as the machine has cores. */
  threads?: number | undefined;
}

export interface IdentifyVoiceOptions extends VerifyOptions {
  /** People reported at most; default 5. */
  limit?: number | undefined;
  /** Names of people who are not to be found. */
  exclude?: readonly string[] | undefined;
}

/** A person whose voice a store knows. */
export interface Person {
  readonly person: string;
  readonly voiceprintId: string;
  readonly userId: string | null;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  /** Samples that the voiceprint is made of. */
  readonly sampleCount: number;
  /** Samples from which on the person counts as enrolled. */
  readonly minSamples: number;
  readonly enrolled: boolean;
}

/** What was measured of a recording of a voice. */
export interface VoiceQuality {
  readonly durationMs: number;
  /** Milliseconds in which somebody speaks. */
  readonly speechMs: number;
  /** Power of the speech over that of the background, in dB; null if nobody speaks. */
  readonly snrDb: number | null;
  /** Share of samples, 0 to 1, that are clipped. */
  readonly clipping: number;
  /** Mean power in dB of full scale. */
  readonly levelDbfs: number;
  /** Largest magnitude of a sample. */
  readonly peak: number;
  /** True if it is good enough to be enrolled from. */
  readonly isGood: boolean;
}

/** What was heard of a recording that was to be enrolled. */
export interface Heard {
  /** The id under which it is kept; null if it could not be decoded or embedded. */
  readonly recordingId: string | null;
  /** Why it was left out; null if it was not. */
  readonly reason: string | null;
  readonly quality: VoiceQuality | null;
}

/** What enrolling came to. */
export interface Enrolled {
  /** "sample_added": fewer samples than enrolling takes; "complete": as many as there may be. */
  readonly status: "sample_added" | "enrolled" | "complete";
  readonly sampleCount: number;
  /** Recordings that were added just now. */
  readonly added: number;
  /** Recordings given that the voiceprint had before. */
  readonly known: number;
  /** Recordings given that were left out because there were enough. */
  readonly leftOut: number;
  readonly person: Person;
  /** What was heard of each recording, in the order in which they were given. */
  readonly heard: readonly Heard[];
}

/** A person who may be the one speaking. */
export interface VoiceMatch {
  readonly person: string;
  readonly voiceprintId: string;
  readonly userId: string | null;
  /** Cosine of the embedding and the voiceprint, -1 to 1. */
  readonly score: number;
  /** The score in standard deviations above what strangers score; null where there are no strangers. */
  readonly normalized: number | null;
  /** Probability that it is this person, 0 to 1. */
  readonly probability: number;
  readonly sampleCount: number;
  readonly enrolled: boolean;
}

/** The answer to a voice. */
export interface VoiceAnswer {
  /** "match": the first match is the one speaking. */
  readonly decision: "match" | "unknown";
  /** People, likeliest first. */
  readonly matches: readonly VoiceMatch[];
  /** People that the voice was compared with. */
  readonly compared: number;
  /** Strangers that scores were normalised with; 0 if they were not. */
  readonly cohort: number;
  /** True if the probabilities were fitted from trials; false if they rest on an assumption. */
  readonly calibrated: boolean;
  readonly quality: VoiceQuality;
  /** Time that the stages took, in milliseconds. */
  readonly elapsedMs: { readonly decode: number; readonly embed: number; readonly search: number };
}

/** Whether a voice is the one it is said to be. */
export interface Verification {
  /** "match": the claim is accepted. */
  readonly decision: "match" | "unknown";
  readonly claim: VoiceMatch;
  readonly calibrated: boolean;
}

/** How much was forgotten. */
export interface Forgotten {
  readonly voiceprints: number;
  readonly recordings: number;
  readonly speakers: number;
}

/** The people of a store: `store.voices`. */
export class Voices {
  private constructor();
  /**
   * Enrols a person, who need not be new, from recordings of them alone, all paths, all bytes or all clips: all or none
   * of them. Three to five of 3 s and more make a good voiceprint; one that it has already is not added again.
   */
  enroll(person: string, sources: Speech | readonly Speech[], options?: EnrollOptions): Promise<Enrolled>;
  /** Who is speaking. A voice that is not recognised is no error. */
  identify(source: Speech, options?: IdentifyVoiceOptions): Promise<VoiceAnswer>;
  /** Whether it is `person` who is speaking; a `not_found` error if there is no such person. */
  verify(person: string, source: Speech, options?: VerifyOptions): Promise<Verification>;
  /** Everybody, in the order in which they were first enrolled. */
  people(options?: CallOptions): Promise<Person[]>;
  /** Forgets a person with all recordings; a `not_found` error if there is none. `compact` frees the bytes. */
  forget(person: string): Promise<Forgotten>;
  /** Forgets a user: voiceprints, recordings, and speakers heard. Counts of 0 mean that there was nothing. */
  forgetUser(userId: string): Promise<Forgotten>;
}

/** Which rows belong together, and how. */
export interface ClusterOptions extends CallOptions {
  /** "hdbscan" (default): clusters of any density; "dbscan": of one density, without probabilities. */
  method?: "hdbscan" | "dbscan" | undefined;
  /** "euclidean" (default), or "cosine": 1 less the cosine, 0 to 2. */
  metric?: "euclidean" | "cosine" | undefined;
  /** Rows that make a cluster, at least 2; default 5. */
  minClusterSize?: number | undefined;
  /** Rows near a row, itself included, within which its density is taken; default `minClusterSize`, DBSCAN 5. */
  minSamples?: number | undefined;
  /** HDBSCAN parts no clusters nearer to each other than this (default 0); DBSCAN's distance of neighbours (0.5). */
  epsilon?: number | undefined;
  /** What distances are divided by before they are compared with densities; default 1. */
  alpha?: number | undefined;
  /** Clusters of more rows are parted where they can be. */
  maxClusterSize?: number | undefined;
  /** "excess_of_mass" (default): clusters that last longest; "leaf": the smallest. */
  selection?: "excess_of_mass" | "leaf" | undefined;
  /** Whether all rows may be one cluster; default false. */
  allowSingleCluster?: boolean | undefined;
  /** Numbers of a row, for rows in one Float32Array. */
  dimensions?: number | undefined;
  /** The most threads that may work at once; 0, the default, is as many as the machine has cores. */
  threads?: number | undefined;
}

/** What was found; the lists have one entry for each row. */
export interface Clusters {
  /** Number of the cluster from 0, in the order of first rows; -1 for rows that are in none. */
  readonly labels: Int32Array;
  /** How firmly a row belongs to its cluster, 0 to 1; null with DBSCAN. */
  readonly probabilities: Float32Array | null;
  /** How far a row lies outside of what is dense near it, 0 to 1; null with DBSCAN. */
  readonly outlierScores: Float32Array | null;
  /** How many clusters there are. */
  readonly count: number;
}

/**
 * Which rows belong together: exact, and the same on any processor. Rows with a number that is not finite are in no
 * cluster and influence no other.
 */
export function cluster(
  rows: readonly ArrayLike<number>[] | Float32Array,
  options?: ClusterOptions,
): Promise<Clusters>;

/** A picture, upright: rows from the top, red, green and blue of 8 bits each. */
export interface Image {
  readonly pixels: Uint8Array;
  readonly width: number;
  readonly height: number;
}

/** A picture that was decoded. */
export interface DecodedImage extends Image {
  /** True if the file ended before the picture did; what is missing is grey. */
  readonly truncated: boolean;
}

export interface DecodeImageOptions extends CallOptions {
  /** Most pixels, width times height; default 100 million. */
  maxPixels?: number | undefined;
}

/** Decodes a picture: JPEG, PNG, WebP, GIF, BMP or TIFF, turned as its EXIF orientation says. */
export function decodeImage(source: Source, options?: DecodeImageOptions): Promise<DecodedImage>;

export type Point = readonly [x: number, y: number];
/** Left, top, right, bottom. */
export type Box = readonly [number, number, number, number];

/** How well a face can be seen. */
export interface FaceQuality {
  /** The shorter side of the box in pixels. */
  readonly size: number;
  /** How much fine detail the face has, from 0 for a blurred one on. */
  readonly sharpness: number;
  /** Estimated turn of the head in degrees; positive if it looks to the viewer's right. */
  readonly yaw: number;
  /** Estimated nod in degrees; positive if it looks up. */
  readonly pitch: number;
  /** Tilt in degrees; positive if it is turned clockwise. */
  readonly roll: number;
  /** Mean luminance, 0 to 1. */
  readonly brightness: number;
  /** Part of the face that is nearly black or nearly white, 0 to 1. */
  readonly clipped: number;
}

/** Where a face is in a picture: pixels of the upright picture, x to the right and y down. */
export interface SeenFace {
  /** A face at the edge reaches beyond the picture. */
  readonly bbox: Box;
  /** What the detector gives for it, 0 to 1. */
  readonly score: number;
  /** The eye at the viewer's left, the other eye, the nose, the mouth's corner at the viewer's left, the other. */
  readonly landmarks: readonly Point[];
  readonly quality: FaceQuality;
}

/** A face that was found in a picture. */
export interface Face extends SeenFace {
  /** What it is compared by, of unit length. */
  readonly embedding: Float32Array;
  /** How the embedding was made: those of different pipelines cannot be compared. */
  readonly pipeline: string;
}

export interface FaceAnalyzerOptions extends CallOptions {
  /** Id of a model, or the path of a manifest or an ONNX file; default "yunet". */
  detector?: string | URL | undefined;
  /** As `detector`; default "sface". */
  embedder?: string | URL | undefined;
  /** The side in pixels of the square that a picture is fitted into, a multiple of 32; default: 128 and 640 both. */
  detSize?: number | undefined;
  /** True to look at the picture in its own size instead. */
  ownSize?: boolean | undefined;
  /** Least score of a face; default 0.5 with SCRFD and 0.6 with YuNet. */
  threshold?: number | undefined;
  /** Most that two faces may overlap; default 0.4 with SCRFD and 0.3 with YuNet. */
  nms?: number | undefined;
  /** Most faces of a picture, the surest; default: all. */
  maxFaces?: number | undefined;
  /** Threads that one call uses; 0, the default, is as many as the machine has cores. */
  threads?: number | undefined;
}

/** Finds the faces of pictures and makes embeddings of them. It needs ONNX Runtime (`$ORT_DYLIB_PATH`). */
export class FaceAnalyzer {
  private constructor();
  /** Loads the models; nothing is ever fetched. */
  static load(options?: FaceAnalyzerOptions): Promise<FaceAnalyzer>;
  readonly dims: number;
  readonly pipeline: string;
  /** The faces of a picture, the surest first; none is an honest answer. */
  analyze(source: Source | Image, options?: CallOptions): Promise<Face[]>;
  /** Frees its memory, which else happens when it is garbage. */
  close(): Promise<void>;
}

/** A number; a bigint beyond 2^53, which takes two million events. */
export type Id = number | bigint;
/** The id of a face, or a row that has it. */
export type FaceId = Id | { readonly id: Id };
/** The id of a person of an event, or a row that has it. */
export type PersonId = Id | { readonly id: Id };

/** What is written into the row of a photo. */
export interface PhotoOptions extends CallOptions {
  /** Where the picture is kept; default for files: the path. */
  path?: string | null | undefined;
  /** The user who brought it. */
  userId?: string | null | undefined;
  /** Whatever else is to be kept: any value that JSON can hold. */
  metadata?: unknown;
  /** When it was taken or added; default: now. */
  createdAt?: Date | number | undefined;
}

export interface AddPhotoOptions extends PhotoOptions {
  analyzer: FaceAnalyzer;
  /** Its id, unique in the event; default for files: the file's name. */
  photoId?: string | null | undefined;
  /** The side in pixels of the small picture that is kept of each face; default 160, null keeps none. */
  thumbnailSize?: number | null | undefined;
}

export interface AddFacesOptions extends PhotoOptions {
  /** How the embeddings were made, where the faces do not say; default "custom". */
  pipeline?: string | undefined;
  /** Width and height in pixels of the upright picture. */
  width?: number | undefined;
  height?: number | undefined;
}

/** A face to be kept; `quality` and `pipeline` may be left out. */
export interface NewFace {
  readonly bbox: ArrayLike<number>;
  readonly score: number;
  readonly landmarks: readonly ArrayLike<number>[];
  readonly embedding: ArrayLike<number>;
  readonly quality?: Partial<FaceQuality> | undefined;
  readonly pipeline?: string | undefined;
}

/** A photo of an event. */
export interface Photo {
  readonly photoId: string;
  readonly event: string;
  readonly path: string | null;
  readonly sourceHash: string | null;
  readonly userId: string | null;
  readonly metadata: unknown;
  readonly createdAt: Date;
  /** In pixels of the upright picture; 0 if it is not known. */
  readonly width: number;
  readonly height: number;
  /** Faces kept of it. */
  readonly faces: number;
}

/** What became of a photo. */
export interface AddedPhoto {
  /** False if the event had it. */
  readonly isNew: boolean;
  readonly photo: Photo;
}

/** A face of a photo in a store. */
export interface StoredFace extends SeenFace {
  readonly id: Id;
  readonly event: string;
  readonly photoId: string;
  /** Who it is; null while it is nobody's. */
  readonly person: Id | null;
  /** True if a decision of the user holds it where it is. */
  readonly confirmed: boolean;
  /** Numbers of its embedding; 0 after its event was archived. */
  readonly dimensions: number;
}

export interface SimilarFace {
  readonly face: StoredFace;
  /** Cosine of the two embeddings, -1 to 1. */
  readonly similarity: number;
}

export interface SearchFacesOptions extends CallOptions {
  /** Events that are searched; default: all. */
  events?: readonly string[] | undefined;
  /** Least cosine; default 0.4. */
  threshold?: number | undefined;
  /** Faces found at most; default 10. */
  limit?: number | undefined;
  /** Faces that are not to be found. */
  exclude?: readonly FaceId[] | undefined;
  /** How the embedding was made, if it comes without a face; default: as the store's were. */
  pipeline?: string | undefined;
  threads?: number | undefined;
}

/** An event with its counts. */
export interface Event {
  readonly event: string;
  readonly photos: number;
  readonly faces: number;
  readonly people: number;
  readonly archived: boolean;
  readonly createdAt: Date;
}

/** That a photo shows a user. */
export interface Tag {
  readonly event: string;
  readonly photoId: string;
  readonly userId: string;
  readonly person: Id;
  readonly face: Id;
  readonly bbox: Box;
}

/** How much was purged. */
export interface Purged {
  readonly faces: number;
  readonly people: number;
  readonly tags: number;
  readonly photos: number;
}

export interface FaceStats {
  readonly events: number;
  readonly photos: number;
  readonly faces: number;
  readonly people: number;
  readonly dimensions: number;
  readonly pipeline: string | null;
}

/** The photos and faces of a store: `store.faces`. */
export class Faces {
  private constructor();
  /** Adds a photo to an event with the faces that are found in it. One that the event has is not decoded again. */
  addPhoto(event: string, source: Source, options: AddPhotoOptions): Promise<AddedPhoto>;
  /** Adds a photo with faces that were found before. */
  addFaces(event: string, photoId: string, faces: readonly NewFace[], options?: AddFacesOptions): Promise<AddedPhoto>;
  /** The photo of this id; a `not_found` error if the event has none. */
  photo(event: string, photoId: string, options?: CallOptions): Promise<Photo>;
  /** The photos of an event in the order in which they were added. */
  photos(event: string, options?: CallOptions): AsyncIterable<Photo>;
  /** The faces of an event in the order in which they were added. */
  ofEvent(event: string, options?: CallOptions): AsyncIterable<StoredFace>;
  /** The faces of a photo. */
  ofPhoto(event: string, photoId: string, options?: CallOptions): Promise<StoredFace[]>;
  /** Removes a photo with its faces. */
  removePhoto(event: string, photoId: string): Promise<void>;
  face(face: FaceId, options?: CallOptions): Promise<StoredFace>;
  /** The embedding that is kept of a face. */
  embedding(face: FaceId, options?: CallOptions): Promise<Float32Array>;
  /** A small JPEG of a face: the one that was kept, or else one cut out of the photo's file, of `size` pixels (160). */
  thumbnail(face: FaceId, options?: CallOptions & { size?: number | undefined }): Promise<Uint8Array>;
  /** The faces most like a face or an embedding, the likest first. */
  search(face: Face | ArrayLike<number>, options?: SearchFacesOptions): Promise<SimilarFace[]>;
  /** Every event, in the order in which they were made. */
  events(options?: CallOptions): Promise<Event[]>;
  /** The photos of all events that show a user. */
  tagsOfUser(userId: string, options?: CallOptions): Promise<Tag[]>;
  /** Removes the people who are linked to a user from all events, with their faces. */
  purgeUser(userId: string): Promise<Purged>;
  stats(options?: CallOptions): Promise<FaceStats>;
}

/** A person of an event: somebody whose face is on its photos. */
export interface EventPerson {
  /** The same through every clustering, never given again. */
  readonly id: Id;
  readonly event: string;
  /** Its number in the event. */
  readonly label: number;
  readonly status: "pending" | "linked" | "invited" | "ignored" | "merged";
  readonly userId: string | null;
  readonly name: string | null;
  readonly invitationEmail: string | null;
  readonly invitedAt: Date | null;
  readonly mergedInto: Id | null;
  readonly faces: number;
  readonly photos: number;
  /** The face that stands for it. */
  readonly representative: Id | null;
  /** Scores of its faces' detection. */
  readonly avgQuality: number;
  readonly minQuality: number;
  readonly maxQuality: number;
  /** True if the user chose the face that stands for it. */
  readonly pinned: boolean;
  /** True if the user has decided something about it. */
  readonly confirmed: boolean;
  /** People who are not the same. */
  readonly notSame: readonly Id[];
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

export interface PeopleOptions extends CallOptions {
  /** What options that are left out are: "default", or "memoria" as the worker of that service does it. */
  preset?: "default" | "memoria" | undefined;
  /** "full": all faces may move but those that a decision holds; "incremental": only those that are nobody's. */
  mode?: "full" | "incremental" | undefined;
  method?: "hdbscan" | "dbscan" | undefined;
  /** What of a person a face is compared with. */
  assignTo?: "mean" | "representative" | undefined;
  minClusterSize?: number | undefined;
  minSamples?: number | undefined;
  /** A cosine distance. */
  epsilon?: number | undefined;
  /** Cosine from which on a face is of a person who is there. */
  assignSimilarity?: number | undefined;
  /** Cosine with the others below which a face is left out of its cluster; -1 leaves none out. */
  minSimilarity?: number | undefined;
  /** Cosine from which on faces left over are one person, or join the one they are most like; false: never. */
  gatherSimilarity?: number | false | undefined;
  /** Score from which on a face takes part in clusters. */
  minQuality?: number | undefined;
  /** Shorter side of the box in pixels from which on a face whose quality was measured takes part in clusters. */
  minSize?: number | undefined;
  /** Sharpness from which on such a face takes part in clusters. */
  minSharpness?: number | undefined;
  /** Score from which on a face that is like no other is a person too; false: never. */
  singleQuality?: number | false | undefined;
  threads?: number | undefined;
}

/** A person, as a clustering reports it. */
export interface ClusterSummary {
  readonly person: Id;
  readonly label: number;
  readonly faces: number;
  readonly representative: Id | null;
  readonly avgQuality: number;
  readonly isNew: boolean;
}

/** What a clustering came to. */
export interface ClusterReport {
  readonly event: string;
  readonly totalFaces: number;
  /** People that were there before and are there still. */
  readonly preservedClusters: number;
  /** Faces that were nobody's before and are now of somebody who was there. */
  readonly assignedToExisting: number;
  readonly newClustersCreated: number;
  readonly removedClusters: number;
  /** Faces that are nobody's. */
  readonly noiseFaces: number;
  readonly processingTimeSeconds: number;
  /** Everybody with a face, in order of label. */
  readonly clusters: readonly ClusterSummary[];
}

export interface PageOptions extends CallOptions {
  /** Most faces shown of a person; default 60. */
  maxFaces?: number | undefined;
  /** The side in pixels of a face that is cut out of the photo's file; default 160. */
  thumbnailSize?: number | undefined;
  /** What the page says about when it was made. */
  date?: string | undefined;
}

/** What archiving removed, and what stays. */
export interface Archived {
  readonly embeddings: number;
  readonly faces: number;
  readonly photos: number;
  readonly people: number;
}

/**
 * The people of an event: `store.people(event)`. What the user decides about a person holds it, and the faces it has
 * then, through every clustering that follows. Two faces of one photo are never one person.
 */
export class People {
  private constructor();
  readonly event: string;
  /** Finds out who is on the photos: clusters the faces, and gives each cluster the person it was before. */
  cluster(options?: PeopleOptions): Promise<ClusterReport>;
  /** Everybody but those who were merged into others. */
  list(options?: CallOptions): Promise<EventPerson[]>;
  person(person: PersonId, options?: CallOptions): Promise<EventPerson>;
  facesOf(person: PersonId, options?: CallOptions): Promise<StoredFace[]>;
  /** The faces that are nobody's. */
  noise(options?: CallOptions): Promise<StoredFace[]>;
  /** Which photos show which linked user. */
  tags(options?: CallOptions): Promise<Tag[]>;
  /** The people as one HTML page without scripts that loads nothing. */
  page(options?: PageOptions): Promise<string>;
  /** Says which user a person is. */
  link(person: PersonId, userId: string): Promise<EventPerson>;
  /** Notes that somebody was invited to say that it is they. */
  invite(person: PersonId, email: string): Promise<EventPerson>;
  /** Gives a person a name for people, or takes it away. */
  rename(person: PersonId, name: string | null): Promise<EventPerson>;
  /** Says that nobody wants to know who it is. */
  ignore(person: PersonId): Promise<EventPerson>;
  unignore(person: PersonId): Promise<EventPerson>;
  /** Says that two people are one. `leftOut` faces are nobody's then: a photo has another of the person. */
  merge(person: PersonId, into: PersonId): Promise<{ readonly person: EventPerson; readonly leftOut: number }>;
  /** Says that some faces of a person are somebody else, who is given. */
  split(person: PersonId, faces: readonly FaceId[]): Promise<EventPerson>;
  /** Makes a person of faces. */
  create(faces: readonly FaceId[]): Promise<EventPerson>;
  /** Says that a face is of a person. */
  assign(face: FaceId, person: PersonId): Promise<EventPerson>;
  /** Says that a face is not of the person it is put to. */
  unassign(face: FaceId): Promise<void>;
  /** Says that a face is not of a person, whether it is put there or not. */
  notPerson(face: FaceId, person: PersonId): Promise<EventPerson>;
  /** Says that two people are not the same, so that they are never merged. */
  notSame(first: PersonId, second: PersonId): Promise<void>;
  maybeSame(first: PersonId, second: PersonId): Promise<void>;
  /** Makes a face stand for its person; null: the one of the greatest score. */
  pinRepresentative(person: PersonId, face: FaceId | null): Promise<EventPerson>;
  /** Removes the people who are linked to a user, with their faces. */
  purgeUser(userId: string): Promise<Purged>;
  purgePerson(person: PersonId): Promise<Purged>;
  /** Removes the event with all its photos, faces and people. */
  purge(): Promise<Purged>;
  /** Removes the embeddings: who is on the photos stays, nothing is clustered or found any more. */
  archive(): Promise<Archived>;
}

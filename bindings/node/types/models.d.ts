import type { CallOptions, LongCallOptions } from "./common.js";

export interface ModelFolderOptions extends CallOptions {
  /** The folder of models; default: `$SONIC_MODELS`, else the user's. */
  modelsFolder?: string | URL | undefined;
}

/** A model that is known. */
export interface ModelEntry {
  /** The name that calls which load a model take. */
  readonly id: string;
  /** What it is for: "voice-embedder", "face-detector" and so on. */
  readonly task: string;
  /** The licence of its weights. */
  readonly licence: string;
  /** The page or paper that describes it. */
  readonly source: string;
  /** What else its user should know. */
  readonly note: string | null;
  /** Where its file is, or would be, or the folder of its files; null if it is built into sonic. */
  readonly path: string | null;
  /** Bytes of its files; null if they are not all there. */
  readonly bytes: number | null;
  /** Numbers of a vector that it gives; null if it gives none. */
  readonly dimensions: number | null;
  /** True if the licence permits commercial use. */
  readonly commercial: boolean;
  /** True if its manifest came with sonic. */
  readonly builtIn: boolean;
  /** True if it can be loaded. */
  readonly installed: boolean;
}

export interface PullOptions extends ModelFolderOptions, LongCallOptions {
  /** The address of a folder that has model files by their names, in place of the published addresses. */
  mirror?: string | undefined;
  /** A folder that has the file, or the published archive that holds it: no server is used then. */
  offline?: string | URL | undefined;
  /** True to take a file although its manifest has no hash to verify it by. */
  acceptUnverified?: boolean | undefined;
  /** True to refuse models whose licence forbids commercial use. */
  commercialOnly?: boolean | undefined;
}

/** A file of a model that is in the folder now. */
export interface PulledFile {
  readonly path: string;
  /** Where it came from; null if it was there already. */
  readonly source: string | null;
  readonly sha256: string;
}

/** A model that is in the folder now. */
export interface Pulled {
  /** True if every file has the hash of the manifest. */
  readonly verified: boolean;
  /** Its files; none if it is built into sonic. */
  readonly files: readonly PulledFile[];
}

/** What is known of a model's files: the hashes of the manifest, no hash to compare with, another hash, or no file. */
export type Verified = "built_in" | "good" | "unknown" | "wrong" | "missing";

/** All models, in order of id: those that came with sonic, and those with a manifest in the folder. */
export function list(options?: ModelFolderOptions): Promise<ModelEntry[]>;

/** What is known of a model's files, which are read: the worst of what is known of each. */
export function verify(name: string, options?: ModelFolderOptions): Promise<Verified>;

/** Brings a model's files into the folder, unless they are there and right: the only call that uses the network. */
export function pull(name: string, options?: PullOptions): Promise<Pulled>;

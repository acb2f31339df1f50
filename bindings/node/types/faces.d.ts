import type { CallOptions, LongCallOptions, SonicError, Source } from "./common.js";
import type { Tag } from "./people.js";
import type { Face, FaceAnalyzer, FacePlace, FaceQuality } from "./vision.js";

/** A number; a bigint beyond 2^53, which takes two million events. */
export type Id = number | bigint;
/** The id of a face, or a row that has it. */
export type FaceId = Id | { readonly faceId: Id };
/** The id of a person of an event, or a row that has it. */
export type PersonId = Id | { readonly personId: Id };

/** What is written into the row of a photo. */
export interface PhotoOptions extends CallOptions {
  /** Where the picture is kept; default for files: the path. */
  path?: string | null | undefined;
  /** The user who brought it. */
  userId?: string | null | undefined;
  /** Whatever else is to be kept: any value that JSON can hold. */
  metadata?: unknown;
  /** When it was taken or added, in milliseconds since 1970 UTC, or a Date; default: now. */
  createdAtMs?: number | Date | undefined;
}

export interface AddPhotoOptions extends PhotoOptions {
  analyzer: FaceAnalyzer;
  /** Its id, unique in the event; default for files: the file's name. */
  photoId?: string | null | undefined;
  /** The side in pixels of the small picture that is kept of each face; default 160, null keeps none. */
  thumbnailSize?: number | null | undefined;
}

export interface AddPhotosOptions extends LongCallOptions {
  analyzer: FaceAnalyzer;
  /** Photos that are decoded at once; 0, the default, is as many as the machine has cores. */
  threads?: number | undefined;
  /** The user who brought them. */
  userId?: string | null | undefined;
  /** The side in pixels of the small picture that is kept of each face; default 160, null keeps none. */
  thumbnailSize?: number | null | undefined;
}

/** What became of a photo that was to be added. */
export interface AddedPhotoFile {
  readonly path: string;
  readonly status: "added" | "duplicate" | "failed";
  /** The id of its photo, that of the earlier one if it is a duplicate; null if it failed. */
  readonly photoId: string | null;
  readonly faces: number;
  /** Width and height in pixels of the upright picture; 0 if it failed. */
  readonly width: number;
  readonly height: number;
  /** True if the file ended early. */
  readonly truncated: boolean;
  /** Why it failed; null if it did not. */
  readonly error: SonicError | null;
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
  /** xxh3-128 of the picture's bytes in hexadecimal; null without bytes. */
  readonly sourceHash: string | null;
  readonly userId: string | null;
  readonly metadata: unknown;
  /** Milliseconds since 1970 UTC. */
  readonly createdAtMs: number;
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
export interface StoredFace extends FacePlace {
  readonly faceId: Id;
  readonly event: string;
  readonly photoId: string;
  /** Who it is; null while it is unassigned. */
  readonly personId: Id | null;
  /** True if a decision of the user holds it where it is. */
  readonly confirmed: boolean;
  /** Numbers of its embedding; 0 after its event was archived. */
  readonly embeddingDimensions: number;
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
  /** Threads that share the work; 0, the default, is as many as the machine has cores. */
  threads?: number | undefined;
}

/** An event with its counts. */
export interface Event {
  readonly name: string;
  readonly photos: number;
  readonly faces: number;
  readonly people: number;
  readonly archived: boolean;
  /** Milliseconds since 1970 UTC. */
  readonly createdAtMs: number;
}

/** How much of photos and people is gone. */
export interface ForgottenFaces {
  readonly faces: number;
  readonly people: number;
  readonly tags: number;
  readonly photos: number;
}

/** What archiving removed, and what stays. */
export interface ArchivedEvent {
  /** Embeddings that were removed. */
  readonly embeddings: number;
  readonly faces: number;
  readonly photos: number;
  readonly people: number;
}

export interface FaceStats {
  readonly events: number;
  readonly photos: number;
  readonly faces: number;
  readonly people: number;
  readonly dimensions: number;
  /** Pipeline of the embeddings; null while there are none. */
  readonly pipeline: string | null;
}

/** The photos and faces of a store: `store.faces`. */
export class Faces {
  private constructor();
  /** Adds a photo to an event with the faces that are found in it. One that the event has is not decoded again. */
  addPhoto(event: string, source: Source, options: AddPhotoOptions): Promise<AddedPhoto>;
  /** Adds a photo with faces that were found before. */
  addFaces(event: string, photoId: string, faces: readonly NewFace[], options?: AddFacesOptions): Promise<AddedPhoto>;
  /**
   * Adds photos, and those in folders, to an event with the faces that are found in them, each in a transaction of its own.
   * One whose bytes are in the event is not decoded again: adding a folder again after an interruption goes on where it
   * stopped.
   */
  addPhotos(
    event: string,
    paths: string | URL | readonly (string | URL)[],
    options: AddPhotosOptions,
  ): Promise<AddedPhotoFile[]>;
  /**
   * As `addFaces`, but a photo of the same id gives way. A new face that lies where an old one did keeps its id, its person
   * and what the user said about it.
   */
  replacePhoto(event: string, photoId: string, faces: readonly NewFace[], options?: AddFacesOptions): Promise<Photo>;
  /** The photo of this id; null if the event has none. */
  photo(event: string, photoId: string, options?: CallOptions): Promise<Photo | null>;
  /** The photos of an event in the order in which they were added. */
  photos(event: string, options?: CallOptions): AsyncIterable<Photo>;
  /** The faces of an event in the order in which they were added. */
  ofEvent(event: string, options?: CallOptions): AsyncIterable<StoredFace>;
  /** The faces of a photo; a `not_found` error if the event has none of this id. */
  facesOf(event: string, photoId: string, options?: CallOptions): Promise<StoredFace[]>;
  /** Removes a photo with its faces. */
  removePhoto(event: string, photoId: string, options?: CallOptions): Promise<void>;
  /** The face of this id; null if there is none. */
  get(face: FaceId, options?: CallOptions): Promise<StoredFace | null>;
  /** The embedding that is kept of a face; null if there is none. */
  embedding(face: FaceId, options?: CallOptions): Promise<Float32Array | null>;
  /**
   * A small JPEG of a face: the one that was kept, or else one cut out of the photo's file, of `size` pixels (160); null
   * if there is neither.
   */
  thumbnail(face: FaceId, options?: CallOptions & { size?: number | undefined }): Promise<Uint8Array | null>;
  /** The faces most like a face or an embedding, the likest first. */
  search(face: Face | ArrayLike<number>, options?: SearchFacesOptions): Promise<SimilarFace[]>;
  /** Every event, in the order in which they were made. */
  events(options?: CallOptions): Promise<Event[]>;
  /** The event of this name; null if there is none. */
  event(name: string, options?: CallOptions): Promise<Event | null>;
  /** The photos of all events that show a user. */
  tagsOfUser(userId: string, options?: CallOptions): Promise<Tag[]>;
  /** Removes an event with all its photos, faces and people. */
  removeEvent(event: string, options?: CallOptions): Promise<ForgottenFaces>;
  /** Forgets the people who are linked to a user in all events, with their faces. */
  forgetUser(userId: string, options?: CallOptions): Promise<ForgottenFaces>;
  /** Removes the embeddings of an event: who is on its photos stays, nothing is clustered or found any more. */
  archive(event: string, options?: CallOptions): Promise<ArchivedEvent>;
  stats(options?: CallOptions): Promise<FaceStats>;
}

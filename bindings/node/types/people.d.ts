import type { CallOptions, LongCallOptions } from "./common.js";
import type { ArchivedEvent, FaceId, ForgottenFaces, Id, PersonId, StoredFace } from "./faces.js";
import type { Box } from "./vision.js";

/** That a photo shows a user. */
export interface Tag {
  readonly event: string;
  readonly photoId: string;
  readonly userId: string;
  readonly personId: Id;
  readonly faceId: Id;
  readonly bbox: Box;
}

/** A person of an event: somebody whose face is on its photos. */
export interface Person {
  /** The same through every clustering, never given again. */
  readonly personId: Id;
  readonly event: string;
  /** Its number in the event. */
  readonly label: number;
  readonly status: "pending" | "linked" | "invited" | "ignored" | "merged";
  readonly userId: string | null;
  readonly name: string | null;
  readonly invitationEmail: string | null;
  /** Milliseconds since 1970 UTC; null if nobody was invited. */
  readonly invitedAtMs: number | null;
  readonly mergedInto: Id | null;
  readonly faces: number;
  readonly photos: number;
  /** The face that stands for it. */
  readonly representativeFaceId: Id | null;
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
  /** Milliseconds since 1970 UTC. */
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
}

export interface ClusterPeopleOptions extends LongCallOptions {
  /** What options that are left out are: "default", or "dbscan": one density, faces compared with representatives. */
  preset?: "default" | "dbscan" | undefined;
  /** "full": all faces may move but those that a decision holds; "incremental": only those that are unassigned. */
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
  readonly personId: Id;
  readonly label: number;
  readonly faceCount: number;
  readonly representativeFaceId: Id | null;
  readonly avgQuality: number;
  readonly isNew: boolean;
}

/** What a clustering came to. */
export interface ClusterReport {
  readonly event: string;
  readonly totalFaces: number;
  /** People that were there before and are there still. */
  readonly preservedClusters: number;
  /** Faces that were unassigned before and are now of somebody who was there. */
  readonly assignedToExisting: number;
  readonly newClustersCreated: number;
  readonly removedClusters: number;
  readonly unassignedFaces: number;
  /** How long it took, in milliseconds. */
  readonly elapsedMs: number;
  /** Everybody with a face, in order of label. */
  readonly clusters: readonly ClusterSummary[];
}

/** What merging came to. */
export interface MergedPeople {
  readonly person: Person;
  /** Faces that are unassigned now, because their photo has another face of the person. */
  readonly unassigned: readonly Id[];
}

export interface ReportOptions extends CallOptions {
  /** Most faces shown of a person; default 60. */
  maxFaces?: number | undefined;
  /** The side in pixels of a face that is cut out of the photo's file; default 160. */
  thumbnailSize?: number | undefined;
  /** What the page says about when it was made. */
  date?: string | undefined;
}

/**
 * The people of an event: `store.people(event)`. What the user decides about a person holds it, and the faces it has
 * then, through every clustering that follows. Two faces of one photo are never one person.
 */
export class People {
  private constructor();
  readonly event: string;
  /** Finds out who is on the photos: clusters the faces, and gives each cluster the person it was before. */
  cluster(options?: ClusterPeopleOptions): Promise<ClusterReport>;
  /** Everybody but those who were merged into others. */
  list(options?: CallOptions): Promise<Person[]>;
  /** The person of this id; null if there is none. */
  get(person: PersonId, options?: CallOptions): Promise<Person | null>;
  facesOf(person: PersonId, options?: CallOptions): Promise<StoredFace[]>;
  /** The faces that are unassigned. */
  unassigned(options?: CallOptions): Promise<StoredFace[]>;
  /** Which photos show which linked user. */
  tags(options?: CallOptions): Promise<Tag[]>;
  /** The people as one HTML page without scripts that loads nothing. */
  report(options?: ReportOptions): Promise<string>;
  /** Says which user a person is. */
  link(person: PersonId, userId: string): Promise<Person>;
  /** Notes that somebody was invited to say that it is they. */
  invite(person: PersonId, email: string): Promise<Person>;
  /** Gives a person a name for people, or takes it away. */
  rename(person: PersonId, name: string | null): Promise<Person>;
  /** Says that nobody wants to know who it is. */
  ignore(person: PersonId): Promise<Person>;
  unignore(person: PersonId): Promise<Person>;
  /** Says that two people are one. */
  merge(person: PersonId, into: PersonId): Promise<MergedPeople>;
  /** Says that some faces of a person are somebody else, who is given. */
  split(person: PersonId, faces: readonly FaceId[]): Promise<Person>;
  /** Makes a person of faces. */
  create(faces: readonly FaceId[]): Promise<Person>;
  /** Says that a face is of a person. */
  assign(face: FaceId, person: PersonId): Promise<Person>;
  /** Says that a face is not of the person it is put to. */
  unassign(face: FaceId): Promise<void>;
  /** Says that a face is not of a person, whether it is put there or not. */
  notPerson(face: FaceId, person: PersonId): Promise<Person>;
  /** Says that two people are not the same, so that they are never merged. */
  notSame(first: PersonId, second: PersonId): Promise<void>;
  maybeSame(first: PersonId, second: PersonId): Promise<void>;
  /** Makes a face stand for its person; null: the one of the greatest score. */
  pinRepresentative(person: PersonId, face: FaceId | null): Promise<Person>;
  /** Forgets the people who are linked to a user, with their faces. */
  forgetUser(userId: string): Promise<ForgottenFaces>;
  /** Forgets a person, with their faces. */
  forgetPerson(person: PersonId): Promise<ForgottenFaces>;
  /** Removes the event with all its photos, faces and people. */
  remove(): Promise<ForgottenFaces>;
  /** Removes the embeddings: who is on the photos stays, nothing is clustered or found any more. */
  archive(): Promise<ArchivedEvent>;
}

import type { LongCallOptions } from "./common.js";

/** Which rows belong together, and how. */
export interface ClusterOptions extends LongCallOptions {
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
  /** Numbers of a row, for rows in one Float32Array or Float64Array. */
  dimensions?: number | undefined;
  /** The most threads that may work at once; 0, the default, is as many as the machine has cores. */
  threads?: number | undefined;
}

/** What was found; the lists have one entry for each row. */
export interface Clusters {
  /** Number of the cluster from 0, in the order of first rows; -1 (noise) for rows that are in none. */
  readonly labels: Int32Array;
  /** How firmly a row belongs to its cluster, 0 to 1; null with DBSCAN. */
  readonly probabilities: Float32Array | null;
  /** How far a row lies outside of what is dense near it, 0 to 1; null with DBSCAN. */
  readonly outlierScores: Float32Array | null;
  /** How many clusters there are. */
  readonly count: number;
}

/**
 * Which rows belong together: exact, and the same on any processor. Rows are compared as they are, in double precision:
 * nothing is rounded. Rows with a number that is not finite are in no cluster and influence no other.
 */
export function cluster(
  rows: readonly ArrayLike<number>[] | Float32Array | Float64Array,
  options?: ClusterOptions,
): Promise<Clusters>;

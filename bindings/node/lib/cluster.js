// Which rows belong together.

import * as check from "./arguments.js";
import { invalid } from "./errors.js";
import { run } from "./pool.js";
import { enums } from "./prototypes.js";

const POSITIVE = check.number(Number.MIN_VALUE, Number.MAX_VALUE);
const SELECTIONS = { excess_of_mass: 0, leaf: 1 };
const CLUSTER = {
  method: check.word(enums.cluster_method),
  metric: check.word(enums.metric),
  minClusterSize: check.whole(2),
  minSamples: check.whole(1),
  epsilon: check.number(0, Number.MAX_VALUE),
  alpha: POSITIVE,
  maxClusterSize: check.whole(1),
  selection: check.word(SELECTIONS),
  allowSingleCluster: check.truth,
  dimensions: check.whole(0),
  threads: check.threads,
  ...check.LONG,
};

/** Which rows belong together. */
export async function cluster(rows, options) {
  const { fields, how } = check.options(options, CLUSTER);
  const { dimensions, ...rest } = fields;
  const scored = rest.method !== enums.cluster_method.dbscan;
  if (!scored && rest.epsilon === 0) throw invalid("epsilon must be above 0 with DBSCAN");
  const table = packed(rows, dimensions);
  return run("cluster", { ...table, scored, options: rest }, { ...how, transfer: [table.rows.buffer] });
}

/** Rows one after another, copied: as float32 if that is what all of them are, as the numbers of JavaScript otherwise. */
function packed(rows, dimensions) {
  const width = check.whole(1);
  if (rows instanceof Float32Array || rows instanceof Float64Array) {
    const length = width(dimensions ?? 0, "dimensions");
    if (rows.length % length !== 0) throw invalid(`${rows.length} numbers are no rows of ${length}`);
    return { rows: rows.slice(), count: rows.length / length, dimensions: length };
  }
  if (!Array.isArray(rows)) {
    throw new TypeError("rows must be an array of rows, or a Float32Array or Float64Array with dimensions");
  }
  const length = width(rows[0]?.length ?? dimensions ?? 1, "the length of a row");
  const Numbers = rows.every((row) => row instanceof Float32Array) ? Float32Array : Float64Array;
  const all = new Numbers(rows.length * length);
  rows.forEach((row, i) => {
    if (row?.length !== length) throw invalid(`row ${i} has ${row?.length} numbers, the first has ${length}`);
    all.set(row, i * length);
  });
  return { rows: all, count: rows.length, dimensions: length };
}

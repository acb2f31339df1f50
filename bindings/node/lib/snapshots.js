// Snapshots of stores in object storage.

import * as check from "./arguments.js";
import { LONG, REMOTE } from "./follower.js";
import { run } from "./pool.js";

const PRUNE = { ...LONG, keep: check.whole(1), grace: check.number(0, Number.MAX_SAFE_INTEGER) };
const ROLLBACK = { ...LONG, to: check.whole(1, Number.MAX_SAFE_INTEGER) };

export async function pull(directory, url, options) {
  const { fields, how } = check.options(options, LONG);
  const where = check.path(directory, "directory");
  return run("snapshots_pull", { directory: where, url: check.text(url, "url"), options: fields }, how);
}

export async function list(url, options) {
  const { fields, how } = check.options(options, REMOTE);
  return run("snapshots_list", { url: check.text(url, "url"), options: fields }, how);
}

export async function prune(url, options) {
  const { fields, how } = check.options(options, PRUNE);
  const { keep = 1, grace = 3600, ...rest } = fields;
  return run("snapshots_prune", { url: check.text(url, "url"), keep, grace: Math.ceil(grace), options: rest }, how);
}

export async function rollback(url, options) {
  const { fields, how } = check.options(options, ROLLBACK);
  const { to = null, ...rest } = fields;
  return run("snapshots_rollback", { url: check.text(url, "url"), to, options: rest }, how);
}

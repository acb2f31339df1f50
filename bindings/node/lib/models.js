// The models that are known, and their files. Nothing is fetched unless `pull` is called.

import * as check from "./arguments.js";
import { run } from "./pool.js";

const FOLDER = { modelsFolder: check.model };
const PULL = {
  ...FOLDER,
  mirror: check.optionalText,
  offline: check.model,
  acceptUnverified: check.truth,
  commercialOnly: check.truth,
  ...check.LONG,
};

export async function list(options) {
  const { fields, how } = check.options(options, FOLDER);
  return run("models_list", { folder: fields.models_folder ?? null }, how);
}

export async function verify(name, options) {
  const { fields, how } = check.options(options, FOLDER);
  return run("models_verify", { name: check.text(name, "name"), folder: fields.models_folder ?? null }, how);
}

export async function pull(name, options) {
  const { fields, how } = check.options(options, PULL);
  return run("models_pull", { name: check.text(name, "name"), options: fields }, how);
}

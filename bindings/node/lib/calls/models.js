// What a worker can be asked for about the models that are known.

import { checked, consume, optionsOf } from "../convert.js";
import { listOf, plain, wordOf } from "../rows.js";

export const modelCalls = {
  models_list(native, { folder }) {
    return consume(
      native,
      "model_list",
      (out) => native.models_list(folder, out),
      (list) => ({ value: listOf(native, "model_list", list, plain("model_entry")) }),
    );
  },

  models_verify(native, { name, folder }) {
    const verified = [0];
    checked(native, native.models_verify(folder, name, verified));
    return { value: wordOf("verified", verified[0]) };
  },

  models_pull(native, { name, options }, { cancel, progress }) {
    const given = optionsOf(native, "pull_options", options);
    return consume(
      native,
      "pulled",
      (out) => native.models_pull(name, given, cancel, progress, out),
      (pulled) => ({ value: pulledOf(native, pulled) }),
    );
  },
};

function pulledOf(native, pulled) {
  const files = Array.from({ length: native.pulled_len(pulled) }, (_, i) => ({
    path: native.pulled_path(pulled, i),
    source: native.pulled_source(pulled, i),
    sha256: native.pulled_sha256(pulled, i),
  }));
  return { verified: native.pulled_is_verified(pulled), files };
}

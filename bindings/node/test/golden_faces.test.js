// One truth: pictures.json, clusters.json, faces.json and face_errors.json of tests/golden, whose README says how to
// read them.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { FaceAnalyzer, Store, cluster, decodeImage } from "../index.js";
import { file, scratch } from "./support.js";

const golden = (name) => JSON.parse(readFileSync(file(`tests/golden/${name}`)));
const source = ({ path, base64 }) => (base64 === undefined ? file(path) : Buffer.from(base64, "base64"));

/** Numbers that are not whole within a millionth, all else exactly. */
function near(given, wanted, where = "answer") {
  if (typeof wanted === "number" && !Number.isInteger(wanted)) {
    assert.ok(Math.abs(given - wanted) <= 1e-6, `${where}: ${given} in place of ${wanted}`);
  } else if (typeof wanted === "number" && typeof given === "number") {
    assert.ok(Math.abs(given - wanted) <= 1e-6, `${where}: ${given} in place of ${wanted}`);
  } else if (wanted !== null && typeof wanted === "object") {
    assert.deepEqual(Object.keys(given).sort(), Object.keys(wanted).sort(), where);
    for (const key of Object.keys(wanted)) near(given[key], wanted[key], `${where}.${key}`);
  } else {
    assert.equal(given ?? null, wanted, where);
  }
}

test("pictures", async (t) => {
  for (const { path, image } of golden("pictures.json").cases) {
    await t.test(path, async () => {
      for (const asked of [file(path), readFileSync(file(path))]) {
        const { pixels, ...facts } = await decodeImage(asked);
        assert.deepEqual({ ...facts, sha256: createHash("sha256").update(pixels).digest("hex") }, image);
      }
    });
  }
});

/** The rows and the options of a case, as JavaScript names them. */
async function clusters({ rows, options }) {
  const known = ["method", "metric", "selection", "epsilon", "alpha"];
  const names = {
    min_cluster_size: "minClusterSize",
    min_samples: "minSamples",
    max_cluster_size: "maxClusterSize",
    allow_single_cluster: "allowSingleCluster",
  };
  const given = Object.entries(options).map(([key, value]) => {
    assert.ok(known.includes(key) || key in names, key);
    return [names[key] ?? key, value];
  });
  return cluster(rows.map((row) => row.map(number)), { dimensions: 2, ...Object.fromEntries(given) });
}

test("clusters", async (t) => {
  for (const { answer, name, ...asked } of golden("clusters.json").cases) {
    await t.test(name, async () => {
      const { labels, probabilities, outlierScores, count } = await clusters(asked);
      assert.equal(count, Math.max(-1, ...labels) + 1);
      const scores = probabilities && { probabilities: [...probabilities], outlier_scores: [...outlierScores] };
      near({ labels: [...labels], ...scores }, answer);
    });
  }
});

function number(value) {
  return { nan: NaN, inf: Infinity, "-inf": -Infinity }[value] ?? value;
}

const LANDMARKS = [[15, 20], [25, 20], [20, 27], [16, 33], [24, 33]];

/** A face of a step, with what the README says of what it leaves out. */
function face({ embedding, bbox = [10, 10, 30, 40], score = 0.9, landmarks = LANDMARKS, quality, ...rest }) {
  assert.deepEqual(rest, {});
  return { embedding: embedding.map(number), bbox: bbox.map(number), score, landmarks, quality };
}

function photoFacts({ photoId, event, width, height, userId, faces }) {
  return { photo_id: photoId, event, width, height, user_id: userId, faces };
}

function faceFacts({ id, person, photoId, confirmed, score, bbox, landmarks, quality, dimensions }) {
  return { id, person, photo_id: photoId, confirmed, score, bbox, landmarks, quality, dimensions };
}

function personFacts(person) {
  return {
    id: person.id,
    label: person.label,
    status: person.status,
    user_id: person.userId,
    name: person.name,
    invitation_email: person.invitationEmail,
    merged_into: person.mergedInto,
    faces: person.faces,
    photos: person.photos,
    representative: person.representative,
    avg_quality: person.avgQuality,
    min_quality: person.minQuality,
    max_quality: person.maxQuality,
    pinned: person.pinned,
    confirmed: person.confirmed,
    not_same: person.notSame,
  };
}

function reportFacts(report) {
  return {
    event: report.event,
    total_faces: report.totalFaces,
    preserved_clusters: report.preservedClusters,
    assigned_to_existing: report.assignedToExisting,
    new_clusters_created: report.newClustersCreated,
    removed_clusters: report.removedClusters,
    noise_faces: report.noiseFaces,
    clusters: report.clusters.map(({ avgQuality, isNew, ...rest }) => ({
      ...rest,
      avg_quality: avgQuality,
      is_new: isNew,
    })),
  };
}

function peopleOptions(options = {}) {
  const camel = (key) => key.replace(/_(\w)/g, (_, letter) => letter.toUpperCase());
  return Object.fromEntries(Object.entries(options).map(([key, value]) => [camel(key), value]));
}

const ids = (faces) => faces.map((one) => one.id);

/** What a step comes to, with the keys of the golden files. */
async function run(store, { call, event, ...step }) {
  const { faces } = store;
  const people = event === undefined ? undefined : store.people(event);
  switch (call) {
    case "add_photo": {
      const { pipeline, width, height, user_id: userId } = step;
      const options = { pipeline, width, height, userId };
      const { isNew, photo } = await faces.addFaces(event, step.photo_id, step.faces.map(face), options);
      return { is_new: isNew, photo_id: photo.photoId, faces: photo.faces };
    }
    case "photo":
      return photoFacts(await faces.photo(event, step.photo_id));
    case "photo_faces":
      return (await faces.ofPhoto(event, step.photo_id)).map(faceFacts);
    case "remove_photo": {
      const row = await faces.photo(event, step.photo_id);
      await faces.removePhoto(event, step.photo_id);
      return photoFacts(row);
    }
    case "cluster":
      return reportFacts(await people.cluster(peopleOptions(step.options)));
    case "people":
      return (await people.list()).map(personFacts);
    case "faces_of":
      return ids(await people.facesOf(step.person));
    case "noise":
      return ids(await people.noise());
    case "tags":
      return (await people.tags()).map(({ photoId, userId, person, face: of, bbox }) => {
        return { photo_id: photoId, user_id: userId, person, face: of, bbox };
      });
    case "search": {
      const found = await faces.search(step.embedding.map(number), { pipeline: step.pipeline, ...step.options });
      return found.map((one) => ({ id: one.face.id, similarity: one.similarity }));
    }
    case "embedding":
      return [...(await faces.embedding(step.face))];
    case "events":
      return (await faces.events()).map(({ createdAt, ...facts }) => facts);
    case "stats":
      return faces.stats();
    case "archive":
      return people.archive();
    case "purge_event":
      return people.purge();
    case "purge_user":
      return people ? people.purgeUser(step.user_id) : faces.purgeUser(step.user_id);
    case "purge_person":
      return people.purgePerson(step.person);
    case "unassign":
      return people.unassign(step.face);
    case "not_same":
      return people.notSame(step.person, step.other);
    case "maybe_same":
      return people.maybeSame(step.person, step.other);
    case "merge": {
      const { person, leftOut } = await people.merge(step.person, step.into);
      return { left_out: leftOut, person: personFacts(person) };
    }
    default:
      return personFacts(await decide(people, call, step));
  }
}

async function decide(people, call, step) {
  switch (call) {
    case "link":
      return people.link(step.person, step.user_id);
    case "rename":
      return people.rename(step.person, step.name);
    case "invite":
      return people.invite(step.person, step.email);
    case "ignore":
      return people.ignore(step.person);
    case "unignore":
      return people.unignore(step.person);
    case "split":
      return people.split(step.person, step.faces);
    case "create":
      return people.create(step.faces);
    case "assign":
      return people.assign(step.face, step.person);
    case "not_person":
      return people.notPerson(step.face, step.person);
    case "pin_representative":
      return people.pinRepresentative(step.person, step.face);
    default:
      throw new Error(`no call is named ${call}`);
  }
}

test("faces", async () => {
  const store = await Store.open(join(scratch(), "store"));
  for (const { answer, ...step } of golden("faces.json").steps) {
    near((await run(store, step)) ?? null, answer, step.call);
  }
  assert.deepEqual(await store.check(), []);
  await store.close();
});

test("errors of faces", async (t) => {
  for (const { name, steps, kind } of golden("face_errors.json").cases) {
    await t.test(name, async () => {
      const world = { path: join(scratch(), "store"), store: undefined };
      for (const before of steps.slice(0, -1)) await outerStep(world, before);
      const error = await outerStep(world, steps.at(-1)).then(() => undefined, (e) => e);
      assert.equal(error?.kind ?? null, kind, error?.stack);
      await world.store?.close();
    });
  }
});

/** A step of a case, which may need no store or open one. */
async function outerStep(world, { call, ...rest }) {
  switch (call) {
    case "open":
      await world.store?.close();
      world.store = await Store.open(world.path, { access: rest.access });
      return undefined;
    case "close":
      return world.store.close();
    case "decode_image":
      return decodeImage(source(rest));
    case "analyzer":
      return FaceAnalyzer.load({ detector: rest.detector });
    case "cluster_rows":
      return clusters(rest);
    default:
      return run(world.store, { call, ...rest });
  }
}

//! Pictures, clusters, and the people of an event.

use super::support::Scratch;
use super::{cases, check_with, repository, sha256, store_options, text};
use crate::facts::rounded_facts;
use crate::format::base64;
use serde::Serialize;
use serde_json::{Map, Value, json};
use sonic::cluster::{DbscanOptions, HdbscanOptions, Metric, Selection, dbscan, hdbscan};
use sonic::faces::{Face, FaceId, FaceQuality, FaceSearchOptions, NewPhoto, Photo, StoredFace};
use sonic::people::{AssignTo, ClusterMethod, ClusterMode, ClusterOptions, People, PersonId};
use sonic::vision::decode;
use sonic::{Embedding, Image, PipelineId, Result, Store};

type Object = Map<String, Value>;

/// How far a number that is not whole may lie from the one in the file.
const TOLERANCE: f64 = 1e-6;

/// Whether two answers are the same but for rounding.
fn near(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(x), Value::Number(y)) if x.is_f64() || y.is_f64() => {
            (x.as_f64().unwrap() - y.as_f64().unwrap()).abs() <= TOLERANCE
        }
        (Value::Array(x), Value::Array(y)) => x.len() == y.len() && x.iter().zip(y).all(|(x, y)| near(x, y)),
        (Value::Object(x), Value::Object(y)) => {
            x.len() == y.len() && x.iter().all(|(key, x)| y.get(key).is_some_and(|y| near(x, y)))
        }
        _ => a == b,
    }
}

#[test]
fn faces_are_not_compared_carelessly() {
    let case = |label: i64, score: f64| json!({ "labels": [label, -1], "scores": [score] });
    assert!(near(&case(1, 0.500_000_9), &case(1, 0.5)));
    assert!(!near(&case(0, 0.5), &case(1, 0.5)) && !near(&case(1, 0.500_002), &case(1, 0.5)));
    assert!(!near(&json!({ "a": 1 }), &json!({ "a": 1, "b": 2 })) && !near(&json!([1]), &json!([1, 2])));
}

/// `x` with as many digits as the comparison looks at.
fn rounded(x: f32) -> f64 {
    (f64::from(x) * 1e7).round() / 1e7
}

fn all_rounded(values: &[f32]) -> Value {
    values.iter().map(|x| json!(rounded(*x))).collect()
}

/// The picture in a case's `path` or `base64`.
fn picture(case: &Object) -> Result<Image> {
    match case.get("base64") {
        Some(bytes) => decode(&base64(bytes.as_str().unwrap())),
        None => decode(&repository().join(text(case, "path"))),
    }
}

#[test]
fn pictures() {
    check_with("pictures.json", near, |golden| {
        for case in cases(golden, "cases") {
            let image = picture(case).unwrap();
            let bytes = std::fs::read(repository().join(text(case, "path"))).unwrap();
            assert_eq!(decode(&bytes).unwrap(), image);
            let facts = json!({
                "width": image.width(), "height": image.height(), "truncated": image.truncated(),
                "sha256": sha256(image.pixels()),
            });
            case.insert("image".to_owned(), facts);
        }
    });
}

fn number(value: &Value) -> f32 {
    match value.as_str() {
        Some(word) => word.parse().unwrap(),
        None => value.as_f64().unwrap() as f32,
    }
}

fn numbers(value: &Value) -> Vec<f32> {
    value.as_array().unwrap().iter().map(number).collect()
}

/// Keys that nobody reads would be promises that nobody keeps.
fn only(object: &Object, keys: &str) {
    let unknown: Vec<_> = object.keys().filter(|key| !keys.split(' ').any(|known| known == *key)).collect();
    assert!(unknown.is_empty(), "{unknown:?} in {object:?}");
}

struct Options<'a>(&'a Object);

impl Options<'_> {
    fn whole(&self, key: &str) -> Option<usize> {
        self.0.get(key).map(|value| value.as_u64().unwrap() as usize)
    }

    fn float(&self, key: &str) -> Option<f64> {
        self.0.get(key).map(|value| value.as_f64().unwrap())
    }

    fn word(&self, key: &str) -> Option<&str> {
        self.0.get(key).map(|value| value.as_str().unwrap())
    }
}

fn cluster_rows(case: &Object) -> Result<Value> {
    let given = case["options"].as_object().unwrap();
    let all = "method metric min_cluster_size min_samples epsilon alpha max_cluster_size selection \
               allow_single_cluster";
    only(given, all);
    let options = Options(given);
    let rows: Vec<Vec<f32>> = case["rows"].as_array().unwrap().iter().map(numbers).collect();
    let dimensions = rows.first().map_or(2, Vec::len);
    let rows = rows.concat();
    let metric = match options.word("metric") {
        Some("cosine") => Metric::Cosine,
        _ => Metric::Euclidean,
    };
    if options.word("method") == Some("dbscan") {
        let defaults = DbscanOptions::default();
        let options = DbscanOptions {
            epsilon: options.float("epsilon").unwrap_or(defaults.epsilon),
            min_samples: options.whole("min_samples").unwrap_or(defaults.min_samples),
            metric,
            ..defaults
        };
        return Ok(json!({ "labels": dbscan(&rows, dimensions, &options)? }));
    }
    let defaults = HdbscanOptions::default();
    let options = HdbscanOptions {
        min_cluster_size: options.whole("min_cluster_size").unwrap_or(defaults.min_cluster_size),
        min_samples: options.whole("min_samples"),
        metric,
        epsilon: options.float("epsilon").unwrap_or(defaults.epsilon),
        max_cluster_size: options.whole("max_cluster_size"),
        alpha: options.float("alpha").unwrap_or(defaults.alpha),
        selection: match options.word("selection") {
            Some("leaf") => Selection::Leaf,
            _ => Selection::ExcessOfMass,
        },
        allow_single_cluster: options.0.get("allow_single_cluster") == Some(&Value::Bool(true)),
        ..defaults
    };
    let found = hdbscan(&rows, dimensions, &options)?;
    Ok(json!({
        "labels": found.labels,
        "probabilities": all_rounded(&found.probabilities),
        "outlier_scores": all_rounded(&found.outlier_scores),
    }))
}

#[test]
fn clusters() {
    check_with("clusters.json", near, |golden| {
        for case in cases(golden, "cases") {
            case.insert("answer".to_owned(), cluster_rows(case).unwrap());
        }
    });
}

/// A face of a step, with what the README says of what it leaves out.
fn face(case: &Value, pipeline: &str) -> Face {
    let case = case.as_object().unwrap();
    only(case, "embedding bbox score landmarks quality");
    let or = |key: &str, default: Value| case.get(key).cloned().unwrap_or(default);
    let points = or("landmarks", json!([[15, 20], [25, 20], [20, 27], [16, 33], [24, 33]]));
    let points: Vec<[f32; 2]> =
        points.as_array().unwrap().iter().map(|point| numbers(point).try_into().unwrap()).collect();
    let quality = or("quality", json!({}));
    let of = |key: &str| quality.get(key).map_or(0.0, number);
    Face {
        bbox: numbers(&or("bbox", json!([10, 10, 30, 40]))).try_into().unwrap(),
        score: number(&or("score", json!(0.9))),
        landmarks: points.try_into().unwrap(),
        quality: FaceQuality {
            size: of("size"),
            sharpness: of("sharpness"),
            yaw: of("yaw"),
            pitch: of("pitch"),
            roll: of("roll"),
            brightness: of("brightness"),
            clipped: of("clipped"),
        },
        embedding: Embedding { pipeline: PipelineId::new(pipeline), vector: numbers(&case["embedding"]) },
    }
}

fn add_photo(store: &Store, step: &Object) -> Result<Value> {
    let pipeline = text(step, "pipeline");
    let size = |key: &str| step.get(key).map_or(0, |x| x.as_u64().unwrap() as u32);
    let photo = Photo {
        photo_id: text(step, "photo_id").to_owned(),
        event: text(step, "event").to_owned(),
        width: size("width"),
        height: size("height"),
        user_id: step.get("user_id").map(|user| user.as_str().unwrap().to_owned()),
        ..Photo::default()
    };
    let faces = step["faces"].as_array().unwrap().iter().map(|one| face(one, pipeline)).collect();
    let added = store.faces().add_photo(&NewPhoto { photo, faces, thumbnails: Vec::new() })?;
    let (is_new, photo) = (added.is_new(), added.into_photo());
    Ok(json!({ "is_new": is_new, "photo_id": photo.photo_id, "faces": photo.faces }))
}

/// The fields of a result with as many digits as the comparison looks at, without what a golden file does not tell.
fn told(result: &impl Serialize) -> Value {
    rounded_facts(result, &["path", "source_hash", "metadata"], 7)
}

/// As [`told`], without the event, which stands elsewhere.
fn told_of_event(result: &impl Serialize) -> Value {
    rounded_facts(result, &["event"], 7)
}

fn ids(faces: &[StoredFace]) -> Value {
    faces.iter().map(|face| json!(face.face_id)).collect()
}

fn people_options(step: &Object) -> ClusterOptions {
    let none = Map::new();
    let given = step.get("options").map_or(&none, |options| options.as_object().unwrap());
    only(
        given,
        "preset mode method assign_to min_cluster_size min_samples epsilon assign_similarity min_similarity \
         gather_similarity min_quality single_quality",
    );
    let options = Options(given);
    let base = match options.word("preset") {
        Some("dbscan") => ClusterOptions::dbscan(),
        _ => ClusterOptions::default(),
    };
    let float = |key: &str, base: f32| options.float(key).map_or(base, |x| x as f32);
    let or_never = |key: &str, base: Option<f32>| match given.get(key) {
        None => base,
        Some(Value::Bool(false)) => None,
        Some(value) => Some(number(value)),
    };
    ClusterOptions {
        mode: match options.word("mode") {
            None => base.mode,
            Some("incremental") => ClusterMode::Incremental,
            Some(_) => ClusterMode::Full,
        },
        method: match options.word("method") {
            None => base.method,
            Some("dbscan") => ClusterMethod::Dbscan,
            Some(_) => ClusterMethod::Hdbscan,
        },
        assign_to: match options.word("assign_to") {
            None => base.assign_to,
            Some("representative") => AssignTo::Representative,
            Some(_) => AssignTo::Mean,
        },
        min_cluster_size: options.whole("min_cluster_size").unwrap_or(base.min_cluster_size),
        min_samples: options.whole("min_samples").unwrap_or(base.min_samples),
        epsilon: options.float("epsilon").unwrap_or(base.epsilon),
        assign_similarity: float("assign_similarity", base.assign_similarity),
        min_similarity: float("min_similarity", base.min_similarity),
        gather_similarity: or_never("gather_similarity", base.gather_similarity),
        min_quality: float("min_quality", base.min_quality),
        min_size: float("min_size", base.min_size),
        min_sharpness: float("min_sharpness", base.min_sharpness),
        single_quality: or_never("single_quality", base.single_quality),
        threads: base.threads,
    }
}

fn search(store: &Store, step: &Object) -> Result<Value> {
    let given = step["options"].as_object().unwrap();
    only(given, "events threshold limit exclude");
    let (options, defaults) = (Options(given), FaceSearchOptions::default());
    let list = |key: &str| given.get(key).and_then(Value::as_array).cloned().unwrap_or_default();
    let options = FaceSearchOptions {
        events: list("events").iter().map(|event| event.as_str().unwrap().to_owned()).collect(),
        threshold: options.float("threshold").map_or(defaults.threshold, |x| x as f32),
        limit: options.whole("limit").unwrap_or(defaults.limit),
        exclude: list("exclude").iter().map(|id| FaceId(id.as_u64().unwrap())).collect(),
        threads: 0,
    };
    let pipeline = PipelineId::new(text(step, "pipeline"));
    let found =
        store.faces().search(&Embedding { pipeline, vector: numbers(&step["embedding"]) }, &options)?;
    let facts =
        found.iter().map(|one| json!({ "face_id": one.face.face_id, "similarity": rounded(one.similarity) }));
    Ok(facts.collect())
}

/// What a step comes to; `null` where there is nothing to tell.
fn step(store: &Store, step: &Object) -> Result<Value> {
    only(
        step,
        "call event photo_id pipeline faces width height user_id options person other into face name email \
         embedding answer",
    );
    let (faces, event) = (store.faces(), step.get("event").map_or("", |event| event.as_str().unwrap()));
    let people = store.people(event);
    Ok(match text(step, "call") {
        "add_photo" => add_photo(store, step)?,
        "photo" => told(&faces.photo(event, text(step, "photo_id"))?.unwrap()),
        "photo_faces" => told_of_event(&faces.faces_of(event, text(step, "photo_id"))?),
        "remove_photo" => told(&faces.remove_photo(event, text(step, "photo_id"))?),
        "cluster" => told(&people.cluster(&people_options(step))?),
        "people" => told_of_event(&people.list()?),
        "unassigned" => ids(&people.unassigned()?),
        "tags" => told_of_event(&people.tags()?),
        "search" => search(store, step)?,
        "embedding" => all_rounded(&faces.embedding(face_id(&step["face"]))?.unwrap().vector),
        "events" => told(&faces.events()?),
        "stats" => told(&faces.stats()?),
        "archive" => told(&people.archive()?),
        "remove_event" => told(&people.remove()?),
        "forget_user" => told(&match step.get("event") {
            Some(_) => people.forget_user(text(step, "user_id"))?,
            None => faces.forget_user(text(step, "user_id"))?,
        }),
        "close" => {
            store.close();
            Value::Null
        }
        _ => decide(&people, step)?,
    })
}

fn face_id(value: &Value) -> FaceId {
    FaceId(value.as_u64().unwrap())
}

/// What the user decides.
fn decide(people: &People, step: &Object) -> Result<Value> {
    let id = |key: &str| PersonId(step[key].as_u64().unwrap_or_else(|| panic!("{key} in {step:?}")));
    let faces = || -> Vec<FaceId> { step["faces"].as_array().unwrap().iter().map(face_id).collect() };
    let person = match text(step, "call") {
        "faces_of" => return Ok(ids(&people.faces_of(id("person"))?)),
        "forget_person" => return Ok(told(&people.forget_person(id("person"))?)),
        "unassign" => return people.unassign(face_id(&step["face"])).map(|_| Value::Null),
        "not_same" => return people.not_same(id("person"), id("other")).map(|()| Value::Null),
        "maybe_same" => return people.maybe_same(id("person"), id("other")).map(|()| Value::Null),
        "merge" => return people.merge(id("person"), id("into")).map(|merged| told_of_event(&merged)),
        "link" => people.link(id("person"), text(step, "user_id"))?,
        "rename" => people.rename(id("person"), step["name"].as_str())?,
        "invite" => people.invite(id("person"), text(step, "email"))?,
        "ignore" => people.ignore(id("person"))?,
        "unignore" => people.unignore(id("person"))?,
        "split" => people.split(id("person"), &faces())?,
        "create" => people.create(&faces())?,
        "assign" => people.assign(face_id(&step["face"]), id("person"))?,
        "not_person" => people.not_person(face_id(&step["face"]), id("person"))?,
        "pin_representative" => people.pin_representative(id("person"), Some(face_id(&step["face"])))?,
        other => panic!("no call is named {other}"),
    };
    Ok(told_of_event(&person))
}

#[test]
fn faces() {
    let scratch = Scratch::new("golden-faces");
    check_with("faces.json", near, |golden| {
        let store = Store::open(scratch.join("store"), Default::default()).unwrap();
        for case in cases(golden, "steps") {
            let answer = step(&store, case).unwrap_or_else(|e| panic!("{case:?}: {e:?}"));
            case.insert("answer".to_owned(), answer);
        }
        assert_eq!(store.check().unwrap(), []);
    });
}

#[test]
fn errors_of_faces() {
    check_with("face_errors.json", near, |golden| {
        for case in cases(golden, "cases") {
            let (scratch, mut store) = (Scratch::new("golden-face-errors"), None);
            let steps = case["steps"].as_array().unwrap().clone();
            let (last, before) = steps.split_last().unwrap();
            for step in before {
                outer_step(&scratch, &mut store, step.as_object().unwrap())
                    .unwrap_or_else(|e| panic!("{}: {e:?}", case["name"]));
            }
            let last = outer_step(&scratch, &mut store, last.as_object().unwrap());
            case.insert("kind".to_owned(), json!(last.err().map(|e| e.kind().name())));
        }
    });
}

/// A step of a case, which may need no store or open one.
fn outer_step(scratch: &Scratch, store: &mut Option<Store>, step: &Object) -> Result<()> {
    match text(step, "call") {
        "open" => {
            *store = None;
            *store = Some(Store::open(scratch.join("store"), store_options(step))?);
            Ok(())
        }
        "decode_image" => picture(step).map(drop),
        "analyzer" => sonic::models::resolve(text(step, "detector")).map(drop),
        "cluster_rows" => cluster_rows(step).map(drop),
        _ => self::step(store.as_ref().unwrap(), step).map(drop),
    }
}

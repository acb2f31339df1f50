//! The list of routes, of which the router and the OpenAPI document are made: a route more is one entry.

use super::{Endpoint, route};
use crate::auth::Scope::{Admin, Public, Read, Write};
use crate::routes::{admin, faces, jobs, keys, people, recordings, service, voices};
use axum::http::Method;

/// The list: method, address, name in the document, scope, handler, what else there is to say of it, and a line for people.
macro_rules! routes {
    ($($method:ident $path:literal $id:ident, $scope:ident, $handler:path $(=> [$($more:tt)*])? : $summary:literal;)+) => {
        /// All routes.
        pub(crate) fn endpoints() -> Vec<Endpoint> {
            vec![$(
                route(Method::$method, $path, (stringify!($id), $summary), $scope, $handler)$($($more)*)?
            ),+]
        }
    };
}

const PAGE: &[&str] =
    &["after: where the page begins, from `next` of the page before", "limit: rows of a page"];
const LIMIT: &str = "limit: results at most";

routes! {
    GET "/health" health, Public, service::health: "Whether the process answers";
    GET "/ready" ready, Public, service::ready: "Whether the store is open and models are loaded";
    GET "/openapi.json" openapi, Public, service::document: "This document";
    GET "/metrics" metrics, Read, service::metrics
        => [.gives("application/openmetrics-text")]
        : "Numbers for Prometheus";

    POST "/v1/identify" identify, Read, recordings::identify
        => [.query(&[LIMIT, "track: the sound track, from 0"]).file("sound")]
        : "Which recordings a clip comes from";
    POST "/v1/explain" explain, Read, recordings::explain
        => [.file("sound").gives("image/svg+xml")]
        : "A picture of why a clip is recognised";
    GET "/v1/recordings" list_recordings, Read, recordings::list
        => [.query(PAGE)]
        : "Recordings, page by page";
    POST "/v1/recordings" add_recording, Write, recordings::add
        => [.query(&["id: its id; without, the name of the file in a form without its extension",
            "title: its title", "user: whose it is", "mode: a word of yours", "source: where it comes from",
            "replace: true to take the place of a recording of this id",
            "keep_silent: true to keep what holds nothing to be recognised by",
            "track: the sound track, from 0"]).file("sound")]
        : "Add a recording";
    GET "/v1/recordings/{id}" get_recording, Read, recordings::get: "A recording";
    DELETE "/v1/recordings/{id}" remove_recording, Write, recordings::remove: "Remove a recording";
    GET "/v1/recordings/{id}/landmarks" landmarks, Read, recordings::landmarks: "Landmarks of a recording";
    GET "/v1/imported" list_imported, Read, recordings::imported: "Recordings that were imported without their sound";
    DELETE "/v1/imported/{id}" remove_imported, Write, recordings::remove_imported: "Remove an imported recording";

    POST "/v1/voices/identify" identify_voice, Read, voices::identify
        => [.query(&[LIMIT]).file("sound")]
        : "Who is speaking";
    POST "/v1/voices/verify" verify_voice, Read, voices::verify
        => [.query(&["person: who it is said to be"]).file("sound")]
        : "Whether it is somebody who is speaking";
    POST "/v1/voices/enroll" enroll_voice, Write, voices::enroll
        => [.query(&["person: the name", "user: the user that the person is",
            "gate: default, short_utterance or none"]).file("sound")]
        : "Enrol somebody from recordings";
    GET "/v1/voices" list_voices, Read, voices::list
        => [.query(PAGE)]
        : "Recordings of voices, page by page";
    DELETE "/v1/voices/{id}" remove_voice, Write, voices::remove: "Remove a recording of a voice";
    GET "/v1/people" list_speakers, Read, voices::people: "Who is enrolled by voice";
    GET "/v1/people/{person}" get_speaker, Read, voices::person: "Somebody's voiceprint with its samples";
    DELETE "/v1/people/{person}" forget_speaker, Write, voices::forget: "Forget somebody's voice";
    DELETE "/v1/people/{person}/samples/{id}" remove_sample, Write, voices::remove_sample
        : "Take a sample out of a voiceprint";

    POST "/v1/faces/detect" detect_faces, Read, faces::detect
        => [.query(&["embeddings: true to get them too"]).file("image")]
        : "The faces of a picture, which is not kept";
    POST "/v1/faces/search" search_faces, Read, faces::search
        => [.query(&["event: where to search; all if it is left out",
            LIMIT, "threshold: least cosine"]).file("image")]
        : "Faces that look like those of a picture";
    GET "/v1/faces/{face}" get_face, Read, faces::face: "A face";
    GET "/v1/faces/{face}/thumbnail" thumbnail, Read, faces::thumbnail
        => [.gives("image/jpeg").signable()]
        : "A small picture of a face";
    POST "/v1/faces/{face}/thumbnail/url" sign_thumbnail, Read, faces::sign
        => [.query(&["seconds: how long it is good"])]
        : "A URL of that picture for who has no token";
    PUT "/v1/faces/{face}/person" assign_face, Write, people::assign
        => [.json(&["person: integer"])]
        : "Say whose face it is";
    DELETE "/v1/faces/{face}/person" unassign_face, Write, people::unassign
        : "Say that it is not known whose face it is";
    GET "/v1/events" list_events, Read, faces::events: "Events";
    GET "/v1/events/{event}" get_event, Read, faces::event: "An event";
    DELETE "/v1/events/{event}" remove_event, Write, faces::remove_event: "Forget an event with all photos";
    POST "/v1/events/{event}/archive" archive_event, Write, faces::archive: "Remove the embeddings of an event";
    GET "/v1/events/{event}/photos" list_photos, Read, faces::photos
        => [.query(PAGE)]
        : "Photos of an event, page by page";
    POST "/v1/events/{event}/photos" add_photo, Write, faces::add
        => [.query(&["photo: its id; without, the name of the file in a form, or a hash of its bytes",
            "user: who brings it"]).file("image")]
        : "Add a photo with the faces in it";
    GET "/v1/events/{event}/photos/{photo}" get_photo, Read, faces::photo: "A photo with its faces";
    DELETE "/v1/events/{event}/photos/{photo}" remove_photo, Write, faces::remove_photo: "Remove a photo";
    GET "/v1/events/{event}/faces" list_faces, Read, faces::list
        => [.query(PAGE)]
        : "Faces of an event, page by page";
    POST "/v1/events/{event}/cluster" cluster, Write, people::cluster
        => [.query(&["method: hdbscan or dbscan", "mode: full or incremental", "epsilon: distance",
            "min_cluster_size: fewest faces"]).long()]
        : "Find out who is seen; as events if they are accepted";
    GET "/v1/events/{event}/people" list_people, Read, people::list: "Who is seen in the photos of an event";
    GET "/v1/events/{event}/report" report, Read, people::report
        => [.gives("text/html")]
        : "A page of the people of an event";

    GET "/v1/persons/{person}" get_person, Read, people::get: "Somebody with all faces";
    PATCH "/v1/persons/{person}" change_person, Write, people::change
        => [.json(&["name: string?", "user: string?", "ignored: boolean?"])]
        : "Name, link to a user, ignore";
    DELETE "/v1/persons/{person}" forget_person, Write, people::forget: "Forget somebody with all faces";
    POST "/v1/persons/{person}/merge" merge_people, Write, people::merge
        => [.json(&["into: integer"])]
        : "Say that somebody is another";
    POST "/v1/persons/{person}/split" split_person, Write, people::split
        => [.json(&["faces: array"])]
        : "Say that faces are somebody else";
    POST "/v1/persons/{person}/not-same" not_same, Write, people::not_same
        => [.json(&["other: integer"])]
        : "Say that two are not one";
    DELETE "/v1/persons/{person}/not-same/{other}" maybe_same, Write, people::maybe_same: "Take that back";

    DELETE "/v1/users/{user}" forget_user, Write, people::forget_user: "Forget a user: voice and faces, everywhere";

    GET "/v1/jobs" list_jobs, Read, jobs::list
        => [.query(&["queue: of one queue", "state: of one state", "after: where the page begins",
            "limit: rows of a page"])]
        : "Jobs, page by page";
    POST "/v1/jobs" add_job, Write, jobs::add
        => [.json(&["queue: string", "key: string?", "payload: object?", "callback: string?",
            "max_attempts: integer?", "backoff_ms: integer?", "delay_ms: integer?"])]
        : "Add a job; the same key of a queue is the same job";
    GET "/v1/jobs/{id}" get_job, Read, jobs::get: "A job";
    GET "/v1/jobs/{id}/events" job_events, Read, jobs::events
        => [.gives("text/event-stream").long()]
        : "A job as it changes, until it ends";
    DELETE "/v1/jobs/{id}" cancel_job, Write, jobs::cancel: "Call a job off";
    POST "/v1/jobs/lease" lease_job, Write, jobs::lease
        => [.json(&["queue: string", "worker: string", "lease_ms: integer"])]
        : "Take a job, for workers of your own queues";
    POST "/v1/jobs/{id}/extend" extend_job, Write, jobs::extend
        => [.json(&["attempt: integer", "lease_ms: integer", "progress: object?"])]
        : "Say that a job goes on";
    POST "/v1/jobs/{id}/complete" complete_job, Write, jobs::complete
        => [.json(&["attempt: integer", "result: object?"])]
        : "Say that a job is done";
    POST "/v1/jobs/{id}/fail" fail_job, Write, jobs::fail
        => [.json(&["attempt: integer", "error: string", "in_vain: boolean?"])]
        : "Say that a job failed";
    POST "/v1/jobs/{id}/release" release_job, Write, jobs::release
        => [.json(&["attempt: integer"])]
        : "Give a job back";

    GET "/v1/stats" stats, Read, admin::stats: "Counts of the store";
    GET "/v1/models" models, Read, admin::models: "Models that are known, and whether they are here";
    POST "/v1/check" check, Admin, admin::check
        => [.long().beside_store()]
        : "Look for damage of the store";
    POST "/v1/compact" compact, Admin, admin::compact
        => [.long()]
        : "Give space of the store back";
    GET "/v1/snapshots" list_snapshots, Admin, admin::snapshots
        => [.long()]
        : "Snapshots that there are";
    POST "/v1/snapshots" push_snapshot, Admin, admin::push
        => [.long()]
        : "Make the store the current snapshot; as events if they are accepted";
    GET "/v1/keys" list_keys, Admin, keys::list: "API keys, without their secrets";
    POST "/v1/keys" add_key, Admin, keys::add
        => [.json(&["name: string", "scope: string", "rate: integer?", "expires_in_s: integer?"]).beside_store()]
        : "Make an API key, which is shown this once";
    DELETE "/v1/keys/{id}" revoke_key, Admin, keys::revoke
        => [.beside_store()]
        : "Revoke an API key";
}

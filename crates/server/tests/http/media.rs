//! Promise: who speaks and who is seen is said over HTTP as by the command.

use crate::support::{ADMIN, Running};
use reqwest::Method;
use serde_json::{Value, json};
use sonic::model::{Runtime, RuntimeOptions};
use sonic_testing::{Need, assets, needs};
use std::path::Path;

fn samples(folder: &Path, take: usize) -> Vec<Vec<u8>> {
    let mut paths: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths.iter().filter(|path| path.is_file()).take(take).map(|path| std::fs::read(path).unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_is_enrolled_named_and_forgotten() {
    let Some(folder) = assets("voice/audio/fsdd") else { return };
    let server = Running::start(&[]).await;
    for person in ["jackson", "theo"] {
        let files = samples(&folder.join(person), 5);
        let named: Vec<(String, Vec<u8>)> =
            files.into_iter().enumerate().map(|(n, file)| (format!("{n}.wav"), file)).collect();
        let form: Vec<(&str, Vec<u8>)> =
            named.iter().map(|(name, file)| (name.as_str(), file.clone())).collect();
        let enrolled = server
            .form(&format!("/v1/voices/enroll?person={person}&user=u-{person}&gate=none"), &form)
            .await
            .good();
        let lines = enrolled["samples"].as_array().unwrap();
        assert!(lines.len() == 5 && lines.iter().all(|line| line["error"].is_null()), "{enrolled}");
    }
    let people = server.get("/v1/people").await.good();
    assert_eq!(people["people"][0]["person"], "jackson");
    assert_eq!(people["people"][1]["enrolled"], true);
    let sample = samples(&folder.join("jackson"), 6).pop().unwrap();
    let found = server.post("/v1/voices/identify?limit=2", sample.clone()).await.good();
    assert_eq!(found["matches"][0]["person"], "jackson", "{found}");
    let verified = server.post("/v1/voices/verify?person=theo", sample.clone()).await.good();
    assert!(verified["person"] == "theo" && verified["probability"].is_number(), "{verified}");
    assert_eq!(server.post("/v1/voices/verify?person=nobody", sample).await.refused(404), "not_found");
    let print = server.get("/v1/people/theo").await.good();
    let sample = print["samples"][0]["recording_id"].as_str().unwrap();
    server.delete(&format!("/v1/people/theo/samples/{sample}")).await.good();
    let page = server.get("/v1/voices?limit=3").await.good();
    assert_eq!(page["voices"].as_array().unwrap().len(), 3);
    let forgotten = server.delete("/v1/people/jackson").await.good();
    assert!(forgotten["person"] == "jackson" && forgotten["voiceprints"] == 1, "{forgotten}");
    let user = server.delete("/v1/users/u-theo").await.good();
    assert_eq!(user["voices"]["voiceprints"], 1, "{user}");
    assert_eq!(server.get("/v1/people").await.good()["people"].as_array().unwrap().len(), 0);
    server.stop().await;
}

async fn faces(more: &[&str]) -> Option<Running> {
    let assets = assets("face")?;
    needs(Need::OnnxRuntime, Runtime::load(&RuntimeOptions::default()))?;
    let models = assets.join("models");
    let detector = models.join("face_detection_yunet_2023mar.onnx");
    let embedder = models.join("mobilefacenet_foamliu_128_dynbatch.onnx");
    let (detector, embedder) = (detector.to_str().unwrap().to_owned(), embedder.to_str().unwrap().to_owned());
    let settings = ["--faces", "on", "--detector", &detector, "--embedder", &embedder];
    Some(Running::start(&[&settings[..], more].concat()).await)
}

#[tokio::test(flavor = "multi_thread")]
async fn people_of_photos_are_found_and_decided_about() {
    let Some(server) = faces(&["--url-secret", "0123456789abcdef0123456789abcdef"]).await else { return };
    let Some(people) = assets("face/people") else { return };
    let mut folders: Vec<_> = std::fs::read_dir(people).unwrap().map(|entry| entry.unwrap().path()).collect();
    folders.sort();
    let mut count = 0;
    for folder in folders.iter().filter(|folder| folder.is_dir()).take(2) {
        for photo in samples(folder, 4) {
            count += 1;
            let added = server.post(&format!("/v1/events/party/photos?photo=p{count}"), photo).await.good();
            assert_eq!(
                (added["status"].as_str(), added["error"].is_null()),
                (Some("added"), true),
                "{added}"
            );
        }
    }
    let photo = samples(&folders[0], 1).pop().unwrap();
    let detected = server.post("/v1/faces/detect", photo.clone()).await.good();
    assert!(
        detected["faces"][0]["bbox"].is_array() && detected["faces"][0].get("embedding").is_none(),
        "{detected}"
    );
    let found = server.post("/v1/faces/search?event=party&limit=3", photo.clone()).await.good();
    assert_eq!(found["faces"][0]["matches"][0]["photo"], "p1", "{found}");
    assert_eq!(server.post("/v1/faces/search?event=none", photo).await.refused(404), "not_found");
    let events = [("accept", "text/event-stream")];
    let clustered =
        server.send(Method::POST, "/v1/events/party/cluster", Some(ADMIN), &events, Vec::new()).await;
    assert!(clustered.text().contains("event: result"), "{}", clustered.text());
    let listed = server.get("/v1/events/party/people").await.good();
    let persons = listed["people"].as_array().unwrap();
    assert!(persons.len() >= 2, "{listed}");
    decide(&server, persons).await;
    let faces = server.get("/v1/events/party/faces?limit=2").await.good();
    let face = faces["faces"][0]["face"].as_u64().unwrap();
    let url = server.post(&format!("/v1/faces/{face}/thumbnail/url"), Vec::new()).await.good();
    let picture = server.send(Method::GET, url["url"].as_str().unwrap(), None, &[], Vec::new()).await;
    assert_eq!((picture.status, picture.header("content-type")), (200, Some("image/jpeg")));
    assert_eq!(&picture.body[..2], [0xff, 0xd8]);
    let photo = server.get("/v1/events/party/photos/p1").await.good();
    assert!(!photo["faces"].as_array().unwrap().is_empty() && photo["photo"]["photo_id"] == "p1", "{photo}");
    assert_eq!(server.delete("/v1/events/party/photos/p1").await.good()["photo_id"], "p1");
    assert!(server.get("/v1/events/party/report").await.text().contains("<html"));
    assert_eq!(server.post("/v1/events/party/archive", Vec::new()).await.good()["photos"], count - 1);
    server.delete("/v1/events/party").await.good();
    assert_eq!(server.get("/v1/events/party").await.refused(404), "not_found");
    server.stop().await;
}

async fn decide(server: &Running, persons: &[Value]) {
    let (a, b) = (persons[0]["person"].as_u64().unwrap(), persons[1]["person"].as_u64().unwrap());
    let change = async |method: Method, path: String, body: Value| server.json(method, &path, &body).await;
    let named = change(Method::PATCH, format!("/v1/persons/{a}"), json!({ "name": "Ann", "user": "u1" }))
        .await
        .good();
    assert_eq!((named["name"].as_str(), named["user"].as_str()), (Some("Ann"), Some("u1")));
    let unnamed = change(Method::PATCH, format!("/v1/persons/{a}"), json!({ "name": null })).await.good();
    assert!(unnamed["name"].is_null());
    assert_eq!(change(Method::PATCH, format!("/v1/persons/{a}"), json!({})).await.status, 400);
    let other = change(Method::POST, format!("/v1/persons/{a}/not-same"), json!({ "other": b })).await.good();
    assert_eq!(other["not_same"], json!([b]));
    let back = server.delete(&format!("/v1/persons/{a}/not-same/{b}")).await.good();
    assert_eq!(back["not_same"], json!([]));
    let whole = server.get(&format!("/v1/persons/{a}")).await.good();
    let face = whole["members"][0]["face"].as_u64().unwrap();
    let split =
        change(Method::POST, format!("/v1/persons/{a}/split"), json!({ "faces": [face] })).await.good();
    let third = split["person"].as_u64().unwrap();
    assert_ne!(third, a);
    change(Method::PUT, format!("/v1/faces/{face}/person"), json!({ "person": a })).await.good();
    assert_eq!(server.delete(&format!("/v1/faces/{face}/person")).await.good()["was"]["person"], a);
    let merged = change(Method::POST, format!("/v1/persons/{a}/merge"), json!({ "into": b })).await;
    assert!([200, 409, 400].contains(&merged.status), "{}", merged.text());
    assert_eq!(server.get("/v1/persons/1").await.refused(404), "not_found");
    server.delete(&format!("/v1/persons/{b}")).await.good();
}

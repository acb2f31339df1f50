//! Promise: a model file is in its folder whole and verified, or not at all; and nothing is fetched unasked.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

mod support;

use sonic::models::{PullOptions, Pulled, Registry, Verified};
use sonic::{ErrorKind, Result};
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use support::Scratch;

/// SHA-256 of [`model`], computed with another program.
const SHA256: &str = "d5397f395028a36a877582420027c07a9dffa109caf6625ee9fb42ba86859168";

/// The bytes of a model, as far as a server knows.
fn model() -> Vec<u8> {
    (0..300_000u32).map(|n| (n.wrapping_mul(n) >> 7) as u8).collect()
}

/// A server on this machine that counts what it is asked.
struct Server {
    port: u16,
    queried: Arc<AtomicUsize>,
}

impl Server {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let queried = Arc::new(AtomicUsize::new(0));
        let count = queried.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                count.fetch_add(1, Ordering::Relaxed);
                std::thread::spawn(move || serve(stream));
            }
        });
        Self { port, queried }
    }

    fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}/{path}", self.port)
    }

    fn queried(&self) -> usize {
        self.queried.load(Ordering::Relaxed)
    }
}

/// Answers one request; the first part of its path says how. A client that hangs up is none of our business.
fn serve(stream: TcpStream) {
    let mut reader = BufReader::new(&stream);
    let mut request = String::new();
    let _ = reader.read_line(&mut request);
    let mut line = String::new();
    while reader.read_line(&mut line).is_ok_and(|n| n > 2) {
        line.clear();
    }
    let path = request.split(' ').nth(1).unwrap_or_default();
    let body = model();
    let ok =
        |length: usize| format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n");
    let (head, body) = match path.split('/').nth(1).unwrap_or_default() {
        "good" => (ok(body.len()), body),
        "unsized" => ("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n".to_owned(), body),
        "wrong" => (ok(1000), vec![1; 1000]),
        "endless" => (ok(400_000), vec![1; 400_000]),
        "short" => (ok(body.len() + 5), body),
        "slow" => (ok(body.len()), body[..100_000].to_vec()),
        "moved" => (
            "HTTP/1.1 302 Found\r\nLocation: /good/x\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
                .to_owned(),
            Vec::new(),
        ),
        "broken" => {
            ("HTTP/1.1 500 Oh\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".to_owned(), Vec::new())
        }
        "pack.zip" => (ok(pack().len()), pack()),
        "damaged.zip" => (ok(pack().len() - 300), pack()[300..].to_vec()),
        _ => (
            "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".to_owned(),
            Vec::new(),
        ),
    };
    let mut stream = &stream;
    let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(&body));
    if path.starts_with("/slow") {
        let _ = stream.read(&mut [0]); // Says no more until the client hangs up.
    }
}

/// An archive with the model in a folder, compressed.
fn pack() -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let options =
        zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Deflated);
    for (name, bytes) in [("pack/readme.txt", b"mine.onnx".to_vec()), ("pack/mine.onnx", model())] {
        archive.start_file(name, options).unwrap();
        archive.write_all(&bytes).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

/// A folder with a manifest of `mine`, published at these addresses.
fn registry(scratch: &Scratch, urls: &[String], sha256: Option<&str>) -> Registry {
    let sha256 = sha256.map(|hash| format!("sha256 = \"{hash}\"\n")).unwrap_or_default();
    let text = format!(
        "id = \"mine\"\ntask = \"vad\"\nurl = \"{}\"\nmirrors = {:?}\n{sha256}licence = \"MIT\"\ncommercial = true\n\
         source = \"https://example.org\"\nspeech = {{ front_end = \"waveform\", sample_rate = 16000 }}\n",
        urls[0],
        &urls[1..]
    );
    fs::create_dir_all(scratch.join("models")).unwrap();
    fs::write(scratch.join("models/mine.toml"), text).unwrap();
    Registry::new(scratch.join("models"))
}

fn pull(registry: &Registry, options: &PullOptions) -> Result<Pulled> {
    registry.pull("mine", options, |_| ControlFlow::Continue(()))
}

/// Where the only file came from.
fn source(pulled: Result<Pulled>) -> Option<String> {
    pulled.unwrap().files.remove(0).source
}

/// What lies in the folder of models besides the manifest.
fn files(registry: &Registry) -> Vec<String> {
    let entries =
        fs::read_dir(registry.folder()).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap());
    entries.filter(|name| name != "mine.toml").collect()
}

#[test]
fn what_is_pulled_is_whole_and_verified_and_not_pulled_again() {
    let (scratch, server) = (Scratch::new("pull-good"), Server::start());
    for way in ["good", "unsized", "moved"] {
        let registry = registry(&scratch, &[server.url(&format!("{way}/mine.onnx"))], Some(SHA256));
        assert_eq!(registry.resolve("mine").unwrap_err().kind(), ErrorKind::Model, "it is not there yet");
        let mut reports = Vec::new();
        let pulled = registry.pull("mine", &PullOptions::default(), |progress| {
            reports.push((progress.bytes, progress.total));
            ControlFlow::Continue(())
        });
        let pulled = pulled.unwrap();
        let file = scratch.join("models/mine.onnx");
        let [pulled] = &pulled.files[..] else { panic!("one file") };
        assert_eq!((pulled.path.as_path(), pulled.sha256.as_str()), (file.as_path(), SHA256));
        assert!(pulled.verified && pulled.source.as_ref().is_some_and(|source| source.contains(way)));
        assert!(reports.is_sorted() && reports.last().unwrap().0 == 300_000, "{reports:?}");
        assert_eq!(reports.last().unwrap().1, (way != "unsized").then_some(300_000));
        assert_eq!(fs::read(&file).unwrap(), model());
        assert_eq!(files(&registry), ["mine.onnx"]);
        assert_eq!(registry.resolve("mine").unwrap().path(), Some(file.as_path()));
        let queried = server.queried();
        assert_eq!(source(pull(&registry, &PullOptions::default())), None);
        assert_eq!(server.queried(), queried, "it was there already");
        fs::remove_file(file).unwrap();
    }
}

#[test]
fn what_goes_wrong_leaves_nothing_and_keeps_what_was_there() {
    let (scratch, server) = (Scratch::new("pull-bad"), Server::start());
    let bad = [
        ("wrong/mine.onnx", ErrorKind::Mismatch, "SHA-256"),
        ("endless/mine.onnx", ErrorKind::Mismatch, "SHA-256"),
        ("short/mine.onnx", ErrorKind::Io, ""),
        ("nowhere/mine.onnx", ErrorKind::NotFound, "404"),
        ("broken/mine.onnx", ErrorKind::Io, "500"),
        ("damaged.zip", ErrorKind::Malformed, "archive"),
    ];
    for (path, kind, part) in bad {
        let registry = registry(&scratch, &[server.url(path)], Some(SHA256));
        let error = pull(&registry, &PullOptions::default()).unwrap_err();
        assert_eq!(error.kind(), kind, "{path}: {error}");
        assert!(error.message().contains(part) && error.message().contains(&server.url(path)), "{error}");
        assert!(files(&registry).is_empty(), "{path}: {:?}", files(&registry));
        fs::write(scratch.join("models/mine.onnx"), "an older one").unwrap();
        assert!(pull(&registry, &PullOptions::default()).is_err());
        assert_eq!(fs::read(scratch.join("models/mine.onnx")).unwrap(), b"an older one");
        assert!(matches!(registry.verify("mine").unwrap(), Verified::Wrong(_)));
        fs::remove_file(scratch.join("models/mine.onnx")).unwrap();
    }
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let registry = registry(&scratch, &[format!("http://{closed}/mine.onnx")], Some(SHA256));
    assert_eq!(pull(&registry, &PullOptions::default()).unwrap_err().kind(), ErrorKind::Io);
}

#[test]
fn places_are_tried_in_order() {
    let (scratch, server) = (Scratch::new("pull-mirrors"), Server::start());
    let urls = ["nowhere/1", "short/2", "wrong/3", "good/4"].map(|path| server.url(path));
    let pulled = pull(&registry(&scratch, &urls, Some(SHA256)), &PullOptions::default());
    assert_eq!((source(pulled), server.queried()), (Some(server.url("good/4")), 4));
    fs::remove_file(scratch.join("models/mine.onnx")).unwrap();
    let error = pull(&registry(&scratch, &urls[..3], Some(SHA256)), &PullOptions::default()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Mismatch);
    assert!(urls[..3].iter().all(|url| error.message().contains(url.as_str())), "{error}");
}

#[test]
fn a_mirror_is_used_alone() {
    let (scratch, server) = (Scratch::new("pull-mirror"), Server::start());
    let registry = registry(&scratch, &[server.url("nowhere/mine.onnx")], Some(SHA256));
    let mirror = |path: &str| PullOptions { mirror: Some(server.url(path)), ..PullOptions::default() };
    assert_eq!(pull(&registry, &mirror("empty")).unwrap_err().kind(), ErrorKind::NotFound);
    assert_eq!(server.queried(), 1);
    assert_eq!(source(pull(&registry, &mirror("good/"))), Some(server.url("good/mine.onnx")));
}

#[test]
fn an_offline_folder_needs_no_server() {
    let (scratch, server) = (Scratch::new("pull-offline"), Server::start());
    let registry = registry(&scratch, &[server.url("pack.zip")], Some(SHA256));
    let folder = scratch.join("stick");
    fs::create_dir_all(&folder).unwrap();
    let options = PullOptions { offline: Some(folder.clone()), ..PullOptions::default() };
    assert_eq!(pull(&registry, &options).unwrap_err().kind(), ErrorKind::NotFound);
    for (name, bytes) in [("mine.onnx", model()), ("pack.zip", pack())] {
        fs::write(folder.join(name), &bytes).unwrap();
        assert!(pull(&registry, &options).unwrap().is_verified(), "{name}");
        assert_eq!(fs::read(scratch.join("models/mine.onnx")).unwrap(), model());
        fs::remove_file(scratch.join("models/mine.onnx")).unwrap();
        fs::write(folder.join(name), &bytes[..bytes.len() - 100]).unwrap();
        let kind = pull(&registry, &options).unwrap_err().kind();
        assert!(matches!(kind, ErrorKind::Mismatch | ErrorKind::Malformed), "{name}: {kind:?}");
        fs::remove_file(folder.join(name)).unwrap();
        assert!(files(&registry).is_empty());
    }
    assert_eq!(server.queried(), 0);
}

#[test]
fn an_archive_gives_the_file_that_is_meant() {
    let (scratch, server) = (Scratch::new("pull-zip"), Server::start());
    let from_pack = registry(&scratch, &[server.url("pack.zip")], Some(SHA256));
    assert!(pull(&from_pack, &PullOptions::default()).unwrap().is_verified());
    assert_eq!(files(&from_pack), ["mine.onnx"]);
    assert_eq!(fs::read(scratch.join("models/mine.onnx")).unwrap(), model());
    fs::rename(scratch.join("models/mine.toml"), scratch.join("models/other.toml")).unwrap();
    let error = from_pack.pull("mine", &PullOptions::default(), |_| ControlFlow::Continue(())).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert!(error.message().contains("does not have other.onnx"), "{error}");
}

#[test]
fn a_pull_that_is_cancelled_leaves_nothing() {
    let (scratch, server) = (Scratch::new("pull-break"), Server::start());
    let registry = registry(&scratch, &[server.url("slow/mine.onnx"), server.url("good/x")], Some(SHA256));
    let mut calls_after_silence = 0;
    let broken = registry.pull("mine", &PullOptions::default(), |progress| {
        assert!(!files(&registry).is_empty(), "it is being written");
        calls_after_silence += u32::from(progress.bytes == 100_000);
        if calls_after_silence > 2 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    assert_eq!(broken.unwrap_err().kind(), ErrorKind::Closed);
    assert!(files(&registry).is_empty());
    assert_eq!(server.queried(), 1, "no other place is tried then");
}

#[test]
fn what_cannot_be_verified_must_be_wanted() {
    let (scratch, server) = (Scratch::new("pull-unverified"), Server::start());
    let registry = registry(&scratch, &[server.url("good/mine.onnx")], None);
    let error = pull(&registry, &PullOptions::default()).unwrap_err();
    assert_eq!((error.kind(), server.queried()), (ErrorKind::Model, 0));
    assert!(error.message().contains("--accept-unverified"), "{error}");
    let pulled = pull(&registry, &PullOptions { accept_unverified: true, ..PullOptions::default() }).unwrap();
    assert_eq!((pulled.is_verified(), pulled.files[0].sha256.as_str()), (false, SHA256));
    assert_eq!(registry.verify("mine").unwrap(), Verified::Unknown(SHA256.to_owned()));
    assert!(!pull(&registry, &PullOptions::default()).unwrap().is_verified(), "it is there");
}

#[test]
fn licences_and_unpublished_models_are_refused_before_anything_is_fetched() {
    let scratch = Scratch::new("pull-policy");
    let registry = Registry::new(scratch.join("models"));
    let offline = PullOptions { offline: Some(scratch.join("")), ..PullOptions::default() };
    let pull = |registry: &Registry, name: &str, options: &PullOptions| {
        registry.pull(name, options, |_| ControlFlow::Continue(()))
    };
    let strict = registry.clone().commercial_only(true);
    for error in [pull(&strict, "det_500m", &offline).unwrap_err(), strict.resolve("det_500m").unwrap_err()] {
        assert_eq!(error.kind(), ErrorKind::Model);
        assert!(error.message().contains("may not be used commercially"), "{error}");
    }
    assert!(registry.resolve("det_500m").unwrap_err().message().contains("sonic models pull det_500m"));
    let accepted = PullOptions { accept_unverified: true, ..PullOptions::default() };
    let error = pull(&registry, "ecapa-voxceleb", &accepted).unwrap_err();
    assert!(error.kind() == ErrorKind::Model && error.message().contains("Export"), "{error}");
    assert_eq!(pull(&registry, "nonsense", &offline).unwrap_err().kind(), ErrorKind::NotFound);
    assert_eq!(pull(&registry, "celda128", &offline).unwrap().files, []);
}

#[test]
fn models_are_found_by_id_manifest_and_file() {
    let scratch = Scratch::new("models-resolve");
    let registry = registry(&scratch, &["https://example.org/mine.onnx".to_owned()], None);
    let (manifest, file) = (scratch.join("models/mine.toml"), scratch.join("models/mine.onnx"));
    let of = |name: &Path| Registry::new("elsewhere").resolve(name.to_str().unwrap());
    assert_eq!(of(&scratch.join("nowhere.onnx")).unwrap_err().kind(), ErrorKind::NotFound);
    for name in [&file, &manifest] {
        let error = of(name).unwrap_err();
        assert!(
            error.kind() == ErrorKind::Model && error.message().contains("mine.onnx is missing"),
            "{error}"
        );
    }
    fs::write(&file, "bytes").unwrap();
    for model in [registry.resolve("mine"), of(&manifest), of(&file)] {
        let model = model.unwrap();
        assert_eq!((model.manifest.id.as_str(), model.path()), ("mine", Some(file.as_path())));
    }
    let bare = scratch.join("models/bare.onnx");
    fs::write(&bare, "bytes").unwrap();
    let error = of(&bare).unwrap_err();
    assert!(error.kind() == ErrorKind::Model && error.message().contains("bare.toml"), "{error}");
    assert_eq!(registry.resolve("celda128").unwrap().path(), None);
    let listed = registry.list().unwrap();
    let mine = listed.iter().find(|l| l.manifest.id == "mine").unwrap();
    assert_eq!((mine.built_in, mine.bytes()), (false, Some(5)));
    assert!(listed.len() > 10 && listed.is_sorted_by_key(|l| l.manifest.id.clone()));
    fs::copy(&manifest, scratch.join("models/twin.toml")).unwrap();
    assert_eq!(registry.list().unwrap_err().kind(), ErrorKind::Model);
    fs::write(scratch.join("models/twin.toml"), "id = 7").unwrap();
    assert!(registry.list().unwrap_err().message().contains("twin.toml"));
}

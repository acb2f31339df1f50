//! Promise: a model of several files, or of a folder, is listed, resolved and verified as one.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

use sonic_core::ErrorKind;
use sonic_model::registry::{Registry, Verified};
use std::fs;
use std::path::PathBuf;

/// SHA-256 of `abc`: the example of FIPS 180-2.
const ABC: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("sonic-registry-{}-{name}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.0.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

const HEAD: &str = "id = \"two\"\ntask = \"asr\"\nlicence = \"MIT\"\ncommercial = true\nsource = \"x\"\n";

#[test]
fn several_files_are_one_model() {
    let folder = Folder::new("several");
    let files = format!(
        "folder = \"parts\"\n[files.encoder]\nfile = \"e.onnx\"\nsha256 = \"{ABC}\"\nurl = \"https://example.org/e.onnx\"\n\
         [files.tokenizer]\nfile = \"t.txt\"\n"
    );
    folder.write("two.toml", &format!("{HEAD}{files}"));
    let registry = Registry::new(&folder.0);
    let entry = || registry.list().unwrap().into_iter().find(|e| e.manifest.id == "two").unwrap();
    assert!(!entry().is_installed() && entry().bytes().is_none());
    folder.write("parts/t.txt", "words");
    assert_eq!(registry.verify("two").unwrap(), Verified::Missing);
    let error = registry.resolve("two").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Model);
    assert!(error.message().contains("e.onnx is missing; fetch it with"), "{error}");
    folder.write("parts/e.onnx", "abd");
    assert!(matches!(registry.verify("two").unwrap(), Verified::Wrong(_)));
    folder.write("parts/e.onnx", "abc");
    assert!(matches!(registry.verify("two").unwrap(), Verified::Unknown(_)), "no hash of the other file");
    let files = registry.verify_files("two").unwrap();
    assert_eq!(files[0], ("encoder".to_owned(), Verified::Good));
    assert!(entry().is_installed());
    assert_eq!((entry().bytes(), entry().path()), (Some(8), Some(folder.0.join("parts").as_path())));
    let model = registry.resolve("two").unwrap();
    assert_eq!(model.file("encoder").unwrap(), folder.0.join("parts/e.onnx"));
    assert!(model.file("decoder").is_err() && model.path().is_none());
}

#[test]
fn a_folder_is_a_model() {
    let folder = Folder::new("folder");
    folder.write("two.toml", &format!("{HEAD}folder = \"whole\"\n"));
    let registry = Registry::new(&folder.0);
    assert_eq!(registry.verify("two").unwrap(), Verified::Missing);
    assert!(registry.resolve("two").is_err());
    folder.write("whole/model.onnx", "abc");
    folder.write("whole/config.json", "{}");
    let model = registry.resolve("two").unwrap();
    assert_eq!(model.file("config.json").unwrap(), folder.0.join("whole/config.json"));
    assert_eq!(model.files.len(), 2);
}

#[cfg(feature = "pull")]
#[test]
fn every_file_is_pulled_and_what_is_there_stays() {
    use sonic_model::registry::PullOptions;
    use std::ops::ControlFlow;

    let (folder, stick) = (Folder::new("pull"), Folder::new("stick"));
    let files = format!(
        "[files.encoder]\nfile = \"e.onnx\"\nsha256 = \"{ABC}\"\n[files.tokenizer]\nfile = \"t.txt\"\nsha256 = \"{ABC}\"\n"
    );
    folder.write("two.toml", &format!("{HEAD}{files}"));
    stick.write("e.onnx", "abc");
    let registry = Registry::new(&folder.0);
    let options = PullOptions { offline: Some(stick.0.clone()), ..PullOptions::default() };
    let pull = || registry.pull("two", &options, |_| ControlFlow::Continue(()));
    assert_eq!(pull().unwrap_err().kind(), ErrorKind::NotFound, "one of them is not on the stick");
    stick.write("t.txt", "abc");
    let pulled = pull().unwrap();
    assert!(pulled.is_verified() && pulled.files.len() == 2);
    assert_eq!((&pulled.files[0].source, pulled.files[1].source.is_some()), (&None, true));
    assert_eq!(registry.verify("two").unwrap(), Verified::Good);
}

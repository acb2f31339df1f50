//! Threads are shared out in `parallel` and processors told apart in `wide`, and nowhere else in this repository.

use std::path::{Path, PathBuf};

/// Words of the source, and the files in which they may stand.
const PLACES: [(&str, &[&str]); 4] = [
    ("available_parallelism", &["core/src/parallel.rs"]),
    ("thread::scope", &["core/src/parallel.rs", "core/src/parallel/background.rs"]),
    ("is_x86_feature_detected", &["core/src/wide.rs"]),
    ("target_feature(enable", &["core/src/wide.rs", "vision/src/resize/avx2.rs"]),
];

fn sources(directory: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(directory).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

#[test]
fn no_other_code_starts_threads_or_looks_at_the_processor() {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut files = Vec::new();
    for entry in std::fs::read_dir(&crates).unwrap().flatten() {
        sources(&entry.path().join("src"), &mut files);
    }
    for path in files {
        let text = std::fs::read_to_string(&path).unwrap();
        // Unit tests may do as they like; they stand at the end.
        let code = text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
        for (word, places) in PLACES {
            let allowed = places.iter().any(|place| path.ends_with(place));
            assert!(allowed || !code.contains(word), "{word} in {}", path.display());
        }
    }
}

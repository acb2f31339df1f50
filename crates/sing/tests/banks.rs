//! What a check of the bad banks finds, and that it finds nothing in the good ones.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

use sonic_sing::{Finding, Severity, Voicebank};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Instant;

fn folders(of: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(of).unwrap().map(|entry| entry.unwrap().path());
    let mut folders: Vec<_> = entries.filter(|path| path.is_dir()).collect();
    folders.sort();
    folders
}

/// True if `finding` is the one that is expected: code, stage, severity, and everything that a good message mentions.
fn is(finding: &Finding, expected: &serde_json::Value) -> bool {
    let text = format!("{} {} {}", finding.file, finding.line.unwrap_or(0), finding.message);
    let mut mentions = expected["mentions"].as_array().unwrap().iter().map(|m| m.as_str().unwrap());
    finding.code == expected["code"]
        && finding.stage.name() == expected["stage"]
        && finding.severity.name() == expected["severity"]
        && mentions.all(|m| text.contains(m))
}

#[test]
fn every_fault_of_the_bad_banks_is_found_and_no_other() {
    let Some(bad) = sonic_testing::assets("sing/banks/bad") else { return };
    let expected: serde_json::Value =
        serde_json::from_slice(&std::fs::read(bad.join("expected.json")).unwrap()).unwrap();
    let mut wrong = Vec::new();
    for folder in folders(&bad) {
        let name = folder.file_name().unwrap().to_str().unwrap();
        let started = Instant::now();
        let findings = Voicebank::open(&folder).unwrap().check();
        assert!(started.elapsed().as_secs_f64() < 30.0, "{name} took {:?}", started.elapsed());
        let expected = expected["banks"][name]["findings"].as_array().unwrap();
        for one in expected {
            if !findings.iter().any(|finding| is(finding, one)) {
                wrong.push(format!("{name}: {one} is not among {findings:#?}"));
            }
        }
        let codes: BTreeSet<&str> = expected.iter().map(|one| one["code"].as_str().unwrap()).collect();
        wrong.extend(
            findings.iter().filter(|f| !codes.contains(f.code)).map(|f| format!("{name}: {f} as well")),
        );
        let exists = |f: &Finding| f.code.starts_with("missing") || folder.join(&f.file).is_file();
        wrong.extend(findings.iter().filter(|f| !exists(f)).map(|f| format!("{name}: no file {}", f.file)));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn good_banks_have_no_fault() {
    let Some(banks) = sonic_testing::assets("sing/banks") else { return };
    let good = folders(&banks.join("contract")).into_iter().filter(|f| !f.ends_with("_packages"));
    let good: Vec<_> = good.chain([banks.join("clear-voice")]).collect();
    assert_eq!(good.len(), 20);
    for folder in good {
        let findings = Voicebank::open(&folder).unwrap().check();
        assert!(findings.is_empty(), "{}: {findings:#?}", folder.display());
    }
}

#[test]
fn errors_stand_before_warnings_and_name_lines() {
    let Some(bad) = sonic_testing::assets("sing/banks/bad") else { return };
    let findings = Voicebank::open(&bad.join("phoneme-duplicate")).unwrap().check();
    let severities: Vec<_> = findings.iter().map(|f| f.severity).collect();
    assert_eq!(severities, [Severity::Error, Severity::Warning]);
    let findings = Voicebank::open(&bad.join("rate-mismatch")).unwrap().check();
    let settings = std::fs::read_to_string(bad.join("rate-mismatch/dsvocoder/vocoder.yaml")).unwrap();
    let line = settings.lines().position(|line| line.starts_with("sample_rate")).unwrap() + 1;
    assert_eq!((findings[0].file.as_str(), findings[0].line), ("dsvocoder/vocoder.yaml", Some(line as u32)));
    assert!(Voicebank::open(&bad.join("not-there")).is_err());
}

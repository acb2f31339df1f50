//! Faults put into good banks, alone and two at a time: each is found by its code, stage, file and line, and nothing else is.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

use sonic_sing::{Finding, Severity, Voicebank};
use std::path::Path;

/// Something done to a file of a bank.
#[derive(Clone, Copy)]
enum Change {
    Replace(&'static str, &'static str, &'static str),
    Append(&'static str, &'static str),
    Delete(&'static str),
    Cut(&'static str, usize),
    Take(&'static str, &'static str),
    Write(&'static str, &'static [u8]),
}
use Change::{Append, Cut, Delete, Replace, Take, Write};

/// A fault: the bank, what is done to it, the code, stage and file of the finding, the text in whose line it is (empty for
/// none), and what its message mentions.
type Fault = (&'static str, Change, [&'static str; 4], &'static [&'static str]);

const W: &str = "word-steps";
const M: &str = "multi-speaker";
const L: &str = "word-lang";
const F: &str = "full";
const P: &str = "phdur";
const LFS: &[u8] = b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 123\n";

#[rustfmt::skip]
const FAULTS: &[Fault] = &[
    (W, Delete("acoustic.onnx"), ["missing_file", "acoustic", "acoustic.onnx", ""], &["acoustic.onnx"]),
    (W, Delete("phonemes.txt"), ["missing_file", "acoustic", "phonemes.txt", ""], &["phonemes.txt"]),
    (W, Delete("dsdur/phonemes.txt"), ["missing_file", "duration", "dsdur/phonemes.txt", ""], &[]),
    (W, Delete("dsdur/linguistic.onnx"), ["missing_file", "duration", "dsdur/linguistic.onnx", ""], &["linguistic.onnx"]),
    (W, Delete("dspitch/pitch.onnx"), ["missing_file", "pitch", "dspitch/pitch.onnx", ""], &["pitch.onnx"]),
    (W, Delete("dsvariance/variance.onnx"), ["missing_file", "variance", "dsvariance/variance.onnx", ""], &[]),
    (W, Delete("dsvocoder/vocoder.onnx"), ["missing_file", "vocoder", "dsvocoder/vocoder.onnx", ""], &["vocoder.onnx"]),
    (W, Delete("dsdur/dsdict.yaml"), ["missing_file", "duration", "dsdur/dsdict.yaml", ""], &["dsdict.yaml"]),
    (W, Delete("dspitch/dsdict.yaml"), ["missing_file", "pitch", "dspitch/dsdict.yaml", ""], &["dsdict.yaml"]),
    (W, Delete("character.yaml"), ["missing_file", "bank", "character.yaml", ""], &["character.yaml"]),
    (W, Delete("dsconfig.yaml"), ["missing_file", "acoustic", "dsconfig.yaml", ""], &["dsconfig.yaml"]),
    (M, Delete("power.emb"), ["missing_file", "acoustic", "power.emb", ""], &["power.emb"]),
    (M, Delete("dsdur/soft.emb"), ["missing_file", "duration", "dsdur/soft.emb", ""], &["soft.emb"]),
    (L, Delete("dspitch/languages.json"), ["missing_file", "pitch", "dspitch/languages.json", ""], &["languages.json"]),
    ("external-vocoder", Replace("dsconfig.yaml", "vocoder: ext_vocoder_44k", "vocoder: not_there"), ["missing_vocoder", "vocoder", "dsconfig.yaml", "vocoder:"], &["not_there"]),
    (M, Cut("whisper.emb", 100), ["wrong_size", "acoustic", "whisper.emb", ""], &["100", "256"]),
    (M, Append("dspitch/soft.emb", "1234"), ["wrong_size", "pitch", "dspitch/soft.emb", ""], &["260", "256"]),
    (M, Replace("dsconfig.yaml", "hidden_size: 64", "hidden_size: 256"), ["wrong_hidden_size", "acoustic", "dsconfig.yaml", "hidden_size"], &["256", "64"]),
    (M, Replace("dsvariance/dsconfig.yaml", "hidden_size: 64\n", ""), ["wrong_hidden_size", "variance", "dsvariance/dsconfig.yaml", ""], &["256", "64"]),
    (W, Take("full/dspitch/pitch.onnx", "dspitch/pitch.onnx"), ["wrong_hidden_size", "pitch", "dspitch/pitch.onnx", ""], &["64", "32"]),
    (W, Replace("dsdur/dsdict.yaml", "phonemes: [m, a]", "phonemes: [zh, a]"), ["unknown_phoneme", "duration", "dsdur/dsdict.yaml", "\"ma\""], &["zh"]),
    (W, Replace("dsdur/dsdict.yaml", "- {symbol: w, type: semivowel}\n", ""), ["untyped_phoneme", "duration", "dsdur/dsdict.yaml", "\"wa\""], &["w"]),
    (W, Replace("phonemes.txt", "y\nw\n", "y\n"), ["unknown_phoneme", "acoustic", "phonemes.txt", ""], &["w"]),
    (W, Replace("dspitch/phonemes.txt", "\nl\n", "\nr\n"), ["unknown_phoneme", "pitch", "dspitch/phonemes.txt", ""], &["phoneme l"]),
    (W, Replace("phonemes.txt", "a\ne\n", "a\n\ne\n"), ["blank_phoneme", "acoustic", "phonemes.txt", "5"], &["5"]),
    (L, Replace("phonemes.json", "\"ja/w\": 28", "\"ja/w\": 99"), ["id_out_of_range", "acoustic", "phonemes.json", "ja/w"], &["ja/w", "99"]),
    (W, Append("phonemes.txt", "new\n"), ["id_out_of_range", "acoustic", "phonemes.txt", "new"], &["new"]),
    (L, Replace("languages.json", "\"ja\": 2", "\"ja\": 8"), ["id_out_of_range", "acoustic", "languages.json", "ja"], &["ja", "8"]),
    (W, Replace("phonemes.txt", "SP\n", "pau\n"), ["missing_silence", "acoustic", "phonemes.txt", ""], &["SP"]),
    (F, Replace("dsconfig.yaml", "max_depth: 0.6\n", ""), ["bad_depth", "acoustic", "dsconfig.yaml", ""], &["max_depth"]),
    (F, Replace("dsconfig.yaml", "max_depth: 0.6", "max_depth: 400"), ["bad_depth", "acoustic", "dsconfig.yaml", "max_depth"], &["400"]),
    (F, Replace("dsconfig.yaml", "max_depth: 0.6", "max_depth: 0"), ["bad_depth", "acoustic", "dsconfig.yaml", "max_depth"], &["max_depth"]),
    ("depth-int", Replace("dsconfig.yaml", "max_depth: 400", "max_depth: 0.4"), ["bad_depth", "acoustic", "dsconfig.yaml", "max_depth"], &["0.4"]),
    (W, Append("dsconfig.yaml", "use_variable_depth: true\nmax_depth: 0.5\n"), ["flag_without_input", "acoustic", "dsconfig.yaml", "use_variable_depth"], &["depth"]),
    (W, Replace("dsconfig.yaml", "acoustic: acoustic.onnx", "acoustic: [acoustic.onnx\n\tx: {"), ["bad_yaml", "acoustic", "dsconfig.yaml", "\tx"], &["dsconfig.yaml", "line"]),
    (W, Replace("dsvariance/dsconfig.yaml", "hidden_size: 32", "hidden_size: {32"), ["bad_yaml", "variance", "dsvariance/dsconfig.yaml", "hidden"], &["dsconfig.yaml"]),
    (W, Replace("dsdur/dsdict.yaml", "- grapheme: \"ma\"", "- grapheme: \"ma"), ["bad_yaml", "duration", "dsdur/dsdict.yaml", "\"ma"], &["dsdict.yaml"]),
    (W, Append("dsvocoder/vocoder.yaml", "x: [\n"), ["bad_yaml", "vocoder", "dsvocoder/vocoder.yaml", "x: ["], &["vocoder.yaml"]),
    (W, Append("character.yaml", "x: \"\n"), ["bad_yaml", "bank", "character.yaml", "x: \""], &["character.yaml"]),
    (L, Write("dspitch/languages.json", b"[1, 2]"), ["bad_yaml", "pitch", "dspitch/languages.json", ""], &["languages.json"]),
    (L, Replace("dsdur/phonemes.json", "\"SP\": 2,", "\"SP\": 2"), ["bad_yaml", "duration", "dsdur/phonemes.json", "en/a"], &["phonemes.json"]),
    (W, Replace("dsconfig.yaml", "sample_rate: 44100", "sample_rate: fast"), ["bad_value", "acoustic", "dsconfig.yaml", "sample_rate"], &["sample_rate", "fast"]),
    (W, Replace("dsdur/dsconfig.yaml", "hop_size: 512", "hop_size: -512"), ["bad_value", "duration", "dsdur/dsconfig.yaml", "hop_size"], &["hop_size"]),
    (W, Replace("dsconfig.yaml", "mel_base: 'e'", "mel_base: '2'"), ["bad_value", "acoustic", "dsconfig.yaml", "mel_base"], &["mel_base", "2"]),
    (W, Replace("dsvocoder/vocoder.yaml", "mel_scale: slaney", "mel_scale: bark"), ["bad_value", "vocoder", "dsvocoder/vocoder.yaml", "mel_scale"], &["bark"]),
    (W, Replace("dsconfig.yaml", "use_speed_embed: false", "use_speed_embed: maybe"), ["bad_value", "acoustic", "dsconfig.yaml", "use_speed_embed"], &["maybe"]),
    (L, Replace("dsdur/phonemes.json", "\"SP\": 2,", "\"SP\": 2.5,"), ["bad_value", "duration", "dsdur/phonemes.json", "\"SP\""], &["SP"]),
    (M, Replace("dsconfig.yaml", "    - -5.0\n", "    - low\n"), ["bad_value", "acoustic", "dsconfig.yaml", "augmentation_args"], &["range"]),
    (M, Replace("dsconfig.yaml", "augmentation_args:", "augmentation:"), ["missing_key", "acoustic", "dsconfig.yaml", ""], &["augmentation_args"]),
    (L, Replace("dsdur/dsconfig.yaml", "languages: languages.json\n", ""), ["missing_key", "duration", "dsdur/dsconfig.yaml", "use_lang_id"], &["languages"]),
    (W, Replace("dspitch/dsconfig.yaml", "pitch: pitch.onnx\n", ""), ["missing_key", "pitch", "dspitch/dsconfig.yaml", ""], &["pitch"]),
    (W, Replace("dsvocoder/vocoder.yaml", "model: vocoder.onnx\n", ""), ["missing_key", "vocoder", "dsvocoder/vocoder.yaml", ""], &["model"]),
    (W, Replace("dsvocoder/vocoder.yaml", "sample_rate: 44100", "sample_rate: 48000"), ["vocoder_mismatch", "vocoder", "dsvocoder/vocoder.yaml", "sample_rate"], &["48000", "44100"]),
    (W, Replace("dsvocoder/vocoder.yaml", "hop_size: 512", "hop_size: 256"), ["vocoder_mismatch", "vocoder", "dsvocoder/vocoder.yaml", "hop_size"], &["256", "512"]),
    (W, Replace("dsvocoder/vocoder.yaml", "mel_fmin: 40", "mel_fmin: 20"), ["vocoder_mismatch", "vocoder", "dsvocoder/vocoder.yaml", "mel_fmin"], &["20", "40"]),
    (W, Replace("dsvocoder/vocoder.yaml", "win_size: 2048", "win_size: 1024"), ["vocoder_mismatch", "vocoder", "dsvocoder/vocoder.yaml", "win_size"], &["1024"]),
    (W, Replace("dsvocoder/vocoder.yaml", "mel_scale: slaney", "mel_scale: htk"), ["vocoder_mismatch", "vocoder", "dsvocoder/vocoder.yaml", "mel_scale"], &["htk", "slaney"]),
    (W, Cut("acoustic.onnx", 3000), ["bad_model", "acoustic", "acoustic.onnx", ""], &["acoustic.onnx"]),
    (W, Write("dsdur/dur.onnx", LFS), ["bad_model", "duration", "dsdur/dur.onnx", ""], &["LFS"]),
    (W, Write("dsvocoder/vocoder.onnx", b""), ["bad_model", "vocoder", "dsvocoder/vocoder.onnx", ""], &["vocoder.onnx"]),
    (L, Replace("dsconfig.yaml", "use_lang_id: true\n", ""), ["input_without_flag", "acoustic", "dsconfig.yaml", ""], &["languages", "use_lang_id"]),
    (L, Replace("dspitch/dsconfig.yaml", "use_lang_id: true\n", ""), ["input_without_flag", "pitch", "dspitch/dsconfig.yaml", ""], &["languages", "use_lang_id"]),
    (M, Replace("dsconfig.yaml", "use_key_shift_embed: true", "use_key_shift_embed: false"), ["input_without_flag", "acoustic", "dsconfig.yaml", "use_key_shift_embed"], &["gender"]),
    (P, Replace("dspitch/dsconfig.yaml", "use_note_rest: true", "use_note_rest: false"), ["input_without_flag", "pitch", "dspitch/dsconfig.yaml", "use_note_rest"], &["note_rest"]),
    (P, Replace("dsconfig.yaml", "use_tension_embed: true", "use_tension_embed: false"), ["input_without_flag", "acoustic", "dsconfig.yaml", "use_tension_embed"], &["tension"]),
    (W, Append("dspitch/dsconfig.yaml", "use_expr: true\n"), ["flag_without_input", "pitch", "dspitch/dsconfig.yaml", "use_expr"], &["expr"]),
    (P, Replace("dspitch/dsconfig.yaml", "predict_dur: false", "predict_dur: true"), ["flag_without_input", "pitch", "dspitch/dsconfig.yaml", "predict_dur"], &["word_div"]),
    (P, Replace("dsconfig.yaml", "use_energy_embed: false", "use_energy_embed: true"), ["flag_without_input", "acoustic", "dsconfig.yaml", "use_energy_embed"], &["energy"]),
    (P, Replace("dsvariance/dsconfig.yaml", "predict_energy: false", "predict_energy: true"), ["flag_without_input", "variance", "dsvariance/dsconfig.yaml", "predict_energy"], &["energy"]),
    (P, Replace("dsvariance/dsconfig.yaml", "predict_voicing: true", "predict_voicing: false"), ["missing_variance", "variance", "dsvariance/dsconfig.yaml", "predict_voicing"], &["voicing"]),
    (P, Delete("dsvariance/dsconfig.yaml"), ["missing_stage", "variance", "dsconfig.yaml", "use_breathiness_embed"], &["dsvariance", "tension"]),
    (W, Replace("dsconfig.yaml", "acoustic: acoustic.onnx", "acoustic: ../full/acoustic.onnx"), ["unsafe_path", "acoustic", "dsconfig.yaml", "acoustic:"], &["../full/acoustic.onnx"]),
    (W, Replace("dspitch/dsconfig.yaml", "phonemes: phonemes.txt", "phonemes: ../../phonemes.txt"), ["unsafe_path", "pitch", "dspitch/dsconfig.yaml", "phonemes"], &["../../phonemes.txt"]),
    (W, Replace("dsdur/dsconfig.yaml", "dur: dur.onnx", "dur: /etc/dur.onnx"), ["unsafe_path", "duration", "dsdur/dsconfig.yaml", "dur: /"], &["/etc/dur.onnx"]),
    (W, Replace("dsvocoder/vocoder.yaml", "model: vocoder.onnx", "model: ../acoustic.onnx"), ["unsafe_path", "vocoder", "dsvocoder/vocoder.yaml", "model"], &["../acoustic.onnx"]),
    (M, Replace("character.yaml", "suffix: power", "suffix: ghost"), ["unknown_speaker", "bank", "character.yaml", "ghost"], &["ghost"]),
    (W, Append("dsdur/dsdict.yaml", "replacements:\n- {from: aa, to: bb}\n- {from: bb, to: aa}\n"), ["bad_replacement", "duration", "dsdur/dsdict.yaml", "to: bb"], &["aa", "bb"]),
    (W, Replace("dsdur/dsconfig.yaml", "dur: dur.onnx", "dur: linguistic.onnx"), ["bad_model", "duration", "dsdur/linguistic.onnx", ""], &["ph_dur_pred"]),
    (W, Replace("dsconfig.yaml", "num_mel_bins: 128", "num_mel_bins: 80"), ["vocoder_mismatch", "vocoder", "dsvocoder/vocoder.yaml", "num_mel_bins"], &["80", "128"]),
];

/// Findings that come with a fault: they are true as well.
fn comes_along(code: &str, finding: &Finding) -> bool {
    match code {
        // What settings cannot be read, nobody can compare with.
        "bad_value" => ["vocoder_mismatch", "missing_silence"].contains(&finding.code),
        // A model in another's place takes other inputs.
        "bad_model" | "wrong_hidden_size" => {
            ["unknown_input", "flag_without_input", "input_without_flag"].contains(&finding.code)
        }
        _ => false,
    }
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap().flatten() {
        let target = to.join(entry.file_name());
        match entry.path().is_dir() {
            true => copy(&entry.path(), &target),
            false => drop(std::fs::copy(entry.path(), &target).unwrap()),
        }
    }
}

fn apply(change: Change, bank: &Path, banks: &Path) {
    let read = |path: &str| std::fs::read(bank.join(path)).unwrap();
    match change {
        Replace(path, old, new) => {
            let text = String::from_utf8(read(path)).unwrap();
            assert!(text.contains(old), "{path}: {old}");
            std::fs::write(bank.join(path), text.replacen(old, new, 1)).unwrap();
        }
        Append(path, more) => {
            std::fs::write(bank.join(path), [&read(path), more.as_bytes()].concat()).unwrap()
        }
        Delete(path) => std::fs::remove_file(bank.join(path)).unwrap(),
        Cut(path, length) => std::fs::write(bank.join(path), &read(path)[..length]).unwrap(),
        Take(from, to) => drop(std::fs::copy(banks.join(from), bank.join(to)).unwrap()),
        Write(path, bytes) => std::fs::write(bank.join(path), bytes).unwrap(),
    }
}

/// The line that a finding should name: that of the text; a number stands for itself.
fn line(bank: &Path, file: &str, at: &str) -> Option<u32> {
    if at.is_empty() {
        return None;
    }
    at.parse().ok().or_else(|| {
        let text = String::from_utf8(std::fs::read(bank.join(file)).unwrap()).unwrap();
        let place = text.lines().position(|line| line.contains(at)).unwrap_or_else(|| panic!("{file}: {at}"));
        u32::try_from(place + 1).ok()
    })
}

/// Whether a finding is the one of a fault.
fn is(finding: &Finding, bank: &Path, fault: &Fault) -> bool {
    let (_, _, [code, stage, file, at], mentions) = fault;
    let line = line(bank, file, at);
    // A parser may stop where it understands the fault, a little later.
    let is_near = match (*code, finding.line, line) {
        ("bad_yaml", Some(found), Some(line)) => found + 1 >= line && found <= line + 2,
        ("bad_yaml", None, Some(_)) => false,
        ("untyped_phoneme", found, _) => found.is_some(),
        (_, found, line) => line.is_none() || found == line,
    };
    let is_named = (finding.code, finding.stage.name(), finding.file.as_str()) == (code, stage, file);
    is_named && is_near && mentions.iter().all(|text| finding.message.contains(text))
}

fn listed(findings: &[Finding]) -> String {
    findings.iter().map(|finding| format!("    {finding}\n")).collect()
}

#[test]
fn each_fault_is_found_and_nothing_else() {
    let Some(banks) = sonic_testing::assets("sing/banks/contract") else { return };
    let scratch = tempfile::tempdir().unwrap();
    copy(&banks.join("_packages"), &scratch.path().join("_packages"));
    let mut wrong = Vec::new();
    for (number, fault) in FAULTS.iter().enumerate() {
        let (name, change, [code, ..], _) = fault;
        let bank = scratch.path().join(format!("{number}-{name}"));
        copy(&banks.join(name), &bank);
        apply(*change, &bank, &banks);
        let findings = Voicebank::open(&bank).unwrap().check();
        let (found, others): (Vec<_>, Vec<_>) = findings.iter().partition(|f| is(f, &bank, fault));
        let others: Vec<_> =
            others.into_iter().filter(|f| f.code != *code && !comes_along(code, f)).collect();
        if found.is_empty() || !others.is_empty() {
            wrong.push(format!("{:?}: found\n{}", fault.2, listed(&findings)));
        }
        std::fs::remove_dir_all(&bank).unwrap();
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), FAULTS.len(), wrong.join("\n"));
}

/// The files of a change, by which two disturb each other.
fn touched(change: Change) -> &'static str {
    match change {
        Replace(path, ..)
        | Append(path, _)
        | Delete(path)
        | Cut(path, _)
        | Take(_, path)
        | Write(path, _) => path,
    }
}

/// True if a fault hides all others of its stage, or takes a file from them that they are found by.
fn hides(fault: &Fault, other: &Fault) -> bool {
    let ([code, stage, file, _], [other_code, other_stage, ..]) = (fault.2, other.2);
    let same = touched(fault.1) == touched(other.1);
    let unread =
        file.ends_with("dsconfig.yaml") && ["bad_yaml", "missing_file", "missing_stage"].contains(&code);
    let no_vocoder = stage == "vocoder" && code == "bad_yaml" && other_stage == "vocoder";
    let no_model =
        ["missing_file", "bad_model", "unsafe_path", "missing_key"].contains(&code) && stage == other_stage;
    let by_model = [
        "flag_without_input",
        "input_without_flag",
        "id_out_of_range",
        "wrong_hidden_size",
        "bad_model",
        "missing_variance",
    ];
    // Numbers of languages that no flag asks for are not read; a model of another bank has the inputs that it has.
    let unasked =
        code == "input_without_flag" && stage == other_stage && other.2[2].ends_with("languages.json");
    let replaced = matches!(fault.1, Take(..)) && stage == other_stage && other_code == "flag_without_input";
    // A model that nothing names is not looked for.
    let unnamed = ["missing_key", "unsafe_path"].contains(&code) && stage == other_stage;
    let no_list = ["missing_file", "unsafe_path", "bad_yaml"].contains(&code) && file.contains("dsd")
        || file.contains("phonemes");
    let of_words = ["unknown_phoneme", "untyped_phoneme", "bad_replacement"];
    same || (unread && (stage == other_stage || stage == "acoustic" || code == "missing_stage"))
        || no_vocoder
        || unnamed
        || unasked
        || replaced
        || (no_model && (by_model.contains(&other_code) || other_code == "bad_value"))
        || (no_list && of_words.contains(&other_code))
}

#[test]
fn two_faults_are_both_found() {
    let Some(banks) = sonic_testing::assets("sing/banks/contract") else { return };
    let scratch = tempfile::tempdir().unwrap();
    copy(&banks.join("_packages"), &scratch.path().join("_packages"));
    let (mut wrong, mut pairs) = (Vec::new(), 0);
    // Every pair in a long run, a spread of them otherwise.
    let step = sonic_testing::rounds(17, 1);
    let all = (0..FAULTS.len()).flat_map(|a| (a + 1..FAULTS.len()).map(move |b| (&FAULTS[a], &FAULTS[b])));
    let all = all.filter(|(a, b)| a.0 == b.0 && !hides(a, b) && !hides(b, a));
    for (first, second) in all.step_by(step) {
        let bank = scratch.path().join(first.0);
        copy(&banks.join(first.0), &bank);
        apply(first.1, &bank, &banks);
        apply(second.1, &bank, &banks);
        pairs += 1;
        let findings = Voicebank::open(&bank).unwrap().check();
        for fault in [first, second] {
            if !findings.iter().any(|finding| is(finding, &bank, fault)) {
                wrong.push(format!(
                    "{:?} with {:?}: {:?} is not in
{}",
                    first.2,
                    second.2,
                    fault.2,
                    listed(&findings)
                ));
            }
        }
        let errors_first = findings.is_sorted_by_key(|f| f.severity != Severity::Error);
        assert!(errors_first, "{findings:#?}");
        std::fs::remove_dir_all(&bank).unwrap();
    }
    assert!(pairs > 40, "{pairs}");
    assert!(wrong.is_empty(), "{} of {pairs} pairs:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn files_may_lie_in_other_folders_of_the_bank() {
    let Some(banks) = sonic_testing::assets("sing/banks/contract") else { return };
    let scratch = tempfile::tempdir().unwrap();
    let bank = scratch.path().join("bank");
    copy(&banks.join(M), &bank);
    std::fs::create_dir(bank.join("files")).unwrap();
    for (from, to) in [
        ("dspitch/linguistic.onnx", "files/linguistic.onnx"),
        ("dspitch/phonemes.txt", "files/list.txt"),
        ("dspitch/soft.emb", "files/soft.emb"),
    ] {
        std::fs::rename(bank.join(from), bank.join(to)).unwrap();
    }
    for (old, new) in [
        ("linguistic: linguistic.onnx", "linguistic: ../files/linguistic.onnx"),
        ("phonemes: phonemes.txt", "phonemes: ../files/list.txt"),
        ("- soft", "- ../files/soft"),
    ] {
        apply(Replace("dspitch/dsconfig.yaml", old, new), &bank, &banks);
    }
    assert_eq!(Voicebank::open(&bank).unwrap().check(), []);
    std::fs::remove_file(bank.join("files/linguistic.onnx")).unwrap();
    let findings = Voicebank::open(&bank).unwrap().check();
    assert_eq!(findings.iter().map(|f| f.file.as_str()).collect::<Vec<_>>(), ["files/linguistic.onnx"]);
}

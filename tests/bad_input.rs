//! Promise: bad input is a typed error that says what to do; nothing is lost, nothing panics, and one bad file never
//! stops the rest.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

mod support;

use sonic::recordings::{AddOptions, AddStatus, IdentifyOptions};
use sonic::{Access, ErrorKind, Store, StoreOptions};
use sonic_testing::Need;
use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use support::{Scratch, sonic, wav_of};

fn open(path: &Path, access: Access) -> sonic::Result<Store> {
    Store::open(path, StoreOptions { access, ..StoreOptions::default() })
}

/// What became of one file: its status, and the kind of error.
fn add(store: &Store, file: &Path) -> (AddStatus, Option<ErrorKind>) {
    let mut outcome = None;
    sonic::recordings::add_files(store, &[file.to_owned()], &AddOptions::default(), |event| {
        if let sonic::recordings::AddEvent::File(file) = event {
            outcome = Some((file.status, file.error.map(|e| e.kind())));
        }
        ControlFlow::Continue(())
    })
    .unwrap();
    outcome.unwrap()
}

/// Files that hold no sound that can be used, and the kind of error each is.
fn hostile(scratch: &Scratch) -> Vec<(PathBuf, &'static [ErrorKind])> {
    use ErrorKind::{InvalidArgument, Malformed, NotFound, Unsupported};
    let file = |name: &str, bytes: &[u8]| {
        let path = scratch.join(name);
        fs::write(&path, bytes).unwrap();
        path
    };
    let opus = fs::read(support::demo().join("brot.opus")).unwrap();
    let mut corrupt = opus.clone();
    corrupt.iter_mut().skip(60).for_each(|b| *b = b.wrapping_mul(31).wrapping_add(7));
    fs::create_dir(scratch.join("folder.wav")).unwrap();
    vec![
        (file("empty.wav", b""), &[Malformed]),
        (file("text.mp3", b"Dear reader, this is no sound."), &[Malformed, Unsupported]),
        (file("binary.ogg", &[7; 100_000]), &[Malformed, Unsupported]),
        (file("header-only.wav", &wav_of(&[], 1, 1, 16_000, 16)[..40]), &[Malformed]),
        (file("cut-in-the-header.opus", &opus[..50]), &[Malformed, Unsupported]),
        (file("corrupt.opus", &corrupt), &[Malformed, Unsupported]),
        (file("no-channels.wav", &wav_of(&[1; 400], 1, 0, 16_000, 16)), &[Malformed, Unsupported]),
        (file("no-rate.wav", &wav_of(&[1; 400], 1, 1, 0, 16)), &[Malformed, Unsupported]),
        (
            file("encrypted.wma", b"\x30\x26\xb2\x75\x8e\x66\xcf\x11\xa6\xd9\x00\xaa"),
            &[Malformed, Unsupported],
        ),
        (scratch.join("nowhere.wav"), &[NotFound]),
        (scratch.join("folder.wav"), &[InvalidArgument]),
    ]
}

#[test]
fn files_without_usable_sound_are_typed_errors() {
    let scratch = Scratch::new("bad-files");
    let store = open(&scratch.join("store"), Access::Create).unwrap();
    add(&store, &scratch.melody("good.wav", 1, 15.0));
    for (file, kinds) in hostile(&scratch) {
        let error = sonic::identify(&store, &file, &IdentifyOptions::default()).unwrap_err();
        assert!(kinds.contains(&error.kind()), "{}: {error:?}", file.display());
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        assert!(error.message().contains(&name), "{error} does not name the file");
        if !file.is_dir() {
            let (status, kind) = add(&store, &file);
            assert_eq!(status, AddStatus::Failed, "{}", file.display());
            assert!(kinds.contains(&kind.unwrap()), "{}: {kind:?}", file.display());
        }
    }
    assert_eq!(store.recordings().len().unwrap(), 1);
    assert!(store.check().unwrap().is_empty());
}

#[test]
fn the_command_names_what_is_wrong_and_goes_on() {
    let scratch = Scratch::new("bad-command");
    let store = scratch.join("store");
    let hostile = hostile(&scratch);
    let good = scratch.melody("zz-good.wav", 1, 15.0);
    let mut arguments: Vec<&dyn AsRef<std::ffi::OsStr>> = vec![&"--json"];
    let files: Vec<_> =
        hostile.iter().map(|(file, _)| file).filter(|file| !file.is_dir()).chain([&good]).collect();
    arguments.extend(files.iter().map(|file| file as &dyn AsRef<std::ffi::OsStr>));
    let added = sonic("add", &store, &arguments);
    assert_eq!((added.status, added.objects().len()), (Some(1), files.len()));
    assert_eq!(added.objects().iter().filter(|line| line["status"] == "added").count(), 1);
    let mut arguments: Vec<&dyn AsRef<std::ffi::OsStr>> = vec![&"--json"];
    arguments.extend(hostile.iter().map(|(file, _)| file as &dyn AsRef<std::ffi::OsStr>));
    arguments.push(&good);
    let queried = sonic("identify", &store, &arguments);
    assert_eq!(queried.status, Some(1), "{}", queried.stderr);
    let lines = queried.objects();
    for (line, (file, kinds)) in lines.iter().zip(&hostile) {
        assert_eq!(line["decision"], "unknown");
        let kind = line["error"]["kind"].as_str().unwrap();
        assert!(kinds.iter().any(|k| k.name() == kind), "{}: {line}", file.display());
    }
    assert_eq!(lines.last().unwrap()["matches"][0]["id"], "zz-good");
}

/// Short, silent and odd but valid sound is no error in a query; it just is not recognised. Added it is not.
#[test]
fn odd_but_valid_sound_is_unknown() {
    let scratch = Scratch::new("odd");
    let store = open(&scratch.join("store"), Access::Create).unwrap();
    add(&store, &scratch.melody("good.wav", 1, 15.0));
    let floats = |x: f32, n: usize| std::iter::repeat_n(x.to_le_bytes(), n).flatten().collect::<Vec<u8>>();
    let odd = [
        ("one-sample.wav", wav_of(&[1, 2], 1, 1, 16_000, 16)),
        ("silent.wav", wav_of(&[0; 320_000], 1, 1, 16_000, 16)),
        ("nan.wav", wav_of(&floats(f32::NAN, 40_000), 3, 1, 16_000, 32)),
        ("infinite.wav", wav_of(&floats(f32::INFINITY, 40_000), 3, 1, 16_000, 32)),
        ("loud.wav", wav_of(&floats(1e30, 40_000), 3, 1, 16_000, 32)),
    ];
    for (name, bytes) in odd {
        let path = scratch.join(name);
        fs::write(&path, bytes).unwrap();
        let found = sonic::identify(&store, &path, &IdentifyOptions::default());
        assert!(!found.unwrap_or_else(|e| panic!("{name}: {e:?}")).answer.is_match(), "{name}");
        assert_eq!(add(&store, &path), (AddStatus::Silent, Some(ErrorKind::Unsupported)), "{name}");
    }
    assert!(store.check().unwrap().is_empty());
    let clip = scratch.clip("clip.wav", 1, 4.0, 6.0);
    let found = sonic::identify(&store, &clip, &IdentifyOptions::default()).unwrap();
    assert_eq!(found.answer.matches[0].id, "good");
}

/// The same melody at every rate and with every number of channels is the same recording.
#[test]
fn rates_and_channels_make_no_difference() {
    let scratch = Scratch::new("rates");
    let store = open(&scratch.join("store"), Access::Create).unwrap();
    add(&store, &scratch.melody("good.wav", 1, 15.0));
    let melody = support::melody(1, 12.0);
    for (rate, channels) in [(8_000, 1), (11_025, 2), (48_000, 6), (96_000, 8), (192_000, 2)] {
        let length = (6.0 * rate as f32) as usize;
        let frame = |n: usize| {
            let at = (4.0 + n as f32 / rate as f32) * support::RATE as f32;
            let (whole, part) = (at as usize, at.fract());
            let x = melody[whole] * (1.0 - part) + melody[whole + 1] * part;
            std::iter::repeat_n(((x * 32_767.0) as i16).to_le_bytes(), channels.into()).flatten()
        };
        let path = scratch.join("clip.wav");
        fs::write(&path, wav_of(&(0..length).flat_map(frame).collect::<Vec<u8>>(), 1, channels, rate, 16))
            .unwrap();
        let found = sonic::identify(&store, &path, &IdentifyOptions::default()).unwrap();
        let best = found.answer.matches.first().unwrap_or_else(|| panic!("{rate} Hz, {channels} channels"));
        assert!(found.answer.is_match() && best.id == "good", "{rate} Hz, {channels} channels: {best:?}");
        assert!((best.offset_ms - 4_000).abs() < 100, "{rate} Hz, {channels} channels: {best:?}");
    }
}

/// A file that ends early gives what it holds, and says so.
#[test]
fn a_truncated_file_gives_what_it_holds() {
    let scratch = Scratch::new("truncated");
    let store = open(&scratch.join("store"), Access::Create).unwrap();
    let whole = fs::read(support::demo().join("low-tide.opus")).unwrap();
    let half = scratch.join("half.opus");
    fs::write(&half, &whole[..whole.len() / 2]).unwrap();
    assert_eq!(add(&store, &half), (AddStatus::Added, None));
    let row = store.recordings().get("half").unwrap().unwrap();
    assert!(row.truncated && row.duration_ms > 30_000, "{row:?}");
    let found = sonic::identify(&store, &half, &IdentifyOptions::default()).unwrap();
    assert!(found.truncated && found.answer.matches[0].id == "half");
}

#[test]
fn a_store_path_that_is_a_file_or_nothing() {
    let scratch = Scratch::new("paths");
    let file = scratch.melody("good.wav", 1, 15.0);
    assert_eq!(open(&file, Access::Create).unwrap_err().kind(), ErrorKind::InvalidArgument);
    let nowhere = scratch.join("nowhere");
    assert_eq!(open(&nowhere, Access::ReadOnly).unwrap_err().kind(), ErrorKind::NotFound);
    assert_eq!(open(&nowhere, Access::ReadWrite).unwrap_err().kind(), ErrorKind::NotFound);
    assert!(!nowhere.exists());
    let added = sonic("add", &file, &[&file]);
    assert_eq!(added.status, Some(1));
    assert!(added.stderr.contains("give a directory"), "{}", added.stderr);
    let listed = sonic("list", &nowhere, &[&"--json"]);
    assert_eq!((listed.status, listed.stdout.as_str()), (Some(1), ""));
    assert!(listed.stderr.contains("there is no store"), "{}", listed.stderr);
}

/// A process that died before a store's first transaction leaves a file that is no store, which adding makes one.
#[test]
fn a_store_that_was_only_begun() {
    let scratch = Scratch::new("begun");
    let path = scratch.join("store");
    fs::create_dir_all(path.join("gen-1")).unwrap();
    fs::write(path.join("gen-1/data.mdb"), b"").unwrap();
    assert_eq!(open(&path, Access::ReadOnly).unwrap_err().kind(), ErrorKind::NotFound);
    assert_eq!(sonic("add", &path, &[&scratch.melody("a.wav", 1, 15.0)]).status, Some(0));
    assert_eq!(sonic("list", &path, &[&"--json"]).objects().len(), 1);
}

#[test]
fn a_damaged_data_file_is_malformed() {
    let scratch = Scratch::new("damaged");
    let path = scratch.join("store");
    let store = open(&path, Access::Create).unwrap();
    add(&store, &scratch.melody("a.wav", 1, 15.0));
    store.close();
    drop(store);
    let data = support::data_file(&path);
    let whole = fs::read(&data).unwrap();
    for bytes in
        [&whole[..whole.len() / 2], b"no LMDB file, but long enough to look at".repeat(2_000).as_slice()]
    {
        fs::write(&data, bytes).unwrap();
        for access in [Access::ReadOnly, Access::ReadWrite, Access::Create] {
            assert_eq!(open(&path, access).unwrap_err().kind(), ErrorKind::Malformed);
        }
    }
    fs::write(&data, &whole).unwrap();
    assert!(open(&path, Access::ReadOnly).unwrap().check().unwrap().is_empty());
}

/// The version stands in the file as a row of its own: a number of four bytes after its name.
#[test]
fn an_unknown_format_version_is_a_mismatch() {
    let scratch = Scratch::new("version");
    let path = scratch.join("store");
    let store = open(&path, Access::Create).unwrap();
    add(&store, &scratch.melody("a.wav", 1, 15.0));
    store.close();
    drop(store);
    let data = support::data_file(&path);
    let mut bytes = fs::read(&data).unwrap();
    let key = b"format_version";
    let places: Vec<usize> =
        (0..bytes.len() - key.len()).filter(|&at| bytes[at..].starts_with(key)).collect();
    assert!(!places.is_empty());
    for at in places {
        assert_eq!(bytes[at + key.len()..][..4], sonic::store::FORMAT_VERSION.to_le_bytes());
        bytes[at + key.len()] = 99;
    }
    fs::write(&data, &bytes).unwrap();
    for access in [Access::ReadOnly, Access::Create] {
        let error = open(&path, access).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Mismatch);
        assert!(error.message().contains("99") && error.message().contains("release"), "{error}");
    }
    assert_eq!(sonic("list", &path, &[]).status, Some(1));
    assert_eq!(fs::read(&data).unwrap(), bytes, "a store of another version is left as it is");
}

#[test]
fn a_read_only_directory() {
    let scratch = Scratch::new("read-only");
    let path = scratch.join("store");
    fs::create_dir(&path).unwrap();
    let set_read_only = |yes: bool| {
        let mut permissions = fs::metadata(&path).unwrap().permissions();
        permissions.set_readonly(yes);
        fs::set_permissions(&path, permissions).unwrap();
    };
    set_read_only(true);
    if fs::write(path.join("probe"), b"").is_ok() {
        sonic_testing::skip(Need::Unprivileged, "this user may write to read-only directories");
    } else {
        let error = open(&path, Access::Create).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Io);
        assert!(error.message().contains("permission"), "{error}");
    }
    set_read_only(false);
}

/// Not a test: holds the writer's lock of a store until its input ends.
#[test]
#[ignore = "run by another test as a second process"]
#[expect(clippy::print_stdout, reason = "it answers on stdout")]
fn child_writer() {
    let Some(path) = std::env::var_os("SONIC_TEST_STORE") else { return };
    let lock = fs::File::options().write(true).open(Path::new(&path).join("writer.lock")).unwrap();
    lock.lock().unwrap();
    println!("locked");
    std::io::copy(&mut std::io::stdin(), &mut std::io::sink()).unwrap();
}

#[test]
fn a_store_locked_by_another_writer() {
    use std::io::{BufRead, BufReader};
    let scratch = Scratch::new("locked");
    let path = scratch.join("store");
    let (first, second) = (scratch.melody("first.wav", 1, 15.0), scratch.melody("second.wav", 2, 15.0));
    assert_eq!(sonic("add", &path, &[&first]).status, Some(0));
    let mut child = support::second_process("child_writer").env("SONIC_TEST_STORE", &path).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert!(lines.any(|line| line.unwrap().contains("locked")));
    for (command, argument) in [("add", Some(&second)), ("compact", None)] {
        let argument: Vec<&dyn AsRef<std::ffi::OsStr>> = argument.iter().map(|a| *a as _).collect();
        let refused = sonic(command, &path, &argument);
        assert_eq!(refused.status, Some(1), "{command}");
        assert!(refused.stderr.contains("another process is writing"), "{}", refused.stderr);
    }
    let error = open(&path, Access::ReadWrite).unwrap().recordings().remove("first").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Io);
    assert_eq!(sonic("list", &path, &[&"--json"]).objects().len(), 1, "reading goes on");
    drop(child.stdin.take());
    child.wait().unwrap();
    assert_eq!(sonic("add", &path, &[&second]).status, Some(0));
}

/// A limit on the size of files stands for a full disk.
#[cfg(unix)]
#[test]
fn a_full_disk_loses_nothing() {
    let scratch = Scratch::new("full");
    let path = scratch.join("store");
    let first = scratch.melody("first.wav", 1, 30.0);
    assert_eq!(sonic("add", &path, &[&first]).status, Some(0));
    let kilobytes = fs::metadata(support::data_file(&path)).unwrap().len() / 1024 + 8;
    let limited = |arguments: &str| -> support::Ran {
        // `ulimit -f` counts blocks of 512 bytes by POSIX, of 1,024 in bash: the limit lies above the file either way.
        let script =
            format!("trap '' XFSZ; ulimit -f {kilobytes}; exec {} {arguments}", support::binary().display());
        std::process::Command::new("bash").args(["-c", &script]).output().unwrap().into()
    };
    let store = path.display();
    for round in 0..3 {
        let full = limited(&format!("add --store {store} {}", support::demo().display()));
        assert_eq!(full.status, Some(1), "round {round}: {}", full.stderr);
        assert!(full.stderr.contains("no room left"), "{}", full.stderr);
        assert_eq!(sonic("doctor", &path, &[]).status, Some(0));
    }
    let compact = limited(&format!("compact --store {store}"));
    assert!(compact.status == Some(0) || compact.stderr.contains("no room left"), "{}", compact.stderr);
    let clip = scratch.clip("clip.wav", 1, 9.0, 6.0);
    assert_eq!(sonic("identify", &path, &[&"--json", &clip]).objects()[0]["matches"][0]["id"], "first");
    assert_eq!(sonic("add", &path, &[&support::demo()]).status, Some(0), "room again");
    assert_eq!(sonic("doctor", &path, &[]).status, Some(0));
    // Nothing of the copy that failed remains.
    assert!(support::data_file(&path).exists());
}

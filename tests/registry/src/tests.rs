use std::collections::BTreeSet;

use engine::Error;
use engine::disk::RealDisk;

use super::*;

#[test]
fn names_are_plain_and_each_is_there_once() {
    let names: BTreeSet<_> = engines().map(|engine| engine.name).collect();
    assert_eq!(names.len(), engines().count());
    for engine in engines() {
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        assert!(engine.name.bytes().all(plain), "{engine:?}");
        assert!(engine.sentence.ends_with('.'), "{engine:?}");
        assert!(engine.sentence.len() <= 55, "{engine:?} fits no line");
        assert!(find(engine.name).is_some_and(|found| found.name == engine.name));
    }
    assert!(find("").is_none());
}

#[test]
fn the_readers_own_are_there_where_they_are_asked_for() {
    for engine in engines().filter(|engine| !engine.name.starts_with("mine-")) {
        let own = find(&format!("mine-{}", engine.name));
        let is_written = cfg!(feature = "mine");
        assert_eq!(own.is_some(), is_written, "{engine:?}");
    }
}

#[test]
fn every_engine_opens_keeps_what_it_says_and_knows_its_own_files() {
    for engine in engines().filter(|engine| !engine.name.starts_with("mine-")) {
        let folder = tempfile::tempdir().unwrap();
        let disk = Arc::new(RealDisk::new(folder.path()).unwrap());
        for &durability in engine.durabilities {
            let open = || engine.open(disk.clone(), durability).unwrap();
            let opened = open();
            opened.put(b"key", b"value").unwrap();
            opened.close().unwrap();
            let kept = open().get(b"key").unwrap().is_some();
            assert_eq!(kept, engine.keeps_files(), "{engine:?}");
        }
        for name in disk.list().unwrap() {
            let bytes = std::fs::read(folder.path().join(&name)).unwrap();
            assert!(engine.owns(&name), "{engine:?} leaves a file `{name}`");
            let format = format_of(&name, &bytes).expect("the file has a format");
            let mut parts = String::new();
            (format.dissect)(&bytes, &mut parts);
            assert!(
                !parts.is_empty() && !parts.contains("<-"),
                "{name}: {parts}"
            );
        }
    }
}

#[test]
fn a_durability_that_an_engine_has_not_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let disk = || Arc::new(RealDisk::new(folder.path()).unwrap());
    for engine in engines() {
        for durability in [Durability::Buffered, Durability::Os, Durability::Always] {
            if !engine.durabilities.contains(&durability) {
                let refused = engine.open(disk(), durability).err();
                assert!(matches!(refused, Some(Error::Unsupported { .. })));
            }
        }
    }
}

#[test]
fn a_file_is_known_by_its_name_or_by_its_magic() {
    assert!(format_of("snapshot", b"").is_some());
    assert!(format_of("snapshot.tmp", b"damaged").is_some());
    assert!(format_of("copy", b"STRATA-1 and more").is_some());
    assert!(format_of("copy", b"STRATA").is_none());
    assert!(format_of("notes.txt", b"").is_none());
}

#[test]
fn a_judge_says_something_of_what_its_engine_keeps_and_of_no_other_file() {
    let judged = engines().filter(|engine| !engine.name.starts_with("mine-"));
    for (engine, judge) in judged.filter_map(|engine| Some((engine, engine.judge?))) {
        let folder = tempfile::tempdir().unwrap();
        let disk = Arc::new(RealDisk::new(folder.path()).unwrap());
        let opened = engine.open(disk.clone(), Durability::Buffered).unwrap();
        opened.put(b"key", b"value").unwrap();
        opened.close().unwrap();
        let notes = (judge.notes)(&*disk).unwrap();
        let names = disk.list().unwrap();
        let about = |name: &&String| (judge.is_about)(name);
        let counts = names.iter().filter(about).map(|n| notes.counts(n).count());
        assert!(counts.sum::<usize>() > 0, "{engine:?}");
        for name in &names {
            assert_eq!(
                (judge.is_about)(name),
                judge_about(name).is_some(),
                "{name}"
            );
        }
    }
    assert!(judge_about("snapshot").is_none());
    assert!(judge_about("notes.txt").is_none());
}

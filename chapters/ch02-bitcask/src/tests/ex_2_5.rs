use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::sync::Arc;

use conformance::sim::{Faults, Operation, SimDisk};
use engine::disk::{Counted, Disk, Mode};
use engine::sync::guide::Step;
use engine::{Counters, Error, KeyRange, Order, Write};

use crate::data_file::DataFile;
use crate::device::Device;
use crate::header::Header;
use crate::index::{At, Index, Move, PlacesByShard};
use crate::keydir::KeyHash;
use crate::names::Kind;
use crate::order::Keys;
use crate::place::Place;
use crate::record::{Record, Says};
use crate::tests::files::{name, shown};
use crate::tests::locks::{locks_taken, places_of, watched, watched_unlocked};
use crate::tests::meanwhile::Meanwhile;
use crate::tests::{TWINS, device, promptly, text};

/// An index, and the one file that it leads into.
struct Shelf {
    device: Device,
    file: Arc<DataFile>,
    index: Index,
}

impl Shelf {
    fn on(device: Device) -> Self {
        let file = DataFile::create(&device, Header::of(7), 4000).unwrap();
        let file = Arc::new(file);
        let index = Index::new(
            PlacesByShard::default(),
            Keys::default(),
            &[Arc::clone(&file)],
        );
        Shelf {
            device,
            file,
            index,
        }
    }

    fn new() -> Self {
        Shelf::on(device(&SimDisk::new()))
    }

    /// What `find` says of the key, and where it stands.
    #[track_caller]
    fn find(&self, key: &[u8]) -> Option<(String, At)> {
        let found = self
            .index
            .find(key, KeyHash::of(key), |at, record| (shown(record), at));
        found.unwrap()
    }

    /// The value of a key.
    #[track_caller]
    fn value(&self, key: &[u8]) -> Option<String> {
        let (found, _) = self.find(key)?;
        let behind = found.strip_prefix(&format!("put {}=", text(key)));
        Some(behind.unwrap_or(&found).to_owned())
    }

    /// Appends the records of these changes, no two of them to one key.
    fn moves<'k>(&self, batch: &[Write<'k>]) -> Vec<Move<'k>> {
        let mut moves = Vec::new();
        for (index, &write) in batch.iter().enumerate() {
            let place = Place {
                file: 7,
                offset: self.file.end(),
            };
            let record = Record::last(match write {
                Write::Put { key, value } => Says::Put {
                    key,
                    value,
                    expires: None,
                },
                Write::Delete { key } => Says::Delete { key },
            });
            let mut bytes = Vec::new();
            record.append_to(&mut bytes, place);
            self.file.append(&bytes);
            let len = record.encoded_len();
            let mut step = Move::of(index, write);
            step.from = self.index.find(step.key, step.hash, |at, _| at).unwrap();
            step.to = Some(At { place, len });
            moves.push(step);
        }
        moves.sort_by_key(|step| (step.hash, step.key));
        moves
    }

    fn apply(&self, batch: &[Write<'_>]) {
        self.index.apply(&self.moves(batch));
    }

    /// All keys, in order.
    fn keys(&self) -> String {
        let mut keys = Vec::new();
        self.index.visit(&KeyRange::all(), Order::Ascending, |key| {
            keys.push(text(key));
            true
        });
        keys.join(" ")
    }
}

fn put<'k>(key: &'k [u8], value: &'k [u8]) -> Write<'k> {
    Write::Put { key, value }
}

fn delete(key: &[u8]) -> Write<'_> {
    Write::Delete { key }
}

#[test]
fn ex_2_5_the_newest_record_of_a_key_is_found() {
    let shelf = Shelf::new();
    assert_eq!(shelf.find(b"apple"), None, "in an empty index");
    let first = shelf.file.end();
    shelf.apply(&[put(b"apple", b"red")]);
    let second = shelf.file.end();
    shelf.apply(&[put(b"banana", b"yellow")]);
    let at = |offset, end| At {
        place: Place { file: 7, offset },
        len: end - offset,
    };
    let apple = ("put apple=red".to_owned(), at(first, second));
    assert_eq!(shelf.find(b"apple"), Some(apple));
    let third = shelf.file.end();
    let banana = ("put banana=yellow".to_owned(), at(second, third));
    assert_eq!(shelf.find(b"banana"), Some(banana));
    assert_eq!(shelf.find(b"appl"), None);
    shelf.apply(&[put(b"apple", b"green")]);
    let apple = ("put apple=green".to_owned(), at(third, shelf.file.end()));
    assert_eq!(shelf.find(b"apple"), Some(apple));
}

#[test]
fn ex_2_5_a_key_is_not_mistaken_for_another_of_its_hash() {
    let [one, other] = TWINS;
    let (hash, twin) = (KeyHash::of(one), KeyHash::of(other));
    assert_eq!(hash, twin, "the hash is another than it was: search again");
    for (first, second) in [(one, other), (other, one)] {
        let shelf = Shelf::new();
        shelf.apply(&[put(first, b"1")]);
        assert_eq!(shelf.find(second), None, "only its twin is there");
        shelf.apply(&[put(second, b"2")]);
        assert_eq!(shelf.value(first).as_deref(), Some("1"));
        assert_eq!(shelf.value(second).as_deref(), Some("2"));
        shelf.apply(&[put(first, b"3")]);
        assert_eq!(shelf.value(first).as_deref(), Some("3"));
        assert_eq!(shelf.value(second).as_deref(), Some("2"));
        shelf.apply(&[delete(first)]);
        assert_eq!(shelf.find(first), None, "it was deleted");
        assert_eq!(shelf.value(second).as_deref(), Some("2"));
        assert_eq!(shelf.keys(), text(second));
    }
}

#[test]
fn ex_2_5_a_lookup_allocates_nothing() {
    let shelf = Shelf::new();
    shelf.apply(&[put(b"apple", b"red"), put(b"banana", b"yellow")]);
    for key in [&b"apple"[..], b"banana", b"nobody"] {
        let hash = KeyHash::of(key);
        let used = allocation_counter::measure(|| {
            shelf.index.find(key, hash, |_, _| ()).unwrap();
        });
        assert_eq!(used.count_total, 0, "allocations, to find {}", text(key));
    }
}

#[test]
fn ex_2_5_a_damaged_record_is_an_error() {
    let disk = SimDisk::new();
    let shelf = Shelf::on(device(&disk));
    let offset = u64::from(shelf.file.end());
    shelf.apply(&[put(b"apple", b"red")]);
    shelf.file.write_out().unwrap();
    shelf.file.sync(&shelf.device).unwrap();
    let name = name(7, Kind::New);
    let behind_its_back = disk.open(&name, Mode::Write).unwrap();
    behind_its_back.write_at(offset + 11, b"maple").unwrap();
    let found = shelf
        .index
        .find(b"apple", KeyHash::of(b"apple"), |at, _| at);
    let what = "the checksum of a record does not match";
    let expected = Err(Error::corrupt(&name, offset, what));
    assert_eq!(found, expected, "no key is absent because it is damaged");
}

#[test]
fn ex_2_5_damage_is_an_error_though_another_key_has_that_hash() {
    for damaged in 0..TWINS.len() {
        let disk = SimDisk::new();
        let shelf = Shelf::on(device(&disk));
        let mut ends = vec![u64::from(shelf.file.end())];
        for key in TWINS {
            shelf.apply(&[put(key, b"1")]);
            ends.push(u64::from(shelf.file.end()));
        }
        shelf.file.write_out().unwrap();
        shelf.file.sync(&shelf.device).unwrap();
        let behind_its_back = disk.open(&name(7, Kind::New), Mode::Write).unwrap();
        let last = ends[damaged + 1] - 1;
        behind_its_back.write_at(last, b"2").unwrap();
        let key = TWINS[damaged];
        let found = shelf.index.find(key, KeyHash::of(key), |at, _| at);
        assert!(
            matches!(found, Err(Error::Corrupt { .. })),
            "{}, whose record is damaged, is not absent, whatever stands in the other \
             slot of its hash: {found:?}",
            text(key)
        );
    }
}

#[test]
fn ex_2_5_no_lock_is_held_while_a_record_is_read() {
    let disk = SimDisk::new();
    disk.set_faults(Faults {
        no_map: true,
        ..Faults::default()
    });
    let disk = Meanwhile::new(disk, Operation::Read);
    let counters = Arc::new(Counters::new());
    let device = Device::new(Counted::new(Arc::new(disk.clone()), counters));
    let shelf = Arc::new(Shelf::on(device));
    shelf.apply(&[put(b"apple", b"red")]);
    shelf.file.write_out().unwrap();
    shelf.file.sync(&shelf.device).unwrap();
    let writer = Arc::clone(&shelf);
    disk.does(move || {
        writer.apply(&[put(b"fig", b"purple")]);
        writer.index.remove_file(100);
        Ok(())
    });
    let reader = Arc::clone(&shelf);
    let apple = promptly("a lock is held while a record is read", move || {
        reader.value(b"apple")
    });
    assert_eq!(apple.as_deref(), Some("red"));
    assert!(disk.is_done(), "the record was read from the disk");
    assert_eq!(shelf.value(b"fig").as_deref(), Some("purple"));
}

#[test]
fn ex_2_5_a_file_may_go_as_soon_as_the_lock_was_given_back() {
    let shelf = Arc::new(Shelf::new());
    shelf.apply(&[put(b"apple", b"red")]);
    let next = DataFile::create(&shelf.device, Header::of(8), 4000).unwrap();
    let place = Place {
        file: 8,
        offset: next.end(),
    };
    let copy = Record::last(Says::Put {
        key: b"apple",
        value: b"red",
        expires: None,
    });
    let mut bytes = Vec::new();
    copy.append_to(&mut bytes, place);
    next.append(&bytes);
    let len = copy.encoded_len();
    let from = shelf.find(b"apple").map(|(_, at)| at);
    let to = Some(At { place, len });
    // Whoever merges moves the record to another file, and removes this one.
    let mut next = Some(Arc::new(next));
    let (merging, places) = (Arc::clone(&shelf), places_of(&shelf.index));
    let look = move |step| {
        if let Step::Gave(lock) = step
            && lock.address == places
            && let Some(next) = next.take()
        {
            merging.index.add_file(&next);
            let mut step = Move::of(0, put(b"apple", b"red"));
            (step.from, step.to) = (from, to);
            merging.index.apply(&[step]);
            merging.index.remove_file(7);
        }
    };
    let look_up = AssertUnwindSafe(|| watched(look, || shelf.value(b"apple")));
    let Ok(found) = catch_unwind(look_up) else {
        panic!(
            "the places were asked for under the lock, and the files after it was given \
             back: by then the file was merged with others, and removed"
        );
    };
    assert_eq!(found.as_deref(), Some("red"));
}

#[test]
fn ex_2_5_the_two_locks_are_never_held_together() {
    let shelf = Shelf::new();
    shelf.apply(&[put(b"a", b"1"), put(b"b", b"2")]);
    let moves = shelf.moves(&[put(b"a", b"3"), delete(b"b"), put(b"c", b"4")]);
    let taken = locks_taken(&shelf.index, || shelf.index.apply(&moves));
    assert_eq!(
        taken, "keys( ) places( ) keys( )",
        "which locks are taken for a new key, one that stays and one that goes; `)` is \
         where one is given back"
    );
}

#[test]
fn ex_2_5_where_no_key_comes_or_goes_the_keys_are_not_locked() {
    let shelf = Shelf::new();
    shelf.apply(&[put(b"a", b"1"), put(b"b", b"2")]);
    let moves = shelf.moves(&[put(b"a", b"3"), delete(b"nobody"), put(b"b", b"4")]);
    let taken = locks_taken(&shelf.index, || shelf.index.apply(&moves));
    assert_eq!(
        taken, "places( )",
        "which locks are taken for two keys that stay and one that never was; `)` is \
         where one is given back"
    );
}

#[test]
fn ex_2_5_keys_come_and_go_with_their_records() {
    let shelf = Shelf::new();
    shelf.apply(&[put(b"b", b"1"), put(b"a", b"2"), put(b"", b"3")]);
    assert_eq!(shelf.keys(), " a b");
    shelf.apply(&[put(b"c", b"4"), delete(b"a"), put(b"b", b"5")]);
    assert_eq!(shelf.keys(), " b c");
    assert_eq!(shelf.value(b"a"), None);
    assert_eq!(shelf.value(b"b").as_deref(), Some("5"));
    shelf.apply(&[delete(b"nobody")]);
    shelf.apply(&[delete(b""), delete(b"b")]);
    assert_eq!(shelf.keys(), "c");
    shelf.apply(&[put(b"a", b"6")]);
    assert_eq!(shelf.keys(), "a c");
    assert_eq!(shelf.value(b"a").as_deref(), Some("6"));
}

#[test]
fn ex_2_5_what_lives_in_a_file_is_counted() {
    let shelf = Shelf::new();
    let counts = || (shelf.file.live(), shelf.file.graves());
    shelf.apply(&[put(b"a", b"1"), put(b"b", b"22")]);
    assert_eq!(counts(), (13 + 14, 0), "two puts");
    shelf.apply(&[put(b"a", b"333")]);
    assert_eq!(counts(), (15 + 14, 0), "a longer value of a");
    shelf.apply(&[delete(b"b")]);
    assert_eq!(counts(), (15, 12), "b is deleted");
    shelf.apply(&[delete(b"nobody")]);
    assert_eq!(counts(), (15, 12 + 17), "a key that there was not, too");
}

#[test]
fn ex_2_5_what_lives_is_counted_in_the_file_where_it_is() {
    let shelf = Shelf::new();
    shelf.apply(&[put(b"a", b"1"), put(b"b", b"2"), put(b"c", b"3")]);
    let next = DataFile::create(&shelf.device, Header::of(8), 4000).unwrap();
    let next = Shelf {
        file: Arc::new(next),
        ..shelf
    };
    let old = Arc::clone(&next.index.files()[&7]);
    next.index.add_file(&next.file);
    let mut moves = Vec::new();
    for (index, write) in [put(b"a", b"22"), delete(b"b")].into_iter().enumerate() {
        let mut step = Move::of(index, write);
        step.from = next.index.find(step.key, step.hash, |at, _| at).unwrap();
        let offset = 28 + 100 * u32::try_from(index).unwrap();
        let place = Place { file: 8, offset };
        step.to = Some(At { place, len: 50 });
        moves.push(step);
    }
    moves.sort_by_key(|step| (step.hash, step.key));
    next.index.apply(&moves);
    assert_eq!((old.live(), old.graves()), (13, 0), "only c is left there");
    let counts = (next.file.live(), next.file.graves());
    assert_eq!(counts, (50, 50), "a lives here, and b is buried");
}

#[test]
fn ex_2_5_two_keys_of_one_hash_may_be_in_two_files() {
    let [one, other] = TWINS;
    let shelf = Shelf::new();
    // In front of it, so that the two do not stand at the same offset.
    shelf.apply(&[put(b"apple", b"red"), put(one, b"1")]);
    let next = DataFile::create(&shelf.device, Header::of(8), 4000).unwrap();
    let place = Place {
        file: 8,
        offset: next.end(),
    };
    let record = Record::last(Says::Put {
        key: other,
        value: b"2",
        expires: None,
    });
    let mut bytes = Vec::new();
    record.append_to(&mut bytes, place);
    next.append(&bytes);
    shelf.index.add_file(&Arc::new(next));
    let mut step = Move::of(0, put(other, b"2"));
    let len = record.encoded_len();
    step.to = Some(At { place, len });
    shelf.index.apply(&[step]);
    for (key, value) in [(one, "1"), (other, "2")] {
        let found = shelf
            .index
            .find(key, KeyHash::of(key), |_, record| shown(record));
        let expected = format!("put {}={value}", text(key));
        assert_eq!(
            found,
            Ok(Some(expected)),
            "one of two keys that have the same hash, in files 7 and 8: each place says \
             itself in which file it is"
        );
    }
}

/// The values of a, b and c, each of them with a `*` where a scan would not
/// come by the key.
fn view(shelf: &Shelf) -> String {
    let all = shelf.keys();
    let of = |key: &str| {
        let value = shelf.value(key.as_bytes());
        let is_hidden = value.is_some() && !all.contains(key);
        let value = value.unwrap_or("-".to_owned());
        format!("{value}{}", if is_hidden { "*" } else { "" })
    };
    ["a", "b", "c"].map(of).join(" ")
}

/// What a, b and c are for somebody who looks whenever no lock is held, before
/// and while this is done; what was seen twice in a row is there once.
fn views(shelf: &Arc<Shelf>, work: impl FnOnce(&Index)) -> Vec<String> {
    let views = Rc::new(RefCell::new(vec![view(shelf)]));
    let look = {
        let (shelf, views) = (Arc::clone(shelf), Rc::clone(&views));
        move || views.borrow_mut().push(view(&shelf))
    };
    watched_unlocked(look, || work(&shelf.index));
    let mut views = views.take();
    assert!(views.len() > 2, "there was nothing to look at");
    views.dedup();
    views
}

/// What somebody sees who looks like that while `forget` forgets b, of a=1 and
/// b=2.
pub(super) fn views_of_forgetting(forget: impl FnOnce(&Index, KeyHash, At)) -> Vec<String> {
    let shelf = Arc::new(Shelf::new());
    shelf.apply(&[put(b"a", b"1"), put(b"b", b"2")]);
    let (_, at) = shelf.find(b"b").expect("it was put there");
    views(&shelf, |index| forget(index, KeyHash::of(b"b"), at))
}

#[test]
fn ex_2_5_a_batch_is_seen_as_a_whole_or_not_at_all() {
    let shelf = Arc::new(Shelf::new());
    shelf.apply(&[put(b"a", b"1"), put(b"b", b"2")]);
    let moves = shelf.moves(&[put(b"a", b"3"), delete(b"b"), put(b"c", b"4")]);
    assert_eq!(
        views(&shelf, |index| index.apply(&moves)),
        ["1 2 -", "3 - 4"],
        "what a, b and c are while a batch changes all of them, for somebody who looks \
         whenever no lock is held; with a * where a scan would not come by the key"
    );
}

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::Arc;

use conformance::sim::{Content, Image, SimDisk};
use engine::{Counter, Counters, Cursor, Error, KeyRange, Order};
use proptest::prelude::*;

use super::states::{Layer, layers, seen, state, state_on};
use super::tables::{Entries, key};
use crate::sorted::everything;
use crate::source::Source;
use crate::state::State;
use crate::{Lsm, LsmCursor};

/// What a lookup answers, as text; `-` for nothing.
fn get(state: &State, key: &str) -> String {
    let mut value = b"what was there before".to_vec();
    match Lsm::look_up(state, u64::MAX - 1, key.as_bytes(), &mut value).unwrap() {
        true => String::from_utf8(value).unwrap(),
        false => {
            assert_eq!(value, b"", "where there is no value, none is handed out");
            "-".to_owned()
        }
    }
}

fn cursor(state: State, range: KeyRange<'_>, order: Order) -> LsmCursor {
    let counters = Arc::new(Counters::new());
    let pinned = Arc::new(Arc::new(state));
    LsmCursor::new(pinned, u64::MAX - 1, range, order, counters).unwrap()
}

/// All that a cursor shows from where it stands: `a=1 b=2`.
fn rest(cursor: &mut dyn Cursor) -> String {
    let mut entries = Vec::new();
    while let Some((key, value)) = cursor.entry() {
        entries.push(format!("{}={}", key.escape_ascii(), value.escape_ascii()));
        cursor.advance().unwrap();
    }
    entries.join(" ")
}

fn scan(text: &str, range: KeyRange<'_>, order: Order) -> String {
    let (state, _) = state(&layers(text));
    rest(&mut cursor(state, range, order))
}

#[test]
fn ex_3_15_the_newest_layer_that_knows_a_key_answers() {
    let (state, _) = state(&layers(
        "mem a=1; mem a=2 b=2; 0 a=3 b=3 c=3; 0 a=4 b=4 c=4 d=4; 3 a=5 d=5 e=5; 6 a=6 e=6 f=6",
    ));
    let found = ["a", "b", "c", "d", "e", "f", "g"].map(|key| get(&state, key));
    assert_eq!(found, ["1", "2", "3", "4", "5", "6", "-"]);
}

#[test]
fn ex_3_15_a_tombstone_anywhere_hides_what_is_below_and_nothing_above() {
    let all = "mem a-; mem a=2 b-; 0 b=3 c-; 0 c=4 d-; 3 d=5 e-; 6 a=6 b=6 c=6 d=6 e=6";
    let (state, _) = state(&layers(all));
    for key in ["a", "b", "c", "d", "e"] {
        assert_eq!(get(&state, key), "-", "{key}");
    }
    let above = "mem a=1; mem a- b=2; 0 b- c=3; 0 c- d=4; 3 d- e=5; 6 e- f-";
    assert_eq!(
        scan(above, KeyRange::all(), Order::Ascending),
        "a=1 b=2 c=3 d=4 e=5"
    );
    assert_eq!(scan(all, KeyRange::all(), Order::Ascending), "");
}

#[test]
fn ex_3_15_a_lookup_sees_nothing_newer_than_its_moment() {
    let disk = SimDisk::new();
    let (state, _, last) = state_on(&disk, &layers("mem a=1 b=2 c-; 3 a=0 c=0"));
    let at = |seq, key: &[u8]| {
        let mut value = Vec::new();
        let found = Lsm::look_up(&state, seq, key, &mut value).unwrap();
        found.then(|| String::from_utf8(value).unwrap())
    };
    assert_eq!(last, 3);
    assert_eq!(at(0, b"a").as_deref(), Some("0"));
    assert_eq!(at(1, b"a").as_deref(), Some("1"));
    assert_eq!(at(1, b"b"), None);
    assert_eq!(at(2, b"c").as_deref(), Some("0"));
    assert_eq!(at(3, b"c"), None);
    let scanned = |seq| {
        let counters = Arc::new(Counters::new());
        let pinned = Arc::new(Arc::new(state.clone()));
        let (range, order) = (KeyRange::all(), Order::Descending);
        rest(&mut LsmCursor::new(pinned, seq, range, order, counters).unwrap())
    };
    assert_eq!(scanned(0), "c=0 a=0");
    assert_eq!(scanned(2), "c=0 b=2 a=1");
    assert_eq!(scanned(3), "b=2 a=1");
}

#[test]
fn ex_3_15_a_lookup_reads_no_block_behind_the_layer_that_knows() {
    let all = layers("mem a=1; 0 a=2 b=2 c=2; 0 a=3 b=3; 3 a=4 b=4 c=4; 6 a=5 b=5 z=5");
    let (state, counters) = state(&all);
    let touched = |key| {
        let before = counters.stats();
        get(&state, key);
        counters.stats().since(&before)[Counter::PagesTouched]
    };
    assert_eq!(touched("a"), 0, "the memtable knows");
    assert_eq!(touched("b"), 1, "the newest table of level 0 knows");
    assert_eq!(touched("z"), 1, "all others end before it");
}

#[test]
fn ex_3_15_an_error_is_not_passed_over_for_an_older_value() {
    let disk = SimDisk::new();
    let all = layers("mem x=1; 0 a=2; 6 a=3");
    state_on(&disk, &all);
    let image = disk.image();
    let mut damaged = Image::new();
    for (name, content) in image.files() {
        let mut bytes = content.bytes().to_vec();
        // The value of the only entry of table 2.
        if &**name == "0000000002.table" {
            bytes[0] ^= 1;
        }
        damaged.insert(Arc::clone(name), Content::new(bytes));
    }
    let broken = SimDisk::from_image(&damaged);
    let (state, _, _) = open_on(&broken, &all);
    let mut value = b"before".to_vec();
    let error = Lsm::look_up(&state, 9, b"a", &mut value).unwrap_err();
    assert!(matches!(error, Error::Corrupt { .. }), "{error}");
    assert_eq!(value, b"");
    let pinned = Arc::new(Arc::new(state));
    let counters = Arc::new(Counters::new());
    let scan = LsmCursor::new(pinned, 9, KeyRange::all(), Order::Ascending, counters);
    assert_eq!(scan.unwrap_err(), error);
}

/// The same layers, whose tables are on the disk already.
fn open_on(disk: &SimDisk, layers: &[Layer]) -> (State, Arc<Counters>, u64) {
    let fresh = SimDisk::new();
    let (state, counters, seq) = state_on(&fresh, layers);
    let cache = Arc::new(crate::cache::BlockCache::new(0));
    let open = |(level, table): (usize, &Arc<crate::table::Table>)| {
        let info = table.info().clone();
        let (cache, counters) = (Arc::clone(&cache), Arc::clone(&counters));
        let table = crate::table::Table::open(disk, info, cache, counters).unwrap();
        (level, Arc::new(table))
    };
    let tables = state.levels.all().map(open).collect();
    let levels = crate::levels::Levels::new(7).with(tables, &[]).unwrap();
    let levels = Arc::new(levels);
    (State { levels, ..state }, counters, seq)
}

#[test]
fn ex_3_15_a_scan_merges_all_layers_in_both_orders() {
    let all = "mem d=1 b-; mem a=2 e=2; 0 b=3 c=3; 0 c=4 f=4; 4 a=5 g=5; 6 b=6 d=6 h=6";
    assert_eq!(
        scan(all, KeyRange::all(), Order::Ascending),
        "a=2 c=3 d=1 e=2 f=4 g=5 h=6"
    );
    assert_eq!(
        scan(all, KeyRange::all(), Order::Descending),
        "h=6 g=5 f=4 e=2 d=1 c=3 a=2"
    );
    assert_eq!(
        scan(all, KeyRange::half_open("b", "f"), Order::Ascending),
        "c=3 d=1 e=2"
    );
    let range = KeyRange::new(Bound::Excluded(b"c"), Bound::Included(b"g"));
    assert_eq!(scan(all, range, Order::Descending), "g=5 f=4 e=2 d=1");
}

#[test]
fn ex_3_15_a_scan_ends_in_front_of_its_end_and_is_not_fooled_by_tombstones_there() {
    let all = "mem b- c-; 6 a=1 b=1 c=1 d=1";
    let to_b = KeyRange::half_open("a", "c");
    assert_eq!(scan(all, to_b, Order::Ascending), "a=1");
    let from_b = KeyRange::half_open("b", "d");
    assert_eq!(scan(all, from_b.clone(), Order::Ascending), "");
    assert_eq!(scan(all, from_b, Order::Descending), "");
}

#[test]
fn ex_3_15_a_scan_visits_no_entry_behind_its_end() {
    let mut many = String::from("mem x=1; 6");
    for number in 100..400 {
        many.push_str(&format!(" k{number}-"));
    }
    // Tombstones behind the end have to be recognised as such, and not walked.
    let (state, _) = state(&layers(&many));
    let counters = Arc::new(Counters::new());
    let pinned = Arc::new(Arc::new(state));
    let range = KeyRange::half_open("k100", "k103");
    let scan = LsmCursor::new(pinned, 9, range, Order::Ascending, Arc::clone(&counters));
    assert!(scan.unwrap().entry().is_none());
    let visited = counters.stats()[Counter::EntriesVisited];
    assert_eq!(
        visited, 4,
        "three tombstones, and the one that ends the scan"
    );
}

#[test]
fn ex_3_15_a_scan_of_a_few_keys_opens_few_tables() {
    let mut all = String::from("mem x=1; 0 a=1 b=1; 0 y=1 z=1");
    for number in 10..60 {
        all.push_str(&format!("; 6 k{number}a=1 k{number}b=2"));
    }
    let (state, counters) = state(&layers(&all));
    let before = counters.stats();
    let range = KeyRange::half_open("k20", "k22");
    let mut cursor = cursor(state, range, Order::Ascending);
    assert_eq!(rest(&mut cursor), "k20a=1 k20b=2 k21a=1 k21b=2");
    let touched = counters.stats().since(&before)[Counter::PagesTouched];
    assert!(touched <= 3, "{touched} blocks, of three tables");
}

#[test]
fn ex_3_15_a_scan_comes_to_the_tables_of_a_level_one_after_the_other() {
    let mut all = String::from("mem x=1; 5 y=1 z=1");
    for number in 10..40 {
        all.push_str(&format!("; 6 k{number}a=1 k{number}b=2"));
    }
    for order in [Order::Ascending, Order::Descending] {
        let (state, counters) = state(&layers(&all));
        let before = counters.stats();
        let cursor = cursor(state, KeyRange::half_open("k20", "k30"), order);
        let first = match order {
            Order::Ascending => b"k20a",
            Order::Descending => b"k29b",
        };
        assert_eq!(cursor.entry().map(|(key, _)| key), Some(&first[..]));
        let touched = counters.stats().since(&before)[Counter::PagesTouched];
        let message = "of one table of level 6, and of none that lies after the range";
        assert_eq!(touched, 1, "{message}");
    }
}

#[test]
fn ex_3_15_an_error_ends_a_scan_and_is_answered_for_ever() {
    // A walk comes to the damaged table in the step itself, or where that passes
    // over a tombstone.
    for text in ["mem x=1; 6 a=1; 6 c=2 d=3", "mem x=1; 6 a=1 b-; 6 c=2 d=3"] {
        let (disk, all) = (SimDisk::new(), layers(text));
        state_on(&disk, &all);
        let image = disk.image().with_flipped_bit("0000000001.table", 0, 0);
        let (state, _, _) = open_on(&SimDisk::from_image(&image), &all);
        let mut cursor = cursor(state, KeyRange::all(), Order::Ascending);
        assert_eq!(cursor.entry(), Some((&b"a"[..], &b"1"[..])));
        let error = cursor.advance().expect_err("a table is damaged");
        assert!(matches!(error, Error::Corrupt { .. }), "{error}");
        for _ in 0..2 {
            assert_eq!(cursor.entry(), None);
            assert_eq!(cursor.advance(), Err(error.clone()));
            assert_eq!(cursor.seek(b"a"), Err(error.clone()));
        }
    }
}

#[test]
fn ex_3_15_a_cursor_stays_behind_the_end_and_can_be_sent_back() {
    let (state, _) = state(&layers("mem a=1 b=2; 0 c=3; 6 d=4 e=5"));
    let range = KeyRange::half_open("b", "e");
    let mut cursor = cursor(state, range, Order::Ascending);
    assert_eq!(rest(&mut cursor), "b=2 c=3 d=4");
    cursor.advance().unwrap();
    assert_eq!(cursor.entry(), None);
    cursor.seek(b"c").unwrap();
    assert_eq!(rest(&mut cursor), "c=3 d=4");
    cursor.seek(b"a").unwrap();
    assert_eq!(rest(&mut cursor), "b=2 c=3 d=4", "not before its start");
    cursor.seek(b"z").unwrap();
    assert_eq!(cursor.entry(), None, "nor after its end");
}

fn entries() -> impl Strategy<Value = Entries> {
    let value = prop::option::of(prop::collection::vec(any::<u8>(), 0..12));
    prop::collection::btree_map(key(), value, 0..12)
}

/// Layers as a store has them: below level 0 no two tables overlap.
fn some_layers() -> impl Strategy<Value = Vec<Layer>> {
    let memtables = prop::collection::vec(entries(), 1..4);
    let level0 = prop::collection::vec(entries(), 0..4);
    let deeper = prop::collection::vec(entries(), 0..4);
    (memtables, level0, deeper).prop_map(|(memtables, level0, deeper)| {
        let mut layers: Vec<Layer> = memtables.into_iter().map(Layer::Memtable).collect();
        let level0 = level0.into_iter().filter(|entries| !entries.is_empty());
        layers.extend(level0.map(|entries| Layer::Table(0, entries)));
        for (entries, level) in deeper.into_iter().zip([2, 3, 6]) {
            let all: Vec<_> = entries.into_iter().collect();
            for part in all.chunks(4) {
                layers.push(Layer::Table(level, part.iter().cloned().collect()));
            }
        }
        layers
    })
}

fn bound() -> impl Strategy<Value = Bound<Vec<u8>>> {
    prop_oneof![
        key().prop_map(Bound::Included),
        key().prop_map(Bound::Excluded),
        Just(Bound::Unbounded),
    ]
}

fn as_slice(bound: &Bound<Vec<u8>>) -> Bound<&[u8]> {
    bound.as_ref().map(Vec::as_slice)
}

proptest! {
    #[test]
    fn ex_3_15_a_lookup_finds_what_one_map_would(
        layers in some_layers(),
        others in prop::collection::vec(key(), 0..8),
    ) {
        let expected = seen(&layers);
        let (state, _) = state(&layers);
        let keys: Vec<Vec<u8>> = layers.iter().flat_map(|layer| {
            let (Layer::Memtable(entries) | Layer::Table(_, entries)) = layer;
            entries.keys().cloned()
        }).collect();
        for key in keys.iter().chain(&others) {
            let mut value = Vec::new();
            let found = Lsm::look_up(&state, u64::MAX - 1, key, &mut value).unwrap();
            prop_assert_eq!(found.then_some(&value), expected.get(key), "{:?}", key);
        }
    }

    #[test]
    fn ex_3_15_a_scan_shows_what_one_map_would(
        layers in some_layers(),
        (start, end) in (bound(), bound()),
        descending in any::<bool>(),
        seeks in prop::collection::vec(key(), 0..4),
    ) {
        let all = seen(&layers);
        let (state, _) = state(&layers);
        let range = KeyRange::new(as_slice(&start), as_slice(&end));
        let within: BTreeMap<_, _> = all.iter().filter(|(key, _)| range.contains(key)).collect();
        let order = if descending { Order::Descending } else { Order::Ascending };
        let expected = |from: Option<&Vec<u8>>| {
            let text = |(key, value): (&&Vec<u8>, &&Vec<u8>)| {
                format!("{}={}", key.escape_ascii(), value.escape_ascii())
            };
            let is_left = |key: &Vec<u8>| match (from, order) {
                (None, _) => true,
                (Some(from), Order::Ascending) => key >= from,
                (Some(from), Order::Descending) => key <= from,
            };
            let left = within.iter().filter(|(key, _)| is_left(key)).map(text);
            let mut left: Vec<String> = left.collect();
            if order == Order::Descending {
                left.reverse();
            }
            left.join(" ")
        };
        let mut cursor = cursor(state, range.clone(), order);
        prop_assert_eq!(rest(&mut cursor), expected(None));
        for key in &seeks {
            cursor.seek(key).unwrap();
            prop_assert_eq!(rest(&mut cursor), expected(Some(key)), "from {:?}", key);
        }
    }

    #[test]
    fn ex_3_15_everything_tells_of_tombstones_and_of_each_key_once(layers in some_layers()) {
        let mut expected = Entries::new();
        for layer in layers.iter().rev() {
            let (Layer::Memtable(entries) | Layer::Table(_, entries)) = layer;
            expected.extend(entries.clone());
        }
        let (state, _) = state(&layers);
        let mut all = everything(&state, u64::MAX - 1, &KeyRange::all(), Order::Ascending);
        all.seek(Bound::Unbounded).unwrap();
        let found = super::tables::rest(&mut all).unwrap();
        prop_assert_eq!(found, expected.into_iter().collect::<Vec<_>>());
    }
}

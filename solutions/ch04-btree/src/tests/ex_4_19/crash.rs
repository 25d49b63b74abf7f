//! The power is cut at every operation, and every operation fails.

use std::collections::HashSet;

use conformance::Budget;
use conformance::budget::Size;
use conformance::sim::{EXTREMES, Fail, Faults, Operation, Part, Reach, SimDisk, Unsynced};
use proptest::prelude::*;
use proptest::strategy::ValueTree;

use super::killed_before_the_last_change;
use crate::copy_on_write::Options;
use crate::tests::store::OPTIONS;
use crate::tests::store::array::Change::{self, Clear, Pop, Push, Set};
use crate::tests::store::script::Step::{self, Abort, Close, Commit, EndRead, Read, Sync};
use crate::tests::store::script::{Played, goes_on, played};

/// Memory for next to nothing: pages are written and synced all the time.
const NO_MEMORY: Options = Options {
    frames_bytes_max: 3 * 128,
    ..OPTIONS
};

/// What is done by hand: growth, pages used again, readers that keep them,
/// syncs with and without something to sync, everything gone.
fn by_hand() -> Vec<Step> {
    vec![
        Commit(vec![Push(1), Push(2)]),
        Sync,
        Commit(vec![Set(0, 3)]),
        Commit(vec![Set(1, 4), Push(5), Push(6)]),
        Sync,
        Sync,
        Read,
        Commit(vec![Set(0, 7), Pop]),
        Sync,
        Commit((10..18).map(Push).collect()),
        Abort(vec![Set(0, 90), Push(91), Pop, Pop]),
        Sync,
        Commit(vec![Set(2, 20)]),
        Sync,
        EndRead,
        Commit(vec![Set(3, 21)]),
        Sync,
        Close,
        Commit(vec![Clear]),
        Sync,
        Commit(vec![Push(30)]),
        Sync,
        Commit(vec![Push(31)]),
        Step::Drop,
        Commit(vec![Push(32)]),
        Sync,
    ]
}

fn changes() -> impl Strategy<Value = Vec<Change>> {
    let change = prop_oneof![
        3 => (100..200_u32).prop_map(Push),
        4 => (0..20_usize, 200..300_u32).prop_map(|(place, number)| Set(place, number)),
        2 => Just(Pop),
    ];
    prop_oneof![
        12 => prop::collection::vec(change, 1..6),
        1 => Just(vec![Clear]),
    ]
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        6 => changes().prop_map(Commit),
        5 => Just(Sync),
        1 => changes().prop_map(Abort),
        1 => Just(Read),
        1 => Just(EndRead),
        1 => Just(Close),
        1 => Just(Step::Drop),
    ];
    // An array has room for 27 numbers.
    let fits = |steps: &Vec<Step>| {
        let pushes = |changes: &[Change]| {
            let is_push = |change: &&Change| matches!(change, Push(_));
            changes.iter().filter(is_push).count()
        };
        let all = steps.iter().map(|step| match step {
            Commit(changes) | Abort(changes) => pushes(changes),
            _ => 0,
        });
        all.sum::<usize>() < 26
    };
    prop::collection::vec(step, 4..20).prop_filter("too many numbers", fits)
}

/// Scripts that are drawn, `count` of them.
fn drawn(name: &str, count: usize) -> Vec<Vec<Step>> {
    let mut runner = budget().runner(name);
    let mut draw = || steps().new_tree(&mut runner).unwrap().current();
    (0..count).map(|_| draw()).collect()
}

fn budget() -> Budget {
    Budget::from_env().unwrap()
}

/// Cuts the power at every change of what was played.
struct Cuts {
    options: Options,
    images: usize,
    /// Of so many images the recovery of one is cut, too.
    nested_every: usize,
    seen: HashSet<u128>,
    opened: usize,
}

impl Cuts {
    fn new(options: Options, images: usize, nested_every: usize) -> Self {
        Cuts {
            options,
            images,
            nested_every,
            seen: HashSet::new(),
            opened: 0,
        }
    }

    fn cut(&mut self, played: &Played, depth: usize) {
        self.cut_from(0, played, depth);
    }

    /// The same, from when so many changes had been made.
    fn cut_from(&mut self, from: usize, played: &Played, depth: usize) {
        let mut walk = played.disk.walk();
        let mut reach = Reach::default();
        while walk.at() < from {
            walk.advance(&mut reach);
        }
        loop {
            let states = played.at(walk.at());
            for number in walk.numbers(self.images) {
                let image = walk.image(number, &mut reach);
                // What was seen may show other states here than there.
                let seen = (image.fingerprint(), states.len(), states[0].clone());
                if !self.seen.insert(conformance::sim::fingerprint(&[format!(
                    "{seen:?} {depth}"
                )
                .as_bytes()]))
                {
                    continue;
                }
                self.opened += 1;
                let next = goes_on(SimDisk::from_image(&image), self.options, states);
                if depth > 0 && self.opened.is_multiple_of(self.nested_every) {
                    self.cut(&next, depth - 1);
                }
            }
            // Without a cut: the process is killed.
            let next = goes_on(walk.killed(), self.options, states);
            if depth > 0 && walk.at().is_multiple_of(self.nested_every) {
                self.cut(&next, depth - 1);
            }
            if !walk.advance(&mut reach) {
                return;
            }
        }
    }
}

#[test]
#[cfg_attr(miri, ignore = "it opens thousands of stores")]
fn ex_4_19_a_power_cut_at_any_operation_leaves_a_commit_that_was_synced_or_a_later_one() {
    for options in [OPTIONS, NO_MEMORY] {
        let mut cuts = Cuts::new(options, 20, 7);
        cuts.cut(&played(options, &by_hand()), 1);
        assert!(cuts.opened > 500, "{}", cuts.opened);
    }
}

/// What is committed while a sync is under way is not part of it, and what that
/// frees may not be used before it is over.
#[test]
#[cfg_attr(miri, ignore = "it opens thousands of stores")]
fn ex_4_19_a_power_cut_beside_commits_that_are_beside_a_sync_leaves_what_it_may() {
    // So many that free pages become scarce, and somebody asks for them.
    let commits = |from: u32| {
        let changes = |round: u32| (0..8).map(move |place| Set(place, from + round)).collect();
        (0..9).map(changes).collect::<Vec<Vec<Change>>>()
    };
    for left in 0..4 {
        let mut steps = vec![Commit((0..8).map(Push).collect()), Sync];
        for round in [10, 30, 50] {
            steps.push(Step::SyncBeside(left, commits(round)));
            steps.extend(commits(round + 10).into_iter().map(Commit));
        }
        let mut cuts = Cuts::new(OPTIONS, 8, 60);
        cuts.cut(&played(OPTIONS, &steps), 1);
    }
}

#[test]
fn ex_4_19_a_power_cut_at_any_operation_of_drawn_scripts_leaves_what_it_may() {
    let (count, images) = match budget().size {
        Size::Tiny => (2, 6),
        Size::Quick => (12, 16),
        Size::Full => (400, 64),
    };
    for (number, steps) in drawn("cuts", count).iter().enumerate() {
        let options = [OPTIONS, NO_MEMORY][number % 2];
        Cuts::new(options, images, 16).cut(&played(options, steps), 1);
    }
}

/// Plays a script on a disk on which operations fail; then everything works
/// again, with and without a power cut in between.
fn play_failing(options: Options, steps: &[Step], faults: &Faults) {
    let disk = SimDisk::new();
    disk.set_faults(faults.clone());
    let mut failing = Played::on(disk.clone(), &[Vec::new()]);
    // An opening may fail.
    let _ = failing.play(options, steps);
    let states = failing.at(disk.changes()).to_vec();
    assert_eq!(disk.violations(), [""; 0], "{faults:?}");
    let mut walk = disk.walk();
    let mut reach = Reach::default();
    while walk.advance(&mut reach) {}
    for number in walk.numbers(6) {
        let image = walk.image(number, &mut reach);
        goes_on(SimDisk::from_image(&image), options, &states);
    }
    // The power is cut while the next process makes good what this one has left,
    // or that one is killed, and so is the next.
    let next = goes_on(walk.killed(), options, &states);
    let mut cuts = Cuts::new(options, 6, 5);
    cuts.cut(&next, 1);
}

/// Opens what is left, is killed at any change, and opens what that leaves; and
/// each time the power may be cut instead.
fn open_again_and_again(disk: SimDisk, states: &[Vec<u32>], depth: usize) {
    let mut opened = Played::on(disk, states);
    drop(opened.open(OPTIONS).unwrap());
    let mut walk = opened.disk.walk();
    let mut reach = Reach::default();
    loop {
        let states = opened.at(walk.at());
        for number in walk.numbers(EXTREMES + 4) {
            let image = walk.image(number, &mut reach);
            let mut cut = Played::on(SimDisk::from_image(&image), states);
            cut.open(OPTIONS).unwrap();
        }
        if depth > 0 {
            open_again_and_again(walk.killed(), states, depth - 1);
        }
        if !walk.advance(&mut reach) {
            return;
        }
    }
}

/// A sync of a meta page fails, what it says can be read and is not durable, and
/// nobody who opens the store comes to the end of it.
#[test]
#[cfg_attr(miri, ignore = "it opens thousands of stores")]
fn ex_4_19_openings_may_be_killed_one_after_the_other() {
    let steps = [
        Commit(vec![Push(1)]),
        Sync,
        Commit(vec![Push(2)]),
        Sync,
        Commit(vec![Push(3)]),
        Sync,
    ];
    let operations = played(OPTIONS, &steps).disk.operations();
    let is_sync = |(at, operation): (usize, &Operation)| operation.is_sync().then_some(at);
    let syncs: Vec<usize> = operations.iter().enumerate().filter_map(is_sync).collect();
    for at in &syncs[syncs.len() - 4..] {
        for failed_sync in [Unsynced::Kept, Unsynced::Reverted, Unsynced::Zeroed] {
            let disk = SimDisk::new();
            disk.set_faults(Faults {
                fail: Some(Fail::Once(*at)),
                failed_sync,
                ..Faults::default()
            });
            let mut failing = Played::on(disk.clone(), &[Vec::new()]);
            failing.play(OPTIONS, &steps).unwrap();
            assert!(failing.poisoned);
            let states = failing.at(disk.changes()).to_vec();
            let mut walk = disk.walk();
            while walk.advance(&mut Reach::default()) {}
            open_again_and_again(walk.killed(), &states, 3);
        }
    }
}

/// Plays a session on a disk where the operation fails that comes after so many
/// others, and answers whether that is a sync.
fn play_session(played: &mut Played, failing: Option<usize>) -> bool {
    let before = played.disk.operations().len();
    played.disk.set_faults(Faults {
        fail: failing.map(|at| Fail::Once(before + at)),
        failed_sync: Unsynced::Kept,
        ..Faults::default()
    });
    let count = u32::try_from(played.states.len()).unwrap();
    let session = [Commit(vec![Set(0, count)]), Sync, Close];
    let done = played.play(OPTIONS, &session);
    assert!(failing.is_some() || done.is_ok(), "{done:?}");
    let operations = played.disk.operations();
    failing.is_none_or(|at| operations.get(before + at).is_some_and(|one| one.is_sync()))
}

/// A sync fails, and what it should have made durable is in the system's memory
/// alone, a copy of a meta page perhaps. The next process finds it there, and goes
/// on; so does the one after it, where a sync may fail as well. Then the power is
/// cut.
#[test]
#[cfg_attr(miri, ignore = "it opens thousands of stores")]
fn ex_4_19_what_failed_syncs_have_left_in_memory_is_taken_for_no_more_than_it_is() {
    let failing = || std::iter::once(None).chain((0..24).map(Some));
    let mut cuts = Cuts::new(OPTIONS, 24, usize::MAX);
    // The meta pages take turns: each of them is the newest once.
    for sessions in 1..4 {
        for (first, second) in failing().flat_map(|one| failing().map(move |two| (one, two))) {
            let mut played = Played::on(SimDisk::new(), &[Vec::new()]);
            let start = [Commit(vec![Push(1), Push(2)]), Sync];
            played.play(OPTIONS, &start).unwrap();
            for _ in 1..sessions {
                play_session(&mut played, None);
            }
            let are_syncs = play_session(&mut played, first) && play_session(&mut played, second);
            if !are_syncs {
                continue;
            }
            let from = played.disk.changes();
            play_session(&mut played, None);
            cuts.cut_from(from, &played, 0);
        }
    }
    assert!(cuts.opened > 500, "{}", cuts.opened);
}

/// Each way in which an operation can fail.
fn ways(operation: Operation) -> Vec<Faults> {
    let none = Faults::default();
    match operation {
        Operation::Write => Part::ALL
            .map(|failed_write| Faults {
                failed_write,
                ..none.clone()
            })
            .to_vec(),
        Operation::Sync => [Unsynced::Kept, Unsynced::Reverted, Unsynced::Zeroed]
            .map(|failed_sync| Faults {
                failed_sync,
                ..none.clone()
            })
            .to_vec(),
        _ => vec![none],
    }
}

fn fail_each_operation(options: Options, steps: &[Step]) {
    let operations = played(options, steps).disk.operations();
    for (at, operation) in operations.into_iter().enumerate() {
        for fail in [Fail::Once(at), Fail::From(at)] {
            for way in ways(operation) {
                let fail = Some(fail);
                play_failing(options, steps, &Faults { fail, ..way });
            }
        }
    }
}

/// Not so long a script: it is played a few hundred times.
fn short() -> Vec<Step> {
    vec![
        Commit(vec![Push(1), Push(2), Push(3)]),
        Sync,
        Commit(vec![Set(0, 4)]),
        Read,
        Commit(vec![Set(1, 5), Push(6)]),
        Sync,
        Commit(vec![Set(2, 7)]),
        Sync,
        Close,
        Commit(vec![Set(2, 8)]),
        Sync,
        Step::Drop,
        Commit(vec![Clear]),
        Sync,
    ]
}

#[test]
#[cfg_attr(miri, ignore = "it opens thousands of stores")]
fn ex_4_19_any_operation_may_fail_once_or_for_ever_and_nothing_is_lost() {
    fail_each_operation(OPTIONS, &short());
}

#[test]
#[cfg_attr(miri, ignore = "it opens thousands of stores")]
fn ex_4_19_any_operation_may_fail_where_pages_are_written_all_the_time() {
    fail_each_operation(NO_MEMORY, &short());
}

#[test]
fn ex_4_19_any_operation_of_drawn_scripts_may_fail() {
    let count = match budget().size {
        Size::Tiny => 0,
        Size::Quick => 2,
        Size::Full => 40,
    };
    for (number, steps) in drawn("faults", count).iter().enumerate() {
        fail_each_operation([OPTIONS, NO_MEMORY][number % 2], steps);
    }
}

#[test]
#[cfg_attr(miri, ignore = "it opens thousands of stores")]
fn ex_4_19_a_disk_that_is_full_is_an_error_and_no_more() {
    let steps = by_hand();
    let enough = played(OPTIONS, &steps).disk.image();
    let enough: u64 = enough.files().map(|(_, content)| content.len()).sum();
    for capacity in (0..enough + 2048).step_by(64) {
        for failed_write in Part::ALL {
            let faults = Faults {
                capacity: Some(capacity),
                failed_write,
                ..Faults::default()
            };
            let disk = SimDisk::new();
            disk.set_faults(faults);
            let mut full = Played::on(disk.clone(), &[Vec::new()]);
            let _ = full.play(OPTIONS, &steps);
            assert!(!full.poisoned, "with room for {capacity} bytes");
            let changes = disk.changes();
            if changes > 0 {
                let killed = killed_before_the_last_change(&disk);
                goes_on(killed, OPTIONS, full.at(changes - 1));
            }
            let states = full.at(changes).to_vec();
            goes_on(disk.kill(), OPTIONS, &states);
        }
    }
}

#[test]
fn ex_4_19_a_disk_without_maps_is_read() {
    for read_max in [None, Some(7)] {
        let faults = Faults {
            no_map: true,
            read_max,
            ..Faults::default()
        };
        let disk = SimDisk::new();
        disk.set_faults(faults.clone());
        let mut unmapped = Played::on(disk.clone(), &[Vec::new()]);
        unmapped.play(OPTIONS, &by_hand()).unwrap();
        let killed = killed_before_the_last_change(&disk);
        killed.set_faults(faults);
        let mut next = Played::on(killed, unmapped.at(disk.changes() - 1));
        next.play(OPTIONS, &short()).unwrap();
        for played in [unmapped, next] {
            assert_eq!(played.disk.violations(), [""; 0]);
        }
    }
}

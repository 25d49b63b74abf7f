//! Which thread does what.

mod simpler;

use std::fmt;

use engine::{Entries, Error, KeyRange, Order, Result, StorageEngine, Write};

use crate::levels::concurrent::history::{Action, Event, KEYS, State};
use crate::levels::concurrent::values::{stamp_of, value_of};
use crate::panics::Panic;
use crate::sim::random::Random;
use crate::subject::Opened;

/// One operation.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Act {
    Get(usize),
    /// A batch: keys, and whether they are put or deleted.
    Write(Vec<(usize, bool)>),
    Scan,
    /// A snapshot, which is then read by key and by scan.
    Snapshot,
    Sync,
    /// A piece of the work that the engine owes.
    Step,
}

/// What programs are made of, beside writes and a few syncs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mix {
    /// Gets, for engines that cannot scan yet.
    Gets,
    /// Gets and scans.
    Reads,
    /// More syncs.
    Syncs,
    /// More syncs, and a disk that fails now and then.
    FailingSyncs,
    /// Gets, scans, and steps of the work that the engine owes.
    Steps,
    /// Scans and snapshots, each of which is held to one moment.
    Moments,
    /// The same, and steps of the work that the engine owes.
    MomentsAndSteps,
    /// The same as [`Moments`](Mix::Moments), in an engine with many entries
    /// beside those that are looked at.
    MomentsInACrowd,
}

/// What some threads do at the same time, and what is there before.
///
/// Each write has a stamp, from 1 on, which is what it puts: the keys that are
/// there at first come first, then the writes of the first thread, and so on.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Program {
    pub(crate) at_first: Vec<usize>,
    pub(crate) threads: Vec<Vec<Act>>,
    /// Which operation of the disk fails, counted from 0 where the threads
    /// begin; none, for most programs.
    pub(crate) fails: Option<usize>,
    /// There is work to be done at first: files are full, and of garbage.
    pub(crate) owes: bool,
    /// There are many other entries, between those that it looks at and after
    /// them: where an engine keeps entries in pages, they stand in several.
    pub(crate) in_a_crowd: bool,
    /// A scan is held to one moment.
    pub(crate) at_one_moment: bool,
}

/// What an operation answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Answer {
    /// It did not end.
    Open,
    Done,
    /// A sync ended, and the disk had taken in so many changes.
    Synced(usize),
    Got(Option<u32>),
    Scanned(State),
    /// A snapshot's gets found the one, and its scan the other.
    Torn(State, State),
    Failed(engine::Error),
    Panicked(Panic),
}

/// The stamp of a value that is none of those that were written.
const TORN: u32 = u32::MAX;

/// What fills files in front of a program with steps: a key that it does not
/// look at, with a value of so many bytes.
const FILLER: &[u8] = b"z";
const FILLER_BYTES: usize = 700;

/// How many entries of a crowd come after each key, and what stands in them.
const CROWD: u8 = 8;
const CROWD_VALUE: [u8; 20] = [b'x'; 20];

const NAMES: [&[u8]; KEYS] = [b"a", b"b", b"c"];

impl Program {
    /// A program.
    pub(crate) fn draw(random: &mut Random, mix: Mix) -> Self {
        let threads = if random.below(3) == 0 { 3 } else { 2 };
        let acts_max = if threads == 3 { 2 } else { 3 };
        // Most mistakes need two keys or fewer to show.
        let keys = 1 + random.below(KEYS);
        let at_first = (0..keys).filter(|_| random.below(2) == 0).collect();
        let mut thread = || {
            let acts = 1 + random.below(acts_max);
            (0..acts).map(|_| Act::draw(random, keys, mix)).collect()
        };
        let threads = (0..threads).map(|_| thread()).collect();
        let fails = (mix == Mix::FailingSyncs && random.below(4) == 0).then(|| random.below(8));
        Program {
            at_first,
            threads,
            fails,
            owes: matches!(mix, Mix::Steps | Mix::MomentsAndSteps),
            in_a_crowd: mix == Mix::MomentsInACrowd,
            at_one_moment: mix.is_of_moments(),
        }
    }

    /// The stamp of an operation, if it is a write.
    pub(crate) fn stamp(&self, thread: usize, number: usize) -> u32 {
        let writes = |acts: &[Act]| acts.iter().filter(|a| matches!(a, Act::Write(_))).count();
        let before: usize = self.threads[..thread].iter().map(|acts| writes(acts)).sum();
        let stamp = 1 + self.at_first.len() + before + writes(&self.threads[thread][..number]);
        u32::try_from(stamp).expect("writes are few")
    }

    /// What is there at first.
    pub(crate) fn initial(&self) -> State {
        let mut state = [None; KEYS];
        for (stamp, key) in (1..).zip(&self.at_first) {
            state[*key] = Some(stamp);
        }
        state
    }

    /// Puts what is to be there at first, and syncs that, unless there is a crowd:
    /// what is durable is kept anyway, and nobody needs to see it.
    pub(crate) fn begin(&self, engine: &dyn StorageEngine) -> Result<()> {
        let fill = || engine.put(FILLER, &[0; FILLER_BYTES]);
        if self.in_a_crowd {
            put_crowd(engine)?;
        }
        if self.owes {
            for _ in 0..2 {
                for key in &self.at_first {
                    engine.put(NAMES[*key], b"")?;
                }
                fill()?;
            }
        }
        for (stamp, key) in (1..).zip(&self.at_first) {
            engine.put(NAMES[*key], &value_of(stamp))?;
        }
        if self.owes {
            // What is there at first is in a file that is full, too.
            (0..3).try_for_each(|_| fill())?;
        }
        match self.at_first.is_empty() || self.in_a_crowd {
            true => Ok(()),
            false => engine.sync(),
        }
    }

    /// Does one operation.
    pub(crate) fn act(&self, engine: &Opened, thread: usize, number: usize) -> Answer {
        let done = match &self.threads[thread][number] {
            Act::Get(key) => look(&**engine, *key).map(Answer::Got),
            Act::Scan => contents(&**engine).map(Answer::Scanned),
            Act::Snapshot => read_snapshot(engine),
            Act::Sync => engine.sync().map(|()| Answer::Done),
            Act::Step => engine.step().map(|_| Answer::Done),
            Act::Write(changes) => {
                let value = value_of(self.stamp(thread, number));
                let change = |(key, is_put): &(usize, bool)| match is_put {
                    true => Write::put(NAMES[*key], &value),
                    false => Write::delete(NAMES[*key]),
                };
                let batch: Vec<Write<'_>> = changes.iter().map(change).collect();
                engine.write(&batch).map(|()| Answer::Done)
            }
        };
        done.unwrap_or_else(Answer::Failed)
    }

    /// What a history knows of an operation: one event; or for a scan that is
    /// not held to one moment one for each key, since it may find each of them
    /// at a moment of its own.
    pub(crate) fn events(
        &self,
        (thread, number): (usize, usize),
        answer: &Answer,
        (call, end): (u64, u64),
    ) -> Vec<Event> {
        let event = |action| Event {
            thread,
            call,
            end,
            action,
        };
        match (&self.threads[thread][number], answer) {
            (Act::Get(key), Answer::Got(found)) => vec![event(Action::Get(*key, *found))],
            (Act::Scan | Act::Snapshot, Answer::Scanned(found)) if self.at_one_moment => {
                vec![event(Action::Scan(*found))]
            }
            (Act::Scan, Answer::Scanned(found)) => {
                let gets = found.iter().enumerate();
                gets.map(|(key, found)| event(Action::Get(key, *found)))
                    .collect()
            }
            // What an error left is unknown, here, and when it did.
            (Act::Write(_), Answer::Failed(_)) if end < u64::MAX => {
                self.events((thread, number), answer, (call, u64::MAX))
            }
            (Act::Write(changes), _) => {
                let stamp = self.stamp(thread, number);
                let change = |(key, is_put): &(usize, bool)| (*key, is_put.then_some(stamp));
                vec![event(Action::Write(changes.iter().map(change).collect()))]
            }
            _ => Vec::new(),
        }
    }

    /// An operation and its answer, as a person reads them.
    pub(crate) fn words(&self, thread: usize, number: usize) -> String {
        let act = &self.threads[thread][number];
        match act {
            Act::Get(key) => format!("get {}", name(*key)),
            Act::Scan => "scan ..".to_owned(),
            Act::Snapshot => "snapshot".to_owned(),
            Act::Sync => "sync".to_owned(),
            Act::Step => "step".to_owned(),
            Act::Write(changes) => {
                let stamp = self.stamp(thread, number);
                let change = |(key, is_put): &(usize, bool)| match is_put {
                    true => format!("put {} {stamp}", name(*key)),
                    false => format!("delete {}", name(*key)),
                };
                let words: Vec<String> = changes.iter().map(change).collect();
                match &words[..] {
                    [only] => only.clone(),
                    _ => format!("write [{}]", words.join(", ")),
                }
            }
        }
    }

    /// The same with the threads in this order.
    pub(crate) fn in_order(&self, order: &[usize]) -> Program {
        let threads = order.iter().map(|thread| self.threads[*thread].clone());
        Program {
            at_first: self.at_first.clone(),
            threads: threads.collect(),
            fails: self.fails,
            owes: self.owes,
            in_a_crowd: self.in_a_crowd,
            at_one_moment: self.at_one_moment,
        }
    }
}

impl Mix {
    fn is_of_moments(self) -> bool {
        matches!(
            self,
            Mix::Moments | Mix::MomentsAndSteps | Mix::MomentsInACrowd
        )
    }
}

impl Act {
    fn draw(random: &mut Random, keys: usize, mix: Mix) -> Self {
        if mix.is_of_moments() {
            return Act::draw_of_moments(random, keys, mix);
        }
        if mix == Mix::Steps && random.below(3) == 0 {
            return Act::Step;
        }
        let reads = matches!(mix, Mix::Gets | Mix::Reads | Mix::Steps);
        match random.below(if reads { 10 } else { 8 }) {
            0..2 => Act::Write(vec![(random.below(keys), true)]),
            2 => Act::Write(vec![(random.below(keys), false)]),
            3..5 => {
                let first = random.below(KEYS);
                let mut change = |key: usize| (key % KEYS, random.below(3) > 0);
                Act::Write(vec![change(first), change(first + 1)])
            }
            5 => Act::Sync,
            6 if matches!(mix, Mix::Reads | Mix::Steps) => Act::Scan,
            _ if reads => Act::Get(random.below(keys)),
            _ => Act::Sync,
        }
    }

    /// Half of them write, most of these a batch; the others look.
    fn draw_of_moments(random: &mut Random, keys: usize, mix: Mix) -> Self {
        if mix == Mix::MomentsAndSteps && random.below(3) == 0 {
            return Act::Step;
        }
        match random.below(8) {
            0 => Act::Write(vec![(random.below(keys), true)]),
            1 => Act::Write(vec![(random.below(keys), false)]),
            2..4 => {
                let first = random.below(KEYS);
                let mut change = |key: usize| (key % KEYS, random.below(3) > 0);
                Act::Write(vec![change(first), change(first + 1)])
            }
            4 => Act::Scan,
            5..7 => Act::Snapshot,
            _ => Act::Sync,
        }
    }
}

/// Puts entries after each key, in one batch.
fn put_crowd(engine: &dyn StorageEngine) -> Result<()> {
    let behind = |name: &'static [u8]| (0..CROWD).map(move |at| [name, &[b'0' + at]].concat());
    let keys: Vec<Vec<u8>> = NAMES.into_iter().flat_map(behind).collect();
    let batch: Vec<Write<'_>> = keys
        .iter()
        .map(|key| Write::put(key, &CROWD_VALUE))
        .collect();
    engine.write(&batch)
}

/// Takes a snapshot and reads it: each key, and then a scan.
fn read_snapshot(engine: &Opened) -> Result<Answer> {
    let snapshots = engine.powers().snapshots;
    let snapshots = snapshots.ok_or(Error::Unsupported { what: "snapshots" })?;
    let snapshot = snapshots.snapshot()?;
    let (mut got, mut value) = ([None; KEYS], Vec::new());
    for (found, key) in got.iter_mut().zip(NAMES) {
        if snapshot.get_into(key, &mut value)? {
            *found = Some(stamp_of(&value).unwrap_or(TORN));
        }
    }
    let scan = snapshot.scan(KeyRange::all(), Order::Descending)?;
    let scanned = stamps(Entries::new(scan))?;
    Ok(match got == scanned {
        true => Answer::Scanned(got),
        false => Answer::Torn(got, scanned),
    })
}

/// The stamp under a key.
pub(crate) fn look(engine: &dyn StorageEngine, key: usize) -> Result<Option<u32>> {
    let value = engine.get(NAMES[key])?;
    Ok(value.map(|value| stamp_of(&value).unwrap_or(TORN)))
}

/// The stamp of each key, as a scan finds them.
pub(crate) fn contents(engine: &dyn StorageEngine) -> Result<State> {
    stamps(engine.entries(KeyRange::all(), Order::Ascending)?)
}

fn stamps(entries: Entries<'_>) -> Result<State> {
    let mut state = [None; KEYS];
    for entry in entries {
        let (key, value) = entry?;
        if let Some(at) = NAMES.iter().position(|name| **name == *key) {
            state[at] = Some(stamp_of(&value).unwrap_or(TORN));
        }
    }
    Ok(state)
}

fn name(key: usize) -> char {
    char::from(NAMES[key][0])
}

/// The entries of a state: `a 1, c 2`, or `nothing`.
pub(crate) fn shown(state: &State) -> String {
    let entry =
        |(key, stamp): (usize, &Option<u32>)| Some(format!("{} {}", name(key), spelled((*stamp)?)));
    let entries: Vec<String> = state.iter().enumerate().filter_map(entry).collect();
    match entries.is_empty() {
        true => "nothing".to_owned(),
        false => entries.join(", "),
    }
}

fn spelled(stamp: u32) -> String {
    match stamp {
        TORN => "what nobody wrote".to_owned(),
        stamp => stamp.to_string(),
    }
}

impl fmt::Display for Program {
    /// `put a 1; sync` beside `put b 2`, with what is there at first in front.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.at_first.is_empty() {
            write!(f, "after `{}`: ", shown(&self.initial()))?;
        }
        for (thread, acts) in self.threads.iter().enumerate() {
            let words = (0..acts.len()).map(|number| self.words(thread, number));
            let words: Vec<String> = words.collect();
            let beside = if thread > 0 { " beside " } else { "" };
            write!(f, "{beside}`{}`", words.join("; "))?;
        }
        if self.in_a_crowd {
            write!(f, ", among {} other entries", usize::from(CROWD) * KEYS)?;
        }
        if let Some(fails) = self.fails {
            write!(f, ", where operation {fails} of the disk fails")?;
        }
        Ok(())
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Answer::Open | Answer::Done | Answer::Synced(_) => Ok(()),
            Answer::Got(None) => f.write_str(" → absent"),
            Answer::Got(Some(stamp)) => write!(f, " → {}", spelled(*stamp)),
            Answer::Scanned(state) => write!(f, " → {}", shown(state)),
            Answer::Torn(got, scanned) => {
                write!(f, " → by gets {}; by a scan {}", shown(got), shown(scanned))
            }
            Answer::Failed(engine::Error::Poisoned { .. }) => f.write_str(" → Poisoned"),
            Answer::Failed(_) => f.write_str(" → an error"),
            Answer::Panicked(_) => f.write_str(" panics"),
        }
    }
}

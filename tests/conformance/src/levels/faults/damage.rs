//! Bits that turned over while nobody had the files open.

use std::sync::Arc;

use engine::{Entry, Error, KeyRange, Order, Progress};

use super::{durability, with_ops};
use crate::allocations;
use crate::budget::Budget;
use crate::level::Clause;
use crate::panics;
use crate::play::entries_shown;
use crate::report::Failure;
use crate::script::{Op, Script};
use crate::sim::{Cut, Image, SimDisk};
use crate::subject::{Opened, Subject};
use crate::trial::Trial;
use crate::trial::expect::{End, State};

/// How many flips are tried of one image at most, quick and full.
const FLIPS_MAX: (usize, usize) = (1500, 20_000);

/// The memory that an opening may ask for: so many bytes, and so many times
/// what the files hold. A length that a flip has made huge is checked before it
/// is believed.
const MEMORY_BYTES: u64 = 16 << 20;
const MEMORY_TIMES: u64 = 64;

/// After a close, a flip of any live byte is found.
pub(super) fn after_close(
    subject: &Subject,
    budget: &Budget,
    script: &Script,
) -> Result<(), Failure> {
    let closed = Damaged::closed(subject, script)?;
    for (file, offset, bit) in flips(&closed.image, budget) {
        closed.flip(&file, offset, bit)?;
    }
    Ok(())
}

/// After a power cut that dropped everything unsynced, a flip is found, or
/// costs at most what came after the last proof of a sync.
pub(super) fn after_cut(
    subject: &Subject,
    budget: &Budget,
    script: &Script,
) -> Result<(), Failure> {
    let cut = Damaged::cut(subject, script)?;
    for (file, offset, bit) in flips(&cut.image, budget) {
        cut.flip(&file, offset, bit)?;
    }
    Ok(())
}

/// Bits to turn over: all of them, or of large images some of every part.
fn flips(image: &Image, budget: &Budget) -> impl Iterator<Item = (String, u64, u8)> {
    let bits: u64 = image.files().map(|(_, content)| 8 * content.len()).sum();
    let flips_max = budget.pick(FLIPS_MAX.0, FLIPS_MAX.1) as u64;
    // An odd step meets every bit of a byte in turn.
    let step = bits.div_ceil(flips_max).max(1) | 1;
    let of_file = move |name: Arc<str>, len: u64| {
        (0..8 * len)
            .step_by(usize::try_from(step).expect("a step within a file"))
            .map(move |at| (name.to_string(), at / 8, (at % 8) as u8))
    };
    let files: Vec<_> = image
        .files()
        .map(|(name, content)| (Arc::clone(name), content.len()))
        .collect();
    files
        .into_iter()
        .flat_map(move |(name, len)| of_file(name, len))
}

/// How many steps an engine takes at most before it is looked at again.
const STEPS_MAX: usize = 64;

/// The memory that an engine asked for while it was read, and its answer.
type Shown = (u64, Result<engine::Result<Vec<Entry>>, panics::Panic>);

/// An image, and what an engine may show of it when it is damaged.
pub(super) struct Damaged<'s> {
    subject: &'s Subject,
    script: Script,
    pub(super) image: Image,
    /// What it may show, the shortest first. The last is all there is.
    states: Vec<Arc<State>>,
    /// A flip has to be found even where it would change nothing.
    was_closed: bool,
}

impl<'s> Damaged<'s> {
    /// What is there after `script` and a close.
    pub(super) fn closed(subject: &'s Subject, script: &Script) -> Result<Self, Failure> {
        let mut trial = Trial::new(subject, durability(subject, script));
        trial.close_at_end = true;
        let result = trial.run(End::PowerCut, &script.ops);
        result.map_err(|problem| problem.failure(script))?;
        let mark = trial.expected.now();
        Ok(Damaged {
            subject,
            script: script.clone(),
            image: trial.disk.image(),
            states: vec![Arc::clone(&trial.expected.states[mark.last])],
            was_closed: true,
        })
    }

    /// What is there after `script` when the power is cut and drops everything
    /// that was not synced.
    pub(super) fn cut(subject: &'s Subject, script: &Script) -> Result<Self, Failure> {
        let mut trial = Trial::new(subject, durability(subject, script));
        let result = trial.run(End::PowerCut, &script.ops);
        result.map_err(|problem| problem.failure(script))?;
        let cut = Cut {
            at: trial.disk.changes(),
            image: 0,
        };
        let image = trial.disk.cut(cut);
        let mut undamaged = trial.resumed(SimDisk::from_image(&image), &trial.expected.now());
        let mut ops = script.ops.clone();
        ops.push(Op::Cut(cut));
        let script = with_ops(script, ops);
        let result = undamaged.run(End::PowerCut, &[]);
        result.map_err(|problem| problem.failure(&script))?;
        let shown = undamaged.first_shown.expect("it was opened");
        Ok(Damaged {
            subject,
            script,
            image,
            states: trial.expected.proven(shown),
            was_closed: false,
        })
    }

    /// Turns one bit over, opens the engine and reads everything.
    ///
    /// # Errors
    ///
    /// What it did instead of finding the damage.
    pub(super) fn flip(&self, file: &str, offset: u64, bit: u8) -> Result<(), Failure> {
        let flipped = self.image.with_flipped_bit(file, offset, bit);
        let examined = self
            .examine(self.shown(&flipped), &flipped, file, offset)
            .and_then(|()| self.maintain(&flipped, file, offset));
        let Err(failure) = examined else {
            return Ok(());
        };
        let mut ops = self.script.ops.clone();
        ops.push(Op::Flip(file.to_owned(), offset, bit));
        Err(failure.script(&with_ops(&self.script, ops)))
    }

    /// Lets an engine that opens on `flipped` do the work that it owes. What it
    /// makes of damaged files then is no sound file that shows less.
    fn maintain(&self, flipped: &Image, file: &str, offset: u64) -> Result<(), Failure> {
        let disk = SimDisk::from_image(flipped);
        let work = || -> engine::Result<bool> {
            let engine = self.open(&disk)?;
            let mut steps = 0;
            while steps < STEPS_MAX && engine.step() == Ok(Progress::Worked) {
                steps += 1;
            }
            Ok(engine.powers().maintenance.is_some())
        };
        match panics::caught(work) {
            // That it does not notice has been said, or is no mistake.
            Ok(Ok(true)) => {}
            Ok(Ok(false) | Err(_)) => return Ok(()),
            Err(panic) => return Err(Failure::panicked(Clause::DamageIsFound, &panic)),
        }
        let image = disk.image();
        match self.shown(&image) {
            (_, Ok(Ok(shown))) if self.may_show(&shown) => Ok(()),
            shown => self.examine(shown, &image, file, offset),
        }
    }

    /// What the engine shows of `image`, and how much memory that takes.
    fn shown(&self, image: &Image) -> Shown {
        let mut shown = Err(panics::Panic::default());
        let memory = allocations::measure(|| {
            shown = panics::caught(|| self.show(image));
        });
        (memory.most, shown)
    }

    fn may_show(&self, entries: &[Entry]) -> bool {
        let fingerprint = State::fingerprint_of_entries(entries);
        let is_found = |state: &Arc<State>| state.fingerprint == fingerprint;
        self.states.iter().any(is_found)
    }

    fn examine(
        &self,
        (bytes_max, shown): Shown,
        flipped: &Image,
        file: &str,
        offset: u64,
    ) -> Result<(), Failure> {
        let clause = Clause::DamageIsFound;
        let whole: u64 = flipped.files().map(|(_, content)| content.len()).sum();
        if bytes_max > MEMORY_BYTES + MEMORY_TIMES * whole {
            let what = "It believed a damaged length before it checked it.";
            return Err(Failure::new(clause, what)
                .expected(format!(
                    "little more memory than the {whole} bytes of its files"
                ))
                .found(format!("{bytes_max} bytes asked for")));
        }
        let found = match shown {
            Err(panic) => return Err(Failure::panicked(clause, &panic)),
            Ok(Err(Error::Corrupt { .. } | Error::Version { .. })) => return Ok(()),
            Ok(Err(error)) => {
                return Err(
                    Failure::new(clause, "It met damage and said something else.")
                        .expected("Corrupt or Version")
                        .found(format!("the error \"{error}\"")),
                );
            }
            Ok(Ok(found)) => found,
        };
        let states = || {
            let shown = |state: &Arc<State>| entries_shown(&state.entries());
            let states: Vec<String> = self.states.iter().map(shown).collect();
            states.join(", or\n")
        };
        if !self.may_show(&found) {
            let what = "A bit turned over, and it silently shows something else.";
            return Err(Failure::new(clause, what)
                .expected(format!("Corrupt, Version, or\n{}", states()))
                .found(entries_shown(&found)));
        }
        if self.was_closed && !self.is_dead(file, offset) {
            let what = "A bit turned over, and it did not notice.";
            return Err(Failure::new(clause, what)
                .expected("Corrupt or Version")
                .found(entries_shown(&found)));
        }
        Ok(())
    }

    /// Opens the engine on `image` and reads everything.
    fn show(&self, image: &Image) -> engine::Result<Vec<Entry>> {
        let engine = self.open(&SimDisk::from_image(image))?;
        let entries: Vec<Entry> = engine
            .entries(KeyRange::all(), Order::Ascending)?
            .collect::<engine::Result<_>>()?;
        for (key, _) in &entries {
            engine.get(key)?;
        }
        Ok(entries)
    }

    fn open(&self, disk: &SimDisk) -> engine::Result<Opened> {
        let durability = durability(self.subject, &self.script);
        self.subject.open(Arc::new(disk.clone()), durability)
    }

    fn is_dead(&self, file: &str, offset: u64) -> bool {
        let dead = self.subject.dead_bytes(&self.image, file);
        let offset = usize::try_from(offset).expect("an offset within a file");
        dead.iter().any(|range| range.contains(&offset))
    }
}

//! Cuts the power of one trial at every change, opens what is left, and does
//! the same to the recoveries.

use std::collections::{HashMap, HashSet};

use crate::report::Failure;
use crate::script::{Bytes, Op, Script};
use crate::sim::{Cut, Image, Reach, SimDisk, Undecided, Walk};
use crate::subject::Subject;
use crate::trial::Trial;
use crate::trial::expect::{End, Mark};
use crate::trial::problem::Problem;

/// How much is tried of one script.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Depth {
    /// Images of each cut.
    pub images: usize,
    /// Of so many recoveries one is itself cut at every change; the others
    /// only where something has just become durable.
    pub nested_every: usize,
    /// Images of each cut within a recovery.
    pub nested_images: usize,
    /// Where faults are tried: so many changes after the first failure, and
    /// before the end, the power is cut.
    pub near: usize,
}

/// What was tried.
#[derive(Debug, Clone, Default)]
pub(super) struct Tally {
    pub(super) scripts: u64,
    /// Places at which the power was cut, and those within recoveries.
    pub(super) cuts: u64,
    pub(super) nested_cuts: u64,
    /// Processes killed without a cut.
    pub(super) deaths: u64,
    pub(super) images: u64,
    pub(super) distinct: HashSet<u128>,
    pub(super) reach: Reach,
}

impl Tally {
    pub(super) fn add(&mut self, other: Tally) {
        self.scripts += other.scripts;
        self.cuts += other.cuts;
        self.nested_cuts += other.nested_cuts;
        self.deaths += other.deaths;
        self.images += other.images;
        self.distinct.extend(other.distinct);
        self.reach.add(&other.reach);
    }
}

/// Explores one script.
pub(crate) struct Cuts<'s> {
    subject: &'s Subject,
    depth: Depth,
    pub(super) tally: Tally,
    /// What each image of this script showed when it was opened.
    shown: HashMap<u128, u128>,
    /// Those images whose recovery was cut, too.
    explored: HashSet<u128>,
    /// Recoveries are cut, too, and processes killed.
    is_deep: bool,
    /// The first thing that went wrong after a second cut. It is reported
    /// only where nothing goes wrong after the first one: that is simpler.
    behind_two: Option<(Problem, Path)>,
}

/// What a recovery goes on with: one more write, which is dropped, and a sync
/// that makes it durable.
fn follow_up() -> [Op; 2] {
    [Op::Put(Bytes::from("z"), Bytes::from("9")), Op::Sync]
}

impl<'s> Cuts<'s> {
    pub(crate) fn new(subject: &'s Subject, depth: Depth) -> Self {
        Cuts {
            subject,
            depth,
            tally: Tally::default(),
            shown: HashMap::new(),
            explored: HashSet::new(),
            is_deep: true,
            behind_two: None,
        }
    }

    /// Plays `script` and cuts the power at each of its changes.
    ///
    /// # Errors
    ///
    /// The first thing that went wrong, with the script and the cut.
    pub(crate) fn script(&mut self, script: &Script) -> Result<(), Failure> {
        crate::watch::playing(script);
        self.forget();
        self.explore(script, true)
    }

    /// Plays `script`, cuts the power at each of its changes, and leaves it at
    /// that. What images showed is remembered from one script to the next.
    ///
    /// # Errors
    ///
    /// As [`script`](Self::script).
    pub(crate) fn shallow(&mut self, script: &Script) -> Result<(), Failure> {
        crate::watch::playing(script);
        self.explore(script, false)
    }

    /// Forgets what images showed: they may show something else to an engine
    /// of another durability.
    pub(crate) fn forget(&mut self) {
        self.shown.clear();
        self.explored.clear();
    }

    /// Answers whether a cut of a [`shallow`](Self::shallow) exploration is
    /// worth making: not long after the first failure, and in the end.
    fn is_near(&self, trial: &Trial<'_>, at: usize) -> bool {
        let failed = trial.first_failed.unwrap_or(usize::MAX);
        let near = self.depth.near;
        at >= failed && (at - failed <= near || trial.disk.changes() - at <= near)
    }

    fn explore(&mut self, script: &Script, is_deep: bool) -> Result<(), Failure> {
        self.is_deep = is_deep;
        self.tally.scripts += 1;
        let durability = script.durability.unwrap_or(self.subject.supported()[0]);
        let mut trial = Trial::new(self.subject, durability);
        if let Err(problem) = trial.run(End::PowerCut, &script.ops) {
            let ops = &script.ops[..trial.begun];
            return Err(problem.failure(&with_ops(script, ops)));
        }
        self.behind_two = None;
        let result = self
            .cut(&trial)
            .and_then(|()| self.behind_two.take().map_or(Ok(()), Err));
        result.map_err(|(problem, path)| {
            let ops = [&script.ops[..path.begun], &path.tail].concat();
            let mut failure = problem.failure(&with_ops(script, &ops));
            failure.trace = trace(&trial, path.at, &path.tail[0]);
            failure
        })
    }

    /// Cuts the power at each change of `trial`, and kills the process there.
    fn cut(&mut self, trial: &Trial<'_>) -> Result<(), (Problem, Path)> {
        let mut walk = trial.disk.walk();
        loop {
            let mark = trial.expected.at(walk.at());
            let is_wanted = self.is_deep || self.is_near(trial, walk.at());
            let images = if is_wanted { self.depth.images } else { 0 };
            self.tally.cuts += u64::from(is_wanted);
            for number in walk.numbers(images) {
                self.image(trial, &walk, &mark, number)?;
            }
            let is_undecided = walk.undecided() != Undecided::default();
            if self.is_deep && (is_undecided || mark.death != mark.power) {
                self.tally.deaths += 1;
                let at = walk.at();
                let path = Path::new(at, &mark, Op::KillAt(at));
                self.recovery(trial, walk.killed(), &mark, End::Death, path)?;
            }
            if !walk.advance(&mut self.tally.reach) {
                return Ok(());
            }
        }
    }

    /// Opens one image of a cut, and cuts the recovery unless the same image
    /// was there before.
    fn image(
        &mut self,
        trial: &Trial<'_>,
        walk: &Walk,
        mark: &Mark,
        number: usize,
    ) -> Result<(), (Problem, Path)> {
        let image = self.draw(walk, number);
        let fingerprint = image.fingerprint();
        let is_done = !self.is_deep || self.explored.contains(&fingerprint);
        if is_done && self.is_known(fingerprint, trial, mark) {
            return Ok(());
        }
        let disk = SimDisk::from_image(&image);
        let cut = Cut {
            at: walk.at(),
            image: number,
        };
        let path = Path::new(walk.at(), mark, Op::Cut(cut));
        let shown = self.recovery(trial, disk, mark, End::PowerCut, path)?;
        self.shown.insert(fingerprint, shown);
        if self.is_deep {
            self.explored.insert(fingerprint);
        }
        Ok(())
    }

    fn draw(&mut self, walk: &Walk, number: usize) -> Image {
        let image = walk.image(number, &mut self.tally.reach);
        self.tally.images += 1;
        self.tally.distinct.insert(image.fingerprint());
        image
    }

    /// Answers whether an image was opened before and showed what may be shown
    /// here, too.
    fn is_known(&self, fingerprint: u128, trial: &Trial<'_>, mark: &Mark) -> bool {
        let Some(shown) = self.shown.get(&fingerprint) else {
            return false;
        };
        let left = trial.expected.left(mark, End::PowerCut);
        left.iter().any(|state| state.fingerprint == *shown)
    }

    /// Opens the engine on what is left, goes on with it, and cuts that. The
    /// answer is the fingerprint of what it showed.
    fn recovery(
        &mut self,
        trial: &Trial<'_>,
        disk: SimDisk,
        mark: &Mark,
        end: End,
        path: Path,
    ) -> Result<u128, (Problem, Path)> {
        let ops = follow_up();
        let ops = if self.is_deep { &ops[..] } else { &[] };
        let mut next = trial.resumed(disk, mark);
        if let Err(problem) = next.run(end, ops) {
            let path = path.and(&ops[..next.begun]);
            let Some(shown) = next.first_shown else {
                return Err((problem, path));
            };
            self.behind_two.get_or_insert((problem, path));
            return Ok(shown);
        }
        let every = self.depth.nested_every as u64;
        let everywhere = (self.tally.images + self.tally.deaths).is_multiple_of(every);
        if self.is_deep
            && self.behind_two.is_none()
            && let Err((problem, rest)) = self.nested(&next, everywhere)
        {
            self.behind_two = Some((problem, path.and(&rest)));
        }
        Ok(next.first_shown.expect("it was opened"))
    }

    /// Cuts a recovery, and opens once more.
    fn nested(&mut self, trial: &Trial<'_>, everywhere: bool) -> Result<(), (Problem, Vec<Op>)> {
        let mut walk = trial.disk.walk();
        loop {
            let mark = trial.expected.at(walk.at());
            let images = match everywhere {
                true => self.depth.nested_images,
                // Where something has just been promised.
                false => usize::from(mark.at == walk.at()),
            };
            self.tally.nested_cuts += u64::from(images > 0);
            for number in walk.numbers(images) {
                let image = self.draw(&walk, number);
                let fingerprint = image.fingerprint();
                if self.is_known(fingerprint, trial, &mark) {
                    continue;
                }
                let mut last = trial.resumed(SimDisk::from_image(&image), &mark);
                if let Err(problem) = last.run(End::PowerCut, &[]) {
                    let cut = Cut {
                        at: walk.at(),
                        image: number,
                    };
                    let mut ops = follow_up()[..mark.begun].to_vec();
                    ops.push(Op::Cut(cut));
                    return Err((problem, ops));
                }
                let shown = last.first_shown.expect("it was opened");
                self.shown.insert(fingerprint, shown);
            }
            if !walk.advance(&mut Reach::default()) {
                return Ok(());
            }
        }
    }
}

/// The way from a script to a problem: the operations up to the cut, the cut,
/// and what came then.
struct Path {
    at: usize,
    begun: usize,
    tail: Vec<Op>,
}

impl Path {
    fn new(at: usize, mark: &Mark, cut: Op) -> Self {
        Path {
            at,
            begun: mark.begun,
            tail: vec![cut],
        }
    }

    fn and(mut self, ops: &[Op]) -> Self {
        self.tail.extend_from_slice(ops);
        self
    }
}

fn with_ops(script: &Script, ops: &[Op]) -> Script {
    Script {
        durability: script.durability,
        ops: ops.to_vec(),
    }
}

/// What the disk did up to the place where `end` ended it.
pub(super) fn trace(trial: &Trial<'_>, at: usize, end: &Op) -> Vec<String> {
    let changes = trial.disk.trace();
    let mut lines = vec!["What the disk did:".to_owned()];
    let skipped = at.saturating_sub(16);
    if skipped > 0 {
        lines.push(format!("     … {skipped} changes"));
    }
    for (place, change) in changes.iter().enumerate().take(at).skip(skipped) {
        lines.push(format!("{:>4} {change}", place + 1));
    }
    lines.push(match end {
        Op::KillAt(_) => "     — the process is killed —".to_owned(),
        Op::Cut(cut) => format!("     — the power is cut: {} —", cut.meaning()),
        other => format!("     — {other} —"),
    });
    lines
}

//! The engine under test: how it is opened, and what it claims.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use engine::disk::Disk;
use engine::sync::atomic::{AtomicU64, Ordering};
use engine::{Durability, Result, StorageEngine};

use crate::level::{Clause, Level};
use crate::place::Place;
use crate::sim::Image;

mod costs;
mod opened;

pub use costs::Costs;
pub use opened::{Opened, Powers};

/// An engine under test.
///
/// ```
/// # fn open() -> engine::Result<Box<dyn engine::StorageEngine>> { unimplemented!() }
/// use conformance::{Level, subject};
///
/// # fn example() {
/// // In a test called `ex_1_7_suite_core`:
/// subject!("Memory", |_disk, _durability| open()).check(Level::Core);
/// # }
/// ```
#[derive(Clone)]
pub struct Subject {
    name: String,
    package: String,
    rerun: Option<String>,
    open: Arc<OpenFn>,
    durabilities: Vec<Durability>,
    levels: Vec<Level>,
    expected_failures: Vec<(Level, String)>,
    on_real_disk: bool,
    at_one_moment: bool,
    patience: Duration,
    dead_bytes: Arc<DeadBytesFn>,
    costs: Option<Costs>,
}

type DeadBytesFn = dyn Fn(&Image, &str) -> Vec<Range<usize>> + Send + Sync;
type OpenFn = dyn Fn(Arc<dyn Disk>, Durability) -> Result<Opened> + Send + Sync;

/// Describes the engine under test: its name, and how it is opened on a disk
/// with a durability. It remembers the package of the caller, so that a
/// failure can say which command runs it again.
#[macro_export]
macro_rules! subject {
    ($name:expr, $open:expr $(,)?) => {
        $crate::Subject::new($name, $open).in_package(env!("CARGO_PKG_NAME"))
    };
    ($name:expr, $open:expr, $powers:expr $(,)?) => {
        $crate::Subject::with_powers($name, $open, $powers).in_package(env!("CARGO_PKG_NAME"))
    };
}

impl Subject {
    /// The engine called `name` that `open` opens. An engine in memory ignores
    /// the disk. It supports every durability and claims no level until told
    /// otherwise.
    pub fn new<E: StorageEngine + 'static>(
        name: impl Into<String>,
        open: impl Fn(Arc<dyn Disk>, Durability) -> Result<E> + Send + Sync + 'static,
    ) -> Self {
        Self::with_powers(name, open, |_| Powers::default())
    }

    /// As [`new`](Self::new), for an engine that can do more than the contract
    /// asks: `powers` lends what it can.
    pub fn with_powers<E: StorageEngine + 'static>(
        name: impl Into<String>,
        open: impl Fn(Arc<dyn Disk>, Durability) -> Result<E> + Send + Sync + 'static,
        powers: fn(&E) -> Powers<'_>,
    ) -> Self {
        let open = move |disk: Arc<dyn Disk>, durability| {
            let engine = open(disk, durability)?;
            Ok(Opened::new(engine, powers))
        };
        Subject {
            name: name.into(),
            package: env!("CARGO_PKG_NAME").to_owned(),
            rerun: None,
            open: Arc::new(open),
            durabilities: vec![Durability::Buffered, Durability::Os, Durability::Always],
            levels: Vec::new(),
            expected_failures: Vec::new(),
            on_real_disk: false,
            at_one_moment: false,
            // Miri is a few hundred times slower.
            patience: Duration::from_secs(if cfg!(miri) { 3600 } else { 10 }),
            dead_bytes: Arc::new(|_, _| Vec::new()),
            costs: None,
        }
    }

    /// Names the package whose tests check the subject.
    #[must_use]
    pub fn in_package(mut self, package: &str) -> Self {
        package.clone_into(&mut self.package);
        self
    }

    /// Names the command that plays a failing script again, where that is no
    /// test of its package. The name of the level stands after it, and the
    /// script is in `STRATA_SCRIPT`.
    #[must_use]
    pub fn rerun_by(mut self, command: &str) -> Self {
        self.rerun = Some(command.to_owned());
        self
    }

    /// Says which durabilities the engine can be opened with.
    #[must_use]
    pub fn durabilities(mut self, durabilities: &[Durability]) -> Self {
        assert!(!durabilities.is_empty(), "an engine has some durability");
        self.durabilities = durabilities.to_vec();
        self
    }

    /// Says which levels [`check_all`](Self::check_all) checks.
    #[must_use]
    pub fn claims(mut self, levels: &[Level]) -> Self {
        self.levels.extend_from_slice(levels);
        self
    }

    /// Says that `level` fails until what `turned_green_by` names is done:
    /// `"chapter 6"`. Checking the level then passes exactly if it fails.
    #[must_use]
    pub fn expect_failure(mut self, level: Level, turned_green_by: &str) -> Self {
        self.levels.push(level);
        self.expected_failures
            .push((level, turned_green_by.to_owned()));
        self
    }

    /// Says which bytes of a closed file are dead: nothing depends on them, so
    /// that a flip there may go unnoticed. `dead` is given all files and the
    /// name of one, and answers with ranges of its bytes. Without it every byte
    /// is live.
    #[must_use]
    pub fn with_dead_bytes(
        mut self,
        dead: impl Fn(&Image, &str) -> Vec<Range<usize>> + Send + Sync + 'static,
    ) -> Self {
        self.dead_bytes = Arc::new(dead);
        self
    }

    /// The dead bytes of the file of that name, among the closed files of
    /// `image`, see [`with_dead_bytes`](Self::with_dead_bytes).
    pub fn dead_bytes(&self, image: &Image, file: &str) -> Vec<Range<usize>> {
        (self.dead_bytes)(image, file)
    }

    /// Says what the engine costs at most, for level core to hold it to: a
    /// promise beyond the contract, which only engines give that are made for
    /// it.
    #[must_use]
    pub fn costs_at_most(self, costs: Costs) -> Self {
        Subject {
            costs: Some(costs),
            ..self
        }
    }

    /// What the engine promises to cost, if it promises that.
    pub fn promised_costs(&self) -> Option<Costs> {
        self.costs
    }

    /// The same engine on the operating system's disk, in temporary folders,
    /// instead of the simulated one.
    #[must_use]
    pub fn on_real_disk(mut self) -> Self {
        self.on_real_disk = true;
        self.name.push_str(" on the real disk");
        self
    }

    /// The same engine, whose scans are held to one moment each, as level
    /// snapshot asks.
    #[must_use]
    pub(crate) fn at_one_moment(&self) -> Self {
        Subject {
            at_one_moment: true,
            ..self.clone()
        }
    }

    /// The same engine; each time that it is opened, `openings` grows by one.
    #[must_use]
    pub(crate) fn counted(&self, openings: &Arc<AtomicU64>) -> Self {
        let (open, openings) = (Arc::clone(&self.open), Arc::clone(openings));
        Subject {
            open: Arc::new(move |disk, durability| {
                openings.fetch_add(1, Ordering::Relaxed);
                open(disk, durability)
            }),
            ..self.clone()
        }
    }

    /// Answers whether its scans are held to one moment each.
    pub(crate) fn is_at_one_moment(&self) -> bool {
        self.at_one_moment
    }

    /// Says after how long an operation that has not returned never will.
    #[must_use]
    pub fn with_patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// The engine's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The package whose tests check it.
    pub fn package(&self) -> &str {
        &self.package
    }

    /// The command that plays a failing script again, see
    /// [`rerun_by`](Self::rerun_by).
    pub fn rerun(&self) -> Option<&str> {
        self.rerun.as_deref()
    }

    /// The durabilities that it supports.
    pub fn supported(&self) -> &[Durability] {
        &self.durabilities
    }

    /// The levels that it claims, expected failures included.
    pub fn claimed(&self) -> &[Level] {
        &self.levels
    }

    /// What will turn `level` green, where it is expected to fail.
    pub fn expected_failure(&self, level: Level) -> Option<&str> {
        let expected = self.expected_failures.iter().find(|(l, _)| *l == level)?;
        Some(&expected.1)
    }

    /// After how long an operation that has not returned never will.
    pub fn patience(&self) -> Duration {
        self.patience
    }

    /// Opens the engine.
    ///
    /// # Errors
    ///
    /// What the engine answers.
    pub fn open(&self, disk: Arc<dyn Disk>, durability: Durability) -> Result<Opened> {
        crate::watch::beat();
        (self.open)(disk, durability)
    }

    /// An empty place for it to be opened in.
    pub fn place(&self) -> Place {
        #[cfg(any(unix, windows))]
        if self.on_real_disk {
            return Place::real();
        }
        Place::simulated()
    }

    /// Answers whether its places are on the operating system's disk, where
    /// everything takes longer.
    pub fn is_on_real_disk(&self) -> bool {
        self.on_real_disk
    }

    /// Runs the checks of `level`, and panics with the first failure.
    ///
    /// # Panics
    ///
    /// When the engine breaks a clause, with a message that says which and how
    /// to see it again; with the engine's own panic, when that says that an
    /// exercise is still to be done.
    #[track_caller]
    pub fn check(&self, level: Level) {
        crate::suite::check(self, level, |_| true);
    }

    /// Runs those checks of `level` that belong to one of `clauses`.
    ///
    /// # Panics
    ///
    /// As [`check`](Self::check) does.
    #[track_caller]
    pub fn check_clauses(&self, level: Level, clauses: &[Clause]) {
        crate::suite::check(self, level, |check| clauses.contains(&check.clause));
    }

    /// Runs those checks of `level` that are called one of `names`.
    ///
    /// # Panics
    ///
    /// As [`check`](Self::check) does, and where a name is none of the
    /// level's.
    #[track_caller]
    pub fn check_named(&self, level: Level, names: &[&str]) {
        for name in names {
            assert!(
                level.checks().iter().any(|check| check.name == *name),
                "level {level} has no check called `{name}`"
            );
        }
        crate::suite::check(self, level, |check| names.contains(&check.name));
    }

    /// Runs the checks of every level that the engine claims.
    ///
    /// # Panics
    ///
    /// As [`check`](Self::check) does.
    #[track_caller]
    pub fn check_all(&self) {
        assert!(!self.levels.is_empty(), "{} claims no level", self.name);
        for &level in &self.levels {
            self.check(level);
        }
    }
}

impl fmt::Debug for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Subject")
            .field("name", &self.name)
            .field("levels", &self.levels)
            .finish_non_exhaustive()
    }
}

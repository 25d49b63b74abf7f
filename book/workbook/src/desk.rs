//! The reader's desk: the workspace, the book's table of contents, and the
//! verdicts so far.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Result;

use crate::edition;
use crate::exercise::{self, ExerciseId};
use crate::judge::{self, Assignment, Judge};
use crate::keep::FOLDER;
use crate::mirror;
use crate::outline::{self, Outline};
use crate::progress::{ChapterVerdict, Place, Progress, Reading, State, Verdict};
use crate::runner::{Cancel, Listener, Turn};
use crate::standing;
use crate::store::{Store, fingerprint, own};
use crate::workspace::{Chapter, Workspace};

/// Who may end the judging of a chapter, and who hears how far it is.
#[derive(Debug, Clone, Default)]
pub struct Under {
    /// Ends it early.
    pub cancel: Cancel,
    /// Hears of each package that is compiled and each test that is run.
    pub listener: Listener,
}

/// What every command of readers needs.
#[derive(Debug)]
pub struct Desk {
    workspace: Workspace,
    outline: Outline,
    target_dir: PathBuf,
    store: Store,
    judge: Judge,
    outdated: Vec<u32>,
    /// Why what the reader writes is not mirrored, if it is not.
    unmirrored: Option<anyhow::Error>,
    /// Whether somebody was told.
    has_said: bool,
}

impl Desk {
    /// Lays out the desk of the workspace around `start`.
    ///
    /// # Errors
    ///
    /// Fails if there is no workspace, or no table of contents in it.
    pub fn at(start: &Path) -> Result<Self> {
        let workspace = Workspace::find(start)?;
        let outline = Outline::read(workspace.root())?;
        let target_dir = workspace.target_dir();
        let mut unmirrored = None;
        for chapter in workspace.written() {
            unmirrored = watch_over(&workspace, chapter).err().or(unmirrored);
        }
        // A chapter that cannot be compared, or not be remembered as it came,
        // counts as unchanged.
        let differs = |chapter: &&Chapter| edition::differs(&workspace, chapter).unwrap_or(false);
        let outdated = workspace.written().filter(differs);
        let judge = Judge {
            turn: Turn::of_a_command(turn(&target_dir, workspace.root())),
            ..Judge::new(workspace.root())
        };
        Ok(Self {
            outdated: outdated.map(|chapter| chapter.number).collect(),
            store: Store::open(&target_dir, workspace.root()),
            judge,
            outline,
            target_dir,
            workspace,
            unmirrored,
            has_said: false,
        })
    }

    /// Says, once, that what the reader writes is not mirrored, if that is so.
    pub fn say_what_is_not_mirrored(&mut self) {
        if let Some(error) = self.unmirrored.as_ref().filter(|_| !self.has_said) {
            let text = format!("Your work is not being mirrored in {FOLDER}:\n    {error:#}");
            eprintln!("{text}\n");
            self.has_said = true;
        }
    }

    /// Stops tests that run longer than this, in place of the usual limit.
    pub fn limit(&mut self, time: Duration) {
        self.judge.limits.time = time;
    }

    /// Judges for the book that is open, of which commands are told if they
    /// have to wait for it.
    pub fn judges_for_the_book(&mut self) {
        let file = turn(&self.target_dir, self.workspace.root());
        self.judge.turn = Turn::of_the_book(file);
    }

    /// The workspace.
    pub fn workspace(&self) -> &Workspace {
        &self.workspace
    }

    /// The book's table of contents.
    pub fn outline(&self) -> &Outline {
        &self.outline
    }

    /// Where cargo and this program put what they make.
    pub fn target_dir(&self) -> &Path {
        &self.target_dir
    }

    /// Where the rendered book is.
    pub fn book_dir(&self) -> PathBuf {
        self.target_dir.join("book")
    }

    /// Reads the table of contents again, after an edit of the book.
    ///
    /// # Errors
    ///
    /// Fails, and keeps the last one, if it cannot be read.
    pub fn reread_outline(&mut self) -> Result<()> {
        self.outline = Outline::read(self.workspace.root())?;
        Ok(())
    }

    /// What is known without running anything, and the chapters that have to
    /// be judged to know the rest.
    pub fn known(&self) -> (Progress, Vec<u32>) {
        let chapters = self.workspace.chapters();
        let mut progress = Progress::new(&self.outline, chapters);
        let mut open = Vec::new();
        for chapter in chapters {
            let Some(shown) = progress.chapter_mut(chapter.number) else {
                continue;
            };
            shown.builds_on = standing::own_below(&self.workspace, chapter).unwrap_or_default();
            match self.known_of(chapter) {
                Some(verdict) => progress.apply(chapter.number, &verdict),
                None => {
                    // Better than nothing until it is judged again.
                    if let Some(verdict) = self.store.last(chapter.number) {
                        progress.apply(chapter.number, verdict);
                    }
                    open.push(chapter.number);
                }
            }
        }
        (progress, open)
    }

    /// Where to write an exercise: at its first `todo!`, or, if none is left,
    /// at its first function. As the source stands now, whatever was judged.
    pub fn place_of(&self, id: ExerciseId) -> Option<Place> {
        let chapter = self.workspace.chapter(id.chapter).ok()?;
        let functions = exercise::of_crate(self.workspace.root(), &chapter.dir()).ok()?;
        let own = || functions.iter().filter(|function| function.id == id);
        let open = own().find(|function| function.unwritten);
        let place = open.map(|function| function.at(function.first_line));
        place.or_else(|| own().next().map(|function| function.at(function.line)))
    }

    /// Where to write what is next.
    pub fn place_of_next(&self, progress: &Progress) -> Option<Place> {
        self.place_of(progress.next.as_deref()?.parse().ok()?)
    }

    /// Whether every exercise of a chapter still is its `todo!`.
    pub fn is_untouched(&self, chapter: &Chapter) -> bool {
        self.judge.untouched(&self.assignment(chapter)).is_some()
    }

    fn known_of(&self, chapter: &Chapter) -> Option<ChapterVerdict> {
        let untouched = || self.judge.untouched(&self.assignment(chapter));
        self.fresh(chapter).or_else(untouched)
    }

    /// The kept verdict on a chapter, if its sources are still those it judged.
    pub fn fresh(&self, chapter: &Chapter) -> Option<ChapterVerdict> {
        let print = fingerprint(&self.workspace, chapter).ok()?;
        self.store.fresh(chapter.number, print).cloned()
    }

    /// Judges a chapter from scratch and keeps the verdict.
    ///
    /// `None` if `cancel` ended it.
    ///
    /// # Errors
    ///
    /// Fails if a test cannot be run, or the verdict not be kept.
    pub fn judge(
        &mut self,
        chapter: &Chapter,
        under: &Under,
        on_verdict: impl FnMut(ExerciseId, &Verdict),
    ) -> Result<Option<ChapterVerdict>> {
        if let Err(error) = watch_over(&self.workspace, chapter) {
            self.unmirrored.get_or_insert(error);
            self.say_what_is_not_mirrored();
        }
        // Before the tests: an edit meanwhile must not look judged.
        let print = fingerprint(&self.workspace, chapter)?;
        let verdict = self.run(&self.assignment(chapter), under, on_verdict)?;
        if let Some(verdict) = &verdict {
            not_remembered(self.store.keep(chapter.number, print, verdict.clone()));
        }
        Ok(verdict)
    }

    /// Judges, and adds to each verdict what to read again.
    fn run(
        &self,
        assignment: &Assignment<'_>,
        under: &Under,
        mut on_verdict: impl FnMut(ExerciseId, &Verdict),
    ) -> Result<Option<ChapterVerdict>> {
        let judge = Judge {
            cancel: under.cancel.clone(),
            listener: under.listener.clone(),
            ..self.judge.clone()
        };
        let judged = judge.judge(assignment, |id, verdict| {
            on_verdict(id, &self.with_readings(id, verdict.clone()));
        })?;
        Ok(judged.map(|mut judged| {
            for (id, verdict) in &mut judged.exercises {
                if let Ok(id) = id.parse() {
                    *verdict = self.with_readings(id, verdict.clone());
                }
            }
            judged
        }))
    }

    fn with_readings(&self, id: ExerciseId, mut verdict: Verdict) -> Verdict {
        let wrong = verdict.state.is_failure() && verdict.state != State::CompileError;
        if wrong && verdict.reread.is_empty() {
            let page = self.outline.exercise(id).map(|entry| {
                let title = format!("{id} {}", entry.title);
                outline::reading(&title, &entry.page, None)
            });
            let clause = verdict.clause.and_then(|number| self.clause(number));
            verdict.reread = page.into_iter().chain(clause).collect();
        }
        verdict
    }

    /// Where the book says what a clause of the contract asks for.
    fn clause(&self, number: u32) -> Option<Reading> {
        outline::heading(
            self.workspace.root(),
            &self.outline,
            &format!("clause-{number}"),
        )
    }

    /// The chapters of which the workbook ships another edition than the one
    /// that the reader began with, and in which that changes something.
    pub fn outdated(&self) -> &[u32] {
        &self.outdated
    }

    /// Judges an exercise and those before it in its chapter, itself first. Of
    /// a chapter that nobody has touched the sources say it all, and nothing is
    /// compiled.
    ///
    /// `None` if it was cancelled.
    ///
    /// # Errors
    ///
    /// Fails if a test cannot be run.
    pub fn judge_through(
        &mut self,
        chapter: &Chapter,
        through: ExerciseId,
        under: &Under,
        mut on_verdict: impl FnMut(ExerciseId, &Verdict),
    ) -> Result<Option<ChapterVerdict>> {
        let mut assignment = self.assignment(chapter);
        assignment.exercises.retain(|id| *id <= through);
        assignment.first = Some(through);
        if let Some(untouched) = self.judge.untouched(&assignment) {
            for id in judge::in_order(&assignment) {
                if let Some(verdict) = untouched.of(id) {
                    on_verdict(id, verdict);
                }
            }
            return Ok(Some(untouched));
        }
        let print = fingerprint(&self.workspace, chapter)?;
        let verdict = self.run(&assignment, under, on_verdict)?;
        if let Some(verdict) = &verdict {
            not_remembered(self.store.keep_part(chapter.number, print, verdict.clone()));
        }
        Ok(verdict)
    }

    /// A whole chapter, the exercise under work first: by the last verdict,
    /// the first that was not solved.
    fn assignment<'c>(&self, chapter: &'c Chapter) -> Assignment<'c> {
        let listed = self.outline.exercises.iter().map(|entry| entry.id);
        let exercises: Vec<_> = listed.filter(|id| id.chapter == chapter.number).collect();
        let last = self.store.last(chapter.number);
        let is_solved = |id: &ExerciseId| last.is_some_and(|verdict| verdict.is_solved(*id));
        Assignment {
            chapter,
            first: exercises.iter().copied().find(|id| !is_solved(id)),
            solved: exercises.iter().copied().filter(is_solved).collect(),
            exercises,
        }
    }
}

/// The file that the book locks while it compiles.
fn turn(target_dir: &Path, root: &Path) -> PathBuf {
    target_dir.join("strata").join(own(root, "turn", "lock"))
}

/// Mirrors what the reader wrote, and says what was lost since the last time.
fn watch_over(workspace: &Workspace, chapter: &Chapter) -> Result<()> {
    if let Some(lost) = mirror::look(workspace, chapter)? {
        eprintln!("{}\n", lost.told());
    }
    Ok(())
}

/// A verdict that cannot be kept only costs time: it is known all the same.
fn not_remembered(kept: Result<()>) {
    if let Err(error) = kept {
        eprintln!("This verdict will not be remembered:\n    {error:#}");
    }
}

//! The live desk: saves come in, verdicts and a fresh book go out.
//!
//! One thread judges, one renders. A save during judging stops it and begins
//! anew, so no chapter is judged twice at the same time.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Instant;

use anyhow::Result;
use tokio::sync::{broadcast, watch};

use crate::book;
use crate::desk::Desk;
use crate::outline::Outline;
use crate::progress::{ChapterVerdict, ExerciseProgress, Progress, State};
use crate::report;
use crate::runner::Cancel;
use crate::watch::{Changes, Watch};
use crate::workspace::{Chapter, Workspace};

/// Where verdicts and news of the book come from.
#[derive(Debug)]
pub struct Live {
    progress: watch::Sender<Arc<Progress>>,
    book: broadcast::Sender<Arc<Vec<String>>>,
    work: Arc<Work>,
    threads: Vec<JoinHandle<()>>,
    _watch: Watch,
}

/// What is to be done, and what is being done.
#[derive(Debug, Default)]
struct Work {
    todo: Mutex<Todo>,
    news: Condvar,
}

#[derive(Debug, Default)]
struct Todo {
    chapters: BTreeSet<u32>,
    /// Chapters to judge even though nothing changed.
    forced: BTreeSet<u32>,
    render: bool,
    reread: bool,
    stop: bool,
    /// The chapter that is being judged, and how to stop it.
    judging: Option<(u32, Cancel)>,
}

impl Work {
    fn todo(&self) -> MutexGuard<'_, Todo> {
        self.todo.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn saved(&self, changes: &Changes) {
        let mut todo = self.todo();
        todo.render |= changes.book;
        todo.chapters.extend(&changes.chapters);
        if let Some((chapter, cancel)) = &todo.judging
            && changes.chapters.contains(chapter)
        {
            cancel.cancel();
        }
        self.news.notify_all();
    }

    fn stop(&self) {
        let mut todo = self.todo();
        todo.stop = true;
        if let Some((_, cancel)) = &todo.judging {
            cancel.cancel();
        }
        self.news.notify_all();
    }

    /// Waits until `take` answers something, or for the end.
    fn next<T>(&self, mut take: impl FnMut(&mut Todo) -> Option<T>) -> Option<T> {
        let mut todo = self.todo();
        loop {
            if todo.stop {
                return None;
            }
            if let Some(found) = take(&mut todo) {
                return Some(found);
            }
            todo = self.news.wait(todo).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

impl Live {
    /// Renders the book, begins to watch, and judges what is not known yet.
    ///
    /// A book that cannot be rendered is reported; the last good one stays.
    ///
    /// # Errors
    ///
    /// Fails if the files cannot be watched.
    pub fn start(desk: Desk) -> Result<Self> {
        let (mut progress, open) = desk.known();
        progress.book_trouble = render(desk.workspace().root(), &desk.book_dir()).err();
        let work = Arc::new(Work::default());
        {
            let mut todo = work.todo();
            todo.chapters.extend(open);
            // Judging the chapter under work at once also compiles what the
            // first save will need.
            let current = progress.next.as_deref().and_then(|id| id.parse().ok());
            let current = current.map(|id: crate::exercise::ExerciseId| id.chapter);
            todo.forced.extend(current);
        }
        let watch = Watch::start(desk.workspace().root(), desk.workspace().chapters(), {
            let work = Arc::clone(&work);
            let workspace = desk.workspace().clone();
            move |changes| work.saved(&with_dependents(changes, &workspace))
        })?;
        let (progress, _) = watch::channel(Arc::new(progress));
        let (book, _) = broadcast::channel(16);
        let renderer = Renderer {
            root: desk.workspace().root().to_path_buf(),
            out: desk.book_dir(),
            work: Arc::clone(&work),
            progress: progress.clone(),
            book: book.clone(),
        };
        let judging = Judging {
            desk,
            work: Arc::clone(&work),
            progress: progress.clone(),
        };
        let threads = vec![
            thread::spawn(move || judging.run()),
            thread::spawn(move || renderer.run()),
        ];
        Ok(Self {
            progress,
            book,
            work,
            threads,
            _watch: watch,
        })
    }

    /// The progress now and whenever it changes.
    pub fn progress(&self) -> watch::Receiver<Arc<Progress>> {
        self.progress.subscribe()
    }

    /// The pages that changed, whenever the book was rendered again.
    pub fn book(&self) -> broadcast::Receiver<Arc<Vec<String>>> {
        self.book.subscribe()
    }

    /// Stops running tests and waits for the threads.
    pub fn stop(mut self) {
        self.work.stop();
        for thread in self.threads.drain(..) {
            // A thread that panicked has said so.
            let _ = thread.join();
        }
    }
}

/// Adds the chapters that are built on those that changed: their manifests
/// name the folder.
fn with_dependents(mut changes: Changes, workspace: &Workspace) -> Changes {
    for chapter in workspace.chapters() {
        let path = workspace.root().join(chapter.dir()).join("Cargo.toml");
        let manifest = fs::read_to_string(path).unwrap_or_default();
        let stands_on = |below: &&Chapter| {
            changes.chapters.contains(&below.number)
                && manifest.contains(&format!("../{}\"", below.folder))
        };
        if workspace.chapters().iter().any(|c| stands_on(&c)) {
            changes.chapters.insert(chapter.number);
        }
    }
    changes
}

/// The thread that judges.
struct Judging {
    desk: Desk,
    work: Arc<Work>,
    progress: watch::Sender<Arc<Progress>>,
}

enum Task {
    Judge {
        number: u32,
        forced: bool,
        cancel: Cancel,
    },
    Reread,
}

impl Judging {
    fn run(mut self) {
        let work = Arc::clone(&self.work);
        while let Some(task) = work.next(Self::take) {
            match task {
                Task::Reread => self.reread(),
                Task::Judge {
                    number,
                    forced,
                    cancel,
                } => self.judge(number, forced, cancel),
            }
        }
    }

    fn take(todo: &mut Todo) -> Option<Task> {
        todo.judging = None;
        if std::mem::take(&mut todo.reread) {
            return Some(Task::Reread);
        }
        let number = todo.forced.first().or(todo.chapters.first()).copied()?;
        todo.chapters.remove(&number);
        let forced = todo.forced.remove(&number);
        let cancel = Cancel::default();
        todo.judging = Some((number, cancel.clone()));
        Some(Task::Judge {
            number,
            forced,
            cancel,
        })
    }

    /// Takes over titles and pages from a table of contents that changed.
    fn reread(&mut self) {
        if self.desk.reread_outline().is_err() {
            // Rendering the book has reported it.
            return;
        }
        let (mut fresh, open) = self.desk.known();
        self.progress.send_modify(|progress| {
            fresh.book_trouble.clone_from(&progress.book_trouble);
            for number in open {
                fresh.keep_of(number, progress);
            }
            *progress = Arc::new(fresh);
        });
    }

    fn judge(&mut self, number: u32, forced: bool, cancel: Cancel) {
        let Ok(chapter) = self.desk.workspace().chapter(number).cloned() else {
            return;
        };
        if self.progress.borrow().chapter(number).is_none() {
            return;
        }
        if let Some(known) = self.desk.fresh(&chapter).filter(|_| !forced) {
            self.edit(|progress| {
                progress.set_judging(number, false);
                progress.apply(number, &known);
            });
            return;
        }
        self.edit(|progress| progress.set_judging(number, true));
        let before = Arc::clone(&self.progress.borrow());
        let started = Instant::now();
        let publish = self.progress.clone();
        let judged = self.desk.judge(&chapter, cancel, |id, verdict| {
            publish.send_modify(|progress| {
                let mut known = ChapterVerdict::default();
                known.exercises.insert(id.to_string(), verdict.clone());
                Arc::make_mut(progress).apply(number, &known);
            });
        });
        match judged {
            Ok(Some(verdict)) => {
                self.edit(|progress| {
                    progress.set_judging(number, false);
                    progress.apply(number, &verdict);
                });
                self.say(&before, &chapter, started, forced);
            }
            // The save that stopped it comes next.
            Ok(None) => {}
            Err(error) => {
                self.edit(|progress| progress.set_judging(number, false));
                eprintln!("Chapter {number} cannot be judged: {error:#}");
            }
        }
    }

    fn edit(&self, edit: impl FnOnce(&mut Progress)) {
        self.progress
            .send_modify(|progress| edit(Arc::make_mut(progress)));
    }

    /// Tells the terminal what changed, and how the exercise under work stands.
    fn say(&self, before: &Progress, chapter: &Chapter, started: Instant, quiet: bool) {
        let now = Arc::clone(&self.progress.borrow());
        let Some(judged) = now.chapter(chapter.number) else {
            return;
        };
        let seconds = started.elapsed().as_secs_f32();
        report::say(&format!(
            "\n{}. {}, judged in {seconds:.1} s\n",
            judged.number, judged.title
        ));
        if let Some(trouble) = &judged.trouble {
            report::say(&report::failure(trouble, 2));
            return;
        }
        let was = |e: &ExerciseProgress| before.exercise(&e.id).map(|e| e.verdict.state);
        let current = judged.exercises.iter().find(|e| !e.is_solved());
        for exercise in &judged.exercises {
            let is_current = current.is_some_and(|c| c.id == exercise.id);
            let state = exercise.verdict.state;
            let is_news = was(exercise) != Some(state) && was(exercise) != Some(State::Unknown);
            if is_current && state.is_failure() {
                report::say(&report::exercise(exercise, &exercise.verdict));
            } else if is_current || is_news && !quiet {
                report::say(&report::line(exercise, &exercise.verdict));
            }
        }
        if current.is_none() {
            report::say(&format!(
                "Every exercise of this chapter is solved.\n{}",
                report::next(&now)
            ));
        }
    }
}

/// The thread that renders the book.
struct Renderer {
    root: PathBuf,
    out: PathBuf,
    work: Arc<Work>,
    progress: watch::Sender<Arc<Progress>>,
    book: broadcast::Sender<Arc<Vec<String>>>,
}

impl Renderer {
    fn run(self) {
        let wanted = |todo: &mut Todo| std::mem::take(&mut todo.render).then_some(());
        while self.work.next(wanted).is_some() {
            // A thread of its own: what parsing remembers of a source ends
            // with the thread that parsed it.
            let rendered = thread::scope(|scope| {
                let render = scope.spawn(|| render(&self.root, &self.out));
                render
                    .join()
                    .unwrap_or_else(|_| Err("rendering the book panicked".to_owned()))
            });
            let trouble = rendered.as_ref().err().cloned();
            let had_trouble = self.progress.borrow().book_trouble.is_some();
            self.progress.send_if_modified(|progress| {
                let differs = progress.book_trouble != trouble;
                if differs {
                    Arc::make_mut(progress).book_trouble = trouble;
                }
                differs
            });
            let Ok(changed) = rendered else { continue };
            if had_trouble {
                report::say("\nThe book is in order again.\n");
            }
            if !changed.is_empty() {
                // Nobody listens while no page is open.
                let _ = self.book.send(Arc::new(changed));
                self.work.todo().reread = true;
                self.work.news.notify_all();
            }
        }
    }
}

/// Renders the book; what is wrong with it is said and handed back.
fn render(root: &Path, out: &Path) -> Result<Vec<String>, String> {
    // The table of contents is checked first: without it no verdict has a page.
    let built = Outline::read(root).and_then(|_| book::build(root, out));
    built.map(|built| built.changed).map_err(|error| {
        let words = format!("{error:#}");
        eprintln!("\nThe book has a fault; its last good state is shown meanwhile.\n{words}");
        words
    })
}

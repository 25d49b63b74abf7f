//! The live desk: saves come in, verdicts and a fresh book go out.
//!
//! One thread judges, one renders. A save during judging stops it and begins
//! anew, so no chapter is judged twice at the same time.

mod judging;
mod rendering;
mod work;

use std::fs;
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use anyhow::Result;
use tokio::sync::{broadcast, watch};

use crate::desk::Desk;
use crate::exercise::ExerciseId;
use crate::progress::Progress;
use crate::watch::{Changes, Watch};
use crate::workspace::{Chapter, Workspace};

use judging::Judging;
use rendering::{Renderer, render};
use work::Work;

/// Where verdicts and news of the book come from.
#[derive(Debug)]
pub struct Live {
    progress: watch::Sender<Arc<Progress>>,
    book: broadcast::Sender<Arc<Vec<String>>>,
    work: Arc<Work>,
    threads: Vec<JoinHandle<()>>,
    _watch: Watch,
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
            let current = current.map(|id: ExerciseId| id.chapter);
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
        let judging = Judging::new(desk, Arc::clone(&work), progress.clone());
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

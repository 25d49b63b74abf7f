//! What the threads have to do, and how they are told.

use std::collections::BTreeSet;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use crate::runner::Cancel;
use crate::watch::Changes;

/// What is to be done, and what is being done.
#[derive(Debug, Default)]
pub(super) struct Work {
    todo: Mutex<Todo>,
    news: Condvar,
}

/// What is to be done.
#[derive(Debug, Default)]
pub(super) struct Todo {
    /// Chapters to judge if their sources changed since the last verdict.
    pub(super) chapters: BTreeSet<u32>,
    /// Chapters to judge even though nothing changed.
    pub(super) forced: BTreeSet<u32>,
    /// Whether to render the book.
    pub(super) render: bool,
    /// Whether to read the table of contents again.
    pub(super) reread: bool,
    /// The chapter that is being judged, and how to stop it.
    pub(super) judging: Option<(u32, Cancel)>,
    stop: bool,
}

impl Work {
    /// The list, to add to it.
    pub(super) fn todo(&self) -> MutexGuard<'_, Todo> {
        self.todo.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes note of a save, and stops judging what it changed.
    pub(super) fn saved(&self, changes: &Changes) {
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

    /// The book was rendered anew; its table of contents may have changed.
    pub(super) fn rendered(&self) {
        self.todo().reread = true;
        self.news.notify_all();
    }

    /// Ends what is under way, and the threads.
    pub(super) fn stop(&self) {
        let mut todo = self.todo();
        todo.stop = true;
        if let Some((_, cancel)) = &todo.judging {
            cancel.cancel();
        }
        self.news.notify_all();
    }

    /// Waits until `take` answers something, or for the end.
    pub(super) fn next<T>(&self, mut take: impl FnMut(&mut Todo) -> Option<T>) -> Option<T> {
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

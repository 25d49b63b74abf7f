//! The thread that renders the book.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;

use tokio::sync::{broadcast, watch};

use super::work::{Todo, Work};
use crate::book;
use crate::outline::Outline;
use crate::progress::Progress;
use crate::report;

/// The thread that renders the book.
pub(super) struct Renderer {
    pub(super) root: PathBuf,
    pub(super) out: PathBuf,
    pub(super) work: Arc<Work>,
    pub(super) progress: watch::Sender<Arc<Progress>>,
    pub(super) book: broadcast::Sender<Arc<Vec<String>>>,
}

impl Renderer {
    /// Renders until the work is stopped.
    pub(super) fn run(self) {
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
                self.work.rendered();
            }
        }
    }
}

/// Renders the book; what is wrong with it is said and handed back.
pub(super) fn render(root: &Path, out: &Path) -> Result<Vec<String>, String> {
    // The table of contents is checked first: without it no verdict has a page.
    let built = Outline::read(root).and_then(|_| book::build(root, out));
    built.map(|built| built.changed).map_err(|error| {
        let words = format!("{error:#}");
        let what = match is_of_the_disk(&error) {
            true => "The book cannot be written; what was written before is shown meanwhile.",
            false => "The book has a fault; its last good state is shown meanwhile.",
        };
        eprintln!("\n{what}\n{words}");
        words
    })
}

/// Whether the system refuses to write, whatever stands in the book.
fn is_of_the_disk(error: &anyhow::Error) -> bool {
    use io::ErrorKind::{
        AlreadyExists, NotADirectory, PermissionDenied, QuotaExceeded, ReadOnlyFilesystem,
        StorageFull,
    };
    let causes = error.chain().filter_map(|cause| cause.downcast_ref());
    causes.map(io::Error::kind).any(|kind| {
        let refusals = [
            AlreadyExists,
            NotADirectory,
            PermissionDenied,
            QuotaExceeded,
            ReadOnlyFilesystem,
            StorageFull,
        ];
        refusals.contains(&kind)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_disk_that_refuses_is_no_fault_of_the_book() {
        let of = |kind| anyhow::Error::from(io::Error::from(kind)).context("cannot write");
        assert!(is_of_the_disk(&of(io::ErrorKind::ReadOnlyFilesystem)));
        assert!(!is_of_the_disk(&of(io::ErrorKind::NotFound)));
        assert!(!is_of_the_disk(&anyhow::anyhow!("no such page")));
    }
}

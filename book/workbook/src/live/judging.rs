//! The thread that judges.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use tokio::sync::watch;

use super::work::{Todo, Work};
use crate::desk::{Desk, Under};
use crate::edition;
use crate::fault::{indented, slashes};
use crate::progress::{ChapterVerdict, ExerciseProgress, Progress, State};
use crate::report;
use crate::runner::Cancel;
use crate::ticker::Ticker;
use crate::workspace::Chapter;

/// The thread that judges.
pub(super) struct Judging {
    desk: Desk,
    work: Arc<Work>,
    progress: watch::Sender<Arc<Progress>>,
    /// How each exercise stood when its chapter last compiled, as far as
    /// anybody was told.
    told: BTreeMap<String, State>,
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
    pub(super) fn new(
        mut desk: Desk,
        work: Arc<Work>,
        progress: watch::Sender<Arc<Progress>>,
    ) -> Self {
        desk.judges_for_the_book();
        let known = |e: &ExerciseProgress| {
            let state = match e.verdict.state {
                _ if e.is_solved() => State::Solved,
                State::Unknown | State::CompileError => return None,
                state => state,
            };
            Some((e.id.clone(), state))
        };
        let now = Arc::clone(&progress.borrow());
        let all = now.chapters.iter().flat_map(|c| &c.exercises);
        Self {
            desk,
            work,
            progress,
            told: all.filter_map(known).collect(),
        }
    }

    /// Judges until the work is stopped.
    pub(super) fn run(mut self) {
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
        self.rescue(&chapter);
        if let Some(known) = self.desk.fresh(&chapter).filter(|_| !forced) {
            self.edit(|progress| {
                progress.set_judging(number, false);
                progress.apply(number, &known);
            });
            return;
        }
        self.edit(|progress| progress.set_judging(number, true));
        let started = Instant::now();
        let publish = self.progress.clone();
        let ticker = Ticker::announce(format!("Judging chapter {number}"));
        let under = Under {
            cancel,
            listener: ticker.listener(),
        };
        let judged = self.desk.judge(&chapter, &under, |id, verdict| {
            publish.send_modify(|progress| {
                let mut known = ChapterVerdict::default();
                known.exercises.insert(id.to_string(), verdict.clone());
                Arc::make_mut(progress).apply(number, &known);
            });
        });
        drop((ticker, under));
        match judged {
            Ok(Some(verdict)) => {
                self.edit(|progress| {
                    progress.set_judging(number, false);
                    progress.apply(number, &verdict);
                });
                self.say(&chapter, started, forced);
            }
            // The save that stopped it comes next.
            Ok(None) => {}
            Err(error) => {
                self.edit(|progress| progress.set_judging(number, false));
                eprintln!("Chapter {number} cannot be judged: {error:#}");
            }
        }
    }

    /// Puts back what cargo cannot start without, and says so.
    fn rescue(&self, chapter: &Chapter) {
        let dir = slashes(&chapter.dir());
        let said = match edition::rescue(self.desk.workspace(), chapter).as_deref() {
            Ok([]) => return,
            Ok([manifest]) => format!(
                "{} was gone, and cargo starts nothing without it: put back as it came.",
                slashes(manifest)
            ),
            Ok(_) => format!(
                "{dir} was gone, and cargo starts nothing without it: put back as it \
                 came, with what you wrote in it."
            ),
            Err(error) => format!("{dir} cannot be put back: {error:#}"),
        };
        report::say(&format!("\n{}\n", indented(&said, 0)));
    }

    fn edit(&self, edit: impl FnOnce(&mut Progress)) {
        self.progress
            .send_modify(|progress| edit(Arc::make_mut(progress)));
    }

    /// Tells the terminal what changed, and how the exercise under work stands.
    fn say(&mut self, chapter: &Chapter, started: Instant, quiet: bool) {
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
        let current = judged.exercises.iter().find(|e| !e.is_solved());
        for exercise in &judged.exercises {
            let is_current = current.is_some_and(|c| c.id == exercise.id);
            let state = exercise.verdict.state;
            let was = self.told.insert(exercise.id.clone(), state);
            let is_news = was.is_some_and(|was| was != state);
            if is_current && state.is_failure() {
                report::say(&report::exercise(exercise, &exercise.verdict));
            } else if is_current || is_news && !quiet {
                report::say(&report::line(exercise, &exercise.verdict));
            }
        }
        if current.is_none() {
            let next = report::next(&now, self.desk.place_of_next(&now).as_ref());
            report::say(&format!("{}{next}", report::closing(judged)));
        }
    }
}

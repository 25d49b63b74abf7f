//! Something else, done between two steps that an operation takes with locks.

use std::cell::RefCell;

use engine::sync::guide::{self, Step};

thread_local! {
    static STEPS: RefCell<Option<Steps>> = const { RefCell::new(None) };
}

/// What this thread does with locks.
struct Steps {
    /// Those that it holds.
    held: Vec<usize>,
    /// How many more moments pass before something else is done.
    pass: usize,
    other: Option<Box<dyn FnOnce()>>,
}

fn on_step(step: Step) {
    // What else is done takes locks, too: then nobody counts.
    let Some(mut steps) = STEPS.take() else {
        return;
    };
    match step {
        Step::Took(lock) => steps.held.push(lock.address),
        Step::Gave(lock) => steps.held.retain(|held| *held != lock.address),
        _ => {}
    }
    if steps.held.is_empty() {
        match steps.pass.checked_sub(1) {
            Some(pass) => steps.pass = pass,
            None => steps.other.take().into_iter().for_each(|other| other()),
        }
    }
    STEPS.set(Some(steps));
}

fn guided<T>(steps: Steps, work: impl FnOnce() -> T) -> (T, Steps) {
    STEPS.set(Some(steps));
    guide::set(Some(on_step));
    let answer = work();
    guide::set(None);
    (answer, STEPS.take().expect("nobody else takes them"))
}

/// What `work` answers if `other` is done in the middle of it: before it takes a
/// lock, or after it gave one back, while it holds none. Of these moments it is
/// the one of this number, from 0 on; `None` where there are not so many.
pub(super) fn with_other_at<T>(
    moment: usize,
    other: impl FnOnce() + 'static,
    work: impl FnOnce() -> T,
) -> Option<T> {
    let steps = Steps {
        held: Vec::new(),
        pass: moment,
        other: Some(Box::new(other)),
    };
    let (answer, steps) = guided(steps, work);
    steps.other.is_none().then_some(answer)
}

/// What `work` answers. It is handed a function that says how many locks are
/// held.
pub(super) fn with_locks_counted<T>(work: impl FnOnce(&dyn Fn() -> usize) -> T) -> T {
    let steps = Steps {
        held: Vec::new(),
        pass: 0,
        other: None,
    };
    let held = || STEPS.with_borrow(|steps| steps.as_ref().map_or(0, |steps| steps.held.len()));
    guided(steps, || work(&held)).0
}

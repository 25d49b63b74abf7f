//! Panics of an engine under test, caught and kept quiet.

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::panic::{self, AssertUnwindSafe, PanicHookInfo};
use std::sync::Once;

/// What a panic said, and where.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Panic {
    /// Its message, in full.
    pub message: String,
    /// `file:line` of the code that panicked.
    pub location: String,
}

thread_local! {
    static QUIET: Cell<bool> = const { Cell::new(false) };
    static LAST: RefCell<Panic> = RefCell::default();
}

/// Runs `work`, and answers with what it panicked with instead of printing
/// that: a script is tried hundreds of times while it shrinks.
///
/// The panic of a `todo!` is none of an engine's mistakes. It is printed as
/// always and goes on in the caller.
///
/// # Errors
///
/// What it panicked with.
pub fn caught<T>(work: impl FnOnce() -> T) -> Result<T, Panic> {
    install();
    let before = QUIET.replace(true);
    let result = panic::catch_unwind(AssertUnwindSafe(work));
    QUIET.set(before);
    result.map_err(|payload| {
        // What went on from a `caught` within this one has not passed the hook
        // again: the payload tells, always.
        if message_of(&*payload).is_some_and(is_todo) {
            panic::resume_unwind(payload);
        }
        LAST.take()
    })
}

fn message_of(payload: &(dyn Any + Send)) -> Option<&str> {
    let text = payload.downcast_ref::<&str>().copied();
    text.or_else(|| payload.downcast_ref::<String>().map(String::as_str))
}

fn is_todo(message: &str) -> bool {
    message.starts_with("not yet implemented")
}

/// Puts a hook before the one that prints panics, once for the process.
fn install() {
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(|| {
        let print = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            let panic = Panic::of(info);
            if !QUIET.get() || is_todo(&panic.message) {
                print(info);
            }
            LAST.set(panic);
        }));
    });
}

impl Panic {
    fn of(info: &PanicHookInfo<'_>) -> Self {
        let message = info
            .payload_as_str()
            .unwrap_or("a value that is no text")
            .to_owned();
        let location = info
            .location()
            .map(|at| format!("{}:{}", at.file(), at.line()));
        Panic {
            message,
            location: location.unwrap_or_default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_caught_with_its_message_and_place() {
        let panic = caught(|| -> () { panic!("the {} is gone", "map") }).unwrap_err();
        assert_eq!(panic.message, "the map is gone");
        assert!(panic.location.contains("panics.rs:"), "{}", panic.location);
    }

    #[test]
    fn a_todo_goes_on_with_its_message() {
        let todo = || -> () { panic!("not yet implemented: exercise 1.2: Puts.") };
        let todo = || caught(|| caught(todo));
        let payload = panic::catch_unwind(AssertUnwindSafe(todo)).unwrap_err();
        let message = payload.downcast_ref::<&str>().copied();
        assert_eq!(message, Some("not yet implemented: exercise 1.2: Puts."));
    }
}

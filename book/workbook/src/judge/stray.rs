//! Panics of threads that no test waits for.

use super::place::Places;
use super::verdict::short;
use crate::runner::{Outcome, Panic, Run};

/// The thread that a test runs in, where it runs alone.
const OWN: &str = "main";

/// A run that passed although a thread of the reader's own code panicked is one
/// that failed: nobody joined the thread.
pub(super) fn heard(mut run: Run, test: &str, places: &Places<'_>) -> Run {
    if !run.outcome.is_passed() {
        return run;
    }
    let is_stray = |panic: &Panic| {
        let own = panic.thread == OWN || short(&panic.thread) == short(test);
        !own && places.read(&panic.location).is_some_and(|p| p.yours)
    };
    let mut panics = run.panics();
    panics.retain(is_stray);
    for panic in &mut panics {
        panic.message.push_str(
            "\n\nA thread that your code started panicked, and nobody joined it: the\n\
             test itself passes.",
        );
    }
    if !panics.is_empty() {
        run.outcome = Outcome::Failed { panics };
    }
    run
}

//! What a thread does with locks, to be looked at while it does.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use engine::sync::guide::{self, Step};
use engine::{KeyRange, Order};

use crate::index::Index;

type Look = Box<dyn FnMut(Step)>;

thread_local! {
    static LOOK: RefCell<Option<Look>> = const { RefCell::new(None) };
}

/// Ends the looking, also where the work panics.
struct Looking;

impl Drop for Looking {
    fn drop(&mut self) {
        guide::set(None);
        LOOK.set(None);
    }
}

fn on_step(step: Step) {
    // Looking may take locks, too: then nobody looks.
    if let Some(mut look) = LOOK.take() {
        look(step);
        LOOK.set(Some(look));
    }
}

/// Calls `look` at each step that this thread takes with a lock while it does
/// `work`, and answers what that answers.
pub(super) fn watched<T>(look: impl FnMut(Step) + 'static, work: impl FnOnce() -> T) -> T {
    LOOK.set(Some(Box::new(look)));
    guide::set(Some(on_step));
    let _looking = Looking;
    work()
}

/// Calls `look` at each moment of `work` at which it holds no lock: before it
/// takes one, and after it gave one back.
pub(super) fn watched_unlocked<T>(mut look: impl FnMut() + 'static, work: impl FnOnce() -> T) -> T {
    let mut held = 0;
    let count = move |step| {
        match step {
            Step::Took(_) => held += 1,
            Step::Gave(_) => held -= 1,
            _ => {}
        }
        if held == 0 {
            look();
        }
    };
    watched(count, work)
}

/// What `work` answers if `other` is done in the middle of it, while it holds no
/// lock: at the moment of this number, from 0 on. `None` where there are not so
/// many.
pub(super) fn with_other_at<T>(
    moment: usize,
    other: impl FnOnce() + 'static,
    work: impl FnOnce() -> T,
) -> Option<T> {
    let other = Rc::new(RefCell::new(Some(other)));
    let look = {
        let (other, mut moment) = (Rc::clone(&other), moment);
        move || match moment.checked_sub(1) {
            Some(left) => moment = left,
            None => {
                if let Some(other) = other.take() {
                    other();
                }
            }
        }
    };
    let answer = watched_unlocked(look, work);
    other.take().is_none().then_some(answer)
}

/// What `work` answers. It is handed a function that says how many locks are
/// held.
pub(super) fn with_locks_counted<T>(work: impl FnOnce(&dyn Fn() -> usize) -> T) -> T {
    let held = Rc::new(Cell::new(0));
    let count = {
        let held = Rc::clone(&held);
        move |step| match step {
            Step::Took(_) => held.set(held.get() + 1),
            Step::Gave(_) => held.set(held.get() - 1),
            _ => {}
        }
    };
    watched(count, || work(&|| held.get()))
}

/// The address of the lock that `work` takes first.
pub(super) fn address_of(work: impl FnOnce()) -> usize {
    let first = Rc::new(RefCell::new(None));
    let look = {
        let first = Rc::clone(&first);
        move |step| {
            if let Step::Took(lock) = step {
                first.borrow_mut().get_or_insert(lock.address);
            }
        }
    };
    watched(look, work);
    let first = first.take();
    first.expect("it takes a lock")
}

/// The address of the lock on an index's places.
pub(super) fn places_of(index: &Index) -> usize {
    address_of(|| drop(index.files()))
}

/// The address of the lock on an index's keys.
fn keys_of(index: &Index) -> usize {
    address_of(|| index.visit(&KeyRange::all(), Order::Ascending, |_| false))
}

/// Which of an index's locks `work` takes, and when it gives them back:
/// `keys( ) places( )` are the two of them, one after the other, and
/// `places( keys( ) )` are both at once.
pub(super) fn locks_taken(index: &Index, work: impl FnOnce()) -> String {
    let (places, keys) = (places_of(index), keys_of(index));
    let taken = Rc::new(RefCell::new(Vec::new()));
    let look = {
        let taken = Rc::clone(&taken);
        move |step| {
            let what = match step {
                Step::Took(lock) if lock.address == places => "places(",
                Step::Took(lock) if lock.address == keys => "keys(",
                Step::Gave(lock) if [places, keys].contains(&lock.address) => ")",
                _ => return,
            };
            taken.borrow_mut().push(what);
        }
    };
    watched(look, work);
    let taken = taken.take();
    taken.join(" ")
}

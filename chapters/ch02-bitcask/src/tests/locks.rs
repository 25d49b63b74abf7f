//! What a thread does with locks, to be looked at while it does.

use std::cell::RefCell;
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

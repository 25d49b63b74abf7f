//! Threads that read while another one writes.

use std::cell::RefCell;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::thread::JoinHandle;

use engine::sync::guide::{self, Step};
use engine::{KeyRange, Order, Write};

use super::pages::Flavour;
use super::trees::{Both, Change, PAGE_BYTES, get, rest, value};

/// Says that it is over when it is dropped, also where a test fails.
pub(super) struct Over<'o>(pub(super) &'o AtomicBool);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

#[test]
fn threads_find_what_is_always_there_while_pages_change_in_place() {
    let mut both = Both::new(Flavour::InPlace, PAGE_BYTES);
    let lasting: Vec<Change> = (0..60)
        .map(|n| Change::Put(format!("{n:02}/lasting"), 12))
        .collect();
    both.write(&lasting);
    let tree = &both.tree;
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for order in [Order::Ascending, Order::Descending] {
            let done = &done;
            scope.spawn(move || {
                let mut last = false;
                while !last {
                    last = done.load(Ordering::Relaxed);
                    for n in 0..60 {
                        let key = format!("{n:02}/lasting");
                        let found = get(tree, key.as_bytes()).unwrap();
                        assert_eq!(found, Some(value(&key, 12)));
                    }
                    let mut cursor = tree.scan(KeyRange::all(), order).unwrap();
                    let found = rest(&mut *cursor).unwrap();
                    let found = found.iter().filter(|(key, _)| key.ends_with(b"lasting"));
                    assert_eq!(found.count(), 60);
                }
            });
        }
        let _over = Over(&done);
        for round in 0..60 {
            let passing = |n| format!("{:02}/passing/{n}", (n * 7 + round) % 60);
            let puts: Vec<String> = (0..40).map(passing).collect();
            for key in &puts {
                tree.write(&[Write::put(key, key)]).unwrap();
            }
            for key in &puts {
                tree.write(&[Write::delete(key)]).unwrap();
            }
        }
    });
    both.same();
}

type Meanwhile = Box<dyn FnMut()>;

thread_local! {
    static MEANWHILE: RefCell<Option<Box<dyn FnOnce()>>> = const { RefCell::new(None) };
    static EACH_TIME: RefCell<Option<Meanwhile>> = const { RefCell::new(None) };
    static WAITS: RefCell<Option<Sender<()>>> = const { RefCell::new(None) };
}

/// Does `meanwhile` when this thread is about to take a lock, the next time.
pub(super) fn when_it_asks(meanwhile: impl FnOnce() + 'static) {
    MEANWHILE.set(Some(Box::new(meanwhile)));
    guide::set(Some(|step| {
        if let Step::Asks(_) = step
            && let Some(meanwhile) = MEANWHILE.take()
        {
            meanwhile();
        }
    }));
}

/// Does `work`, and `meanwhile` each time when this thread is about to take a lock
/// for it.
pub(super) fn whenever_it_asks<T>(
    meanwhile: impl FnMut() + 'static,
    work: impl FnOnce() -> T,
) -> T {
    EACH_TIME.set(Some(Box::new(meanwhile)));
    guide::set(Some(|step| {
        if let Step::Asks(_) = step
            && let Some(mut meanwhile) = EACH_TIME.take()
        {
            meanwhile();
            EACH_TIME.set(Some(meanwhile));
        }
    }));
    let done = work();
    guide::set(None);
    EACH_TIME.set(None);
    done
}

/// Does `work` in a thread of its own, and answers that thread, if it waits for a
/// lock that another one has. Else the work is done.
pub(super) fn until_it_waits(work: impl FnOnce() + Send + 'static) -> Option<JoinHandle<()>> {
    let (waits, is_waiting) = channel();
    let thread = std::thread::spawn(move || {
        WAITS.set(Some(waits));
        guide::set(Some(|step| {
            if let Step::Waits(_) = step {
                WAITS.with_borrow_mut(|waits| waits.take().map(|waits| waits.send(())));
                std::thread::yield_now();
            }
        }));
        work();
        WAITS.take();
    });
    match is_waiting.recv() {
        Ok(()) => Some(thread),
        Err(_) => {
            thread.join().unwrap();
            None
        }
    }
}

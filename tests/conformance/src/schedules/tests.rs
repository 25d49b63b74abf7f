use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::channel;
use std::time::Duration;

use engine::sync::atomic::{AtomicUsize, Ordering};
use engine::sync::{Condvar, Mutex, RwLock};

use super::plan::{Plan, orders};
use super::stage::{End, Job, Ran, Stage, operation};

/// A stage for two threads that is never left waiting.
fn stage() -> Stage {
    Stage::new(2, Duration::from_secs(60))
}

fn job(work: impl FnOnce() + Send + 'static) -> Job {
    Box::new(move || operation(0, work))
}

/// One thread reads a number under a lock and writes the next one under
/// another lock. The number in the end, after two of these.
fn counted(stage: &mut Stage, plan: &Plan) -> (usize, Ran) {
    let number = Arc::new(Mutex::new(0));
    let jobs = [&number, &number].map(|number| {
        let number = Arc::clone(number);
        job(move || {
            let read = *number.lock();
            *number.lock() = read + 1;
        })
    });
    let ran = stage.run(plan, jobs.into());
    assert_eq!(ran.end, End::All);
    let counted = *number.lock();
    (counted, ran)
}

#[test]
fn an_update_is_lost_exactly_where_a_thread_falls_behind_between_its_locks() {
    let mut stage = stage();
    for order in [[0, 1], [1, 0]] {
        let serial = Plan::serial(&order);
        let (number, ran) = counted(&mut stage, &serial);
        assert_eq!((number, &ran.points[..]), (2, &[3, 3][..]));
        let after_fall = |point| counted(&mut stage, &serial.clone().and(order[0], point)).0;
        assert_eq!([0, 1, 2].map(after_fall), [2, 2, 1]);
    }
}

#[test]
fn one_plan_is_one_run() {
    let mut stage = stage();
    let plan = Plan::serial(&[0, 1]).and(0, 2);
    let first = counted(&mut stage, &plan).1.path;
    for _ in 0..20 {
        assert_eq!(counted(&mut stage, &plan).1.path, first);
    }
    let other = Plan::serial(&[1, 0]).and(1, 2);
    assert_ne!(counted(&mut stage, &other).1.path, first);
}

#[test]
fn one_thread_runs_at_a_time() {
    let mut stage = Stage::new(3, Duration::from_secs(60));
    let running = Arc::new(AtomicUsize::new(0));
    let lock = Arc::new(RwLock::new(()));
    for point in 0..40 {
        let jobs = (0..3).map(|_| {
            let (running, lock) = (Arc::clone(&running), Arc::clone(&lock));
            job(move || {
                for _ in 0..10 {
                    drop(lock.read());
                    assert_eq!(running.fetch_add(1, Ordering::SeqCst), 0);
                    std::thread::yield_now();
                    running.fetch_sub(1, Ordering::SeqCst);
                    drop(lock.write());
                }
            })
        });
        let plan = Plan::serial(&[0, 1, 2])
            .and(0, point % 20)
            .and(1, point % 7);
        assert_eq!(stage.run(&plan, jobs.collect()).end, End::All);
    }
}

#[test]
fn a_deadlock_ends_at_once_and_leaves_the_threads_free() {
    let mut stage = stage();
    let locks = Arc::new((Mutex::new(()), Mutex::new(())));
    let crossed = || {
        let (one, other) = (Arc::clone(&locks), Arc::clone(&locks));
        vec![
            job(move || {
                let _first = one.0.lock();
                drop(one.1.lock());
            }),
            job(move || {
                let _first = other.1.lock();
                drop(other.0.lock());
            }),
        ]
    };
    let serial = Plan::serial(&[0, 1]);
    let deadly = serial.clone().and(0, 2);
    for (plan, end) in [
        (&serial, End::All),
        (&deadly, End::Deadlock),
        (&deadly, End::Deadlock),
        (&serial, End::All),
    ] {
        assert_eq!(stage.run(plan, crossed()).end, end);
    }
}

#[test]
fn who_takes_a_lock_twice_waits_for_ever() {
    let lock = Arc::new(Mutex::new(()));
    let twice = job(move || {
        let _first = lock.lock();
        drop(lock.lock());
    });
    let mut stage = Stage::new(1, Duration::from_secs(60));
    assert_eq!(
        stage.run(&Plan::serial(&[0]), vec![twice]).end,
        End::Deadlock
    );
}

#[test]
fn who_sleeps_is_woken_by_a_notification_and_by_nothing_else() {
    for (notifies, end) in [(true, End::All), (false, End::Deadlock)] {
        for order in orders(2) {
            let shared = Arc::new((Mutex::new(false), Condvar::new()));
            let (sleeper, waker) = (Arc::clone(&shared), shared);
            let jobs = vec![
                job(move || drop(sleeper.1.wait_while(sleeper.0.lock(), |done| !*done))),
                job(move || {
                    *waker.0.lock() = true;
                    if notifies {
                        waker.1.notify_one();
                    }
                }),
            ];
            // Nobody sleeps where the value is there before.
            let end = if order == [1, 0] { End::All } else { end };
            assert_eq!(stage().run(&Plan::serial(&order), jobs).end, end);
        }
    }
}

#[test]
fn who_waits_for_something_else_is_named() {
    let (hold, held) = channel::<()>();
    let lock = Arc::new(Mutex::new(()));
    let jobs = vec![
        job(move || drop(lock.lock())),
        job(move || assert!(held.recv().is_err())),
    ];
    let mut stage = Stage::new(2, Duration::from_millis(20));
    let ran = stage.run(&Plan::serial(&[0, 1]), jobs);
    assert_eq!(ran.end, End::Silent(1));
    drop(hold);
}

#[test]
fn who_looks_again_and_again_lets_others_pass_and_comes_to_an_end() {
    let shared = Arc::new(Mutex::new(false));
    let polls = |shared: &Arc<Mutex<bool>>| {
        let shared = Arc::clone(shared);
        job(move || while !*shared.lock() {})
    };
    let sets = Arc::clone(&shared);
    let jobs = vec![polls(&shared), job(move || *sets.lock() = true)];
    assert_eq!(stage().run(&Plan::serial(&[0, 1]), jobs).end, End::All);
    *shared.lock() = false;
    let jobs = vec![polls(&shared), polls(&shared)];
    assert_eq!(stage().run(&Plan::serial(&[0, 1]), jobs).end, End::Endless);
}

#[test]
fn a_panic_that_nobody_catches_goes_on_in_the_caller() {
    let mut stage = stage();
    let jobs = vec![
        job(|| std::panic::resume_unwind(Box::new("not yet implemented"))),
        job(|| ()),
    ];
    let run = AssertUnwindSafe(|| stage.run(&Plan::serial(&[0, 1]), jobs));
    let payload = catch_unwind(run).unwrap_err();
    assert_eq!(payload.downcast_ref(), Some(&"not yet implemented"));
    assert_eq!(counted(&mut stage, &Plan::serial(&[0, 1])).0, 2);
}

#[test]
fn there_are_six_orders_of_three_threads() {
    let mut orders = orders(3);
    assert_eq!(orders[0], [0, 1, 2]);
    orders.sort();
    orders.dedup();
    assert_eq!(orders.len(), 6);
}

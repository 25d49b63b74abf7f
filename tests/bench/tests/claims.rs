//! What every contender claims of its writes, tried.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Mutex;
use std::thread;

use bench::class::Class;
use bench::contender::{Contender, Role, contenders};
use bench::program::Program;
use bench::proof::try_claim;
use bench::report::Proof;

#[test]
fn every_claim_holds() {
    let all = contenders().into_iter();
    // The reader's own may not be written yet; the cheats have tests of their own.
    let tried = all.filter(|one| !matches!(one.role, Role::Mine | Role::Cheat));
    let tried: Vec<Contender> = tried.collect();
    let claims = tried.iter().flat_map(|contender| {
        let classes = contender.classes_to_open().into_iter();
        classes.map(move |class| (contender, class))
    });
    let claims = Mutex::new(claims);
    let next = || claims.lock().unwrap().next();
    // They mostly wait for processes and the device: one for each processor.
    let threads = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some((contender, class)) = next() {
                    try_it(contender, class);
                }
            });
        }
    });
}

fn try_it(contender: &Contender, class: Class) {
    let program = Program::at(env!("CARGO_BIN_EXE_bench"));
    let directory = tempfile::tempdir().unwrap();
    match try_claim(contender, class, &program, directory.path()) {
        Proof::Holds(_) => {}
        Proof::Untried(why) => println!("{} {class}: not tried, {why}", contender.name),
        Proof::Broken(how) => panic!("{} {class}: {how}", contender.name),
    }
}

//! What every contender claims of its writes, tried.

use bench::contender::{Role, contenders};
use bench::program::Program;
use bench::proof::try_claim;
use bench::report::Proof;

#[test]
fn every_claim_holds() {
    let program = Program::at(env!("CARGO_BIN_EXE_bench"));
    let all = contenders().into_iter();
    // The reader's own may not be written yet; the cheats have tests of their own.
    for contender in all.filter(|one| !matches!(one.role, Role::Mine | Role::Cheat)) {
        for class in contender.classes_to_open() {
            let directory = tempfile::tempdir().unwrap();
            match try_claim(&contender, class, &program, directory.path()) {
                Proof::Holds(_) => {}
                Proof::Untried(why) => println!("{} {class}: not tried, {why}", contender.name),
                Proof::Broken(how) => panic!("{} {class}: {how}", contender.name),
            }
        }
    }
}

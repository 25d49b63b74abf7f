//! One directory, two openings.

use std::sync::Arc;

use engine::Error;

use crate::budget::Budget;
use crate::level::Clause;
use crate::report::Failure;
use crate::sim::SimDisk;
use crate::subject::Subject;

/// A second opening is refused, harms nothing, and succeeds once the first
/// engine is dropped or closed.
pub(super) fn check(subject: &Subject, _: &Budget) -> Result<(), Failure> {
    let disk = SimDisk::new();
    let durability = subject.supported()[0];
    let open = |what: &str| {
        let engine = subject.open(Arc::new(disk.clone()), durability);
        engine.map_err(|error| {
            Failure::new(Clause::OneOwner, format!("{what} failed."))
                .expected("success")
                .found(format!("the error \"{error}\""))
        })
    };
    let failed = |call: &str, error: &Error| {
        let what = format!("{call} failed after a second opening had been tried.");
        Failure::new(Clause::OneOwner, what)
            .expected("success")
            .found(format!("the error \"{error}\""))
    };

    let engine = open("Opening an empty directory")?;
    engine
        .put(b"a", b"1")
        .map_err(|error| failed("A put", &error))?;
    let before = (disk.changes(), disk.image().fingerprint());
    match subject.open(Arc::new(disk.clone()), durability) {
        Err(Error::Locked { .. }) => {}
        other => {
            let what = "It was opened a second time while it was open.";
            return Err(Failure::new(Clause::OneOwner, what)
                .expected("Locked")
                .found(match other {
                    Ok(_) => "success".to_owned(),
                    Err(error) => format!("the error \"{error}\""),
                }));
        }
    }
    if before != (disk.changes(), disk.image().fingerprint()) {
        let what = "A second opening was refused, and changed files all the same.";
        return Err(Failure::new(Clause::OneOwner, what));
    }
    engine
        .put(b"b", b"2")
        .map_err(|error| failed("A put", &error))?;
    engine.sync().map_err(|error| failed("A sync", &error))?;
    drop(engine);

    let engine = open("Opening after a drop")?;
    engine.close().map_err(|error| failed("A close", &error))?;
    let engine = open("Opening after a close")?;
    let found = engine.get(b"b").map_err(|error| failed("A get", &error))?;
    if found.as_deref() != Some(b"2") {
        let what = "What was synced is gone after a second opening had been tried.";
        return Err(Failure::new(Clause::OneOwner, what));
    }
    Ok(())
}

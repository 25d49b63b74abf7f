//! One script, again and again, with another operation failing each time.

use super::{durability, with_ops};
use crate::budget::Budget;
use crate::explore::cuts::Cuts;
use crate::explore::{Depth, Effort};
use crate::report::Failure;
use crate::script::{Bytes, Op, Script};
use crate::sim::{Fail, Fault, Operation, Part, Unsynced};
use crate::subject::Subject;
use crate::trial::Trial;
use crate::trial::expect::End;

/// Plays a script with faults, and cuts the power wherever that goes.
pub(super) struct Failing<'s> {
    subject: &'s Subject,
    script: &'s Script,
    cuts: Cuts<'s>,
}

impl<'s> Failing<'s> {
    /// Tries so many images of each cut.
    pub(super) fn new(
        subject: &'s Subject,
        budget: &Budget,
        script: &'s Script,
        images: usize,
    ) -> Self {
        let depth = Depth {
            images,
            ..Effort::of(budget).depth
        };
        Failing {
            subject,
            script,
            cuts: Cuts::new(subject, depth),
        }
    }

    /// Fails each operation of the disk that is `chosen`, once or for ever, in
    /// every way in which it can.
    pub(super) fn each_operation(
        mut self,
        chosen: impl Fn(Operation, Fail) -> bool,
    ) -> Result<(), Failure> {
        let operations = self.clean()?.disk.operations();
        for (number, &operation) in operations.iter().enumerate() {
            for fail in [Fail::Once(number), Fail::From(number)] {
                if !chosen(operation, fail) {
                    continue;
                }
                for &way in ways(operation) {
                    let mut faults = vec![Op::Fault(Fault::Eio(fail))];
                    faults.extend(way.map(Op::Fault));
                    self.play(faults, number)?;
                }
            }
        }
        Ok(())
    }

    /// Lets the disk be full after about `steps` different numbers of bytes.
    pub(super) fn each_capacity(mut self, steps: u64) -> Result<(), Failure> {
        let disk = self.clean()?.disk;
        let held: u64 = disk.image().files().map(|(_, content)| content.len()).sum();
        let enough = held.max(disk.counts().written);
        let step = enough.div_ceil(steps).max(1);
        for (number, bytes) in (0..=enough).step_by(step_of(step)).enumerate() {
            let part = Part::ALL[number % Part::ALL.len()];
            let faults = [Fault::Room(bytes), Fault::Write(part)].map(Op::Fault);
            self.play(faults.to_vec(), number)?;
        }
        Ok(())
    }

    /// The script without a fault.
    fn clean(&mut self) -> Result<Trial<'s>, Failure> {
        let mut trial = Trial::new(self.subject, durability(self.subject, self.script));
        match trial.run(End::PowerCut, &self.script.ops) {
            Ok(()) => Ok(trial),
            Err(problem) => Err(problem.failure(self.script)),
        }
    }

    /// Plays the script with `faults`; then everything works again, and the
    /// engine goes on as it is, and after another opening.
    fn play(&mut self, faults: Vec<Op>, number: usize) -> Result<(), Failure> {
        let mut ops = faults;
        ops.extend_from_slice(&self.script.ops);
        ops.push(Op::Fault(Fault::None));
        ops.push(Op::Put(Bytes::from("y"), Bytes::from("8")));
        ops.push([Op::Drop, Op::Reopen, Op::Kill][number % 3].clone());
        ops.push(Op::Put(Bytes::from("z"), Bytes::from("9")));
        ops.push(Op::Sync);
        self.cuts.shallow(&with_ops(self.script, ops))
    }
}

fn step_of(step: u64) -> usize {
    usize::try_from(step).expect("scripts write what fits in memory")
}

/// The ways in which an operation can fail.
fn ways(operation: Operation) -> &'static [Option<Fault>] {
    match operation {
        Operation::Allocate => &[None, Some(Fault::Full)],
        Operation::Write => &[
            None,
            Some(Fault::Full),
            Some(Fault::Write(Part::Half)),
            Some(Fault::Write(Part::All)),
        ],
        Operation::Sync => &[
            None,
            Some(Fault::Unsynced(Unsynced::Reverted)),
            Some(Fault::Unsynced(Unsynced::Zeroed)),
        ],
        _ => &[None],
    }
}

//! Going on with a run that was ended early, or that gets more rounds.

use anyhow::{Result, bail};

use super::{Run, Step};
use crate::compare::{different_contenders, different_machine};
use crate::report::Report;

impl Run {
    /// `report`, which is about to begin, with the whole rounds of the run that
    /// this one resumes, and how many they are. What was measured of a round
    /// that was not finished is measured again.
    ///
    /// # Errors
    ///
    /// Fails where the run was made with another machine or other stores, with
    /// what differs.
    pub(super) fn resumed(&self, mut report: Report) -> Result<(u32, Report)> {
        let Some(before) = &self.resumes else {
            return Ok((0, report));
        };
        let mut different = different_machine(before, &report);
        different.extend(different_contenders(before, &report));
        if before.settings.memory_bytes != report.settings.memory_bytes {
            different.push("the limit of memory cannot be set as it was".to_owned());
        }
        if !different.is_empty() {
            bail!(
                "the run cannot be resumed, since its rounds would not be alike: {}; \
                 begin another one",
                different.join("; ")
            );
        }
        let whole = self.whole_rounds(before);
        report.day.clone_from(&before.day);
        report.device = before.device[..whole as usize].to_vec();
        let trials = before.trials.iter().filter(|done| done.round <= whole);
        report.trials = trials.cloned().collect();
        Ok((whole, report))
    }

    /// How many rounds of `before` have every trial that they should have.
    fn whole_rounds(&self, before: &Report) -> u32 {
        let trials_of = |round: u32| {
            let steps = self.steps_of(round).into_iter();
            let trials = steps.filter(|step| match step {
                Step::Trial(_, _, contender, setting) => {
                    !before.is_broken(contender.name, setting.opened)
                }
                _ => false,
            });
            trials.count()
        };
        let made_in = |round: u32| {
            let trials = before.trials.iter();
            trials.filter(|done| done.round == round).count()
        };
        let is_whole = |round: &u32| {
            before.device.len() >= *round as usize && made_in(*round) == trials_of(*round)
        };
        let rounds = 1..=self.settings.rounds;
        rounds.take_while(is_whole).last().unwrap_or(0)
    }
}

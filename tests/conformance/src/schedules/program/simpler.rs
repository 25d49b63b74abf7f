//! Programs that fail, made simpler.

use super::{Act, Program};
use crate::levels::concurrent::history::KEYS;

impl Program {
    /// Programs that are a little simpler.
    pub(crate) fn simpler(&self) -> Vec<Program> {
        let mut all = Vec::new();
        for thread in 0..self.threads.len() {
            if self.threads.len() > 1 {
                let mut program = self.clone();
                program.threads.remove(thread);
                all.push(program);
            }
            for number in 0..self.threads[thread].len() {
                let mut program = self.clone();
                program.threads[thread].remove(number);
                if !program.threads[thread].is_empty() {
                    all.push(program);
                }
            }
        }
        for thread in 1..self.threads.len() {
            for other in 0..thread {
                for (first, then) in [(other, thread), (thread, other)] {
                    let mut program = self.clone();
                    let acts = [&self.threads[first][..], &self.threads[then]].concat();
                    program.threads[other] = acts;
                    program.threads.remove(thread);
                    all.push(program);
                }
            }
        }
        if let Some(fails) = self.fails {
            let fewer = (fails > 0).then(|| Some(fails - 1));
            for fails in std::iter::once(None).chain(fewer) {
                let program = self.clone();
                all.push(Program { fails, ..program });
            }
        }
        for at in 0..self.at_first.len() {
            let mut program = self.clone();
            program.at_first.remove(at);
            all.push(program);
        }
        let acts = |thread: &Vec<Act>| thread.len();
        for (thread, acts) in self.threads.iter().map(acts).enumerate() {
            for number in 0..acts {
                for act in self.threads[thread][number].simpler() {
                    let mut program = self.clone();
                    program.threads[thread][number] = act;
                    all.push(program);
                }
            }
        }
        for key in 1..KEYS {
            let renamed = self.with_keys_swapped(key - 1, key);
            if renamed.first_keys() < self.first_keys() {
                all.push(renamed);
            }
        }
        all
    }

    fn with_keys_swapped(&self, one: usize, other: usize) -> Program {
        let swap = |key: &mut usize| match *key {
            k if k == one => *key = other,
            k if k == other => *key = one,
            _ => {}
        };
        let mut program = self.clone();
        program.at_first.iter_mut().for_each(swap);
        program.at_first.sort_unstable();
        for act in program.threads.iter_mut().flatten() {
            match act {
                Act::Get(key) => swap(key),
                Act::Write(changes) => changes.iter_mut().for_each(|(key, _)| swap(key)),
                Act::Scan | Act::Snapshot | Act::Sync | Act::Step => {}
            }
        }
        program
    }

    /// The keys in the order in which they are used.
    fn first_keys(&self) -> Vec<usize> {
        let mut keys = Vec::new();
        for act in self.threads.iter().flatten() {
            match act {
                Act::Get(key) => keys.push(*key),
                Act::Write(changes) => keys.extend(changes.iter().map(|(key, _)| *key)),
                Act::Scan | Act::Snapshot | Act::Sync | Act::Step => {}
            }
        }
        keys.extend(&self.at_first);
        keys
    }
}

impl Act {
    fn simpler(&self) -> Vec<Act> {
        match self {
            Act::Write(changes) if changes.len() > 1 => {
                let alone = changes.iter().map(|change| vec![*change]);
                let deletes = (0..changes.len()).filter(|at| !changes[*at].1);
                let put = deletes.map(|at| {
                    let mut changes = changes.clone();
                    changes[at].1 = true;
                    changes
                });
                alone.chain(put).map(Act::Write).collect()
            }
            Act::Write(changes) => match changes[..] {
                [(key, false)] => vec![Act::Write(vec![(key, true)])],
                _ => Vec::new(),
            },
            Act::Scan => (0..KEYS).map(Act::Get).collect(),
            Act::Snapshot => vec![Act::Scan],
            Act::Get(_) | Act::Sync | Act::Step => Vec::new(),
        }
    }
}

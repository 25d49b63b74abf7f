//! How much of a data file nobody needs any more, and which files to merge.

use std::ops::Range;

use crate::data_file::DataFile;
use crate::header::HEADER_BYTES;
use crate::record::SEAL_BYTES;

/// What is in a sealed data file, in bytes of records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Weight {
    /// All of them.
    pub all: u32,
    /// Those that the keydir leads to.
    pub live: u32,
    /// Tombstones, and what else hides older records.
    pub graves: u32,
}

impl Weight {
    /// What is in `file` now.
    pub(crate) fn of(file: &DataFile) -> Self {
        Weight {
            all: file.end().saturating_sub(HEADER_BYTES + SEAL_BYTES),
            live: file.live(),
            graves: file.graves(),
        }
    }

    /// Answers whether every record in the file is the newest of its key. Then
    /// no tombstone after it hides anything in it.
    pub fn is_pure(self) -> bool {
        self.live == self.all
    }

    /// What a merge would copy: where all that is older is pure, no graves.
    pub(crate) fn kept(self, behind_pure: bool) -> u32 {
        match behind_pure {
            true => self.live,
            false => self.live.saturating_add(self.graves),
        }
    }

    /// Answers whether of each hundred bytes so many are garbage.
    fn is_due(self, behind_pure: bool, percent: u32) -> bool {
        let garbage = self.all.saturating_sub(self.kept(behind_pure));
        garbage > 0 && is_share(u64::from(garbage), u64::from(self.all), percent)
    }
}

fn is_share(part: u64, all: u64, percent: u32) -> bool {
    part * 100 >= all * u64::from(percent)
}

/// Which of the sealed files to merge, given in their order; an empty range
/// where none is due.
///
/// 1. A merge begins at the first file of which `garbage_percent` or more are
///    garbage. Graves count as garbage where every file in front is
///    [pure](Weight::is_pure).
/// 2. If there is none, but `garbage_percent` or more of all files together are
///    graves: at the first file that is not pure, for the graves stay as long as
///    that one does.
/// 3. If not that either: at the first file that fits in one with the next, where
///    the next is at least half as large. So the number of small files grows with
///    the logarithm of how many there were, and not with that itself.
///
/// It takes as many files as fit in one of `bytes_max` bytes, and one in any
/// case.
///
/// # Exercise 2.12
pub fn due(files: &[Weight], garbage_percent: u32, bytes_max: u32) -> Range<usize> {
    let pure = files.iter().take_while(|file| file.is_pure()).count();
    let fits = |run: Range<usize>| {
        let behind_pure = run.start <= pure;
        let kept = files[run].iter().map(|file| file.kept(behind_pure));
        kept.map(u64::from).sum::<u64>() <= u64::from(bytes_max)
    };
    let sum = |of: fn(&Weight) -> u32| files.iter().map(|file| u64::from(of(file))).sum();
    let (graves, all): (u64, u64) = (sum(|file| file.graves), sum(|file| file.all));

    let has_garbage = |&index: &usize| files[index].is_due(index <= pure, garbage_percent);
    let graves_pile_up = is_share(graves, all, garbage_percent);
    let has_peer =
        |&index: &usize| files[index + 1].all >= files[index].all / 2 && fits(index..index + 2);
    let first = (0..files.len())
        .find(has_garbage)
        .or_else(|| (graves_pile_up && pure < files.len()).then_some(pure))
        .or_else(|| (1..files.len()).map(|next| next - 1).find(has_peer));
    let Some(start) = first else { return 0..0 };
    let behind = start + 1..files.len();
    let end = behind
        .take_while(|&index| fits(start..index + 1))
        .last()
        .map_or(start + 1, |last| last + 1);
    start..end
}

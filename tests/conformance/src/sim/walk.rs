//! From one possible power cut to the next.

use super::change::Change;
use super::choice::{Choice, Cut, EXTREMES};
use super::disk::SimDisk;
use super::image::Image;
use super::medium::{Medium, Undecided};
use super::reach::Reach;

/// A walk over what a disk was asked to do, with a stop after each change at
/// which the power may be cut. It begins before the first change.
#[derive(Debug, Clone)]
pub struct Walk {
    medium: Medium,
    log: Vec<Change>,
    at: usize,
}

impl Walk {
    pub(super) fn new(medium: Medium, log: Vec<Change>) -> Self {
        Walk { medium, log, at: 0 }
    }

    /// How many changes lie behind.
    pub fn at(&self) -> usize {
        self.at
    }

    /// Steps over the next change; `false` where there is none. What a sync
    /// decided is added to `reach`.
    pub fn advance(&mut self, reach: &mut Reach) -> bool {
        let Some(change) = self.log.get(self.at) else {
            return false;
        };
        self.medium.apply(change, reach);
        self.at += 1;
        true
    }

    /// How many changes a power cut here would decide. With none there is one
    /// image; all numbers mean it.
    pub fn undecided(&self) -> Undecided {
        self.medium.undecided()
    }

    /// At most `max` numbers of images that are worth drawing here: those that
    /// cannot all be the same. Those that lose bytes alone, or names alone, come
    /// before the one that loses everything: what they show is easier to
    /// understand. Where there is but one, it is that one.
    pub fn numbers(&self, max: usize) -> impl Iterator<Item = usize> + use<> {
        let (extremes, drawn) = match self.undecided() {
            _ if max == 1 => (&[0][..], 0),
            Undecided { names: 0, bytes: 0 } => (&[0][..], 0),
            Undecided { names, bytes: 0 } => (&[0, 1][..], 3 * (names - 1)),
            Undecided { .. } => (&[2, 3, 0, 1, 4, 5, 6, 7, 8, 9, 10, 11][..], max),
        };
        let drawn = EXTREMES..EXTREMES + drawn;
        extremes.iter().copied().chain(drawn).take(max)
    }

    /// The image of this number that a power cut here leaves. What became of
    /// each change is added to `reach`.
    pub fn image(&self, number: usize, reach: &mut Reach) -> Image {
        let cut = Cut {
            at: self.at,
            image: number,
        };
        self.medium.image(&mut Choice::new(cut, reach))
    }

    /// The disk as it is here for the next process when this one is killed and
    /// the power stays on: everything can be read, and what was not durable is
    /// not.
    pub fn killed(&self) -> SimDisk {
        SimDisk::on(self.medium.clone())
    }
}

//! Which of the possible images of a power cut is meant.
//!
//! Images are numbered. The first ones are extremes, each of which finds a
//! class of mistakes by itself; from [`EXTREMES`] on, each change has an
//! outcome drawn for itself. An image's number and the place of the cut say
//! all: the same script, cut and number make the same image in every run.
//!
//! | image | names | bytes |
//! |---|---|---|
//! | 0 | only those that were synced | only those that were synced |
//! | 1 | all | all |
//! | 2 | all | only those that were synced |
//! | 3 | only those that were synced | all |
//! | 4 | all | all, the last change of each file is missing |
//! | 5 | all | lengths, with zeros |
//! | 6 | all | lengths, with garbage |
//! | 7 | all | all, the last write of each file torn at a byte |
//! | 8 | all | all, after a tear in the last write there is garbage |
//! | 9 | all | all, the last write of each file without its head |
//! | 10 | all | all, the first change of each file is missing |
//! | 11 | all | all, the last write of each file torn at a sector |
//! | from 12 | a drawn prefix, or all | each as drawn |

use super::change::{ByteChange, NameChange};
use super::landing::{Landing, Outcome};
use super::random::Random;
use super::reach::{Kind, Reach};

/// How many images of a cut are chosen by hand.
pub const EXTREMES: usize = 12;

/// A power cut, and which of its images.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Cut {
    /// How many changes the disk had taken in when the power went.
    pub at: usize,
    /// The image's number.
    pub image: usize,
}

impl Cut {
    /// What the image's number means, in a few words.
    pub fn meaning(&self) -> &'static str {
        match self.image {
            0 => "nothing unsynced survives",
            1 => "everything unsynced survives",
            2 => "unsynced names survive, unsynced bytes do not",
            3 => "unsynced bytes survive, unsynced names do not",
            4 => "each file's last unsynced change is gone",
            5 => "unsynced bytes are zeros",
            6 => "unsynced bytes are garbage",
            7 => "each file's last unsynced write is torn",
            8 => "each file's last unsynced write ends in garbage",
            9 => "each file's last unsynced write has no head",
            10 => "each file's first unsynced change is gone",
            11 => "each file's last unsynced write is torn at a sector",
            _ => "each unsynced change as it was drawn",
        }
    }
}

/// Decides about each change, and notes what it decided.
#[derive(Debug)]
pub(super) struct Choice<'r> {
    image: usize,
    random: Random,
    all_names: bool,
    reach: &'r mut Reach,
}

impl<'r> Choice<'r> {
    /// The decisions that `cut` stands for; what they are is added to `reach`.
    pub(super) fn new(cut: Cut, reach: &'r mut Reach) -> Self {
        let seed = (cut.at as u64) << 32 | cut.image as u64;
        let mut random = Random::new(seed);
        let all_names = random.below(4) > 0;
        Choice {
            image: cut.image,
            random,
            all_names,
            reach,
        }
    }

    /// How many of `len` changes of names survive.
    pub(super) fn names(&mut self, len: usize) -> usize {
        match self.image {
            0 | 3 => 0,
            image if image < EXTREMES || self.all_names => len,
            _ => self.random.below(len + 1),
        }
    }

    /// What becomes of a change of bytes that has `before` others of its file
    /// before it and `behind` others after it.
    pub(super) fn bytes(&mut self, change: &ByteChange, before: usize, behind: usize) -> Landing {
        let last = |outcome| {
            if behind == 0 {
                outcome
            } else {
                Outcome::Applied
            }
        };
        let wanted = match self.image {
            0 | 2 => Outcome::Dropped,
            1 | 3 => Outcome::Applied,
            4 => last(Outcome::Dropped),
            5 => Outcome::Grown,
            6 => Outcome::GrownGarbage,
            7 => last(Outcome::TornAtByte),
            8 => last(Outcome::Garbage),
            9 => last(Outcome::Headless),
            10 if before == 0 => Outcome::Dropped,
            10 => Outcome::Applied,
            11 => last(Outcome::TornAtSector),
            _ => drawn(&mut self.random),
        };
        Landing::near(wanted, change, &mut self.random)
    }

    /// Notes what became of a change of names.
    pub(super) fn reached_name(&mut self, change: &NameChange, outcome: Outcome) {
        self.reach.count(Kind::of_name(change), outcome);
    }

    /// Notes what became of a change of bytes.
    pub(super) fn reached_bytes(&mut self, change: &ByteChange, outcome: Outcome) {
        self.reach.count(Kind::of_bytes(change), outcome);
    }
}

/// What a change may come to that has an outcome drawn for itself: two in ten
/// land whole, two not at all, the rest in between.
const DRAWN: [Outcome; 10] = [
    Outcome::Applied,
    Outcome::Applied,
    Outcome::Dropped,
    Outcome::Dropped,
    Outcome::TornAtByte,
    Outcome::TornAtSector,
    Outcome::Headless,
    Outcome::Garbage,
    Outcome::Grown,
    Outcome::GrownGarbage,
];

fn drawn(random: &mut Random) -> Outcome {
    DRAWN[random.below(DRAWN.len())]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What image `number` makes of three writes, at many cuts.
    fn outcomes(number: usize) -> Vec<[Outcome; 3]> {
        let write = ByteChange::Write(500, vec![1; 600].into());
        let mut all: Vec<_> = (0..100)
            .map(|at| {
                let mut reach = Reach::default();
                let cut = Cut { at, image: number };
                let mut choice = Choice::new(cut, &mut reach);
                [0, 1, 2].map(|place| choice.bytes(&write, place, 2 - place).outcome)
            })
            .collect();
        all.sort_by_key(|outcomes| outcomes.map(|outcome| outcome as usize));
        all.dedup();
        all
    }

    /// How many of three changes of names survive in image `number`, at many
    /// cuts.
    fn names(number: usize) -> Vec<usize> {
        let mut all: Vec<_> = (0..100)
            .map(|at| {
                let cut = Cut { at, image: number };
                Choice::new(cut, &mut Reach::default()).names(3)
            })
            .collect();
        all.sort_unstable();
        all.dedup();
        all
    }

    #[test]
    fn the_extremes_are_the_same_at_every_cut() {
        use Outcome::*;
        for (number, names_left, expected) in [
            (0, 0, [Dropped; 3]),
            (1, 3, [Applied; 3]),
            (2, 3, [Dropped; 3]),
            (3, 0, [Applied; 3]),
            (4, 3, [Applied, Applied, Dropped]),
            (5, 3, [Grown; 3]),
            (6, 3, [GrownGarbage; 3]),
            (7, 3, [Applied, Applied, TornAtByte]),
            (8, 3, [Applied, Applied, Garbage]),
            (9, 3, [Applied, Applied, Headless]),
            (10, 3, [Dropped, Applied, Applied]),
            (11, 3, [Applied, Applied, TornAtSector]),
        ] {
            assert_eq!(outcomes(number), [expected], "image {number}");
            assert_eq!(names(number), [names_left], "image {number}");
        }
        assert_eq!(EXTREMES, 12);
    }

    #[test]
    fn every_extreme_has_a_meaning_of_its_own() {
        let meaning = |image| Cut { at: 0, image }.meaning();
        let mut meanings: Vec<_> = (0..=EXTREMES).map(meaning).collect();
        assert!(meanings.iter().all(|meaning| meaning.len() < 54));
        assert_eq!(meanings[EXTREMES], meaning(EXTREMES + 1));
        meanings.sort_unstable();
        meanings.dedup();
        assert_eq!(meanings.len(), EXTREMES + 1);
    }

    #[test]
    fn behind_the_extremes_everything_is_drawn() {
        let all = outcomes(EXTREMES);
        assert!(all.len() > 50);
        for outcome in DRAWN {
            for place in 0..3 {
                let occurs = all.iter().any(|outcomes| outcomes[place] == outcome);
                assert!(occurs, "{outcome:?} at {place}");
            }
        }
        assert_eq!(names(EXTREMES), [0, 1, 2, 3]);
        // All names survive in most of the images.
        let all = |at| Choice::new(Cut { at, image: 50 }, &mut Reach::default()).names(9) == 9;
        assert!((0..100).filter(|at| all(*at)).count() > 60);
    }
}

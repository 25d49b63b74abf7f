//! Exercises: their numbers, and where a crate's sources hold them.

mod find;
mod site;

use std::{fmt, str::FromStr};

pub use find::{Exercise, of_crate, of_file};
pub(crate) use site::{Site, Source};

/// An exercise's number, as in `# Exercise 2.3`: chapter 2, third exercise.
///
/// The order is the order of the book.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ExerciseId {
    /// The chapter, as in `chapters/ch02-…`.
    pub chapter: u32,
    /// The exercise within its chapter, counted from 1.
    pub number: u32,
}

impl ExerciseId {
    /// The exercise that a test belongs to: the one that the test's name, or a
    /// module on its path, begins with, as in `tests::ex_2_3_append_works`.
    #[must_use]
    pub fn of_test(path: &str) -> Option<Self> {
        path.split("::").find_map(|segment| {
            let mut parts = segment.strip_prefix("ex_")?.splitn(3, '_');
            let id = Self {
                chapter: number(parts.next()?)?,
                number: number(parts.next()?)?,
            };
            parts.next().map(|_| id)
        })
    }

    /// The exercise whose `todo!` panics with this message.
    #[must_use]
    pub fn of_todo(message: &str) -> Option<Self> {
        let (_, rest) = message.split_once("exercise ")?;
        let end = rest
            .find(|c: char| !(c.is_ascii_digit() || c == '.'))
            .unwrap_or(rest.len());
        rest[..end].trim_end_matches('.').parse().ok()
    }
}

impl fmt::Display for ExerciseId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.chapter, self.number)
    }
}

impl FromStr for ExerciseId {
    type Err = NotAnExercise;

    fn from_str(text: &str) -> Result<Self, NotAnExercise> {
        text.split_once('.')
            .and_then(|(chapter, exercise)| {
                Some(Self {
                    chapter: number(chapter)?,
                    number: number(exercise)?,
                })
            })
            .ok_or_else(|| NotAnExercise(text.to_owned()))
    }
}

/// A text that should have been an exercise's number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotAnExercise(pub String);

impl fmt::Display for NotAnExercise {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "`{}` is not an exercise: write chapter and exercise, as in 1.2",
            self.0
        )
    }
}

impl std::error::Error for NotAnExercise {}

/// Which exercises a command is about: `2` names a chapter, `2.3` an exercise.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Scope {
    /// Every exercise there is.
    #[default]
    All,
    /// Those of one chapter.
    Chapter(u32),
    /// One alone.
    Exercise(ExerciseId),
}

impl Scope {
    /// Whether the scope reaches into that chapter.
    #[must_use]
    pub fn touches(self, chapter: u32) -> bool {
        match self {
            Self::All => true,
            Self::Chapter(number) => number == chapter,
            Self::Exercise(id) => id.chapter == chapter,
        }
    }

    /// Whether the scope holds that exercise.
    #[must_use]
    pub fn holds(self, exercise: ExerciseId) -> bool {
        match self {
            Self::Exercise(id) => id == exercise,
            _ => self.touches(exercise.chapter),
        }
    }
}

impl FromStr for Scope {
    type Err = NotAScope;

    fn from_str(text: &str) -> Result<Self, NotAScope> {
        match number(text) {
            Some(chapter) => Ok(Self::Chapter(chapter)),
            None => {
                let exercise = text.parse().map(Self::Exercise);
                exercise.map_err(|NotAnExercise(text)| NotAScope(text))
            }
        }
    }
}

/// A text that should have been the number of a chapter or an exercise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotAScope(pub String);

impl fmt::Display for NotAScope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "`{}` is neither chapter nor exercise: write 1 for a chapter, 1.2 for an exercise",
            self.0
        )
    }
}

impl std::error::Error for NotAScope {}

/// Digits alone: `u32::from_str` would take `+2` as well.
fn number(digits: &str) -> Option<u32> {
    let plain = digits.bytes().all(|b| b.is_ascii_digit());
    plain.then(|| digits.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_reads_what_it_shows_and_sorts_as_the_book_does() {
        let parse = |text: &str| text.parse::<ExerciseId>().expect("an id");
        assert_eq!(parse("2.10").to_string(), "2.10");
        assert!(parse("2.9") < parse("2.10"));
        for wrong in ["2", "2.", ".3", "2.3.4", "+2.3", "two.3", ""] {
            assert!(wrong.parse::<ExerciseId>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_scope_is_a_chapter_or_an_exercise() {
        let parse = |text: &str| text.parse::<Scope>().expect("a scope");
        let id = |text: &str| text.parse::<ExerciseId>().expect("an id");
        assert!(parse("2").holds(id("2.3")) && !parse("2").holds(id("3.2")));
        assert!(parse("2.3").holds(id("2.3")) && !parse("2.3").holds(id("2.4")));
        assert!(parse("2.3").touches(2) && !parse("2.3").touches(3));
        assert!("2.".parse::<Scope>().is_err());
    }

    #[test]
    fn a_test_belongs_to_the_exercise_in_its_name() {
        let of = |path| ExerciseId::of_test(path).map(|id| id.to_string());
        assert_eq!(
            of("tests::ex_1_2::ex_1_2_put_then_get").as_deref(),
            Some("1.2")
        );
        assert_eq!(of("ex_1_12_a").as_deref(), Some("1.12"));
        assert_eq!(of("tests::ex_1_2_all::deep").as_deref(), Some("1.2"));
        assert_eq!(of("tests::ex_1_2::shared"), None);
        assert_eq!(of("tests::complex_1_2_x"), None);
    }
}

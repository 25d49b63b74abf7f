//! What the files are called.
//!
//! | name | is |
//! |---|---|
//! | `0000000007.active` | the data file that takes writes |
//! | `0000000007.data` | a sealed data file: every byte of it was synced |
//! | `0000000007.hint` | its keys, for a fast start |
//! | `0000000007.new` | a data file or hint that is not finished; no opening reads it |
//!
//! That a file is sealed is said by its name, since no flipped bit can change
//! that.

/// A file's number and what it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Name {
    /// The number of the data file that it is or belongs to.
    pub number: u32,
    /// What it is.
    pub kind: Kind,
}

/// What a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A sealed data file.
    Data,
    /// The data file that takes writes.
    Active,
    /// The keys of a sealed data file.
    Hint,
    /// What is not finished.
    New,
}

impl Name {
    /// The name of that file.
    pub fn new(number: u32, kind: Kind) -> Self {
        Name { number, kind }
    }

    /// The name that `text` spells, or `None` where it is no file of ours.
    pub fn parse(text: &str) -> Option<Self> {
        let (number, extension) = text.split_once('.')?;
        let kind = Kind::ALL
            .into_iter()
            .find(|kind| kind.extension() == extension)?;
        let is_whole = number.len() == 10 && number.bytes().all(|byte| byte.is_ascii_digit());
        let number = is_whole.then(|| number.parse().ok())??;
        Some(Name { number, kind })
    }
}

impl std::fmt::Display for Name {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:010}.{}", self.number, self.kind.extension())
    }
}

impl Kind {
    const ALL: [Kind; 4] = [Kind::Data, Kind::Active, Kind::Hint, Kind::New];

    fn extension(self) -> &'static str {
        match self {
            Kind::Data => "data",
            Kind::Active => "active",
            Kind::Hint => "hint",
            Kind::New => "new",
        }
    }
}

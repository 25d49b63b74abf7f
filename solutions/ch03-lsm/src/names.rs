//! What the files are called.
//!
//! | name | is |
//! |---|---|
//! | `manifest` | which tables there are, and from which log on the logs count |
//! | `manifest.new` | a manifest that is not finished; nobody reads it |
//! | `0000000007.log` | a log |
//! | `0000000007.table` | a table |

use std::fmt;

/// The name of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Name {
    /// The manifest.
    Manifest,
    /// One that is not finished.
    NewManifest,
    /// The log of this number.
    Log(u32),
    /// The table of this number.
    Table(u32),
}

impl Name {
    /// The name that `text` spells, or `None` where it is no file of ours.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "manifest" => return Some(Name::Manifest),
            "manifest.new" => return Some(Name::NewManifest),
            _ => {}
        }
        let (number, extension) = text.split_once('.')?;
        let is_whole = number.len() == 10 && number.bytes().all(|byte| byte.is_ascii_digit());
        let number = is_whole.then(|| number.parse().ok())??;
        match extension {
            "log" => Some(Name::Log(number)),
            "table" => Some(Name::Table(number)),
            _ => None,
        }
    }

    /// Its number, if it has one.
    pub fn number(self) -> Option<u32> {
        match self {
            Name::Log(number) | Name::Table(number) => Some(number),
            Name::Manifest | Name::NewManifest => None,
        }
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Name::Manifest => f.write_str("manifest"),
            Name::NewManifest => f.write_str("manifest.new"),
            Name::Log(number) => write!(f, "{number:010}.log"),
            Name::Table(number) => write!(f, "{number:010}.table"),
        }
    }
}

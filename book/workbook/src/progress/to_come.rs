//! Chapters that the book announces.

use serde::{Deserialize, Serialize};

/// A chapter that is planned, and not written yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToCome {
    /// Its number.
    pub number: u32,
    /// Its title, as the book's table of contents has it.
    pub title: String,
}

impl ToCome {
    /// Reads the name of a chapter in the table of contents, as in
    /// `2. Bitcask`.
    pub fn read(name: &str) -> Option<Self> {
        let (number, title) = name.trim().split_once(". ")?;
        Some(Self {
            number: number.parse().ok()?,
            title: title.trim().to_owned(),
        })
    }
}

//! What the pages of a report say, whatever they are written in.

use super::plot::Plot;

/// A page.
#[derive(Debug, Clone, PartialEq)]
pub struct Page {
    /// Its title.
    pub title: String,
    /// What it is about, in a line.
    pub subtitle: String,
    /// What is on it.
    pub blocks: Vec<Block>,
}

/// A piece of a page. All text is plain: whoever writes it down escapes it.
#[derive(Debug, Clone, PartialEq)]
pub enum Block {
    /// A heading, of level 2 or 3.
    Heading(u8, String),
    /// A paragraph.
    Text(String),
    /// What nobody should miss, and what it is about.
    Alert(String, Vec<String>),
    /// Terms, each with what it means.
    Terms(Vec<(String, String)>),
    /// A table.
    Table(Table),
    /// Plots that are looked at side by side. The tables say all that they say.
    Plots(Vec<Plot>),
    /// What few want to see, under a line that says what it is.
    Folded(String, Vec<Block>),
}

/// A table.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Table {
    /// What it shows.
    pub caption: String,
    /// The heads of its columns, each with its unit.
    pub heads: Vec<Head>,
    /// Its rows. The first cell of each is its head.
    pub rows: Vec<Vec<Entry>>,
}

/// The head of a column.
#[derive(Debug, Clone, PartialEq)]
pub struct Head {
    /// What it says.
    pub text: String,
    /// Whether figures are under it.
    pub is_figures: bool,
}

/// A cell of a table.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Entry {
    /// What it says.
    pub text: String,
    /// What it says in small letters.
    pub note: String,
    /// Whether it stands out.
    pub is_strong: bool,
}

impl<T: Into<String>> From<T> for Entry {
    fn from(text: T) -> Self {
        Entry {
            text: text.into(),
            ..Entry::default()
        }
    }
}

/// Heads of columns of words.
pub fn words(heads: &[&str]) -> Vec<Head> {
    let head = |text: &&str| Head {
        text: (*text).into(),
        is_figures: false,
    };
    heads.iter().map(head).collect()
}

/// The head of a column of figures.
pub fn figures(text: &str) -> Head {
    Head {
        text: text.into(),
        is_figures: true,
    }
}

/// With a capital, as a sentence begins.
pub fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(char::to_uppercase);
    first.into_iter().flatten().chain(letters).collect()
}

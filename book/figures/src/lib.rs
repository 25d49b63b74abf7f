//! The book's pictures of what the engines did.
//!
//! Each is drawn by running the engine it is about on the simulated disk, so it
//! shows what happens and not what somebody remembers. A page asks for one with
//! `{{#figure NAME}}`; the names are those of [`ALL`].
//!
//! | module | draws |
//! |---|---|
//! | [`bytes`] | a file, byte for byte, in the colours of its fields; what files are made of |
//! | [`cells`] | the entries of a map, one cell each |
//! | [`stacks`] | how much there was, and of which kind, at one moment after the other |
//! | [`timeline`] | what was done, one step after the other, and what a power cut leaves |
//! | [`tree`] | nodes and what hangs under them |
//! | [`svg`] | all of these, as text that a page can hold |
//! | [`ch00`], [`ch01`], [`ch02`], [`ch03`], [`ch04`] | the figures of the chapters |
//!
//! **Invariants:**
//!
//! - A figure drawn again is the same, byte for byte.
//! - It says in words what it shows, for those who do not see it.
//! - Its colours are the theme's: classes, and no colour of its own.

pub mod bytes;
pub mod cells;
pub mod ch00;
pub mod ch01;
pub mod ch02;
pub mod ch03;
pub mod ch04;
pub mod stacks;
pub mod svg;
pub mod timeline;
pub mod tree;

use anyhow::{Context, Result};

pub use svg::Figure;

/// Runs what a figure is about and draws it.
pub type Draw = fn() -> Result<Figure>;

/// Every figure, by the name under which pages ask for it.
pub const ALL: [(&str, Draw); 10] = [
    ("unsynced-writes", ch00::unsynced_writes),
    ("scan-chunks", ch01::scan_chunks),
    ("snapshot-file", ch01::snapshot_file),
    ("snapshot-sync", ch01::snapshot_sync),
    ("batch-file", ch02::batch_file),
    ("torn-or-damaged", ch02::torn_or_damaged),
    ("hint-file", ch02::hint_file),
    ("merge-cuts", ch02::merge_cuts),
    ("levels", ch03::levels),
    ("copied-path", ch04::copied_path),
];

/// Draws the figure of that name, as HTML that stands for itself.
///
/// # Errors
///
/// Fails for a name that is not in [`ALL`], and where the engine fails.
pub fn draw(name: &str) -> Result<String> {
    let draw = ALL.iter().find(|(known, _)| *known == name);
    let (name, draw) = draw.with_context(|| {
        let names: Vec<_> = ALL.iter().map(|(known, _)| *known).collect();
        format!(
            "there is no figure `{name}`; there are: {}",
            names.join(", ")
        )
    })?;
    let figure = draw().with_context(|| format!("figure `{name}`"))?;
    Ok(figure.to_html(name))
}

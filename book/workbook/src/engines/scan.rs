//! `scan`: the entries in a range, in order.

use std::io::{self, BufWriter, Write};
use std::ops::Bound;
use std::process::ExitCode;

use anyhow::Result;
use engine::{KeyRange, Order};

use super::get::Key;
use super::known;
use super::place::{Need, Place};
use super::spelling::{unescape, word};

/// What to scan.
#[derive(Debug, clap::Args)]
pub struct Scan {
    /// Where.
    #[command(flatten)]
    pub place: Place,

    /// The first key, itself included; spelled as in `get`.
    #[arg(long, value_name = "KEY", value_parser = unescape)]
    pub from: Option<Key>,

    /// The key before which to end.
    #[arg(long, value_name = "KEY", value_parser = unescape)]
    pub to: Option<Key>,

    /// Only keys that begin so.
    #[arg(long, value_name = "KEY", value_parser = unescape, conflicts_with_all = ["from", "to"])]
    pub prefix: Option<Key>,

    /// From the largest key to the smallest.
    #[arg(long)]
    pub reverse: bool,

    /// At most so many entries.
    #[arg(long, value_name = "N", value_parser = count, allow_negative_numbers = true)]
    pub limit: Option<u64>,
}

fn count(text: &str) -> Result<u64, &'static str> {
    text.parse()
        .map_err(|_| "it takes a number of entries: a whole number, from 0 on")
}

/// Prints the entries, one a line: key, a tab, value, each as the shell spells
/// it. Neither holds a tab or a line's end, since these are spelled `\t` and
/// `\n`.
///
/// # Errors
///
/// None: what went wrong is said, and status 2 stands for it.
pub fn run(scan: &Scan) -> Result<ExitCode> {
    known(|| print(scan))
}

fn print(scan: &Scan) -> Result<ExitCode> {
    let engine = scan.place.open(Need::Files)?;
    let bound = |key: &Option<Key>, bound: fn(Key) -> Bound<Key>| {
        key.clone().map_or(Bound::Unbounded, bound)
    };
    let from = bound(&scan.from, Bound::Included);
    let to = bound(&scan.to, Bound::Excluded);
    let range = match &scan.prefix {
        Some(prefix) => KeyRange::prefix(prefix),
        None => KeyRange::new(
            from.as_ref().map(Vec::as_slice),
            to.as_ref().map(Vec::as_slice),
        ),
    };
    if let (Some(from), Some(to)) = (&scan.from, &scan.to)
        && from >= to
    {
        eprintln!(
            "nothing is in this range: {} does not stand before {}",
            word(from),
            word(to)
        );
    }
    let order = match scan.reverse {
        true => Order::Descending,
        false => Order::Ascending,
    };
    let explain = |error| scan.place.explain(&error);
    let mut cursor = engine.scan(range, order).map_err(explain)?;
    let mut out = BufWriter::new(io::stdout().lock());
    let mut left = scan.limit.unwrap_or(u64::MAX);
    while left > 0
        && let Some((key, value)) = cursor.entry()
    {
        writeln!(out, "{}\t{}", word(key), word(value))?;
        left -= 1;
        if let Err(error) = cursor.advance() {
            // What was found so far is shown before what went wrong.
            out.flush()?;
            return Err(explain(error));
        }
    }
    out.flush()?;
    Ok(ExitCode::SUCCESS)
}

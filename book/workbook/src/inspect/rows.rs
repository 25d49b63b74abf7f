//! Parts of a file as rows: offset, bytes, the same as text, field and value.
//!
//! ```text
//! offset  bytes                    text      field
//!      0  53 54 52 41 54 41 2d 31  STRATA-1  magic        "STRATA-1"
//!      8  01 00 00 00              ....      version      1
//! ```

use std::fmt::{self, Write as _};
use std::io::{self, Write};

use anstyle::{AnsiColor, Style};
use engine::layout::{Draw, Part, Value};

use super::Show;
use super::columns::{Columns, NAME};
use super::survey::Survey;
use crate::engines::spelling::escape;
use crate::fault::indented_within;

/// A part of more rows than these is cut short, to half as many.
const ROWS_MAX: usize = 8;

/// Fields take turns.
const COLOURS: [AnsiColor; 5] = [
    AnsiColor::Cyan,
    AnsiColor::Green,
    AnsiColor::Yellow,
    AnsiColor::Magenta,
    AnsiColor::Blue,
];

/// What is not a field's.
#[derive(Debug, Clone, Copy)]
struct Styles {
    quiet: Style,
    fault: Style,
    /// Whether there are any colours.
    coloured: bool,
}

impl Styles {
    fn new(coloured: bool) -> Self {
        match coloured {
            true => Styles {
                quiet: Style::new().dimmed(),
                fault: AnsiColor::Red.on_default().bold(),
                coloured,
            },
            false => Styles {
                quiet: Style::new(),
                fault: Style::new(),
                coloured,
            },
        }
    }
}

/// Draws a file. Where it has too many groups, those that `survey` would not
/// draw are counted instead.
pub(super) struct Drawing<'o> {
    out: &'o mut dyn Write,
    /// The first error; nothing is written behind it.
    written: io::Result<()>,
    all: bool,
    styles: Styles,
    survey: &'o Survey<'o>,
    word: Box<dyn Fn(usize) -> Option<&'static str> + 'o>,
    columns: Columns,
    /// The number of the group that is being drawn, from 1.
    group: usize,
    left_out: LeftOut,
    /// The fields met so far: the place of each is its colour.
    fields: Vec<&'static str>,
}

/// Groups that are not drawn, since the last that was.
#[derive(Debug, Default)]
struct LeftOut {
    groups: usize,
    faults: usize,
    from: usize,
    /// Where the last of them ends.
    to: usize,
}

impl LeftOut {
    /// What stands in their place.
    fn in_words(&self) -> String {
        let (groups, bytes) = (self.groups, self.to - self.from);
        match self.faults {
            0 => format!("… {groups} more without a fault, in {bytes} bytes"),
            1 => format!("… {groups} more with 1 fault, in {bytes} bytes"),
            faults => format!("… {groups} more with {faults} faults, in {bytes} bytes"),
        }
    }
}

impl<'o> Drawing<'o> {
    /// A drawing of a file of `len` bytes.
    pub(super) fn new(
        out: &'o mut dyn Write,
        len: u64,
        show: Show<'_>,
        survey: &'o Survey<'o>,
    ) -> Self {
        let styles = Styles::new(show.coloured);
        let quiet = styles.quiet;
        let columns = Columns::new(show.width, len);
        let head = columns.head();
        let written = writeln!(out, "{quiet}{head}{quiet:#}");
        Drawing {
            out,
            written,
            all: show.all,
            styles,
            survey,
            word: Box::new(|_| None),
            columns,
            group: 0,
            left_out: LeftOut::default(),
            fields: Vec::new(),
        }
    }

    /// From now on `word` stands behind the name of the group at an offset.
    pub(super) fn says(&mut self, word: impl Fn(usize) -> Option<&'static str> + 'o) {
        self.word = Box::new(word);
    }

    /// The first error of writing, if there was one.
    pub(super) fn finish(mut self) -> io::Result<()> {
        self.note_left_out();
        self.written
    }

    fn is_left_out(&self) -> bool {
        self.group > 0 && !self.survey.draws(self.group)
    }

    /// Says what was left out since the last group that was drawn.
    fn note_left_out(&mut self) {
        let left_out = std::mem::take(&mut self.left_out);
        if left_out.groups > 0 {
            self.note(&left_out.in_words());
        }
    }

    fn print(&mut self, text: &str) {
        if self.written.is_ok() {
            self.written = self.out.write_all(text.as_bytes());
        }
    }

    /// Prints what stands between rows.
    pub(super) fn note(&mut self, text: &str) {
        let (columns, quiet) = (self.columns, self.styles.quiet);
        let lines = indented_within(columns.all, text, columns.margin());
        self.print(&format!("{quiet}{lines}{quiet:#}\n"));
    }

    fn colour(&mut self, field: &'static str) -> Style {
        if !self.styles.coloured {
            return Style::new();
        }
        let place = self.fields.iter().position(|known| *known == field);
        let place = place.unwrap_or_else(|| {
            self.fields.push(field);
            self.fields.len() - 1
        });
        COLOURS[place % COLOURS.len()].on_default()
    }
}

impl Draw for Drawing<'_> {
    fn group(&mut self, offset: usize, name: fmt::Arguments<'_>) {
        self.group += 1;
        if self.is_left_out() {
            if self.left_out.groups == 0 {
                self.left_out.from = offset;
                self.left_out.to = offset;
            }
            self.left_out.groups += 1;
            return;
        }
        self.note_left_out();
        self.note(&match (self.word)(offset) {
            Some(word) => format!("{name}, {word}"),
            None => name.to_string(),
        });
    }

    fn part(&mut self, part: Part<'_>) {
        if self.is_left_out() || self.written.is_err() {
            self.left_out.faults += usize::from(part.fault.is_some());
            self.left_out.to = part.offset + part.bytes.len();
            return;
        }
        let quiet = self.styles.quiet;
        let style = match part.fault {
            Some(_) => self.styles.fault,
            None => self.colour(part.name),
        };
        let columns = self.columns;
        let in_row = columns.in_row;
        let rows = part.bytes.len().div_ceil(in_row);
        let shown = match self.all || rows <= ROWS_MAX {
            true => rows.max(1),
            false => ROWS_MAX / 2,
        };
        let mut text = String::new();
        for row in 0..shown {
            let start = (row * in_row).min(part.bytes.len());
            let bytes = &part.bytes[start..(start + in_row).min(part.bytes.len())];
            let (offset, width) = (part.offset + start, columns.offset);
            let (hex, wide) = (hex(bytes), columns.hex());
            let mut line = format!("{quiet}{offset:>width$}{quiet:#}  {style}{hex:<wide$}");
            if columns.has_text {
                let _ = write!(line, "  {:<in_row$}", ascii(bytes));
            }
            if row == 0 && !part.name.is_empty() {
                let name = part.name;
                let value = value(&part, columns.value(name));
                let _ = write!(line, "  {name:<NAME$}{style:#}  {value}");
            } else {
                line.truncate(line.trim_end().len());
                let _ = write!(line, "{style:#}");
            }
            text.push_str(line.trim_end());
            text.push('\n');
        }
        if shown < rows {
            let more = more_bytes((part.bytes.len() - shown * in_row) as u64);
            let margin = columns.margin();
            let _ = writeln!(text, "{:margin$}{quiet}… {more}{quiet:#}", "");
        }
        if is_held_below(&part, columns) {
            let margin = columns.margin();
            let _ = writeln!(
                text,
                "{:margin$}{style}✓ {}: {HOLDS}{style:#}",
                "", part.name
            );
        }
        if let Some(fault) = &part.fault {
            let fault = format!("✗ {}: {fault}", part.name);
            let fault = indented_within(columns.all, &fault, columns.margin());
            let _ = writeln!(text, "{style}{fault}{style:#}");
        }
        self.print(&text);
    }
}

/// What is said of a checksum that is the one that its bytes make.
const HOLDS: &str = "holds";

fn holds(sum: u64) -> String {
    format!("0x{sum:08x}, {HOLDS}")
}

/// Whether a checksum holds and there is no room behind it to say so.
fn is_held_below(part: &Part<'_>, columns: Columns) -> bool {
    match part.value {
        Value::Checksum(sum) if part.fault.is_none() => holds(sum).len() > columns.value(part.name),
        _ => false,
    }
}

/// What a part says, in at most so many columns.
fn value(part: &Part<'_>, columns: usize) -> String {
    let text = match part.value {
        Value::Number(number) => number.to_string(),
        Value::Checksum(sum) => {
            let holds = holds(sum);
            match part.fault {
                None if holds.len() <= columns => holds,
                _ => format!("0x{sum:08x}"),
            }
        }
        Value::Bytes => {
            // No more than could be shown anyway.
            let head = &part.bytes[..part.bytes.len().min(4 * columns)];
            format!("\"{}\"", escape(head).replace('"', "\\\""))
        }
    };
    if text.chars().count() <= columns {
        return text;
    }
    let head: String = text.chars().take(columns.saturating_sub(1)).collect();
    format!("{head}…")
}

fn hex(bytes: &[u8]) -> String {
    let digits: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    digits.join(" ")
}

fn ascii(bytes: &[u8]) -> String {
    let shown = |byte: &u8| match byte {
        b' '..=b'~' => char::from(*byte),
        _ => '.',
    };
    bytes.iter().map(shown).collect()
}

/// So many bytes that are not shown, in words.
pub(super) fn more_bytes(bytes: u64) -> String {
    match bytes {
        1 => "1 byte more".to_owned(),
        bytes => format!("{bytes} bytes more"),
    }
}

//! How the columns of a drawing share the terminal's width.

/// The columns of a row: offset, bytes, the same as text, field and value. In
/// a narrow terminal a row has fewer bytes, in a narrower one no text, and in
/// the narrowest fewer bytes again.
#[derive(Debug, Clone, Copy)]
pub(super) struct Columns {
    /// Columns of the terminal.
    pub(super) all: usize,
    /// Columns of an offset.
    pub(super) offset: usize,
    /// Bytes in a row.
    pub(super) in_row: usize,
    /// Whether the bytes stand there as text, too.
    pub(super) has_text: bool,
}

/// Columns of a field's name, at least.
pub(super) const NAME: usize = "payload_len".len();

/// Columns of the longest value that is never cut short.
const VALUE: usize = "0x00000000, holds".len();

/// Bytes in a row, and whether they stand there as text, from the widest.
const ROWS: [(usize, bool); 4] = [(8, true), (4, true), (4, false), (2, false)];

impl Columns {
    /// The columns for a file of `len` bytes.
    pub(super) fn new(all: usize, len: u64) -> Self {
        let columns = |(in_row, has_text)| Columns {
            all,
            offset: len.to_string().len().max("offset".len()),
            in_row,
            has_text,
        };
        let [.., narrowest] = ROWS;
        let mut fitting = ROWS.into_iter().map(columns);
        let found = fitting.find(|columns| columns.value("") >= VALUE);
        found.unwrap_or(columns(narrowest))
    }

    /// What stands above them.
    pub(super) fn head(&self) -> String {
        let (offset, hex, in_row) = (self.offset, self.hex(), self.in_row);
        let text = match self.has_text {
            true => format!("  {:<in_row$}", "text"),
            false => String::new(),
        };
        format!("{:>offset$}  {:<hex$}{text}  field", "offset", "bytes")
    }

    /// Columns in front of the bytes.
    pub(super) fn margin(&self) -> usize {
        self.offset + 2
    }

    /// Columns of a row's bytes in hexadecimal.
    pub(super) fn hex(&self) -> usize {
        3 * self.in_row - 1
    }

    /// What is left for the value of a field of that name.
    pub(super) fn value(&self, name: &str) -> usize {
        let text = match self.has_text {
            true => 2 + self.in_row,
            false => 0,
        };
        let name = name.len().max(NAME);
        let taken = self.margin() + self.hex() + text + 2 + name + 2;
        self.all.saturating_sub(taken)
    }
}

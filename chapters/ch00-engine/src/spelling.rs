//! How keys and values are spelled where a person reads them.

use std::fmt::{self, Write as _};

/// Bytes as scripts and messages spell them.
///
/// Letters, digits, `_` and `-` stand for themselves; every other byte is
/// written `\x` and two hexadecimal digits. No bytes at all are `""`.
///
/// ```
/// use engine::spelling::Spelled;
///
/// assert_eq!(Spelled(b"apple").to_string(), "apple");
/// assert_eq!(Spelled(b"a\x00 b").to_string(), r"a\x00\x20b");
/// assert_eq!(Spelled(b"").to_string(), r#""""#);
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Spelled<'a>(pub &'a [u8]);

impl fmt::Display for Spelled<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("\"\"");
        }
        for &byte in self.0 {
            match stands_for_itself(byte) {
                true => f.write_char(char::from(byte))?,
                false => write!(f, "\\x{byte:02x}")?,
            }
        }
        Ok(())
    }
}

impl fmt::Debug for Spelled<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Answers whether a byte is spelled as itself.
pub fn stands_for_itself(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-')
}

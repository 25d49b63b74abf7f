//! Keys and values as a script spells them.

use std::fmt;

use engine::spelling::Spelled;

/// A key or a value as a script spells it.
///
/// | text | bytes |
/// |---|---|
/// | `apple` | these letters |
/// | `""` | none |
/// | `a\x00\xff` | an `a`, a zero byte and `0xff` |
/// | `x*100` | a hundred times the byte `x` |
/// | `\xff*max` | `0xff`, as long as the engine's limit |
/// | `x*max+1` | one byte longer than the limit |
///
/// Letters, digits, `_` and `-` stand for themselves; every other byte is
/// written `\x` and two hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Bytes {
    /// These bytes.
    Plain(Vec<u8>),
    /// One byte, so many times.
    Times(u8, usize),
    /// One byte, as often as the engine's limit allows.
    Longest(u8),
    /// One byte, once more than the engine's limit allows.
    TooLong(u8),
}

impl Bytes {
    /// The bytes, for an engine that takes at most `bytes_max` of them.
    ///
    /// # Panics
    ///
    /// Where they are more than a test should have in memory, which a script
    /// can spell: `x*max` for an engine without a limit.
    pub fn to_vec(&self, bytes_max: usize) -> Vec<u8> {
        let len = self.len(bytes_max);
        assert!(len <= LEN_MAX, "`{self}` has {len} bytes: too many to test");
        match self {
            Bytes::Plain(bytes) => bytes.clone(),
            Bytes::Times(byte, _) | Bytes::Longest(byte) | Bytes::TooLong(byte) => vec![*byte; len],
        }
    }

    /// How many bytes they are, for an engine that takes at most `bytes_max`.
    pub fn len(&self, bytes_max: usize) -> usize {
        match self {
            Bytes::Plain(bytes) => bytes.len(),
            Bytes::Times(_, times) => *times,
            Bytes::Longest(_) => bytes_max,
            Bytes::TooLong(_) => bytes_max.saturating_add(1),
        }
    }
}

const LEN_MAX: usize = 1 << 28;

impl From<&[u8]> for Bytes {
    fn from(bytes: &[u8]) -> Self {
        Bytes::Plain(bytes.to_vec())
    }
}

impl From<&str> for Bytes {
    fn from(text: &str) -> Self {
        Bytes::Plain(text.as_bytes().to_vec())
    }
}

impl fmt::Display for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Bytes::Plain(bytes) => write!(f, "{}", Spelled(bytes)),
            Bytes::Times(byte, times) => write!(f, "{}*{times}", Spelled(&[*byte])),
            Bytes::Longest(byte) => write!(f, "{}*max", Spelled(&[*byte])),
            Bytes::TooLong(byte) => write!(f, "{}*max+1", Spelled(&[*byte])),
        }
    }
}

/// Shows bytes that an engine answered, in the spelling of scripts where that
/// is shorter: `x*4096`.
pub fn shown(bytes: &[u8]) -> String {
    match bytes {
        [first, rest @ ..] if rest.len() >= 8 && rest.iter().all(|byte| byte == first) => {
            Bytes::Times(*first, bytes.len()).to_string()
        }
        _ if bytes.len() > 24 => {
            let head = Bytes::Plain(bytes[..16].to_vec());
            format!("{head}… ({} bytes)", bytes.len())
        }
        _ => Bytes::Plain(bytes.to_vec()).to_string(),
    }
}

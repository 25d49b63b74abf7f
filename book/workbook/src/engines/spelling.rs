//! Bytes as a person reads and types them.
//!
//! Keys and values are any bytes. What is printable UTF-8 stands for itself,
//! and every other byte is `\x` and two hexadecimal digits, as in the scripts
//! of the suite. An argument of a command ([`escape`], [`unescape`]) may hold
//! spaces, since the terminal's own shell has its quotes; a word of a line
//! ([`word`], [`bytes_of`]) is quoted where it needs to be. What [`word`] writes
//! can be pasted in either place.

use std::fmt::Write as _;

/// What `x*100` may repeat to: no engine takes more in a batch.
const TIMES_MAX: usize = 1 << 28;

/// Bytes as text on one line. [`unescape`] answers the same bytes again.
pub fn escape(bytes: &[u8]) -> String {
    let mut text = String::new();
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            match c {
                '\\' => text.push_str("\\\\"),
                '\n' => text.push_str("\\n"),
                '\r' => text.push_str("\\r"),
                '\t' => text.push_str("\\t"),
                // What is invisible, or turns the text around, is spelled out.
                c if !is_printable(c) => hex(&mut text, c.encode_utf8(&mut [0; 4]).as_bytes()),
                c => text.push(c),
            }
        }
        hex(&mut text, chunk.invalid());
    }
    text
}

fn is_printable(c: char) -> bool {
    matches!(c, '"' | '\'') || c.escape_debug().count() == 1
}

fn hex(text: &mut String, bytes: &[u8]) {
    for byte in bytes {
        let _ = write!(text, "\\x{byte:02x}");
    }
}

/// The bytes that a text spells.
///
/// # Errors
///
/// Says which escape there is none of.
pub fn unescape(text: &str) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        bytes.extend_from_slice(&rest.as_bytes()[..at]);
        let escape = &rest[at + 1..];
        let mut chars = escape.chars();
        let byte = match chars.next() {
            Some('x') => {
                let digits = escape.get(1..3).filter(|d| !d.starts_with('+'));
                let byte = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok());
                let byte = byte.ok_or("after `\\x` stand two hexadecimal digits")?;
                chars = escape[3..].chars();
                byte
            }
            Some('n') => b'\n',
            Some('r') => b'\r',
            Some('t') => b'\t',
            Some('0') => 0,
            Some('\\') => b'\\',
            Some('"') => b'"',
            Some(other) => {
                return Err(format!(
                    "there is no escape `\\{other}`\nThere are \\xNN \\n \\r \\t \\0 \\\\ \\\""
                ));
            }
            None => return Err("a `\\` at the end escapes nothing: write `\\\\`".to_owned()),
        };
        bytes.push(byte);
        rest = chars.as_str();
    }
    bytes.extend_from_slice(rest.as_bytes());
    Ok(bytes)
}

/// Bytes as a word of a line, in quotes where they need some. A terminal's own
/// shell takes the quotes off and leaves what [`unescape`] reads: whatever else
/// it would change between them is spelled in hexadecimal.
pub fn word(bytes: &[u8]) -> String {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
    if !bytes.is_empty() && bytes.iter().all(plain) {
        return String::from_utf8_lossy(bytes).into_owned();
    }
    let mut inside = escape(bytes).replace(r"\\", r"\x5c");
    for (special, spelled) in [('"', r#"\""#), ('$', r"\x24"), ('`', r"\x60")] {
        inside = inside.replace(special, spelled);
    }
    format!("\"{inside}\"")
}

/// A word as it is shown in so many columns: the beginning of it and its
/// length, where it is longer.
pub fn shown(bytes: &[u8], columns: usize) -> String {
    let more = format!("… ({} bytes)", bytes.len());
    // Every byte takes a column at least.
    let short = bytes.len() <= columns;
    let whole = short
        .then(|| word(bytes))
        .filter(|word| wide(word) <= columns);
    whole.unwrap_or_else(|| {
        let room = columns.saturating_sub(wide(&more));
        let heads = (0..=room.min(bytes.len()))
            .rev()
            .map(|len| word(&bytes[..len]));
        let head = heads.into_iter().find(|head| wide(head) <= room);
        head.unwrap_or_default() + &more
    })
}

fn wide(text: &str) -> usize {
    text.chars().count()
}

/// The bytes that a word of a line spells: text with escapes, in quotes or
/// not, or `x*100` for a hundred times the byte `x`.
///
/// # Errors
///
/// Says what is wrong with it.
pub fn bytes_of(word: &str) -> Result<Vec<u8>, String> {
    if let Some(quoted) = word.strip_prefix('"') {
        let inside = quoted.strip_suffix('"').filter(|_| word.len() > 1);
        return unescape(inside.ok_or("the quote is not closed")?);
    }
    let Some((unit, times)) = word.rsplit_once('*') else {
        return unescape(word);
    };
    let wrong = "a `*` repeats one byte, as in x*100: write it in quotes to mean itself";
    let times: usize = times.parse().map_err(|_| wrong)?;
    match unescape(unit)?[..] {
        [_] if times > TIMES_MAX => Err(format!("at most {TIMES_MAX} bytes can be spelled")),
        [byte] => Ok(vec![byte; times]),
        _ => Err(wrong.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_spelled_is_read_again() {
        let all: Vec<u8> = (0..=255).collect();
        for bytes in [
            &all[..],
            b"",
            b"plain",
            b"with space",
            b"say \"hi\"",
            b"back\\slash\\",
            b"\\\"\\\\x5c",
            b"$HOME `and` more",
            b"2*3",
            b"a;b",
            b"a..b",
            "grün 🌱".as_bytes(),
            "\u{202e}turned".as_bytes(),
            b"\xff\xfe",
        ] {
            assert_eq!(unescape(&escape(bytes)).as_deref(), Ok(bytes));
            assert_eq!(bytes_of(&word(bytes)).as_deref(), Ok(bytes));
            // As a terminal's shell hands it on.
            let words = shlex::split(&word(bytes)).unwrap();
            assert_eq!(words.len(), 1);
            assert_eq!(unescape(&words[0]).as_deref(), Ok(bytes));
            assert!(!word(bytes).contains(['$', '`']), "{}", word(bytes));
            let control = |c: char| c.is_control() || c == '\u{202e}';
            assert!(!escape(bytes).contains(control), "{}", escape(bytes));
        }
    }

    #[test]
    fn scripts_of_the_suite_are_spelled_alike() {
        for (spelled, bytes) in [
            ("apple", &b"apple"[..]),
            ("\"\"", b""),
            ("a\\x00\\xff", b"a\0\xff"),
            ("x*5", b"xxxxx"),
            ("\\xff*2", b"\xff\xff"),
        ] {
            assert_eq!(bytes_of(spelled).as_deref(), Ok(bytes));
        }
    }

    #[test]
    fn what_spells_nothing_is_explained() {
        for (wrong, says) in [
            ("\\q", "there is no escape `\\q`"),
            ("\\x1", "two hexadecimal digits"),
            ("\\x+1", "two hexadecimal digits"),
            ("\\xä", "two hexadecimal digits"),
            ("end\\", "escapes nothing"),
            ("\"open", "not closed"),
            ("\"", "not closed"),
            ("ab*3", "repeats one byte"),
            ("a*b", "repeats one byte"),
            ("a*999999999999", "at most"),
        ] {
            let Err(what) = bytes_of(wrong) else {
                panic!("{wrong} passed")
            };
            assert!(what.contains(says), "{wrong}: {what}");
        }
    }

    #[test]
    fn long_values_are_shown_in_short() {
        assert_eq!(shown(b"short", 20), "short");
        assert_eq!(shown(&[b'x'; 5000], 20), "xxxxxx… (5000 bytes)");
        assert_eq!(
            shown(b"in quotes, twenty-five it is", 20),
            "\"in quo\"… (28 bytes)"
        );
        assert_eq!(shown(&[0xff; 40], 20), "\"\\xff\"… (40 bytes)");
    }
}

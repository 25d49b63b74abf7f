//! What a line of the shell says.
//!
//! The words are those of the suite's scripts, so that a script from a failing
//! check can be typed here as it is.

use std::ops::Bound;

use engine::{KeyRange, Order};

use crate::engines::spelling::{bytes_of, escape};

/// What is asked of the shell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Request {
    Put(Vec<u8>, Vec<u8>),
    Delete(Vec<u8>),
    Get(Vec<u8>),
    Scan {
        range: KeyRange<'static>,
        order: Order,
        limit: u64,
    },
    Sync,
    Stats,
    /// One step of the engine's maintenance, or all that there are.
    Step {
        all: bool,
    },
    Reopen,
    Drop,
    Help,
    Leave,
}

/// What `help` prints.
pub(super) const HELP: &str = "\
put KEY VALUE       store a value
delete KEY          remove a key
get KEY             show a value
scan [RANGE]        show the entries in a range, in order
scan_prefix KEY     show the entries whose keys begin so
sync                make every change so far survive a power loss
stats               what the engine has done since it was opened
step                do a piece of the work that writes leave for later: merging
step all            the same until nothing is due
reopen              close the engine, which syncs, and open it again
drop                end the engine without a sync, and open it again
close, quit, exit   close the engine, which syncs, and leave; so does Ctrl-D
help                this

A RANGE is a.. or ..b or a..b or a..=b, and a<..b leaves `a` itself out.
Behind a scan, `desc` runs it backwards and `limit 10` ends it after 10.
Keys and values: apple, \"with space\", \"\" for none, \\xff for a byte that is
no text, x*100 for a hundred times x. Several requests on a line are parted
by `;`, and a line that begins with # is passed over.
";

/// The names of all requests, for completing what is typed.
pub(super) const NAMES: [&str; 14] = [
    "close",
    "delete",
    "drop",
    "exit",
    "get",
    "help",
    "put",
    "quit",
    "reopen",
    "scan",
    "scan_prefix",
    "stats",
    "step",
    "sync",
];

/// The requests on a line.
///
/// # Errors
///
/// Says what is wrong with the first that is none.
pub(super) fn requests(line: &str) -> Result<Vec<Request>, String> {
    if line.trim_start().starts_with('#') {
        return Ok(Vec::new());
    }
    let mut requests = Vec::new();
    for part in parts(line, |c| c == ';') {
        let words = parts(part, char::is_whitespace);
        let Some((name, words)) = words.split_first() else {
            continue;
        };
        // A control character would do to the terminal what it says.
        let shown = escape(name.as_bytes());
        let failed = |what| format!("{shown}: {what}");
        if is_open(part) {
            return Err(failed("the quote is not closed".to_owned()));
        }
        let comment = words.iter().any(|word| word.starts_with('#'));
        let request = request(name, words).map_err(|what| match comment {
            true => failed(format!("{what}. A comment stands on a line of its own")),
            false => failed(what),
        })?;
        requests.push(request);
    }
    Ok(requests)
}

fn request(name: &str, words: &[&str]) -> Result<Request, String> {
    Ok(match (name, words) {
        ("put", [key, value]) => Request::Put(bytes_of(key)?, bytes_of(value)?),
        ("put", _) => return Err(wants("a key and a value", words)),
        ("delete", [key]) => Request::Delete(bytes_of(key)?),
        ("get", [key]) => Request::Get(bytes_of(key)?),
        ("delete" | "get", _) => return Err(wants("a key", words)),
        ("scan_prefix", [key, rest @ ..]) => {
            let prefix = bytes_of(key)?;
            scan(KeyRange::prefix(&prefix).into_owned(), rest)?
        }
        ("scan_prefix", []) => return Err(wants("a prefix", words)),
        ("scan", [range, rest @ ..]) if !matches!(*range, "desc" | "limit") => {
            scan(self::range(range)?, rest)?
        }
        ("scan", rest) => scan(KeyRange::all(), rest)?,
        ("sync", []) => Request::Sync,
        ("stats", []) => Request::Stats,
        ("step", []) => Request::Step { all: false },
        ("step", ["all"]) => Request::Step { all: true },
        ("step", _) => return Err("after it stands nothing, or `all`".to_owned()),
        ("reopen", []) => Request::Reopen,
        ("drop", []) => Request::Drop,
        ("help" | "?", []) => Request::Help,
        ("close" | "quit" | "exit", []) => Request::Leave,
        (name, _) if NAMES.contains(&name) => return Err("nothing stands after it".to_owned()),
        _ => return Err("there is no such request; `help` lists them".to_owned()),
    })
}

/// Whether a quote is opened and not closed.
fn is_open(text: &str) -> bool {
    let mut escaped = false;
    let quotes = text.chars().filter(|c| {
        let counts = *c == '"' && !escaped;
        escaped = *c == '\\' && !escaped;
        counts
    });
    quotes.count() % 2 == 1
}

fn wants(what: &str, words: &[&str]) -> String {
    match words.len() {
        0 => format!("{what} should follow"),
        1 => format!("{what} should follow, and there is one word"),
        more => format!(
            "{what} should follow, and there are {more} words: what holds spaces stands \
             in \"quotes\""
        ),
    }
}

fn scan(range: KeyRange<'static>, mut words: &[&str]) -> Result<Request, String> {
    let (mut order, mut limit) = (Order::Ascending, u64::MAX);
    loop {
        words = match words {
            [] => break,
            ["desc", rest @ ..] => {
                order = Order::Descending;
                rest
            }
            ["limit", number, rest @ ..] => {
                let number = number.parse();
                limit = number.map_err(|_| "after `limit` stands a number".to_owned())?;
                rest
            }
            ["limit"] => return Err("after `limit` stands a number".to_owned()),
            [option, ..] if option.starts_with("--") => return Err(no_options(option)),
            [other, ..] => {
                let other = escape(other.as_bytes());
                return Err(format!("`{other}` is neither `desc` nor `limit`"));
            }
        };
    }
    Ok(Request::Scan {
        range,
        order,
        limit,
    })
}

/// What is said of an option of the command `scan`.
fn no_options(option: &str) -> String {
    let option = escape(option.as_bytes());
    format!("here `{option}` is no option: after the range stand `limit 10` and `desc`")
}

fn range(word: &str) -> Result<KeyRange<'static>, String> {
    let dots = unquoted(word).find(|(at, _)| word[*at..].starts_with(".."));
    let Some((at, _)) = dots else {
        if word.starts_with("--") {
            return Err(no_options(word));
        }
        return Err("a range has `..` in it: a.., ..b, a..b, a..=b".to_owned());
    };
    let (start, end) = (&word[..at], &word[at + 2..]);
    type Make = fn(Vec<u8>) -> Bound<Vec<u8>>;
    let (start, behind): (_, Make) = match start.strip_suffix('<') {
        Some(start) => (start, Bound::Excluded),
        None => (start, Bound::Included),
    };
    let (end, until): (_, Make) = match end.strip_prefix('=') {
        Some(end) => (end, Bound::Included),
        None => (end, Bound::Excluded),
    };
    let bound = |word: &str, make: Make| match word {
        "" => Ok(Bound::Unbounded),
        word => bytes_of(word).map(make),
    };
    let (start, end) = (bound(start, behind)?, bound(end, until)?);
    let (start, end) = (
        start.as_ref().map(Vec::as_slice),
        end.as_ref().map(Vec::as_slice),
    );
    Ok(KeyRange::new(start, end).into_owned())
}

/// The parts of a text between separators that stand in no quotes.
fn parts(text: &str, separates: impl Fn(char) -> bool) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut start = 0;
    for (at, c) in unquoted(text).filter(|(_, c)| separates(*c)) {
        parts.push(&text[start..at]);
        start = at + c.len_utf8();
    }
    parts.push(&text[start..]);
    parts.retain(|part| !part.trim().is_empty());
    parts
}

/// The characters that stand in no quotes, and are not escaped.
fn unquoted(text: &str) -> impl Iterator<Item = (usize, char)> {
    let (mut quoted, mut escaped) = (false, false);
    text.char_indices().filter(move |(_, c)| {
        let (was_quoted, was_escaped) = (quoted, escaped);
        escaped = *c == '\\' && !was_escaped;
        quoted ^= *c == '"' && !was_escaped;
        !was_quoted && !was_escaped && *c != '"'
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(line: &str) -> Request {
        let requests = requests(line).expect("a line");
        assert_eq!(requests.len(), 1, "{line}");
        requests.into_iter().next().expect("a request")
    }

    fn put(key: &str, value: &str) -> Request {
        Request::Put(key.into(), value.into())
    }

    fn scan(range: KeyRange<'_>, order: Order, limit: u64) -> Request {
        let range = range.into_owned();
        Request::Scan {
            range,
            order,
            limit,
        }
    }

    #[test]
    fn a_script_of_the_suite_is_understood() {
        let script = "put a 1; put b x*3; scan a..=b desc; sync; reopen; drop; get b";
        let requests = requests(script).expect("a script");
        assert_eq!(requests[..2], [put("a", "1"), put("b", "xxx")]);
        let range = KeyRange::new(Bound::Included(b"a"), Bound::Included(b"b"));
        assert_eq!(requests[2], scan(range, Order::Descending, u64::MAX));
        assert_eq!(requests.len(), 7);
    }

    #[test]
    fn quotes_keep_spaces_semicolons_and_dots_together() {
        assert_eq!(one("put \"a b\" \"x; y\""), put("a b", "x; y"));
        assert_eq!(one("put \"say \\\"hi\\\"\" ..."), put("say \"hi\"", "..."));
        assert_eq!(one("get \"\""), Request::Get(Vec::new()));
        let all = (Order::Ascending, u64::MAX);
        assert_eq!(
            one("scan \"a..\"..\"b c\""),
            scan(KeyRange::half_open("a..", "b c"), all.0, all.1)
        );
        assert_eq!(
            one("scan a.."),
            scan(KeyRange::starting_at("a"), all.0, all.1)
        );
        assert_eq!(one("scan .."), scan(KeyRange::all(), all.0, all.1));
        assert_eq!(one("scan"), scan(KeyRange::all(), all.0, all.1));
        let range = KeyRange::new(Bound::Excluded(b"a"), Bound::Unbounded);
        assert_eq!(one("scan a<.. limit 2"), scan(range, all.0, 2));
        assert_eq!(
            one("scan_prefix a limit 1 desc"),
            scan(KeyRange::prefix("a"), Order::Descending, 1)
        );
    }

    #[test]
    fn empty_lines_and_comments_ask_for_nothing() {
        for line in ["", "  ", ";;", "# put a 1", "  # x"] {
            assert_eq!(requests(line), Ok(Vec::new()), "{line}");
        }
    }

    #[test]
    fn what_is_no_request_is_explained() {
        for (line, says) in [
            (
                "bogus",
                "bogus: there is no such request; `help` lists them",
            ),
            (
                "put a",
                "put: a key and a value should follow, and there is one word",
            ),
            ("get", "get: a key should follow"),
            ("get a b", "get: a key should follow, and there are 2 words"),
            ("sync now", "sync: nothing stands after it"),
            ("scan a", "scan: a range has `..` in it"),
            ("scan a.. up", "scan: `up` is neither `desc` nor `limit`"),
            (
                "scan --limit 1",
                "scan: here `--limit` is no option: after the range stand `limit 10` and `desc`",
            ),
            ("scan a.. --reverse", "scan: here `--reverse` is no option"),
            (
                "scan_prefix a --limit=1",
                "scan_prefix: here `--limit=1` is",
            ),
            ("scan limit x", "scan: after `limit` stands a number"),
            ("scan limit", "scan: after `limit` stands a number"),
            ("put a \"b", "put: the quote is not closed"),
            ("put \"open x", "put: the quote is not closed"),
            ("\u{1b}[A", "\\x1b[A: there is no such request"),
            ("scan a.. \u{7}", "scan: `\\x07` is neither"),
            (
                "get a # why",
                "get: a key should follow, and there are 3 words: what holds spaces \
                 stands in \"quotes\". A comment stands on a line of its own",
            ),
            ("get \\q", "get: there is no escape `\\q`"),
        ] {
            let what = requests(line).expect_err(line);
            assert!(what.starts_with(says), "{line}: {what}");
        }
    }

    #[test]
    fn help_lists_every_request() {
        for name in NAMES {
            assert!(HELP.contains(name), "{name}");
        }
        assert!(HELP.lines().all(|line| line.chars().count() <= 80));
    }
}

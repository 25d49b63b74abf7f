//! What `strace` writes down: the system calls of a process, in their order.

use std::collections::HashMap;

use anyhow::{Context, Result, bail};

/// The calls that are traced: those that change files, and those that say which
/// file a descriptor is and where in it the next write goes.
pub const CALLS: &[&str] = &[
    "open",
    "openat",
    "openat2",
    "creat",
    "close",
    "dup",
    "dup2",
    "dup3",
    "fcntl",
    "read",
    "readv",
    "lseek",
    "write",
    "writev",
    "pwrite64",
    "pwritev",
    "pwritev2",
    "truncate",
    "ftruncate",
    "fallocate",
    "rename",
    "renameat",
    "renameat2",
    "unlink",
    "unlinkat",
    "mkdir",
    "mkdirat",
    "rmdir",
    "fsync",
    "fdatasync",
    "sync",
    "syncfs",
    "sync_file_range",
    "mmap",
    "msync",
    "link",
    "linkat",
    "symlink",
    "symlinkat",
    "copy_file_range",
    "sendfile",
    "splice",
    "io_uring_setup",
    "io_submit",
];

/// A piece of a trace. A call that another thread interrupts takes two lines,
/// and so every call has a beginning and an end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A thread begins a call.
    Begins(u32),
    /// A call has ended.
    Ends(Call),
}

/// A system call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// Who made it.
    pub thread: u32,
    /// Its name.
    pub name: String,
    /// Its arguments, as `strace` writes them.
    pub arguments: Vec<String>,
    /// What it returned, negative where it failed.
    pub result: i64,
}

/// Its descriptor is free for others from its beginning on.
const CLOSE: &str = "close(";

/// Reads a trace that was made with `-f -xx`.
///
/// # Errors
///
/// Fails where a line is not understood.
pub fn parse(trace: &str) -> Result<Vec<Event>> {
    let mut events = Vec::new();
    let mut begun: HashMap<u32, String> = HashMap::new();
    for line in trace.lines() {
        let odd = || format!("a line of the trace is odd: {}", shortened(line));
        let (thread, text) = line.split_once(' ').with_context(odd)?;
        let thread = thread.parse().with_context(odd)?;
        let text = text.trim_start();
        // A signal, or the end of a thread.
        if text.starts_with("---") || text.starts_with("+++") {
            continue;
        }
        if let Some(front) = text.strip_suffix("<unfinished ...>") {
            begun.insert(thread, front.to_string());
            events.push(Event::Begins(thread));
            if front.starts_with(CLOSE) {
                let closed = format!("{}) = 0", front.trim_end());
                events.extend(call(thread, &closed).with_context(odd)?.map(Event::Ends));
            }
            continue;
        }
        let whole = match text.strip_prefix("<... ") {
            Some(rest) => {
                let (_, back) = rest.split_once(" resumed>").with_context(odd)?;
                let front = begun.remove(&thread).with_context(odd)?;
                if front.starts_with(CLOSE) {
                    continue;
                }
                front + back
            }
            None => {
                events.push(Event::Begins(thread));
                text.to_string()
            }
        };
        events.extend(call(thread, &whole).with_context(odd)?.map(Event::Ends));
    }
    Ok(events)
}

/// The call in `name(argument, argument) = result`; none where it never
/// returned.
fn call(thread: u32, text: &str) -> Result<Option<Call>> {
    let (front, result) = text.rsplit_once(" = ").context("it has no result")?;
    let (name, arguments) = front.split_once('(').context("it has no arguments")?;
    let arguments = arguments.trim_end();
    let arguments = arguments.strip_suffix(')').context("it does not end")?;
    let result = result.split_whitespace().next().unwrap_or_default();
    let result = match result.strip_prefix("0x") {
        _ if result == "?" => return Ok(None),
        Some(digits) => i64::from_str_radix(digits, 16)?,
        None => result.parse()?,
    };
    Ok(Some(Call {
        thread,
        name: name.into(),
        arguments: split(arguments),
        result,
    }))
}

/// Cuts at the commas that are in no string and in no bracket.
fn split(arguments: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let (mut depth, mut quoted) = (0_u32, false);
    for character in arguments.chars() {
        match character {
            '"' => quoted = !quoted,
            '[' | '{' | '(' if !quoted => depth += 1,
            ']' | '}' | ')' if !quoted => depth = depth.saturating_sub(1),
            ',' if !quoted && depth == 0 => {
                parts.push(String::new());
                continue;
            }
            _ => {}
        }
        let part = parts.last_mut().expect("there is a first part");
        part.push(character);
    }
    parts.iter().map(|part| part.trim().to_string()).collect()
}

/// The bytes of all strings in an argument: of one, or of several that are
/// gathered.
///
/// # Errors
///
/// Fails where a string is shortened, or not in hexadecimal digits.
pub fn bytes(argument: &str) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut parts = argument.split('"').skip(1);
    while let Some(string) = parts.next() {
        let behind = parts.next().context("a string does not end")?;
        if behind.starts_with("...") {
            bail!("more bytes at once than a trace shows");
        }
        for byte in string.split("\\x").skip(1) {
            bytes.push(u8::from_str_radix(byte, 16)?);
        }
        if string.len() != 4 * (string.len() / 4) || !string.is_empty() && bytes.is_empty() {
            bail!("a string is not in hexadecimal digits");
        }
    }
    Ok(bytes)
}

fn shortened(line: &str) -> String {
    line.chars().take(60).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(thread: u32, name: &str, arguments: &[&str], result: i64) -> Event {
        Event::Ends(Call {
            thread,
            name: name.into(),
            arguments: arguments.iter().map(ToString::to_string).collect(),
            result,
        })
    }

    #[test]
    fn lines_are_calls() {
        let trace = "7  openat(AT_FDCWD, \"\\x2f\\x61\", O_RDWR|O_CREAT, 0644) = 3\n\
                     7  pwritev(3, [{iov_base=\"\\x01\", iov_len=1}, {iov_base=\"\", iov_len=0}], \
                     2, 4096) = 1\n\
                     7  close(3)                                = 0\n\
                     7  unlink(\"\\x61\") = -1 ENOENT (No such file or directory)\n\
                     7  mmap(NULL, 4096, PROT_READ, MAP_SHARED, 3, 0) = 0x7f00\n\
                     7  --- SIGCHLD {si_signo=SIGCHLD} ---\n\
                     7  +++ exited with 0 +++\n";
        let vectors = "[{iov_base=\"\\x01\", iov_len=1}, {iov_base=\"\", iov_len=0}]";
        let ends: Vec<Event> = parse(trace).unwrap();
        let ends: Vec<Event> = ends
            .into_iter()
            .filter(|event| matches!(event, Event::Ends(_)))
            .collect();
        let flags = "O_RDWR|O_CREAT";
        assert_eq!(
            ends,
            [
                named(
                    7,
                    "openat",
                    &["AT_FDCWD", "\"\\x2f\\x61\"", flags, "0644"],
                    3
                ),
                named(7, "pwritev", &["3", vectors, "2", "4096"], 1),
                named(7, "close", &["3"], 0),
                named(7, "unlink", &["\"\\x61\""], -1),
                named(
                    7,
                    "mmap",
                    &["NULL", "4096", "PROT_READ", "MAP_SHARED", "3", "0"],
                    0x7f00
                ),
            ]
        );
        assert_eq!(bytes(vectors).unwrap(), [1]);
        assert!(parse("nonsense\n").is_err());
        assert!(parse("7  <... fsync resumed>) = 0\n").is_err());
    }

    #[test]
    fn a_call_that_is_interrupted_ends_where_it_is_resumed() {
        let trace = "7  fsync(3 <unfinished ...>\n\
                     8  close(4) = 0\n\
                     7  <... fsync resumed>)                    = 0\n\
                     8  read(5 <unfinished ...>\n\
                     8  <... read resumed> <unfinished ...>) = ?\n\
                     7  close(3 <unfinished ...>\n\
                     8  close(4) = 0\n\
                     7  <... close resumed>) = 0\n";
        assert_eq!(
            parse(trace).unwrap(),
            [
                Event::Begins(7),
                Event::Begins(8),
                named(8, "close", &["4"], 0),
                named(7, "fsync", &["3"], 0),
                Event::Begins(8),
                Event::Begins(7),
                named(7, "close", &["3"], 0),
                Event::Begins(8),
                named(8, "close", &["4"], 0),
            ]
        );
    }

    #[test]
    fn strings_are_bytes_and_none_is_missing() {
        assert_eq!(bytes("\"\\x00\\xff\"").unwrap(), [0, 255]);
        assert_eq!(bytes("\"\"").unwrap(), [0; 0]);
        assert!(bytes("\"\\x00\"...").is_err());
        assert!(bytes("\"a\"").is_err());
    }
}

use std::collections::BTreeMap;
use std::fs;

use super::super::trace::parse;
use super::*;

/// A line of a trace, made by thread 1.
fn line(text: &str) -> String {
    format!("1  {text}\n")
}

/// A string as `strace -xx` writes it.
fn hex(text: &str) -> String {
    let digits = text.bytes().map(|byte| format!("\\x{byte:02x}"));
    format!("\"{}\"", digits.collect::<String>())
}

/// What is left in a directory that held `old` with the bytes `before`.
fn left(calls: &[&str]) -> BTreeMap<String, String> {
    followed(calls).unwrap()
}

fn followed(calls: &[&str]) -> Result<BTreeMap<String, String>> {
    let directory = tempfile::tempdir()?;
    let root = fs::canonicalize(directory.path())?.join("store");
    fs::create_dir(&root)?;
    fs::write(root.join("old"), "before")?;
    let mut image = Image::of(&root)?;
    for event in parse(&spelled(calls, &root))? {
        image.follow(&event)?;
    }
    let left = directory.path().join("left");
    image.leave(&left)?;
    let mut files = BTreeMap::new();
    for entry in fs::read_dir(&left)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let text = match entry.file_type()?.is_dir() {
            true => "a directory".into(),
            false => fs::read_to_string(entry.path())?,
        };
        files.insert(name, text);
    }
    Ok(files)
}

/// In the calls, `<name>` is a path below the root and `'text'` is data.
fn spelled(calls: &[&str], root: &Path) -> String {
    let mut trace = String::new();
    for call in calls {
        let mut text = String::new();
        let mut rest = *call;
        while let Some(at) = rest.find(['<', '\'']) {
            let close = if rest[at..].starts_with('<') {
                '>'
            } else {
                '\''
            };
            let end = at + 1 + rest[at + 1..].find(close).unwrap();
            let inner = &rest[at + 1..end];
            text += &rest[..at];
            text += &match close {
                '>' => hex(root.join(inner).to_str().unwrap()),
                _ => hex(inner),
            };
            rest = &rest[end + 1..];
        }
        trace += &line(&(text + rest));
    }
    trace
}

const OPEN_OLD: &str = "openat(AT_FDCWD, <old>, O_RDWR|O_CLOEXEC) = 3";
const OPEN_ROOT: &str = "openat(AT_FDCWD, <>, O_RDONLY|O_DIRECTORY) = 9";
const CREATE_NEW: &str = "openat(AT_FDCWD, <new>, O_WRONLY|O_CREAT, 0644) = 4";

#[test]
fn bytes_survive_from_their_sync_on() {
    let put = "pwrite64(3, 'after!', 6, 0) = 6";
    assert_eq!(left(&[OPEN_OLD, put])["old"], "before");
    assert_eq!(left(&[OPEN_OLD, put, "fsync(3) = 0"])["old"], "after!");
    assert_eq!(left(&[OPEN_OLD, put, "fdatasync(3) = 0"])["old"], "after!");
    assert_eq!(left(&[OPEN_OLD, "fsync(3) = 0", put])["old"], "before");
    let failed = "fsync(3) = -1 EIO (Input/output error)";
    assert_eq!(left(&[OPEN_OLD, put, failed])["old"], "before");
    let begun = "sync_file_range(3, 0, 0, SYNC_FILE_RANGE_WRITE) = 0";
    assert_eq!(left(&[OPEN_OLD, put, begun])["old"], "before");
    assert_eq!(left(&[OPEN_OLD, put, "syncfs(3) = 0"])["old"], "after!");
}

#[test]
fn writes_go_where_the_descriptor_is() {
    let sync = "fsync(3) = 0";
    let read = "read(3, 'be', 2) = 2";
    let short = "write(3, 'XYZ', 3) = 2";
    assert_eq!(left(&[OPEN_OLD, read, short, sync])["old"], "beXYre");
    let seek = "lseek(3, -1, SEEK_END) = 5";
    assert_eq!(left(&[OPEN_OLD, seek, short, sync])["old"], "beforXY");
    let dup = "fcntl(3, F_DUPFD_CLOEXEC, 3) = 5";
    let by_dup = "write(5, 'XYZ', 3) = 3";
    assert_eq!(
        left(&[OPEN_OLD, read, dup, by_dup, "fsync(5) = 0"])["old"],
        "beXYZe"
    );
    let append = "openat(AT_FDCWD, <old>, O_WRONLY|O_APPEND) = 3";
    let vector = "writev(3, [{iov_base='!', iov_len=1}, {iov_base='?', iov_len=1}], 2) = 2";
    assert_eq!(left(&[append, vector, vector, sync])["old"], "before!?!?");
    let elsewhere = "openat(AT_FDCWD, '/dev/null', O_WRONLY) = 3";
    let closed = [OPEN_OLD, "close(3) = 0", elsewhere, short, sync];
    assert_eq!(left(&closed)["old"], "before");
}

#[test]
fn lengths_survive_from_their_sync_on() {
    let sync = "fsync(3) = 0";
    let cut = "ftruncate(3, 2) = 0";
    assert_eq!(left(&[OPEN_OLD, cut])["old"], "before");
    assert_eq!(left(&[OPEN_OLD, cut, sync])["old"], "be");
    let truncating = "openat(AT_FDCWD, <old>, O_RDWR|O_TRUNC) = 3";
    assert_eq!(left(&[truncating])["old"], "before");
    assert_eq!(left(&[truncating, sync])["old"], "");
    let grow = "fallocate(3, 0, 0, 8) = 0";
    assert_eq!(left(&[OPEN_OLD, grow, sync])["old"], "before\0\0");
    let keep = "fallocate(3, FALLOC_FL_KEEP_SIZE, 0, 8) = 0";
    assert_eq!(left(&[OPEN_OLD, keep, sync])["old"], "before");
    let punch = "fallocate(3, FALLOC_FL_KEEP_SIZE|FALLOC_FL_PUNCH_HOLE, 1, 2) = 0";
    assert_eq!(left(&[OPEN_OLD, punch, sync])["old"], "b\0\0ore");
}

#[test]
fn a_descriptor_may_sync_each_write() {
    let plain = "pwrite64(3, 'xx', 2, 0) = 2";
    let open = "openat(AT_FDCWD, <old>, O_RDWR|O_DSYNC) = 4";
    let synced = "pwrite64(4, 'YY', 2, 1) = 2";
    assert_eq!(left(&[open, synced])["old"], "bYYore");
    let calls = [OPEN_OLD, open, plain, synced];
    assert_eq!(left(&calls)["old"], "bYYore");
    assert_eq!(
        left(&[&calls[..], &["fsync(3) = 0"]].concat())["old"],
        "xYYore"
    );
}

#[test]
fn a_name_survives_when_its_directory_is_synced() {
    let put = "write(4, 'bytes', 5) = 5";
    let calls = [CREATE_NEW, put, "fsync(4) = 0"];
    assert!(!left(&calls).contains_key("new"));
    let calls = [&calls[..], &[OPEN_ROOT, "fsync(9) = 0"]].concat();
    assert_eq!(left(&calls)["new"], "bytes");

    let rename = "rename(<new>, <old>) = 0";
    let renamed = [&calls[..], &[rename]].concat();
    assert_eq!(left(&renamed)["old"], "before");
    let renamed = [&renamed[..], &["fsync(9) = 0"]].concat();
    assert_eq!(left(&renamed)["old"], "bytes");
    assert!(!left(&renamed).contains_key("new"));

    let unlink = "unlinkat(AT_FDCWD, <old>, 0) = 0";
    assert_eq!(left(&[OPEN_ROOT, unlink])["old"], "before");
    assert!(left(&[OPEN_ROOT, unlink, "fsync(9) = 0"]).is_empty());
    let mkdir = "mkdir(<sub>, 0777) = 0";
    assert!(!left(&[mkdir]).contains_key("sub"));
    assert_eq!(
        left(&[mkdir, OPEN_ROOT, "fsync(9) = 0"])["sub"],
        "a directory"
    );
}

/// Threads: what a sync covers is what was written before it began.
#[test]
fn a_sync_covers_what_was_written_before_it_began() {
    let root = tempfile::tempdir().unwrap();
    let root = fs::canonicalize(root.path()).unwrap();
    fs::write(root.join("old"), "before").unwrap();
    let mut image = Image::of(&root).unwrap();
    let open = spelled(&[OPEN_OLD, "pwrite64(3, 'B', 1, 0) = 1"], &root);
    let trace = open
        + "1  fsync(3 <unfinished ...>\n\
           2  pwrite64(3, \"\\x45\", 1, 1) = 1\n\
           1  <... fsync resumed>) = 0\n";
    for event in parse(&trace).unwrap() {
        image.follow(&event).unwrap();
    }
    let left = tempfile::tempdir().unwrap();
    image.leave(&left.path().join("left")).unwrap();
    let left = fs::read_to_string(left.path().join("left/old")).unwrap();
    assert_eq!(left, "Before");
}

#[test]
fn what_cannot_be_followed_is_said() {
    let said = |calls: &[&str]| format!("{:#}", followed(calls).unwrap_err());
    let mapped = "mmap(NULL, 4096, PROT_READ|PROT_WRITE, MAP_SHARED, 3, 0) = 0x7f0000000000";
    assert!(said(&[OPEN_OLD, mapped]).contains("old is written through a map"));
    assert_eq!(
        left(&[OPEN_OLD, &mapped.replace("|PROT_WRITE", "")])["old"],
        "before"
    );
    assert_eq!(left(&[mapped])["old"], "before");
    let shm = "openat(AT_FDCWD, <db-shm>, O_RDWR|O_CREAT, 0644) = 3";
    assert_eq!(left(&[shm, mapped])["old"], "before");
    assert!(said(&["link(<old>, <new>) = 0"]).contains("not worked out"));
    assert!(said(&["io_uring_setup(8, 0x7ffc) = 7"]).contains("not worked out"));
    assert!(said(&[OPEN_OLD, "pwrite64(3, 'a'..., 9, 0) = 9"]).contains("more bytes at once"));
}

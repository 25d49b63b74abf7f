//! The disk behind which stands the operating system.
//!
//! Positional reads and writes on Unix and Windows, a read-only map, the sync
//! of a directory, and a lock that ends with its process. Nothing here is
//! peculiar to one system as seen from outside.

use std::fs::{self, OpenOptions, TryLockError};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use memmap2::{MmapOptions, MmapRaw};

use super::{Disk, File, Lent, Lock, Map, Mode, check_name};
use crate::{Error, Result};

#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

#[cfg(unix)]
use unix::{find_room, read_at, sync_directory, write_all_at};
#[cfg(windows)]
use windows::{find_room, read_at, sync_directory, write_all_at};

/// The file whose lock says who owns the directory. Its name is none that
/// [`check_name`] lets through, so no engine can meet it.
const LOCK_FILE: &str = "LOCK";

/// A directory of the operating system.
#[derive(Debug, Clone)]
pub struct RealDisk {
    directory: PathBuf,
}

impl RealDisk {
    /// The disk in `directory`, which is made where it does not exist. That it
    /// was made survives a power loss.
    ///
    /// # Errors
    ///
    /// [`Error::Io`] and [`Error::NoSpace`].
    pub fn new(directory: impl Into<PathBuf>) -> Result<Self> {
        let directory = directory.into();
        make_directory(&directory)
            .map_err(|error| Error::io("create", &directory.to_string_lossy(), &error))?;
        Ok(RealDisk { directory })
    }

    /// The directory.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    fn path(&self, operation: &'static str, name: &str) -> Result<PathBuf> {
        check_name(name).map_err(|error| match error {
            Error::Io {
                file,
                kind,
                message,
                ..
            } => Error::Io {
                operation,
                file,
                kind,
                message,
            },
            other => other,
        })?;
        Ok(self.directory.join(name))
    }

    fn shown(&self) -> String {
        self.directory.to_string_lossy().into_owned()
    }
}

impl Disk for RealDisk {
    fn open(&self, name: &str, mode: Mode) -> Result<Box<dyn File>> {
        let path = self.path("open", name)?;
        let mut options = OpenOptions::new();
        options.read(true);
        match mode {
            Mode::Read => {}
            Mode::Write => {
                options.write(true);
            }
            Mode::CreateNew => {
                options.write(true).create_new(true);
            }
        }
        let file = options
            .open(path)
            .map_err(|error| Error::io("open", name, &error))?;
        Ok(Box::new(RealFile {
            file,
            name: name.to_owned(),
        }))
    }

    fn rename(&self, from: &str, to: &str) -> Result<()> {
        let (source, target) = (self.path("rename", from)?, self.path("rename", to)?);
        fs::rename(source, target).map_err(|error| Error::io("rename", from, &error))
    }

    fn remove(&self, name: &str) -> Result<()> {
        let path = self.path("remove", name)?;
        fs::remove_file(path).map_err(|error| Error::io("remove", name, &error))
    }

    fn list(&self) -> Result<Vec<String>> {
        let names = || -> io::Result<Vec<String>> {
            let mut names = Vec::new();
            for entry in fs::read_dir(&self.directory)? {
                // What has no plain name is not ours: the lock, a hidden file.
                if let Ok(name) = entry?.file_name().into_string()
                    && check_name(&name).is_ok()
                {
                    names.push(name);
                }
            }
            names.sort_unstable();
            Ok(names)
        };
        names().map_err(|error| Error::io("list", &self.shown(), &error))
    }

    fn sync_dir(&self) -> Result<()> {
        sync_directory(&self.directory).map_err(|error| Error::io("sync", &self.shown(), &error))
    }

    fn lock(&self) -> Result<Lock> {
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(self.directory.join(LOCK_FILE))
            .map_err(|error| Error::io("open", LOCK_FILE, &error))?;
        match file.try_lock() {
            Ok(()) => Ok(Lock::new(file)),
            Err(TryLockError::WouldBlock) => Err(Error::Locked { path: self.shown() }),
            Err(TryLockError::Error(error)) => Err(Error::io("lock", LOCK_FILE, &error)),
        }
    }
}

/// Makes `directory` and what is missing above it, and syncs each directory
/// that gained an entry by that.
fn make_directory(directory: &Path) -> io::Result<()> {
    if directory.is_dir() {
        return Ok(());
    }
    // Absolute, so that each directory has a parent to sync.
    let directory = std::path::absolute(directory)?;
    let missing: Vec<&Path> = directory
        .ancestors()
        .take_while(|ancestor| !ancestor.is_dir())
        .collect();
    fs::create_dir_all(&directory)?;
    for parent in missing.into_iter().filter_map(Path::parent) {
        sync_directory(parent)?;
    }
    Ok(())
}

#[derive(Debug)]
struct RealFile {
    file: fs::File,
    name: String,
}

impl RealFile {
    fn error(&self, operation: &'static str) -> impl Fn(io::Error) -> Error {
        move |error| Error::io(operation, &self.name, &error)
    }
}

impl File for RealFile {
    fn name(&self) -> &str {
        &self.name
    }

    fn len(&self) -> Result<u64> {
        Ok(self.file.metadata().map_err(self.error("measure"))?.len())
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> Result<usize> {
        uninterrupted(|| read_at(&self.file, buffer, offset)).map_err(self.error("read"))
    }

    fn write_at(&self, offset: u64, bytes: &[u8]) -> Result<()> {
        write_all_at(&self.file, bytes, offset).map_err(self.error("write"))
    }

    fn allocate(&self, len: u64) -> Result<()> {
        let now = self.len()?;
        if now >= len {
            return Ok(());
        }
        find_room(&self.file, now, len).map_err(self.error("allocate"))
    }

    fn set_len(&self, len: u64) -> Result<()> {
        self.file
            .set_len(len)
            .map_err(self.error("set the length of"))
    }

    fn sync(&self) -> Result<()> {
        self.file.sync_data().map_err(self.error("sync"))
    }

    fn map(&self) -> Result<Box<dyn Map>> {
        let len = self.len()?;
        // An empty file cannot be mapped on every system.
        let map = match usize::try_from(len).expect("a file that is mapped fits in memory") {
            0 => None,
            len => Some(
                MmapOptions::new()
                    .len(len)
                    .map_raw_read_only(&self.file)
                    .map_err(self.error("map"))?,
            ),
        };
        Ok(Box::new(RealMap {
            map,
            name: self.name.clone(),
        }))
    }
}

/// Makes a system call again for as long as a signal interrupts it.
fn uninterrupted<T>(mut call: impl FnMut() -> io::Result<T>) -> io::Result<T> {
    loop {
        match call() {
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            result => return result,
        }
    }
}

/// How systems find room that do not tell length and room apart.
#[cfg(not(target_os = "linux"))]
fn set_len(file: &fs::File, _now: u64, len: u64) -> io::Result<()> {
    file.set_len(len)
}

#[derive(Debug)]
struct RealMap {
    map: Option<MmapRaw>,
    name: String,
}

impl Map for RealMap {
    fn len(&self) -> u64 {
        self.map.as_ref().map_or(0, |map| map.len() as u64)
    }

    fn slice(&self, offset: u64, len: usize) -> Result<Lent<'_>> {
        let ends_early = || Error::corrupt(&self.name, self.len(), "the file ends early");
        let end = offset.checked_add(len as u64).ok_or_else(ends_early)?;
        if end > self.len() {
            return Err(ends_early());
        }
        let Some(map) = &self.map else {
            return Ok(Lent::in_place(&[]));
        };
        let start = usize::try_from(offset).expect("an offset within a map fits in memory");
        Ok(Lent::in_place(lend(map, start, len)))
    }

    #[cfg(unix)]
    fn prefetch(&self, offset: u64, len: usize) {
        /// Linux cuts off what is asked for beyond so much, or a little more.
        const PIECE_BYTES: usize = 1 << 20;
        let (Some(map), Ok(start)) = (&self.map, usize::try_from(offset)) else {
            return;
        };
        let end = start.saturating_add(len).min(map.len());
        for from in (start..end).step_by(PIECE_BYTES) {
            let len = PIECE_BYTES.min(end - from);
            // Advice: without it the bytes are read when they are touched.
            let _ = map.advise_range(memmap2::Advice::WillNeed, from, len);
        }
    }
}

/// Lends `len` mapped bytes from `start` on.
#[expect(unsafe_code, reason = "mapping is the one thing safe Rust cannot lend")]
fn lend(map: &MmapRaw, start: usize, len: usize) -> &[u8] {
    assert!(
        start <= map.len() && len <= map.len() - start,
        "what is lent lies within the map"
    );
    // SAFETY: the assertion keeps the range within the mapping, which lives as
    // long as the answer borrows it. The mapping is read-only, so nobody writes
    // through it. That nobody changes the *file* under these bytes is the
    // contract of this module, kept by three parties: an engine does not
    // overwrite bytes while they are lent nor shrink a mapped file (the
    // simulated disk fails it if it does), the directory's lock keeps other
    // engines out, and a user who edits the files behind both is outside any
    // promise. Only the lent range is ever made a slice: the rest of the file
    // may change freely, since to Rust it is not borrowed.
    unsafe { std::slice::from_raw_parts(map.as_ptr().add(start), len) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_signal_interrupts_is_tried_again_and_other_errors_are_not() {
        let mut answers = vec![
            Err(ErrorKind::BrokenPipe),
            Ok(7),
            Err(ErrorKind::Interrupted),
            Err(ErrorKind::Interrupted),
        ];
        let mut call = || {
            answers
                .pop()
                .expect("an answer is left")
                .map_err(io::Error::from)
        };
        assert_eq!(uninterrupted(&mut call).unwrap(), 7);
        let error = uninterrupted(&mut call).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::BrokenPipe);
    }
}

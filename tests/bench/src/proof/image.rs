//! Which files a power cut leaves, worked out from a trace.
//!
//! Only what was synced survives: the bytes of a file that were written before
//! a sync of that file began, and the names in a directory that were made,
//! changed or removed before a sync of that directory began. A file whose name
//! was not synced is gone, however often its bytes were.

use std::cell::RefCell;
use std::collections::HashMap;
use std::path::{Component, Path, PathBuf};
use std::rc::Rc;

use anyhow::{Context, Result, bail};

use super::files::{Change, Files, Place};
use super::trace::{Call, Event, bytes};

/// A directory, and the descriptors of a process that changes it.
#[derive(Debug)]
pub struct Image {
    root: PathBuf,
    files: Files,
    open: HashMap<i64, Rc<RefCell<Opened>>>,
    /// How many there were when the thread began its call.
    begun: HashMap<u32, u64>,
}

/// What a descriptor stands for.
#[derive(Debug)]
struct Opened {
    path: PathBuf,
    /// None outside the root.
    place: Option<Place>,
    position: usize,
    appends: bool,
    /// Each write is synced.
    syncs: bool,
}

/// Files that are mapped to be written and that need not survive: SQLite and
/// LMDB coordinate processes by them, and whoever opens the store when nobody
/// else has it begins them anew.
fn is_begun_anew(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    name.ends_with("-shm") || name == "lock.mdb"
}

impl Image {
    /// What is in the directory now, all of it durable.
    ///
    /// # Errors
    ///
    /// Fails where it cannot be read.
    pub fn of(root: &Path) -> Result<Self> {
        Ok(Image {
            root: root.to_path_buf(),
            files: Files::of(root)?,
            open: HashMap::new(),
            begun: HashMap::new(),
        })
    }

    /// Makes in a directory, which is not there yet, what a power cut now would
    /// leave.
    ///
    /// # Errors
    ///
    /// Fails where the files cannot be written.
    pub fn leave(&self, directory: &Path) -> Result<()> {
        self.files.leave(directory)
    }

    /// Follows the process one step.
    ///
    /// # Errors
    ///
    /// Fails where it does what cannot be followed.
    pub fn follow(&mut self, event: &Event) -> Result<()> {
        match event {
            Event::Begins(thread) => {
                self.begun.insert(*thread, self.files.changes());
                Ok(())
            }
            // What fails changes nothing.
            Event::Ends(call) if call.result < 0 => Ok(()),
            Event::Ends(call) => self
                .apply(call)
                .with_context(|| format!("following `{}`", call.name)),
        }
    }

    fn apply(&mut self, call: &Call) -> Result<()> {
        let argument = |at: usize| call.arguments.get(at).map_or("", String::as_str);
        let number = |at: usize| -> Result<usize> { Ok(argument(at).parse()?) };
        match call.name.as_str() {
            "open" => self.open(call, "AT_FDCWD", argument(0), argument(1)),
            "openat" => self.open(call, argument(0), argument(1), argument(2)),
            "close" => {
                self.open.remove(&argument(0).parse()?);
                Ok(())
            }
            "dup" | "dup2" | "dup3" => self.share(argument(0), call.result),
            "fcntl" if argument(1).starts_with("F_DUPFD") => self.share(argument(0), call.result),
            "read" | "readv" | "lseek" => self.move_position(call),
            "write" | "writev" => self.write(call, None),
            "pwrite64" | "pwritev" => self.write(call, Some(number(3)?)),
            "truncate" => {
                let path = self.path("AT_FDCWD", argument(0))?;
                let place = path.and_then(|path| self.files.lookup(&path));
                self.change(place, Change::Truncate(number(1)?))
            }
            "ftruncate" => {
                let place = self.place(argument(0));
                self.change(place, Change::Truncate(number(1)?))
            }
            "fallocate" => self.allocate(call),
            "fsync" | "fdatasync" => {
                let before = self.begun_at(call);
                if let Some(place) = self.place(argument(0)) {
                    self.files.sync(place, before);
                }
                Ok(())
            }
            "sync" | "syncfs" => {
                let before = self.begun_at(call);
                self.files.sync_all(before);
                Ok(())
            }
            "rename" => {
                let at = "AT_FDCWD";
                self.rename(self.path(at, argument(0))?, self.path(at, argument(1))?)
            }
            "renameat" | "renameat2" if matches!(argument(4), "" | "0" | "RENAME_NOREPLACE") => {
                let from = self.path(argument(0), argument(1))?;
                self.rename(from, self.path(argument(2), argument(3))?)
            }
            "unlink" | "rmdir" => self.remove(self.path("AT_FDCWD", argument(0))?),
            "unlinkat" => self.remove(self.path(argument(0), argument(1))?),
            "mkdir" => self.make_directory(self.path("AT_FDCWD", argument(0))?),
            "mkdirat" => self.make_directory(self.path(argument(0), argument(1))?),
            "mmap" => self.map(call),
            // It begins to write bytes out, and waits for no device.
            "sync_file_range" => Ok(()),
            // What a mapping changes is not seen, so there is nothing to sync.
            "msync" | "fcntl" => Ok(()),
            _ => self.refuse(call),
        }
    }

    /// A call that is not followed is of no account elsewhere.
    fn refuse(&self, call: &Call) -> Result<()> {
        let here = |argument: &String| match argument.starts_with('"') {
            true => matches!(self.path("AT_FDCWD", argument), Ok(Some(_))),
            false => self.place(argument).is_some(),
        };
        if call.name.starts_with("io_") || call.arguments.iter().any(here) {
            bail!("what it does is not worked out");
        }
        Ok(())
    }

    fn begun_at(&self, call: &Call) -> u64 {
        self.begun.get(&call.thread).copied().unwrap_or(0)
    }

    fn opened(&self, descriptor: &str) -> Option<Rc<RefCell<Opened>>> {
        self.open.get(&descriptor.parse().ok()?).cloned()
    }

    fn place(&self, descriptor: &str) -> Option<Place> {
        self.opened(descriptor)?.borrow().place
    }

    /// The path, absolute and without detours.
    fn absolute(&self, directory: &str, path: &str) -> Result<PathBuf> {
        let path = PathBuf::from(String::from_utf8(bytes(path)?)?);
        let base = match self.opened(directory) {
            Some(opened) => opened.borrow().path.clone(),
            None => std::env::current_dir()?,
        };
        let mut absolute = PathBuf::new();
        for component in base.join(path).components() {
            match component {
                Component::CurDir => {}
                Component::ParentDir => drop(absolute.pop()),
                other => absolute.push(other),
            }
        }
        Ok(absolute)
    }

    /// The path below the root, if it is there.
    fn path(&self, directory: &str, path: &str) -> Result<Option<PathBuf>> {
        let absolute = self.absolute(directory, path)?;
        Ok(absolute
            .strip_prefix(&self.root)
            .ok()
            .map(Path::to_path_buf))
    }

    fn open(&mut self, call: &Call, directory: &str, path: &str, flags: &str) -> Result<()> {
        let has = |flag: &str| flags.split('|').any(|one| one == flag);
        let absolute = self.absolute(directory, path)?;
        let below = absolute.strip_prefix(&self.root).ok();
        let place = match below.filter(|_| !has("O_TMPFILE")) {
            Some(below) => Some(match self.files.lookup(below) {
                Some(place) => place,
                None => self.files.make_file(below)?,
            }),
            None => None,
        };
        if has("O_TRUNC") {
            self.change(place, Change::Truncate(0))?;
        }
        let opened = Opened {
            path: absolute,
            place,
            position: 0,
            appends: has("O_APPEND"),
            syncs: has("O_SYNC") || has("O_DSYNC"),
        };
        self.open.insert(call.result, Rc::new(RefCell::new(opened)));
        Ok(())
    }

    fn share(&mut self, descriptor: &str, with: i64) -> Result<()> {
        match self.opened(descriptor) {
            Some(opened) => drop(self.open.insert(with, opened)),
            None => drop(self.open.remove(&with)),
        }
        Ok(())
    }

    fn move_position(&mut self, call: &Call) -> Result<()> {
        let descriptor = call.arguments.first().context("it has no descriptor")?;
        if let Some(opened) = self.opened(descriptor) {
            let mut opened = opened.borrow_mut();
            let to = usize::try_from(call.result)?;
            opened.position = match call.name.as_str() {
                "lseek" => to,
                _ => opened.position + to,
            };
        }
        Ok(())
    }

    fn write(&mut self, call: &Call, at: Option<usize>) -> Result<()> {
        let [descriptor, data, ..] = call.arguments.as_slice() else {
            bail!("it has too few arguments");
        };
        let Some(opened) = self.opened(descriptor) else {
            return Ok(());
        };
        let mut opened = opened.borrow_mut();
        let Some(place) = opened.place else {
            return Ok(());
        };
        let written = usize::try_from(call.result)?;
        let mut data = bytes(data)?;
        if data.len() < written {
            bail!("it writes more than it is given");
        }
        data.truncate(written);
        let offset = match at {
            // So does Linux even where a place is given.
            _ if opened.appends => self.files.len(place)?,
            Some(offset) => offset,
            None => opened.position,
        };
        if at.is_none() {
            opened.position = offset + written;
        }
        let change = Change::Write(offset, data);
        match opened.syncs {
            true => self.files.change_durably(place, change),
            false => self.files.change(place, change),
        }
    }

    fn allocate(&mut self, call: &Call) -> Result<()> {
        let [descriptor, mode, offset, bytes] = call.arguments.as_slice() else {
            bail!("it has another number of arguments");
        };
        let (start, place) = (offset.parse::<usize>()?, self.place(descriptor));
        let end = start + bytes.parse::<usize>()?;
        let has = |flag: &str| mode.split('|').any(|one| one == flag);
        if has("FALLOC_FL_PUNCH_HOLE") || has("FALLOC_FL_ZERO_RANGE") {
            self.change(place, Change::Zero(start, end))?;
        } else if mode != "0" && mode != "FALLOC_FL_KEEP_SIZE" {
            return self.refuse(call);
        }
        match has("FALLOC_FL_KEEP_SIZE") {
            true => Ok(()),
            false => self.change(place, Change::Extend(end)),
        }
    }

    fn change(&mut self, place: Option<Place>, change: Change) -> Result<()> {
        place.map_or(Ok(()), |place| self.files.change(place, change))
    }

    fn rename(&mut self, from: Option<PathBuf>, to: Option<PathBuf>) -> Result<()> {
        match (from, to) {
            (None, None) => Ok(()),
            (Some(from), Some(to)) => {
                let place = self.files.lookup(&from).context("nobody made it")?;
                self.files.name(&from, None)?;
                self.files.name(&to, Some(place))
            }
            _ => bail!("it moves a file out of the directory or into it"),
        }
    }

    fn remove(&mut self, path: Option<PathBuf>) -> Result<()> {
        path.map_or(Ok(()), |path| self.files.name(&path, None))
    }

    fn make_directory(&mut self, path: Option<PathBuf>) -> Result<()> {
        path.map_or(Ok(()), |path| self.files.make_directory(&path))
    }

    fn map(&self, call: &Call) -> Result<()> {
        let [_, _, access, flags, descriptor, ..] = call.arguments.as_slice() else {
            bail!("it has too few arguments");
        };
        let Some(opened) = self.opened(descriptor) else {
            return Ok(());
        };
        let opened = opened.borrow();
        let written = access.contains("PROT_WRITE") && flags.contains("MAP_SHARED");
        if written && opened.place.is_some() && !is_begun_anew(&opened.path) {
            let name = opened.path.file_name().unwrap_or_default();
            bail!("{} is written through a map, unseen", name.display());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;

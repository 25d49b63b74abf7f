//! Which files a power cut leaves, worked out from a trace.
//!
//! Only what was synced survives: the bytes of a file that were written before
//! a sync of that file began, and the names in a directory that were made,
//! changed or removed before a sync of that directory began. A file whose name
//! was not synced is gone, however often its bytes were.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::io::{Seek, SeekFrom, Write};
use std::path::{Component, Path, PathBuf};
use std::rc::Rc;

use anyhow::{Context, Result, bail};

use super::trace::{Call, Event, bytes};

/// A directory, as a process sees it and as a power cut would leave it.
#[derive(Debug)]
pub struct Image {
    root: PathBuf,
    /// The first is the root.
    nodes: Vec<Node>,
    open: HashMap<i64, Rc<RefCell<Opened>>>,
    /// How many changes there were.
    changes: u64,
    /// How many there were when the thread began its call.
    begun: HashMap<u32, u64>,
}

#[derive(Debug)]
enum Node {
    File(File),
    Directory(Directory),
}

#[derive(Debug, Default)]
struct File {
    durable: Vec<u8>,
    /// What happened since, each with its place among all changes.
    pending: Vec<(u64, Change)>,
    /// As the process sees it.
    len: usize,
}

#[derive(Debug)]
enum Change {
    Write(usize, Vec<u8>),
    Truncate(usize),
    /// To at least that length.
    Extend(usize),
    /// From … to.
    Zero(usize, usize),
}

#[derive(Debug, Default)]
struct Directory {
    durable: BTreeMap<String, usize>,
    pending: Vec<(u64, String, Option<usize>)>,
    /// As the process sees it.
    names: BTreeMap<String, usize>,
}

/// What a descriptor stands for.
#[derive(Debug)]
struct Opened {
    path: PathBuf,
    /// None outside the root.
    node: Option<usize>,
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
        let mut image = Image {
            root: root.to_path_buf(),
            nodes: Vec::new(),
            open: HashMap::new(),
            changes: 0,
            begun: HashMap::new(),
        };
        image.read_directory(root)?;
        Ok(image)
    }

    fn read_directory(&mut self, path: &Path) -> Result<usize> {
        let own = self.add(Node::Directory(Directory::default()));
        let mut names = BTreeMap::new();
        for entry in fs::read_dir(path)? {
            let entry = entry?;
            let node = match entry.file_type()?.is_dir() {
                true => self.read_directory(&entry.path())?,
                false => {
                    let durable = fs::read(entry.path())?;
                    let len = durable.len();
                    self.add(Node::File(File {
                        durable,
                        pending: Vec::new(),
                        len,
                    }))
                }
            };
            names.insert(entry.file_name().to_string_lossy().into_owned(), node);
        }
        if let Node::Directory(directory) = &mut self.nodes[own] {
            directory.durable.clone_from(&names);
            directory.names = names;
        }
        Ok(own)
    }

    fn add(&mut self, node: Node) -> usize {
        self.nodes.push(node);
        self.nodes.len() - 1
    }

    /// Follows the process one step.
    ///
    /// # Errors
    ///
    /// Fails where it does what cannot be followed.
    pub fn follow(&mut self, event: &Event) -> Result<()> {
        match event {
            Event::Begins(thread) => {
                self.begun.insert(*thread, self.changes);
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
                let node = self.path("AT_FDCWD", argument(0))?;
                let node = node.and_then(|path| self.lookup(&path));
                self.change(node, Change::Truncate(number(1)?))
            }
            "ftruncate" => {
                let node = self.node(argument(0));
                self.change(node, Change::Truncate(number(1)?))
            }
            "fallocate" => self.allocate(call),
            "fsync" | "fdatasync" => {
                let before = self.begun_at(call);
                if let Some(node) = self.node(argument(0)) {
                    self.nodes[node].sync(before);
                }
                Ok(())
            }
            "sync" | "syncfs" => {
                let before = self.begun_at(call);
                self.nodes.iter_mut().for_each(|node| node.sync(before));
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
            false => self.node(argument).is_some(),
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

    fn node(&self, descriptor: &str) -> Option<usize> {
        self.opened(descriptor)?.borrow().node
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

    fn lookup(&self, path: &Path) -> Option<usize> {
        path.iter()
            .try_fold(0, |node, name| match &self.nodes[node] {
                Node::Directory(directory) => directory.names.get(name.to_str()?).copied(),
                Node::File(_) => None,
            })
    }

    /// Puts a node under a name, or takes the name away.
    fn name(&mut self, path: &Path, node: Option<usize>) -> Result<()> {
        let parent = path.parent().and_then(|parent| self.lookup(parent));
        let parent = parent.context("it is in a directory that nobody made")?;
        let name = path.file_name().and_then(|name| name.to_str());
        let name = name.context("it has no name")?.to_string();
        let Node::Directory(directory) = &mut self.nodes[parent] else {
            bail!("it is in a file");
        };
        match node {
            Some(node) => directory.names.insert(name.clone(), node),
            None => directory.names.remove(&name),
        };
        directory.pending.push((self.changes, name, node));
        self.changes += 1;
        Ok(())
    }

    fn open(&mut self, call: &Call, directory: &str, path: &str, flags: &str) -> Result<()> {
        let has = |flag: &str| flags.split('|').any(|one| one == flag);
        let absolute = self.absolute(directory, path)?;
        let mut node = None;
        if !has("O_TMPFILE")
            && let Ok(below) = absolute.strip_prefix(&self.root)
        {
            node = self.lookup(below);
            if node.is_none() {
                let created = self.add(Node::File(File::default()));
                self.name(below, Some(created))?;
                node = Some(created);
            } else if has("O_TRUNC") {
                self.change(node, Change::Truncate(0))?;
            }
        }
        let opened = Opened {
            path: absolute,
            node,
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
        let Some(node) = opened.node else {
            return Ok(());
        };
        let Node::File(file) = &mut self.nodes[node] else {
            bail!("it writes into a directory");
        };
        let written = usize::try_from(call.result)?;
        let mut data = bytes(data)?;
        if data.len() < written {
            bail!("it writes more than it is given");
        }
        data.truncate(written);
        let offset = match at {
            // So does Linux even where a place is given.
            _ if opened.appends => file.len,
            Some(offset) => offset,
            None => opened.position,
        };
        if at.is_none() {
            opened.position = offset + written;
        }
        let change = Change::Write(offset, data);
        if opened.syncs {
            // Its bytes alone; those that wait are still to come, and it
            // comes after them once more.
            change.apply(&mut file.durable);
        }
        self.change(Some(node), change)
    }

    fn allocate(&mut self, call: &Call) -> Result<()> {
        let [descriptor, mode, offset, bytes] = call.arguments.as_slice() else {
            bail!("it has another number of arguments");
        };
        let (start, node) = (offset.parse::<usize>()?, self.node(descriptor));
        let end = start + bytes.parse::<usize>()?;
        let has = |flag: &str| mode.split('|').any(|one| one == flag);
        if has("FALLOC_FL_PUNCH_HOLE") || has("FALLOC_FL_ZERO_RANGE") {
            self.change(node, Change::Zero(start, end))?;
        } else if mode != "0" && mode != "FALLOC_FL_KEEP_SIZE" {
            return self.refuse(call);
        }
        match has("FALLOC_FL_KEEP_SIZE") {
            true => Ok(()),
            false => self.change(node, Change::Extend(end)),
        }
    }

    fn change(&mut self, node: Option<usize>, change: Change) -> Result<()> {
        let Some(node) = node else {
            return Ok(());
        };
        let Node::File(file) = &mut self.nodes[node] else {
            bail!("it changes a directory as if it were a file");
        };
        file.len = change.len_after(file.len);
        file.pending.push((self.changes, change));
        self.changes += 1;
        Ok(())
    }

    fn rename(&mut self, from: Option<PathBuf>, to: Option<PathBuf>) -> Result<()> {
        match (from, to) {
            (None, None) => Ok(()),
            (Some(from), Some(to)) => {
                let node = self.lookup(&from).context("nobody made it")?;
                self.name(&from, None)?;
                self.name(&to, Some(node))
            }
            _ => bail!("it moves a file out of the directory or into it"),
        }
    }

    fn remove(&mut self, path: Option<PathBuf>) -> Result<()> {
        path.map_or(Ok(()), |path| self.name(&path, None))
    }

    fn make_directory(&mut self, path: Option<PathBuf>) -> Result<()> {
        let Some(path) = path else {
            return Ok(());
        };
        let made = self.add(Node::Directory(Directory::default()));
        self.name(&path, Some(made))
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
        if written && opened.node.is_some() && !is_begun_anew(&opened.path) {
            let name = opened.path.file_name().unwrap_or_default();
            bail!("{} is written through a map, unseen", name.display());
        }
        Ok(())
    }

    /// Makes in an empty directory what a power cut now would leave.
    ///
    /// # Errors
    ///
    /// Fails where the files cannot be written.
    pub fn leave(&self, directory: &Path) -> Result<()> {
        self.leave_node(0, directory)
    }

    fn leave_node(&self, node: usize, path: &Path) -> Result<()> {
        match &self.nodes[node] {
            Node::File(file) => write_sparsely(path, &file.durable)
                .with_context(|| format!("writing {}", path.display())),
            Node::Directory(directory) => {
                fs::create_dir_all(path)?;
                for (name, node) in &directory.durable {
                    self.leave_node(*node, &path.join(name))?;
                }
                Ok(())
            }
        }
    }
}

impl Node {
    /// Makes durable what changed before that place among all changes.
    fn sync(&mut self, before: u64) {
        match self {
            Node::File(file) => {
                let synced = file.pending.partition_point(|(at, _)| *at < before);
                for (_, change) in file.pending.drain(..synced) {
                    change.apply(&mut file.durable);
                }
            }
            Node::Directory(directory) => {
                let synced = directory.pending.partition_point(|(at, ..)| *at < before);
                for (_, name, node) in directory.pending.drain(..synced) {
                    match node {
                        Some(node) => directory.durable.insert(name, node),
                        None => directory.durable.remove(&name),
                    };
                }
            }
        }
    }
}

impl Change {
    fn len_after(&self, len: usize) -> usize {
        match self {
            Change::Write(offset, bytes) => len.max(offset + bytes.len()),
            Change::Truncate(len) => *len,
            Change::Extend(end) => len.max(*end),
            Change::Zero(..) => len,
        }
    }

    fn apply(&self, file: &mut Vec<u8>) {
        file.resize(self.len_after(file.len()), 0);
        match self {
            Change::Write(offset, bytes) => {
                file[*offset..offset + bytes.len()].copy_from_slice(bytes);
            }
            Change::Zero(start, end) => {
                let end = (*end).min(file.len());
                file[(*start).min(end)..end].fill(0);
            }
            Change::Truncate(_) | Change::Extend(_) => {}
        }
    }
}

/// Writes a file, with holes where there are zeros: files are preallocated.
fn write_sparsely(path: &Path, bytes: &[u8]) -> Result<()> {
    const BLOCK: usize = 4096;
    let mut file = fs::File::create_new(path)?;
    file.set_len(bytes.len() as u64)?;
    for (number, block) in bytes.chunks(BLOCK).enumerate() {
        if block.iter().any(|byte| *byte != 0) {
            file.seek(SeekFrom::Start((number * BLOCK) as u64))?;
            file.write_all(block)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;

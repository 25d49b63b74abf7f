//! Files and directories, as a process sees them and as a power cut would leave
//! them.

use std::collections::BTreeMap;
use std::fs;
use std::io::{Seek, SeekFrom, Write};
use std::path::Path;

use anyhow::{Context, Result, bail};

/// A directory and all that is below it.
#[derive(Debug, Default)]
pub struct Files {
    /// The first is the root.
    nodes: Vec<Node>,
    /// How many changes there were.
    changes: u64,
}

/// A file or a directory, however it is named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place(usize);

impl Files {
    /// What is in a directory now, all of it durable.
    ///
    /// # Errors
    ///
    /// Fails where it cannot be read.
    pub fn of(root: &Path) -> Result<Self> {
        let mut files = Files::default();
        files.read_directory(root)?;
        Ok(files)
    }

    fn read_directory(&mut self, path: &Path) -> Result<Place> {
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
        if let Node::Directory(directory) = &mut self.nodes[own.0] {
            directory.durable.clone_from(&names);
            directory.names = names;
        }
        Ok(own)
    }

    fn add(&mut self, node: Node) -> Place {
        self.nodes.push(node);
        Place(self.nodes.len() - 1)
    }

    /// How many changes there were until now.
    pub fn changes(&self) -> u64 {
        self.changes
    }

    /// What is under that name now.
    pub fn lookup(&self, path: &Path) -> Option<Place> {
        let root = Some(Place(0));
        path.iter().fold(root, |at, name| match &self.nodes[at?.0] {
            Node::Directory(directory) => directory.names.get(name.to_str()?).copied(),
            Node::File(_) => None,
        })
    }

    /// Makes a file.
    ///
    /// # Errors
    ///
    /// Fails where there is no such directory.
    pub fn make_file(&mut self, path: &Path) -> Result<Place> {
        let made = self.add(Node::File(File::default()));
        self.name(path, Some(made))?;
        Ok(made)
    }

    /// Makes a directory.
    ///
    /// # Errors
    ///
    /// Fails where there is no such directory to make it in.
    pub fn make_directory(&mut self, path: &Path) -> Result<()> {
        let made = self.add(Node::Directory(Directory::default()));
        self.name(path, Some(made))
    }

    /// Gives something a name, or takes the name away.
    ///
    /// # Errors
    ///
    /// Fails where there is no such directory.
    pub fn name(&mut self, path: &Path, node: Option<Place>) -> Result<()> {
        let parent = path.parent().and_then(|parent| self.lookup(parent));
        let parent = parent.context("it is in a directory that nobody made")?;
        let name = path.file_name().and_then(|name| name.to_str());
        let name = name.context("it has no name")?.to_string();
        let Node::Directory(directory) = &mut self.nodes[parent.0] else {
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

    /// Changes a file, for the time being.
    ///
    /// # Errors
    ///
    /// Fails where it is none.
    pub fn change(&mut self, place: Place, change: Change) -> Result<()> {
        let file = self.file(place)?;
        file.len = change.len_after(file.len);
        let at = self.changes;
        self.file(place)?.pending.push((at, change));
        self.changes += 1;
        Ok(())
    }

    /// Changes a file by a descriptor that syncs: the change is durable at
    /// once, and those before it are not.
    ///
    /// # Errors
    ///
    /// Fails where it is none.
    pub fn change_durably(&mut self, place: Place, change: Change) -> Result<()> {
        change.apply(&mut self.file(place)?.durable);
        // A sync to come takes it after those that wait.
        self.change(place, change)
    }

    /// The length of a file, as the process sees it.
    ///
    /// # Errors
    ///
    /// Fails where it is none.
    pub fn len(&mut self, place: Place) -> Result<usize> {
        Ok(self.file(place)?.len)
    }

    /// Makes durable what changed in the file or in the directory, of the first
    /// so many changes.
    pub fn sync(&mut self, place: Place, first: u64) {
        self.nodes[place.0].sync(first);
    }

    /// The same, of all files and directories.
    pub fn sync_all(&mut self, first: u64) {
        self.nodes.iter_mut().for_each(|node| node.sync(first));
    }

    /// Makes in an empty directory what a power cut now would leave.
    ///
    /// # Errors
    ///
    /// Fails where the files cannot be written.
    pub fn leave(&self, directory: &Path) -> Result<()> {
        self.leave_at(Place(0), directory)
    }

    fn leave_at(&self, place: Place, path: &Path) -> Result<()> {
        match &self.nodes[place.0] {
            Node::File(file) => write_sparsely(path, &file.durable)
                .with_context(|| format!("writing {}", path.display())),
            Node::Directory(directory) => {
                fs::create_dir_all(path)?;
                for (name, place) in &directory.durable {
                    self.leave_at(*place, &path.join(name))?;
                }
                Ok(())
            }
        }
    }

    fn file(&mut self, place: Place) -> Result<&mut File> {
        match &mut self.nodes[place.0] {
            Node::File(file) => Ok(file),
            Node::Directory(_) => bail!("it changes a directory as if it were a file"),
        }
    }
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

/// A change of a file.
#[derive(Debug)]
pub enum Change {
    /// Bytes, from a place on.
    Write(usize, Vec<u8>),
    /// To exactly that length.
    Truncate(usize),
    /// To at least that length.
    Extend(usize),
    /// Zeros, from … to.
    Zero(usize, usize),
}

#[derive(Debug, Default)]
struct Directory {
    durable: BTreeMap<String, Place>,
    pending: Vec<(u64, String, Option<Place>)>,
    /// As the process sees it.
    names: BTreeMap<String, Place>,
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

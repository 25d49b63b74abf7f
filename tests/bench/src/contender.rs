//! Who is measured: every engine of the workbook, and what it is held against.
//!
//! | where | who |
//! |---|---|
//! | [`ours`] | the engines of the registry; an entry there is an entry here |
//! | [`map`] | a `BTreeMap` behind a lock: what anyone would write in an hour |
//! | [`control`] | no store at all: what the machine gives two threads that share nothing but memory |
//! | `skiplist`, `redb`, `fjall`, `lmdb`, `sqlite`, `rocksdb` | published stores, each behind a feature of that name, all behind `peers` |
//! | [`cheats`] | stores that claim more than they do, to try the bench itself on |

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use engine::Durability;
use engine::disk::{Disk, RealDisk};
use serde::{Deserialize, Serialize};

use crate::class::Class;
use crate::store::{Layered, Store, SyncedEachTime};

pub mod cheats;
pub mod control;
#[cfg(feature = "fjall")]
pub mod fjall;
#[cfg(feature = "lmdb")]
pub mod lmdb;
pub mod map;
pub mod ours;
#[cfg(feature = "redb")]
pub mod redb;
#[cfg(feature = "rocksdb")]
pub mod rocksdb;
#[cfg(feature = "skiplist")]
pub mod skiplist;
#[cfg(feature = "sqlite")]
pub mod sqlite;

/// A store that can be measured.
#[derive(Clone)]
pub struct Contender {
    /// Its name at the command line and in tables.
    pub name: &'static str,
    /// Why it is there.
    pub role: Role,
    /// What it is, in a sentence.
    pub sentence: String,
    /// The version of its code.
    pub version: String,
    /// How it is set up, where that differs from its defaults.
    pub settings: &'static str,
    /// What it does before it answers a write that survives a power loss.
    pub durable_commit: &'static str,
    /// The classes that it offers for a write, the weakest first. A store with
    /// files is also measured in the class that survives a power loss, by a
    /// sync after each write.
    pub classes: Vec<Class>,
    /// Opens it.
    pub open: Open,
}

/// Why a contender is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// An engine of the workbook.
    Reference,
    /// The reader's own.
    Mine,
    /// What ours have to stand beside.
    Peer,
    /// Not a store, but a measure of the machine.
    Control,
    /// A store that claims more than it does. Measured only when it is named.
    Cheat,
}

/// How a contender is opened.
#[derive(Debug, Clone, Copy)]
pub enum Open {
    /// In memory.
    InMemory(fn() -> Box<dyn Store>),
    /// On any disk, a simulated one included.
    OnDisk(OpenOnDisk),
    /// In a directory of the real disk.
    In(fn(&Path, Class) -> Result<Box<dyn Store>>),
}

/// Opens the store of that name.
pub type OpenOnDisk = fn(&'static str, Arc<dyn Disk>, Durability) -> Result<Box<dyn Store>>;

impl Contender {
    /// The weakest class that it offers.
    pub fn weakest(&self) -> Class {
        *self.classes.first().expect("a contender offers a class")
    }

    /// Whether there is anything left of it when it is closed.
    pub fn keeps_files(&self) -> bool {
        self.weakest() != Class::InMemory
    }

    /// The classes in which it can be opened: those that it offers, and the one
    /// that a sync after each write makes of the weakest.
    pub fn classes_to_open(&self) -> Vec<Class> {
        let mut classes = self.classes.clone();
        if self.keeps_files() && !classes.contains(&Class::Power) {
            classes.push(Class::Power);
        }
        classes
    }

    /// Opens it in a directory, which is there.
    ///
    /// # Errors
    ///
    /// What the store answers; and where it has no such class.
    pub fn open_in(&self, directory: &Path, class: Class) -> Result<Box<dyn Store>> {
        let disk = || -> Result<Arc<dyn Disk>> { Ok(Arc::new(RealDisk::new(directory)?)) };
        let opened = match self.open {
            Open::InMemory(open) if class == Class::InMemory => return Ok(open()),
            Open::InMemory(_) => bail!("`{}` is in memory and {class}: no", self.name),
            Open::OnDisk(_) => return self.open_on(disk()?, class),
            Open::In(open) if self.classes.contains(&class) => open(directory, class),
            Open::In(open) => {
                let weakest = open(directory, self.weakest());
                weakest.map(|store| Box::new(Layered::new(store, SyncedEachTime)) as _)
            }
        };
        opened.with_context(|| format!("`{}` does not open", self.name))
    }

    /// Opens it on a disk, where it can be opened on any.
    ///
    /// # Errors
    ///
    /// What the engine answers; and where it has no such class.
    pub fn open_on(&self, disk: Arc<dyn Disk>, class: Class) -> Result<Box<dyn Store>> {
        let Open::OnDisk(open) = self.open else {
            bail!("`{}` opens no disks", self.name);
        };
        let offered = self.classes.contains(&class);
        let durability = match offered {
            true => class.durability(),
            false => self.weakest().durability(),
        };
        let store = open(self.name, disk, durability.unwrap_or_default())
            .with_context(|| format!("`{}` does not open", self.name))?;
        Ok(match offered {
            true => store,
            false => Box::new(Layered::new(store, SyncedEachTime)),
        })
    }
}

impl fmt::Debug for Contender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Contender({})", self.name)
    }
}

/// All contenders that are built in: references, the reader's own, peers, the
/// control, and the cheats.
pub fn contenders() -> Vec<Contender> {
    let mut all: Vec<Contender> = registry::engines().map(ours::contender).collect();
    all.push(map::contender());
    #[cfg(feature = "skiplist")]
    all.push(skiplist::contender());
    #[cfg(feature = "redb")]
    all.push(redb::contender());
    #[cfg(feature = "fjall")]
    all.push(fjall::contender());
    #[cfg(feature = "lmdb")]
    all.push(lmdb::contender());
    #[cfg(feature = "sqlite")]
    all.push(sqlite::contender());
    #[cfg(feature = "rocksdb")]
    all.push(rocksdb::contender());
    all.push(control::contender());
    all.extend(cheats::contenders());
    all.sort_by_key(|contender| contender.role);
    all
}

/// The contender of that name.
pub fn find(name: &str) -> Option<Contender> {
    contenders()
        .into_iter()
        .find(|contender| contender.name == name)
}

/// What every store that has a cache of its own is given for it.
pub const CACHE_BYTES: usize = 64 << 20;

/// The version of a package that this program was built from.
///
/// # Panics
///
/// Panics where it was built from no such package.
pub fn locked_version(package: &str) -> &'static str {
    let lock = include_str!("../../../Cargo.lock");
    let name = format!("name = \"{package}\"");
    let mut lines = lock.lines().skip_while(|line| *line != name).skip(1);
    let version = lines.next().and_then(|line| line.split('"').nth(1));
    version.expect("the lock file names every package")
}

#[cfg(test)]
mod tests {
    use menu::engine::Kind;

    use super::*;

    #[test]
    fn all_contenders_are_on_the_menu_and_all_of_the_menu_can_be_built_in() {
        let mut built_in: Vec<&str> = contenders().iter().map(|one| one.name).collect();
        assert!(built_in.iter().all(|name| menu::engine::is_known(name)));
        built_in.retain(|name| !name.starts_with("mine-"));
        let has_feature = |name: &str| match name {
            "skiplist" => cfg!(feature = "skiplist"),
            "redb" => cfg!(feature = "redb"),
            "fjall" => cfg!(feature = "fjall"),
            "lmdb" => cfg!(feature = "lmdb"),
            "sqlite" => cfg!(feature = "sqlite"),
            "rocksdb" => cfg!(feature = "rocksdb"),
            _ => panic!("`{name}` is a feature of which this test does not know"),
        };
        let mut on_the_menu: Vec<&str> = menu::engine::engines()
            .filter(|engine| engine.kind != Kind::Feature || has_feature(engine.name))
            .map(|engine| engine.name)
            .collect();
        built_in.sort_unstable();
        on_the_menu.sort_unstable();
        assert_eq!(built_in, on_the_menu);
    }

    #[test]
    fn an_engine_with_a_cache_has_as_large_a_one_as_the_others() {
        assert_eq!(lsm::Options::default().cache_bytes, CACHE_BYTES);
        let settings = find("lsm").unwrap().settings;
        let cache = format!("a cache of {} MiB", CACHE_BYTES >> 20);
        assert!(settings.contains(&cache), "{settings}");
    }

    #[test]
    fn an_engine_that_owes_work_is_stepped() {
        for (name, is_stepped) in [
            ("memory", false),
            ("bitcask", true),
            ("lsm", true),
            ("btree", true),
        ] {
            let folder = tempfile::tempdir().unwrap();
            let contender = find(name).unwrap();
            let store = contender.open_in(folder.path(), contender.weakest());
            assert_eq!(store.unwrap().maintenance().is_some(), is_stepped, "{name}");
        }
    }

    #[test]
    fn the_lock_file_knows_the_version_of_a_package() {
        assert_eq!(locked_version("bench"), env!("CARGO_PKG_VERSION"));
        for contender in contenders() {
            assert!(!contender.version.is_empty());
        }
    }
}

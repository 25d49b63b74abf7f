//! A disk that nothing is written to, for engines' code that reads.

use engine::disk::{Disk, File, Lock, Map, Mode, RealDisk};
use engine::{Error, Result};

/// A directory of which files are read and nothing else is done, whoever asks.
///
/// It maps no file. Another program may have the directory open, cut off the
/// room behind a file's end, and remove what it has merged; a map would turn
/// the one into a crash here, and on some systems the other into a failure
/// there.
#[derive(Debug)]
pub(super) struct ReadOnly(pub(super) RealDisk);

/// What is refused, in words.
const REFUSED: Error = Error::Unsupported {
    what: "anything but reading",
};

impl Disk for ReadOnly {
    fn open(&self, name: &str, mode: Mode) -> Result<Box<dyn File>> {
        match mode {
            Mode::Read => Ok(Box::new(ReadOnlyFile(self.0.open(name, mode)?))),
            Mode::Write | Mode::CreateNew => Err(REFUSED),
        }
    }

    fn rename(&self, _from: &str, _to: &str) -> Result<()> {
        Err(REFUSED)
    }

    fn remove(&self, _name: &str) -> Result<()> {
        Err(REFUSED)
    }

    fn list(&self) -> Result<Vec<String>> {
        self.0.list()
    }

    fn sync_dir(&self) -> Result<()> {
        Err(REFUSED)
    }

    fn lock(&self) -> Result<Lock> {
        Err(REFUSED)
    }
}

#[derive(Debug)]
struct ReadOnlyFile(Box<dyn File>);

impl File for ReadOnlyFile {
    fn name(&self) -> &str {
        self.0.name()
    }

    fn len(&self) -> Result<u64> {
        self.0.len()
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> Result<usize> {
        self.0.read_at(offset, buffer)
    }

    fn write_at(&self, _offset: u64, _bytes: &[u8]) -> Result<()> {
        Err(REFUSED)
    }

    fn allocate(&self, _len: u64) -> Result<()> {
        Err(REFUSED)
    }

    fn set_len(&self, _len: u64) -> Result<()> {
        Err(REFUSED)
    }

    fn sync(&self) -> Result<()> {
        Err(REFUSED)
    }

    fn map(&self) -> Result<Box<dyn Map>> {
        Err(REFUSED)
    }
}

//! Open files and maps of a simulated disk.

use std::fmt;
use std::io::ErrorKind;
use std::sync::Arc;

use engine::disk::{File, Lent, Map};
use engine::{Error, Result};

use super::change::{ByteChange, FileId, SyncEnd};
use super::disk::{Begun, SimDisk};
use super::faults::Operation;
use super::live::{Live, refuse};

/// An open file.
pub(super) struct SimFile {
    disk: SimDisk,
    name: Arc<str>,
    file: FileId,
    writable: bool,
}

impl SimFile {
    pub(super) fn new(disk: SimDisk, name: &str, file: FileId, writable: bool) -> Self {
        SimFile {
            disk,
            name: name.into(),
            file,
            writable,
        }
    }

    /// Begins an operation that needs a file opened for writing.
    fn begin(&self, operation: Operation) -> Result<Begun<'_>> {
        let begun = self.disk.begin(operation, &self.name)?;
        if !self.writable {
            let (kind, what) = (ErrorKind::PermissionDenied, "opened to be read");
            return Err(refuse(operation, &self.name, kind, what));
        }
        Ok(begun)
    }

    fn no_space(&self, live: &mut Live) -> Error {
        live.counts.failed += 1;
        Error::NoSpace {
            file: self.name.to_string(),
        }
    }

    /// How many of `len` bytes at `offset` there is room for.
    fn fitting(&self, live: &Live, offset: u64, len: usize) -> usize {
        let end_max = live.files[self.file.0]
            .content
            .len()
            .saturating_add(live.room());
        let fitting = end_max.saturating_sub(offset);
        usize::try_from(fitting).map_or(len, |fitting| fitting.min(len))
    }

    fn write(&self, live: &mut Live, offset: u64, bytes: &[u8]) {
        if !bytes.is_empty() {
            live.counts.written += bytes.len() as u64;
            live.change_bytes(
                &self.name,
                self.file,
                ByteChange::Write(offset, bytes.into()),
            );
        }
    }
}

impl File for SimFile {
    fn name(&self) -> &str {
        &self.name
    }

    fn len(&self) -> Result<u64> {
        let live = self.disk.enter(Operation::Len, &self.name)?;
        Ok(live.files[self.file.0].content.len())
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> Result<usize> {
        let mut live = self.disk.enter(Operation::Read, &self.name)?;
        let content = live.files[self.file.0].content.clone();
        let start = usize::try_from(offset).unwrap_or(usize::MAX);
        let rest = content.bytes().get(start..).unwrap_or_default();
        let asked = buffer.len().min(live.faults.read_max.unwrap_or(usize::MAX));
        let read = asked.min(rest.len());
        buffer[..read].copy_from_slice(&rest[..read]);
        live.counts.read += read as u64;
        Ok(read)
    }

    fn write_at(&self, offset: u64, bytes: &[u8]) -> Result<()> {
        let Begun { mut live, failure } = self.begin(Operation::Write)?;
        let range = offset..offset.saturating_add(bytes.len() as u64);
        if live.files[self.file.0].is_lent(&range) {
            let what = "these bytes are lent by a map";
            return Err(live.forbid(Operation::Write, &self.name, what));
        }
        let fitting = self.fitting(&live, offset, bytes.len());
        let failure = match failure {
            None if fitting < bytes.len() => self.no_space(&mut live),
            Some(failure) => failure,
            None => {
                self.write(&mut live, offset, bytes);
                return Ok(());
            }
        };
        let left = live.faults.failed_write.of(fitting);
        self.write(&mut live, offset, &bytes[..left]);
        Err(failure)
    }

    fn allocate(&self, len: u64) -> Result<()> {
        let Begun { mut live, failure } = self.begin(Operation::Allocate)?;
        failure.map_or(Ok(()), Err)?;
        let grows = len.saturating_sub(live.files[self.file.0].content.len());
        if grows > live.room() {
            return Err(self.no_space(&mut live));
        }
        if grows > 0 {
            live.change_bytes(&self.name, self.file, ByteChange::Allocate(len));
        }
        Ok(())
    }

    fn set_len(&self, len: u64) -> Result<()> {
        let Begun { mut live, failure } = self.begin(Operation::SetLen)?;
        failure.map_or(Ok(()), Err)?;
        let file = &live.files[self.file.0];
        let now = file.content.len();
        if len < now && file.maps > 0 {
            return Err(live.forbid(Operation::SetLen, &self.name, "the file is mapped"));
        }
        if len != now {
            live.change_bytes(&self.name, self.file, ByteChange::SetLen(len));
        }
        Ok(())
    }

    fn sync(&self) -> Result<()> {
        let Begun { mut live, failure } = self.disk.begin(Operation::Sync, &self.name)?;
        live.attempt_sync(Some(self.file), &self.name);
        let end = match failure {
            None => SyncEnd::Succeeded,
            Some(_) => SyncEnd::Failed(live.faults.failed_sync),
        };
        live.end_sync(&self.name, self.file, end);
        failure.map_or(Ok(()), Err)
    }

    fn map(&self) -> Result<Box<dyn Map>> {
        let mut live = self.disk.enter(Operation::Map, &self.name)?;
        if live.faults.no_map {
            return Err(Error::Unsupported {
                what: "mapping a file",
            });
        }
        let file = &mut live.files[self.file.0];
        file.open += 1;
        file.maps += 1;
        Ok(Box::new(SimMap {
            disk: self.disk.clone(),
            name: self.name.clone(),
            file: self.file,
            len: file.content.len(),
        }))
    }
}

impl Drop for SimFile {
    fn drop(&mut self) {
        if let Some(mut live) = self.disk.alive() {
            live.files[self.file.0].open -= 1;
        }
    }
}

impl fmt::Debug for SimFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SimFile({})", self.name)
    }
}

/// A mapped file.
struct SimMap {
    disk: SimDisk,
    name: Arc<str>,
    file: FileId,
    len: u64,
}

impl Map for SimMap {
    fn len(&self) -> u64 {
        self.len
    }

    fn slice(&self, offset: u64, len: usize) -> Result<Lent<'_>> {
        let ends_early = || Error::corrupt(&self.name, self.len, "the file ends early");
        let end = offset.checked_add(len as u64).ok_or_else(ends_early)?;
        if end > self.len {
            return Err(ends_early());
        }
        let dead = || {
            let what = "the process was killed";
            refuse(Operation::Read, &self.name, ErrorKind::Other, what)
        };
        let mut live = self.disk.alive().ok_or_else(dead)?;
        live.counts.lent += len as u64;
        let file = &mut live.files[self.file.0];
        let start = usize::try_from(offset).unwrap_or(usize::MAX);
        let there = file.content.bytes().get(start..).unwrap_or_default();
        let mut bytes = Vec::with_capacity(len);
        bytes.extend_from_slice(&there[..len.min(there.len())]);
        // A failed sync may have taken bytes from under the map: zeros, then.
        bytes.resize(len, 0);
        Ok(Lent::kept_by(Loan {
            bytes,
            number: file.lend(offset..end),
            map: self,
        }))
    }

    /// Everything is in memory: it counts that it was asked.
    fn prefetch(&self, offset: u64, len: usize) {
        if let Some(mut live) = self.disk.alive() {
            let left = self.len.saturating_sub(offset);
            live.counts.prefetched += left.min(len as u64);
        }
    }
}

impl Drop for SimMap {
    fn drop(&mut self) {
        if let Some(mut live) = self.disk.alive() {
            let file = &mut live.files[self.file.0];
            file.open -= 1;
            file.maps -= 1;
        }
    }
}

impl fmt::Debug for SimMap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SimMap({})", self.name)
    }
}

/// Bytes on loan. They are a copy, which is as good as the original: nobody
/// writes to the original while it is lent.
struct Loan<'m> {
    bytes: Vec<u8>,
    number: u64,
    map: &'m SimMap,
}

impl AsRef<[u8]> for Loan<'_> {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl Drop for Loan<'_> {
    fn drop(&mut self) {
        if let Some(mut live) = self.map.disk.alive() {
            live.files[self.map.file.0].give_back(self.number);
        }
    }
}

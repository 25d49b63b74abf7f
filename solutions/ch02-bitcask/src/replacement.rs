//! Data files that take the place of others: what an opening makes of an
//! active file, and a merge of sealed ones.

use std::sync::Arc;

use engine::Result;

use crate::data_file::DataFile;
use crate::device::Device;
use crate::header::Header;
use crate::names::Kind;
use crate::place::Place;
use crate::record::SEAL_BYTES;
use crate::record::{Record, Says};

/// How many bytes may be pending before they go to the file.
const BUFFER_BYTES: usize = 256 << 10;

/// A data file that is not finished. It counts from the moment on that it is
/// called `.data`, and then in place of those that its header names.
#[derive(Debug)]
pub(crate) struct Replacement {
    file: Arc<DataFile>,
    scratch: Vec<u8>,
    is_sealed: bool,
}

impl Replacement {
    /// A new file with this header, and room for records up to `end`.
    ///
    /// # Errors
    ///
    /// As for [`DataFile::create`].
    pub(crate) fn create(device: &Device, header: Header, end: u32) -> Result<Self> {
        let file = DataFile::create(device, header, end + SEAL_BYTES)?;
        Ok(Replacement {
            file: Arc::new(file),
            scratch: Vec::new(),
            is_sealed: false,
        })
    }

    /// The file, to be read.
    pub(crate) fn file(&self) -> &Arc<DataFile> {
        &self.file
    }

    /// Copies a record after the last one, and answers where it stands.
    ///
    /// # Errors
    ///
    /// [`Error::NoSpace`](engine::Error::NoSpace) and
    /// [`Error::Io`](engine::Error::Io), and the record was not copied: it can be
    /// tried again.
    pub(crate) fn push(&mut self, record: &Record<'_>) -> Result<Place> {
        if self.file.pending() >= BUFFER_BYTES {
            self.file.write_out()?;
        }
        let place = Place {
            file: self.file.number(),
            offset: self.file.end(),
        };
        self.scratch.clear();
        record.append_to(&mut self.scratch, place);
        self.file.append(&self.scratch);
        Ok(place)
    }

    /// Makes durable what was copied.
    ///
    /// # Errors
    ///
    /// [`Error::NoSpace`](engine::Error::NoSpace) and
    /// [`Error::Io`](engine::Error::Io) where nothing was asked of the device
    /// yet; [`Error::Poisoned`](engine::Error::Poisoned).
    pub(crate) fn sync(&self, device: &Device) -> Result<()> {
        self.file.write_out()?;
        self.file.sync(device)
    }

    /// Seals the file, and lets it count, durably. Where that fails it can be
    /// tried again.
    ///
    /// # Errors
    ///
    /// As for [`sync`](Self::sync).
    pub(crate) fn finish(&mut self, device: &Device) -> Result<()> {
        if !self.is_sealed {
            self.push(&Record::last(Says::Seal))?;
            self.is_sealed = true;
        }
        self.sync(device)?;
        if self.file.name().kind != Kind::Data {
            self.file.rename(device.disk(), Kind::Data)?;
        }
        device.sync_dir()
    }

    /// The file, once it is finished.
    pub(crate) fn into_file(self) -> Arc<DataFile> {
        self.file
    }
}

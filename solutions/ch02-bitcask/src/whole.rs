//! All bytes of a file at once.

use engine::disk::{Disk, Lent, Map, Mode};
use engine::{Error, Result};

use crate::data_file::mapped;

/// All bytes of a file that nobody changes, in its map where the disk has maps,
/// so that they need not be copied.
#[derive(Debug)]
pub(crate) struct Whole(Bytes);

#[derive(Debug)]
enum Bytes {
    Mapped { map: Box<dyn Map>, len: usize },
    Read(Vec<u8>),
}

impl Whole {
    /// The file of this name.
    ///
    /// # Errors
    ///
    /// [`Error::Corrupt`] where it is longer than data files are; [`Error::Io`].
    pub(crate) fn open(disk: &dyn Disk, name: &str) -> Result<Self> {
        let file = disk.open(name, Mode::Read)?;
        let len = usize::try_from(file.len()?)
            .ok()
            .filter(|len| u32::try_from(*len).is_ok())
            .ok_or_else(|| Error::corrupt(name, 0, "the file is longer than data files are"))?;
        if let Some(map) = mapped(&*file)? {
            map.prefetch(0, len);
            return Ok(Whole(Bytes::Mapped { map, len }));
        }
        let mut bytes = vec![0; len];
        file.read_exact_at(0, &mut bytes)?;
        Ok(Whole(Bytes::Read(bytes)))
    }

    /// Its bytes.
    ///
    /// # Errors
    ///
    /// [`Error::Io`].
    pub(crate) fn bytes(&self) -> Result<Lent<'_>> {
        match &self.0 {
            Bytes::Mapped { map, len } => map.slice(0, *len),
            Bytes::Read(bytes) => Ok(Lent::in_place(bytes)),
        }
    }
}

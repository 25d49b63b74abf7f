//! Where a record stands.

/// A length in a data file, as such files hold it.
///
/// # Panics
///
/// Beyond 4 GiB: no file so long is opened, and none becomes so long.
pub fn file_len(bytes: usize) -> u32 {
    u32::try_from(bytes).expect("no data file reaches 4 GiB")
}

/// Where a record stands: the number of its file, and its offset there.
///
/// Numbers are given out in order, and none twice to files whose records count.
/// So of two active files the one with the larger number is the later one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// The number of the data file.
    pub file: u32,
    /// The record's first byte, from the file's start.
    pub offset: u32,
}

impl Place {
    /// The bytes that a record's checksum covers of it.
    pub fn to_bytes(self) -> [u8; 8] {
        let mut bytes = [0; 8];
        bytes[..4].copy_from_slice(&self.file.to_le_bytes());
        bytes[4..].copy_from_slice(&self.offset.to_le_bytes());
        bytes
    }
}

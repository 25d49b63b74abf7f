//! What Windows calls by its own names.

use std::fs::File;
use std::io::{self, ErrorKind};
use std::os::windows::fs::FileExt;
use std::path::Path;

pub(super) use super::set_len as find_room;

/// It also moves the file's position; nothing here relies on that.
pub(super) fn read_at(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
    file.seek_read(buffer, offset)
}

/// It also moves the file's position; nothing here relies on that.
pub(super) fn write_all_at(file: &File, bytes: &[u8], offset: u64) -> io::Result<()> {
    let mut written = 0;
    while written < bytes.len() {
        match file.seek_write(&bytes[written..], offset + written as u64)? {
            0 => return Err(ErrorKind::WriteZero.into()),
            more => written += more,
        }
    }
    Ok(())
}

/// Windows neither needs nor offers it: NTFS journals names by itself.
pub(super) fn sync_directory(_directory: &Path) -> io::Result<()> {
    Ok(())
}

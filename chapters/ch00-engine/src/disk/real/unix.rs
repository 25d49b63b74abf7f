//! What Unix systems call by their own names.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;

pub(super) fn read_at(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
    file.read_at(buffer, offset)
}

pub(super) fn write_all_at(file: &File, bytes: &[u8], offset: u64) -> io::Result<()> {
    file.write_all_at(bytes, offset)
}

pub(super) fn sync_directory(directory: &Path) -> io::Result<()> {
    File::open(directory)?.sync_all()
}

/// Finds room on the device for the bytes from `now` to `len`, or, where the
/// file system cannot, just sets the length.
#[cfg(target_os = "linux")]
pub(super) fn find_room(file: &File, now: u64, len: u64) -> io::Result<()> {
    use rustix::fs::{FallocateFlags, fallocate};
    use rustix::io::Errno;
    match fallocate(file, FallocateFlags::empty(), now, len - now) {
        Err(Errno::OPNOTSUPP | Errno::NOSYS) => file.set_len(len),
        result => Ok(result?),
    }
}

#[cfg(not(target_os = "linux"))]
pub(super) use super::set_len as find_room;

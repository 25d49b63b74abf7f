//! A copy of a store's files that nobody has read yet.

use std::fs::{self, File};
use std::path::Path;

use anyhow::{Context, Result};

/// Copies the files in `from`, and in the directories in it, into `to`, which
/// is there. The copies are on the device, and where the system can be told so,
/// none of their pages are in its cache: whoever reads them first pays for them.
///
/// # Errors
///
/// Fails where a file cannot be read, written or synced.
pub fn copy_cold(from: &Path, to: &Path) -> Result<()> {
    let cannot = || format!("`{}` cannot be copied", from.display());
    for entry in fs::read_dir(from).with_context(cannot)? {
        let entry = entry.with_context(cannot)?;
        let copy = to.join(entry.file_name());
        if entry.file_type().with_context(cannot)?.is_dir() {
            fs::create_dir(&copy).with_context(cannot)?;
            copy_cold(&entry.path(), &copy)?;
        } else {
            fs::copy(entry.path(), &copy).with_context(cannot)?;
            let file = File::options()
                .write(true)
                .open(&copy)
                .with_context(cannot)?;
            file.sync_all().with_context(cannot)?;
            forget(&file);
        }
    }
    Ok(())
}

/// Takes the file's pages out of the system's cache, if it listens.
#[cfg(target_os = "linux")]
fn forget(file: &File) {
    let _ = rustix::fs::fadvise(file, 0, None, rustix::fs::Advice::DontNeed);
}

#[cfg(not(target_os = "linux"))]
fn forget(_file: &File) {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directories_in_it_are_copied_too() {
        let (from, to) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        fs::create_dir(from.path().join("inner")).unwrap();
        fs::write(from.path().join("inner/file"), "deep").unwrap();
        fs::write(from.path().join("file"), "").unwrap();
        copy_cold(from.path(), to.path()).unwrap();
        assert_eq!(fs::read(to.path().join("inner/file")).unwrap(), b"deep");
        assert_eq!(fs::read(to.path().join("file")).unwrap(), b"");
        let error = copy_cold(&from.path().join("gone"), to.path()).unwrap_err();
        assert!(error.to_string().contains("gone"));
    }
}

//! The files of a folder, as an author means them: sources, not by-products.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};

/// Every file below `dir`, as paths from there, sorted; none if there is no
/// such folder.
///
/// Left out is what tools leave behind: hidden files, `target`, snapshots that
/// nobody accepted, and editors' copies.
///
/// # Errors
///
/// Fails with the folder that cannot be listed.
pub fn below(dir: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    collect(dir, Path::new(""), &mut found)?;
    found.sort();
    Ok(found)
}

fn collect(root: &Path, within: &Path, found: &mut Vec<PathBuf>) -> Result<()> {
    let dir = root.join(within);
    let context = || format!("cannot list {}", dir.display());
    let entries = match fs::read_dir(&dir) {
        Ok(entries) => entries,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(e) => return Err(e).with_context(context),
    };
    for entry in entries {
        let entry = entry.with_context(context)?;
        let name = entry.file_name();
        let path = within.join(&name);
        let name = name.to_string_lossy();
        let left_behind = name.starts_with('.')
            || name.ends_with('~')
            || name.ends_with(".snap.new")
            || name.ends_with(".orig");
        if left_behind {
            continue;
        }
        if !entry.path().is_dir() {
            found.push(path);
        } else if name != "target" {
            collect(root, &path, found)?;
        }
    }
    Ok(())
}

/// Writes `bytes` to `path` unless they stand there already, so that cargo
/// sees a change only where there is one. Folders are made as needed.
///
/// # Errors
///
/// Fails with the path that cannot be written.
pub fn write_if_changed(path: &Path, bytes: &[u8]) -> Result<()> {
    if fs::read(path).is_ok_and(|there| there == bytes) {
        return Ok(());
    }
    let parent = path.parent().unwrap_or(path);
    fs::create_dir_all(parent)
        .and_then(|()| fs::write(path, bytes))
        .with_context(|| format!("cannot write {}", path.display()))
}

/// Gives `copy`, which holds `bytes`, the time at which `original` was changed, if
/// that holds the same.
///
/// # Errors
///
/// Fails with the copy's path if that time cannot be set.
pub fn date_alike(original: &Path, copy: &Path, bytes: &[u8]) -> Result<()> {
    if !fs::read(original).is_ok_and(|there| there == bytes) {
        return Ok(());
    }
    let date = || {
        let then = fs::metadata(original)?.modified()?;
        fs::File::options()
            .write(true)
            .open(copy)?
            .set_modified(then)
    };
    date().with_context(|| format!("cannot date {}", copy.display()))
}

/// As [`write_if_changed`], whole or not at all: where there is no room, what
/// was there stays.
///
/// # Errors
///
/// Fails with the path that cannot be written.
pub fn replace_if_changed(path: &Path, bytes: &[u8]) -> Result<()> {
    if fs::read(path).is_ok_and(|there| there == bytes) {
        return Ok(());
    }
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let beside = path.with_file_name(format!(".{name}.new"));
    let written = write_if_changed(&beside, bytes);
    let replaced = written.and_then(|()| {
        fs::rename(&beside, path).with_context(|| format!("cannot write {}", path.display()))
    });
    if replaced.is_err() {
        // What is left of it is of no use; it may not even be there.
        let _ = fs::remove_file(&beside);
    }
    replaced
}

/// Removes a file, and the folders that are empty without it, up to `root`.
///
/// # Errors
///
/// Fails with the path that cannot be removed.
pub fn remove(root: &Path, path: &Path) -> Result<()> {
    let context = || format!("cannot remove {}", path.display());
    fs::remove_file(root.join(path)).with_context(context)?;
    for dir in path.ancestors().skip(1) {
        // Fails for the first folder that still holds something.
        if dir.as_os_str().is_empty() || fs::remove_dir(root.join(dir)).is_err() {
            break;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_is_dated_as_what_it_is_a_copy_of() {
        let root = tempfile::tempdir().expect("a folder");
        let [original, copy] = ["a", "b"].map(|name| root.path().join(name));
        let changed = |path| fs::metadata(path).and_then(|file| file.modified());
        let then = std::time::SystemTime::UNIX_EPOCH;
        for (bytes, is_dated) in [(b"one", true), (b"two", false)] {
            fs::write(&original, b"one").expect("written");
            let file = fs::File::options().write(true).open(&original);
            file.and_then(|file| file.set_modified(then))
                .expect("dated");
            fs::write(&copy, bytes).expect("written");
            date_alike(&original, &copy, bytes).expect("dated");
            assert_eq!(changed(&copy).expect("a time") == then, is_dated);
        }
        // Nothing to be dated as.
        date_alike(&root.path().join("c"), &copy, b"two").expect("left as it is");
    }

    #[test]
    fn a_file_is_replaced_whole_or_not_at_all() {
        let root = tempfile::tempdir().expect("a folder");
        let path = root.path().join("a/b.rs");
        replace_if_changed(&path, b"one").expect("written");
        replace_if_changed(&path, b"two").expect("written");
        assert_eq!(fs::read(&path).expect("there"), b"two");
        // In the place of a full disk: a folder where the new text would go.
        fs::create_dir(root.path().join("a/.b.rs.new")).expect("made");
        assert!(replace_if_changed(&path, b"three").is_err());
        assert_eq!(fs::read(&path).expect("there"), b"two");
    }
}

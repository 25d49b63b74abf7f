//! The manifest: which tables and logs count, as edits tell it.

use std::collections::BTreeMap;

use engine::disk::{Disk, File, Mode};
use engine::{Result, Write};

use super::Store;
use super::files::{MANIFEST, NEW_MANIFEST, create, sync_file, sync_names, table_name};
use super::maintaining::Maintaining;
use super::state::LEVELS;
use super::steps::Steps;
use crate::log_engine::format::{
    HEADER_BYTES, decode_header, encode_header, encode_record, u64_at,
};
use crate::log_engine::replay::Read;
use crate::log_engine::steps::Right;

/// How many bytes of edits a manifest has at least before it is written anew.
const EDITS_BYTES: u64 = 160;

/// Which tables and logs count.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Listed {
    /// The level of each table.
    pub(crate) tables: BTreeMap<u64, usize>,
    /// The first log that counts.
    pub(crate) log: u64,
}

/// A change of what counts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Edit {
    pub(crate) into: usize,
    /// Tables that count from now on, in level `into`.
    pub(crate) added: Vec<u64>,
    /// Tables that do not count any more.
    pub(crate) removed: Vec<u64>,
    /// The first log that counts, if that is another one.
    pub(crate) log: Option<u64>,
}

/// The key of an edit's change that tells the first log.
const LOG: &[u8] = b"log";

impl Edit {
    /// The edit as a record of the manifest, for the place `at`, all before
    /// which is durable. Its changes are: for each table that is added, a put
    /// of its level (1 byte) under its number (8 bytes); for each that is
    /// removed, a delete of its number; and a put of the first log (8 bytes)
    /// under `log`.
    pub(crate) fn encode(&self, at: u64) -> Vec<u8> {
        let level = [u8::try_from(self.into).expect("levels are few")];
        let log = self.log.map(u64::to_le_bytes);
        let added: Vec<_> = self.added.iter().map(|n| n.to_le_bytes()).collect();
        let removed: Vec<_> = self.removed.iter().map(|n| n.to_le_bytes()).collect();
        let puts = added.iter().map(|number| Write::put(number, &level));
        let deletes = removed.iter().map(Write::delete);
        let log = log.iter().map(|log| Write::put(LOG, log));
        let changes: Vec<Write<'_>> = deletes.chain(puts).chain(log).collect();
        let mut bytes = Vec::new();
        encode_record(&Right, &mut bytes, at, at, &changes);
        bytes
    }
}

impl Listed {
    pub(crate) fn apply(&mut self, edit: &Edit) {
        for number in &edit.removed {
            self.tables.remove(number);
        }
        let added = edit.added.iter().map(|number| (*number, edit.into));
        self.tables.extend(added);
        self.log = edit.log.unwrap_or(self.log);
    }

    /// Applies the changes of an edit as the manifest spells them; `None` where
    /// they make no sense.
    pub(crate) fn apply_changes(&mut self, changes: &[Write<'_>]) -> Option<()> {
        for change in changes {
            let (key, value) = (change.key(), change.value());
            match (key, value) {
                (LOG, Some(log)) if log.len() == 8 => self.log = u64_at(log, 0),
                (key, Some(&[level])) if key.len() == 8 && usize::from(level) < LEVELS => {
                    self.tables.insert(u64_at(key, 0), usize::from(level));
                }
                (key, None) if key.len() == 8 => {
                    self.tables.remove(&u64_at(key, 0))?;
                }
                _ => return None,
            }
        }
        Some(())
    }

    /// The bytes of a manifest that tells this: an edit for each level, all of
    /// them below the file's base.
    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut bytes = encode_header(0);
        for into in 0..LEVELS {
            let of_level = self.tables.iter().filter(|(_, level)| **level == into);
            let edit = Edit {
                into,
                added: of_level.map(|(number, _)| *number).collect(),
                log: Some(self.log),
                ..Edit::default()
            };
            let edit = edit.encode(bytes.len() as u64);
            bytes.extend_from_slice(&edit);
        }
        let header = encode_header(bytes.len() as u64);
        bytes[..HEADER_BYTES].copy_from_slice(&header);
        bytes
    }
}

/// The manifest, open for the next edit.
#[derive(Debug)]
pub(crate) struct Manifest {
    file: Box<dyn File>,
    /// How long it was when it got its name.
    base: u64,
    /// How long it is.
    len: u64,
}

impl Manifest {
    /// Appends an edit, durably.
    fn append(self, edit: &Edit) -> Result<Self> {
        let bytes = edit.encode(self.len);
        self.file.write_at(self.len, &bytes)?;
        sync_file(&*self.file)?;
        Ok(Manifest {
            len: self.len + bytes.len() as u64,
            ..self
        })
    }
}

/// Makes an edit durable.
pub(crate) fn record(store: &Store, maintaining: &mut Maintaining, edit: &Edit) -> Result<()> {
    let mut listed = maintaining.listed.clone();
    listed.apply(edit);
    let manifest = maintaining.manifest.take();
    let short = manifest.filter(|it| it.len - it.base < EDITS_BYTES.max(it.base));
    maintaining.manifest = Some(match short {
        Some(manifest) => manifest.append(edit)?,
        None => rewrite(&store.disk, store.steps, &listed)?,
    });
    maintaining.listed = listed;
    Ok(())
}

/// Writes a manifest that tells this alone, in place of the one there is. The
/// files that it lists are durable, and so are their names.
pub(crate) fn rewrite(disk: &dyn Disk, steps: &dyn Steps, listed: &Listed) -> Result<Manifest> {
    let bytes = listed.encode();
    let file = create(disk, NEW_MANIFEST)?;
    file.write_at(0, &bytes)?;
    steps.sync_manifest(disk, &*file)?;
    drop(file);
    disk.rename(NEW_MANIFEST, MANIFEST)?;
    sync_names(disk)?;
    let len = bytes.len() as u64;
    Ok(Manifest {
        file: disk.open(MANIFEST, Mode::Write)?,
        base: len,
        len,
    })
}

/// What a manifest with these bytes tells.
pub(crate) fn read_manifest(steps: &dyn Steps, bytes: &[u8]) -> Result<Listed> {
    let read = Read::new(MANIFEST, bytes, decode_header(MANIFEST, bytes)?);
    let mut listed = Listed::default();
    let mut end = HEADER_BYTES;
    while let Some(edit) = steps.next_edit(&read, end)? {
        let applied = listed.apply_changes(&edit.changes);
        applied.ok_or_else(|| read.damage(end, "the edit makes no sense"))?;
        end = edit.end;
    }
    match read.is_cut_off(end, true) {
        true => Err(read.damage(end, "the manifest ends early")),
        false => Ok(listed),
    }
}

/// Removes what does not count.
pub(crate) fn clear(disk: &dyn Disk, listed: &Listed) -> Result<()> {
    let kept: Vec<String> = listed.tables.keys().map(|n| table_name(*n)).collect();
    for name in disk.list()? {
        if name != MANIFEST && !kept.contains(&name) {
            disk.remove(&name)?;
        }
    }
    Ok(())
}

//! What the device behind a simulated disk keeps: which changes are durable,
//! and every image that a power cut may leave.
//!
//! A change of bytes is *pending* until its file is synced. The first attempt
//! decides: it is *durable* where that succeeds and *lost* where it fails. A
//! later sync does not bring a lost change back, and nothing promises that it
//! is gone either, so at every later power cut it may still land in any way.
//!
//! The same holds for changes of names and `sync_dir`, with one difference:
//! names are journalled, so of those that are pending a prefix survives, never
//! a later one without an earlier one. Those that one failed `sync_dir` lost
//! are a group of their own, of which a prefix survives independently; a later
//! `sync_dir` that succeeds does not make them durable. An engine that wants
//! such a name kept has to change it again.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::change::{ByteChange, Change, FileId, NameChange, SyncEnd, Unsynced};
use super::choice::Choice;
use super::content::Content;
use super::image::Image;
use super::landing::{Landing, Outcome, land};
use super::reach::{Kind, Reach};

/// The device: what is durable, and the changes that a power cut would decide
/// about.
#[derive(Debug, Clone, Default)]
pub(super) struct Medium {
    files: Vec<Stored>,
    names: BTreeMap<Arc<str>, FileId>,
    /// Changes of names since `names`, in their order.
    renames: Vec<(Fate, NameChange)>,
    /// How many syncs of the names have failed.
    failed_sync_dirs: u32,
}

/// How many changes a power cut would decide about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Undecided {
    /// Of names.
    pub names: usize,
    /// Of bytes and lengths.
    pub bytes: usize,
}

#[derive(Debug, Clone, Default)]
struct Stored {
    durable: Content,
    /// Changes of bytes since `durable`, in their order.
    changes: Vec<(Fate, ByteChange)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Pending,
    Durable,
    /// Lost by a failed sync; of the names, by the one of this number.
    Lost(u32),
}

impl Medium {
    /// A device that holds `image`, all of it durable.
    pub(super) fn new(image: &Image) -> Self {
        let mut medium = Medium::default();
        for (name, content) in image.files() {
            let file = FileId(medium.files.len());
            medium.names.insert(name.clone(), file);
            medium.files.push(Stored {
                durable: content.clone(),
                changes: Vec::new(),
            });
        }
        medium
    }

    /// Takes the next change in, and counts what a sync decides in `reach`.
    pub(super) fn apply(&mut self, change: &Change, reach: &mut Reach) {
        match change {
            Change::Name(change) => {
                if let NameChange::Create(_, FileId(file)) = change {
                    assert_eq!(*file, self.files.len(), "files are numbered in order");
                    self.files.push(Stored::default());
                }
                self.renames.push((Fate::Pending, change.clone()));
            }
            Change::Bytes { file, change, .. } => {
                let changes = &mut self.files[file.0].changes;
                changes.push((Fate::Pending, change.clone()));
            }
            Change::Sync { file, end, .. } => match end {
                SyncEnd::Succeeded => self.files[file.0].sync(reach),
                SyncEnd::Failed(unsynced) => self.files[file.0].fail_to_sync(*unsynced, reach),
            },
            Change::SyncDir(succeeded) => self.sync_names(*succeeded, reach),
        }
    }

    fn sync_names(&mut self, succeeded: bool, reach: &mut Reach) {
        let (fate, outcome) = match succeeded {
            true => (Fate::Durable, Outcome::Durable),
            false => (Fate::Lost(self.failed_sync_dirs), Outcome::Lost),
        };
        self.failed_sync_dirs += u32::from(!succeeded);
        decide(&mut self.renames, fate, |change| {
            reach.count(Kind::of_name(change), outcome);
        });
        let durable = leading_durable(&self.renames);
        for (_, change) in self.renames.drain(..durable) {
            rename(&mut self.names, &change);
        }
    }

    /// The image that `choice` leaves after a power cut now.
    pub(super) fn image(&self, choice: &mut Choice<'_>) -> Image {
        let names = self.surviving_names(choice);
        let mut image = Image::new();
        for (name, FileId(file)) in names {
            image.insert(name, self.files[file].surviving(choice));
        }
        image
    }

    fn surviving_names(&self, choice: &mut Choice<'_>) -> BTreeMap<Arc<str>, FileId> {
        let mut names = self.names.clone();
        for group in self.renames.chunk_by(|(one, _), (other, _)| one == other) {
            let survive = match group[0].0 {
                Fate::Durable => group.len(),
                Fate::Pending | Fate::Lost(_) => choice.names(group.len()),
            };
            for (_, change) in &group[..survive] {
                rename(&mut names, change);
                choice.reached_name(change, Outcome::Applied);
            }
            for (_, change) in &group[survive..] {
                choice.reached_name(change, Outcome::Dropped);
            }
        }
        names
    }

    /// How many changes a power cut would decide about.
    pub(super) fn undecided(&self) -> Undecided {
        Undecided {
            names: open(&self.renames),
            bytes: self.files.iter().map(|file| open(&file.changes)).sum(),
        }
    }

    /// What is read of `file` now, while there is power.
    pub(super) fn live_content(&self, file: FileId) -> Content {
        let stored = &self.files[file.0];
        let mut content = stored.durable.clone();
        for (_, change) in &stored.changes {
            land(
                content.bytes_mut(),
                change,
                Landing::whole(Outcome::Applied),
            );
        }
        content
    }

    /// How many files there ever were.
    pub(super) fn files(&self) -> usize {
        self.files.len()
    }

    /// The names now, while there is power.
    pub(super) fn live_names(&self) -> BTreeMap<Arc<str>, FileId> {
        let mut names = self.names.clone();
        for (_, change) in &self.renames {
            rename(&mut names, change);
        }
        names
    }
}

impl Stored {
    fn sync(&mut self, reach: &mut Reach) {
        decide(&mut self.changes, Fate::Durable, |change| {
            reach.count(Kind::of_bytes(change), Outcome::Durable);
        });
        let durable = leading_durable(&self.changes);
        if durable > 0 {
            let content = self.durable.bytes_mut();
            for (_, change) in self.changes.drain(..durable) {
                land(content, &change, Landing::whole(Outcome::Durable));
            }
        }
    }

    fn fail_to_sync(&mut self, unsynced: Unsynced, reach: &mut Reach) {
        decide(&mut self.changes, Fate::Lost(0), |change| {
            reach.count(Kind::of_bytes(change), Outcome::Lost);
        });
        let lost = |fate: Fate| fate != Fate::Durable;
        match unsynced {
            Unsynced::Kept => {}
            Unsynced::Reverted => self.changes.retain(|(fate, _)| !lost(*fate)),
            Unsynced::Zeroed => {
                for (fate, change) in &mut self.changes {
                    if let ByteChange::Write(offset, bytes) = change
                        && lost(*fate)
                    {
                        *change = ByteChange::Allocate(*offset + bytes.len() as u64);
                    }
                }
            }
        }
    }

    fn surviving(&self, choice: &mut Choice<'_>) -> Content {
        let mut content = self.durable.clone();
        for (place, (fate, change)) in self.changes.iter().enumerate() {
            let landing = match fate {
                Fate::Durable => Landing::whole(Outcome::Durable),
                Fate::Pending | Fate::Lost(_) => {
                    let behind = self.changes.len() - 1 - place;
                    let landing = choice.bytes(change, place, behind);
                    choice.reached_bytes(change, landing.outcome);
                    landing
                }
            };
            if landing.outcome != Outcome::Dropped {
                land(content.bytes_mut(), change, landing);
            }
        }
        content
    }
}

/// Decides what was pending, and calls `count` for each.
fn decide<C>(changes: &mut [(Fate, C)], decided: Fate, mut count: impl FnMut(&C)) {
    for (fate, change) in changes {
        if *fate == Fate::Pending {
            *fate = decided;
            count(change);
        }
    }
}

fn open<C>(changes: &[(Fate, C)]) -> usize {
    let undecided = |(fate, _): &&(Fate, C)| *fate != Fate::Durable;
    changes.iter().filter(undecided).count()
}

fn leading_durable<C>(changes: &[(Fate, C)]) -> usize {
    changes
        .iter()
        .take_while(|(fate, _)| *fate == Fate::Durable)
        .count()
}

/// Changes names. Each change says what its names mean from now on, whatever
/// became of the changes before it.
pub(super) fn rename(names: &mut BTreeMap<Arc<str>, FileId>, change: &NameChange) {
    match change {
        NameChange::Create(name, file) => {
            names.insert(name.clone(), *file);
        }
        NameChange::Rename(from, to, file) => {
            names.remove(from);
            names.insert(to.clone(), *file);
        }
        NameChange::Remove(name) => {
            names.remove(name);
        }
    }
}

#[cfg(test)]
mod tests;

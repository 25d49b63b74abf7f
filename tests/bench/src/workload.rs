//! What is measured, and in which classes.

pub use menu::workload::*;

use crate::class::Class;
use crate::contender::Contender;

/// A class in which a workload's figures are compared, and the class in which a
/// store is opened for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Setting {
    /// Where its figures stand.
    pub class: Class,
    /// How the store is opened.
    pub opened: Class,
}

/// In which settings the contender is measured; in none where the workload
/// means nothing for it.
///
/// What ends with a sync, what only reads and what syncs each write is the same
/// work for every store with files: it leaves or finds everything safe from a
/// power loss, and each store is opened in the weakest class that it offers.
/// Single writes are measured in each class by itself; only
/// [`PutDurable`](Kind::PutDurable) waits for the device each time.
pub fn settings(workload: &Workload, contender: &Contender) -> Vec<Setting> {
    let setting = |class, opened| Setting { class, opened };
    let weakest = contender.weakest();
    let at_rest = match weakest {
        Class::InMemory => Class::InMemory,
        _ => Class::Power,
    };
    match workload.kind {
        Kind::Load(_)
        | Kind::Get(_)
        | Kind::GetMissing
        | Kind::GetBeside(_)
        | Kind::ScanAll
        | Kind::ScanShort => vec![setting(at_rest, weakest)],
        Kind::Reopen | Kind::ReopenKilled | Kind::PutDurable if weakest == Class::InMemory => {
            vec![]
        }
        Kind::Reopen | Kind::ReopenKilled => vec![setting(at_rest, weakest)],
        Kind::PutDurable => vec![setting(Class::Power, Class::Power)],
        Kind::Put | Kind::Overwrite | Kind::DeleteHalf | Kind::Mix(_) => {
            let offered = contender.classes.iter().copied();
            let quick = offered.filter(|class| *class != Class::Power);
            quick.map(|class| setting(class, class)).collect()
        }
    }
}

//! The engines of the workbook.

use registry::Engine;

use super::{Contender, Open, Role};
use crate::class::Class;

/// The engine of that entry of the registry.
pub fn contender(engine: &'static Engine) -> Contender {
    let mine = engine.name.starts_with("mine-");
    let classes = match engine.keeps_files() {
        true => engine
            .durabilities
            .iter()
            .copied()
            .map(Class::from)
            .collect(),
        false => vec![Class::InMemory],
    };
    Contender {
        name: engine.name,
        role: if mine { Role::Mine } else { Role::Reference },
        sentence: engine.sentence.to_string(),
        version: env!("CARGO_PKG_VERSION").to_string(),
        settings: engine.settings,
        durable_commit: match engine.keeps_files() {
            true => "its write, then its sync",
            false => "none: it keeps nothing",
        },
        classes,
        open: Open::OnDisk(|name, disk, durability| {
            let engine = registry::find(name).expect("the registry is the same in one program");
            Ok(Box::new(engine.open(disk, durability)?))
        }),
    }
}

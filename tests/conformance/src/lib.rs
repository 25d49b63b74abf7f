//! One suite for every engine.
//!
//! | where | what |
//! |---|---|
//! | [`subject`](mod@subject) | [`Subject`]: the engine under test, and the calls that check it |
//! | [`level`] | [`Level`] and [`Clause`]: what is checked, and what for |
//! | [`levels`] | the checks themselves |
//! | [`script`] | [`Script`]: operations, as values and as text |
//! | [`model`] | [`Model`](model::Model): what a correct engine would hold |
//! | [`play`] | a script, on an engine and on the model |
//! | [`explore`](mod@explore) | power cuts at every operation of many scripts |
//! | [`soak`] | random scripts, for as long as somebody wants |
//! | [`schedules`] | threads that are steered, one at a time |
//! | [`place`] | disks to open engines on |
//! | [`budget`] | [`Budget`]: how much is tried, and from which seed |
//! | [`allocations`] | how much memory work takes |
//! | [`report`] | [`Failure`]: what a person reads |
//! | [`sim`] | the simulated disk: [`SimDisk`](sim::SimDisk) |
//! | [`suite`] | runs checks and ends tests |
//! | [`watch`] | notices when an engine does not return |
//! | [`panics`] | notices when it panics |

pub mod allocations;
pub mod budget;
pub mod explore;
pub mod level;
pub mod levels;
pub mod model;
pub mod panics;
pub mod place;
pub mod play;
pub mod report;
pub mod schedules;
pub mod script;
pub mod sim;
#[cfg(test)]
mod snapshot_engine;
pub mod soak;
pub mod subject;
pub mod suite;
mod trial;
pub mod watch;

pub use budget::Budget;
pub use explore::{Exploration, explore};
pub use level::{Clause, Level};
pub use report::Failure;
pub use script::Script;
pub use subject::{Costs, Opened, Powers, Subject};

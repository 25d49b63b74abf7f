//! Engines side by side, measured so that the figures can be trusted.
//!
//! | where | what |
//! |---|---|
//! | [`contender`] | [`Contender`](contender::Contender): who is measured, how it is opened, what it claims |
//! | [`class`] | [`Class`](class::Class): which accident a finished write survives |
//! | [`store`] | [`Store`](store::Store): what is asked of every contender |
//! | [`workload`] | [`Workload`](workload::Workload), and in which classes it is measured |
//! | [`data`], [`draw`] | keys and values, and which of them is next |
//! | [`worker`] | a thread that asks, times and checks |
//! | [`ledger`], [`scanned`] | what the answers are checked against |
//! | [`trial`] | one workload on one contender, in a process of its own |
//! | [`figures`], [`meter`], [`limit`] | what a trial finds, what it costs, what it may use |
//! | [`runner`], [`proof`] | a run, and whether claims hold |
//! | [`report`], [`family`], [`spread`], [`summary`], [`best`] | what a run found, and what it comes to |
//! | [`compare`] | what changed from one run to another |
//! | [`ratios`] | two that take turns in one process |

pub mod best;
pub mod class;
pub mod cli;
pub mod compare;
pub mod contender;
pub mod copy;
pub mod data;
pub mod device;
pub mod draw;
pub mod family;
pub mod figures;
pub mod ledger;
pub mod limit;
pub mod machine;
pub mod meter;
pub mod program;
pub mod proof;
pub mod ratios;
pub mod report;
pub mod runner;
pub mod scanned;
pub mod spread;
pub mod store;
pub mod summary;
pub mod trial;
pub mod worker;
pub mod workload;

//! The authors' gates, each shown to catch what it is there for: a small
//! workspace is broken in one way, and the message has to say which.

mod derive;
mod fresh;
mod ladder;
mod rules;
mod runner;
mod support;
mod workspace;

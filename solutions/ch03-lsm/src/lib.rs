//! Chapter 3: a log-structured merge tree.

pub mod arena;
pub mod block;
pub mod bloom;
pub mod cache;
pub mod compression;
pub mod levels;
pub mod link;
pub mod memtable;
pub mod merging;
pub mod node;
pub mod picking;
pub mod skip_list;
pub mod source;
pub mod table;
pub mod varint;

#[cfg(test)]
mod tests;

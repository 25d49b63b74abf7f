//! The tests of chapter 3.

mod block;
mod bloom;
mod cache;
mod compression;
mod hex;
mod varint;

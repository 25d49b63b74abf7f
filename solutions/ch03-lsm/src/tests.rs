//! The tests of chapter 3.

mod block;
mod bloom;
mod compression;
mod hex;
mod varint;

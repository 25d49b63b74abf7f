//! The tests of chapter 3.

mod block;
mod compression;
mod hex;
mod varint;

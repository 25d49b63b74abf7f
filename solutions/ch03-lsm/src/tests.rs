//! The tests of chapter 3.

mod block;
mod hex;
mod varint;

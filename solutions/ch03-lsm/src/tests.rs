//! The tests of chapter 3.

mod block;
mod bloom;
mod cache;
mod compression;
mod damage;
mod hex;
mod table;
mod table_source;
mod tables;
mod varint;

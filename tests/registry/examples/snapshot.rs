//! Writes a snapshot file by the reader's own `encode`, to be looked at.
//!
//! ```sh
//! cargo run -q -p registry --features mine --example snapshot -- target/look
//! cargo run -q -- inspect target/look
//! ```

use std::error::Error;
use std::path::PathBuf;
use std::{env, fs};

use my_memory::memory::Map;
use my_memory::snapshot::encode;

fn main() -> Result<(), Box<dyn Error>> {
    let folder = env::args_os().nth(1).ok_or("say into which folder")?;
    let folder = PathBuf::from(folder);
    let entries = [("a", ""), ("key", "value")];
    let map: Map = entries
        .map(|(key, value)| (key.into(), value.into()))
        .into();
    let file = encode(&map)?;
    fs::create_dir_all(&folder)?;
    fs::write(folder.join("snapshot"), &file)?;
    println!("{} bytes, made by your `encode`", file.len());
    Ok(())
}

//! Writes a data file by the reader's own `append_to`, to be looked at.
//!
//! ```sh
//! cargo run -q -p registry --features mine --example records -- target/records
//! cargo run -q -- inspect target/records
//! ```

use std::error::Error;
use std::path::PathBuf;
use std::{env, fs};

use my_bitcask::header::Header;
use my_bitcask::names::{Kind, Name};
use my_bitcask::place::Place;
use my_bitcask::record::{Record, Says};

fn main() -> Result<(), Box<dyn Error>> {
    let folder = env::args_os().nth(1).ok_or("say into which folder")?;
    let folder = PathBuf::from(folder);
    let number = 1;
    let mut file = Header::of(number).to_bytes().to_vec();
    let put = Says::Put {
        key: b"fig",
        value: b"green",
        expires: None,
    };
    let goes_on = true;
    let records = [
        Record { says: put, goes_on },
        Record::last(Says::Delete { key: b"kiwi" }),
        Record::last(Says::Seal),
    ];
    for record in records {
        let offset = u32::try_from(file.len())?;
        let place = Place {
            file: number,
            offset,
        };
        record.append_to(&mut file, place);
    }
    fs::create_dir_all(&folder)?;
    let name = Name::new(number, Kind::Data).to_string();
    fs::write(folder.join(name), &file)?;
    println!("{} bytes, made by your `append_to`", file.len());
    Ok(())
}

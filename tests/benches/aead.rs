//! How fast AES-128-GCM alone opens TLS records on one core: what decryption can cost at least.
//!
//! usage: aead [MEGABYTES]
#![expect(clippy::disallowed_methods, reason = "it measures real time")]

use std::io::Write;
use std::time::Instant;

use ring::aead::{AES_128_GCM, Aad, LessSafeKey, Nonce, UnboundKey};

/// The largest record, and one of a single segment.
const SIZES: [usize; 2] = [16_384, 1_400];

fn main() -> Result<(), String> {
    let megabytes = std::env::args().nth(1).map_or(Ok(2000), |text| text.parse::<usize>());
    let megabytes = megabytes.map_err(|error| error.to_string())?;
    let key = UnboundKey::new(&AES_128_GCM, &[7; 16]).map_err(|error| error.to_string())?;
    let key = LessSafeKey::new(key);
    for size in SIZES {
        let mut sealed = vec![1; size];
        let nonce = || Nonce::assume_unique_for_key([0; 12]);
        key.seal_in_place_append_tag(nonce(), Aad::empty(), &mut sealed)
            .map_err(|error| error.to_string())?;
        let times = megabytes * 1_000_000 / size;
        let (mut room, began) = (sealed.clone(), Instant::now());
        for _ in 0..times {
            room.copy_from_slice(&sealed);
            key.open_in_place(nonce(), Aad::empty(), &mut room)
                .map_err(|error| error.to_string())?;
        }
        let speed = (times * size) as f64 / began.elapsed().as_secs_f64() / 1e9;
        let line = format!("AES-128-GCM, records of {size} bytes: {speed:.2} GB/s on one core");
        writeln!(std::io::stdout(), "{line}").map_err(|error| error.to_string())?;
    }
    Ok(())
}

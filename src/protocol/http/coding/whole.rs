//! The fast way for a gzip body that is there whole: one call instead of a stream.
//!
//! Gives the decoded size, or nothing where the slow way has to look: a body of several members,
//! one that is broken, or one that claims to be large. Where many clients load the same page the
//! same bodies come again and again: one that was decoded before is known by its bytes.

use std::cell::RefCell;
use std::hash::BuildHasher;

use hashbrown::{DefaultHashBuilder, HashMap};
use libdeflater::Decompressor;

/// Decoded bytes up to which a body is tried.
const ROOM: usize = 4 << 20;

/// Bodies that are remembered; then all are forgotten, which costs one decoding each.
const REMEMBERED: usize = 4096;

struct Tools {
    decompressor: Decompressor,
    out: Vec<u8>,
    /// The decoded size of each body seen, by its length and a hash of its bytes. The hash is
    /// seeded anew in every run, so nobody can aim at a collision.
    seen: HashMap<(usize, u64), usize>,
    hasher: DefaultHashBuilder,
}

thread_local! {
    static TOOLS: RefCell<Tools> = RefCell::new(Tools {
        decompressor: Decompressor::new(),
        out: Vec::new(),
        seen: HashMap::new(),
        hasher: DefaultHashBuilder::default(),
    });
}

/// The decoded size of a gzip file of one member, at most `most`; its checksum is right.
pub(super) fn gzip(bytes: &[u8], most: u64) -> Option<u64> {
    // RFC 1952 §2.3.1: the last four bytes are the size, modulo 2^32.
    let (_, size) = bytes.split_last_chunk::<4>()?;
    let size = usize::try_from(u32::from_le_bytes(*size)).ok()?;
    if size > ROOM || size as u64 > most {
        return None;
    }
    TOOLS.with_borrow_mut(|tools| {
        let name = (bytes.len(), tools.hasher.hash_one(bytes));
        if tools.seen.get(&name) == Some(&size) {
            return Some(size as u64);
        }
        if tools.out.len() < size {
            tools.out.resize(size.next_power_of_two(), 0);
        }
        let out = tools.out.get_mut(..size)?;
        let made = tools.decompressor.gzip_decompress(bytes, out).ok()?;
        if made != size {
            return None;
        }
        if tools.seen.len() >= REMEMBERED {
            tools.seen.clear();
        }
        tools.seen.insert(name, size);
        Some(size as u64)
    })
}

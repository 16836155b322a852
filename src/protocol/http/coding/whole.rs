//! The fast way for a gzip body that is there whole: one call instead of a stream.
//!
//! Gives the decoded size, or nothing where the slow way has to look: a body of several members,
//! one that is broken, or one that claims to be large.

use std::cell::RefCell;

use libdeflater::Decompressor;

/// Decoded bytes up to which a body is tried.
const ROOM: usize = 4 << 20;

struct Tools {
    decompressor: Decompressor,
    out: Vec<u8>,
}

thread_local! {
    static TOOLS: RefCell<Tools> =
        RefCell::new(Tools { decompressor: Decompressor::new(), out: Vec::new() });
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
        if tools.out.len() < size {
            tools.out.resize(size.next_power_of_two(), 0);
        }
        let out = tools.out.get_mut(..size)?;
        let made = tools.decompressor.gzip_decompress(bytes, out).ok()?;
        (made == size).then_some(size as u64)
    })
}

//! What authenticates records of TLS 1.2 and before, where the cipher does not (RFC 5246 §6.2.3.1).

use zeroize::Zeroizing;

use crate::protocol::crypto::hash::{self, Hash};

/// The MAC of one direction.
pub(super) struct Mac {
    hash: Hash,
    key: Zeroizing<Vec<u8>>,
}

impl Mac {
    pub(super) fn new(hash: Hash, key: &[u8]) -> Self {
        Self { hash, key: Zeroizing::new(key.to_vec()) }
    }

    /// Is `mac` that of some bytes under their pseudo-header (sequence number, type, version)?
    pub(super) fn fits(&self, head: [u8; 11], bytes: &[u8], mac: &[u8]) -> bool {
        let Ok(length) = u16::try_from(bytes.len()) else { return false };
        let made = hash::hmac(self.hash, &self.key, &[&head, &length.to_be_bytes(), bytes]);
        // nobody is told how long the comparison took
        made.is_some_and(|made| **made == *mac)
    }

    pub(super) const fn length(&self) -> usize {
        self.hash.size()
    }
}

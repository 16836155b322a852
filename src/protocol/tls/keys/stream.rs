//! RC4, whose keystream goes on from one record of a direction to the next (RFC 5246 §6.2.3.1).

use std::ops::Range;

use rc4::{KeyInit, Rc4, StreamCipher};

use crate::protocol::tls::keys::mac::Mac;

/// The keys of one direction.
pub(super) struct Stream {
    cipher: Box<Rc4>,
    mac: Mac,
}

impl Stream {
    /// None where the library takes no key of this length.
    pub(super) fn new(key: &[u8], mac: Mac) -> Option<Self> {
        Some(Self { cipher: Rc4::new_from_slice(key).ok()?.into(), mac })
    }

    /// Decrypts what is in `body` in its place, and gives where the plaintext stands in it; none
    /// where it does not authenticate. Either way its part of the keystream is used up.
    pub(super) fn open(&mut self, head: [u8; 11], body: &mut [u8]) -> Option<Range<usize>> {
        self.cipher.apply_keystream(body);
        let end = body.len().checked_sub(self.mac.length())?;
        let (text, mac) = body.split_at_checked(end)?;
        self.mac.fits(head, text, mac).then_some(0..end)
    }

    /// Passes over the keystream of a record that was lost.
    pub(super) fn pass(&mut self, mut bytes: usize) {
        let mut room = [0; 256];
        while bytes > 0 {
            let part = bytes.min(room.len());
            self.cipher.apply_keystream(room.get_mut(..part).unwrap_or_default());
            bytes -= part;
        }
    }

    /// Bytes that it adds to a record.
    pub(super) const fn added(&self) -> usize {
        self.mac.length()
    }
}

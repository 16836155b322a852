//! What hides the first byte and the number of QUIC's packets (RFC 9001 §5.4), by ring.

use ring::aead::quic::{AES_128, AES_256, CHACHA20, HeaderProtectionKey};

use crate::protocol::crypto::aead::Aead;

/// Bytes of a packet that its mask is made of (RFC 9001 §5.4.2).
pub(in crate::protocol) const SAMPLE: usize = 16;

/// The key of one direction. It is never wiped: ring has no way to.
pub(in crate::protocol) struct HeaderKey(Box<HeaderProtectionKey>);

impl HeaderKey {
    /// None where the key's length is not the cipher's. The suites of CCM hide headers as those
    /// of GCM do (RFC 9001 §5.4.3).
    pub(in crate::protocol) fn new(aead: Aead, key: &[u8]) -> Option<Self> {
        let algorithm = match aead {
            Aead::Aes128Gcm | Aead::Aes128Ccm | Aead::Aes128Ccm8 => &AES_128,
            Aead::Aes256Gcm | Aead::Aes256Ccm | Aead::Aes256Ccm8 => &AES_256,
            Aead::ChaCha20Poly1305 => &CHACHA20,
        };
        HeaderProtectionKey::new(algorithm, key).ok().map(|key| Self(key.into()))
    }

    /// What the first byte and the bytes of the number are to be combined with.
    pub(in crate::protocol) fn mask(&self, sample: &[u8; SAMPLE]) -> [u8; 5] {
        self.0.new_mask(sample).unwrap_or_default()
    }
}

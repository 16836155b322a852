//! AEAD ciphers: AES-GCM and ChaCha20-Poly1305 by ring, which is the fastest; AES-CCM, which ring
//! does not have, by RustCrypto.

use std::ops::Range;

use aes::{Aes128, Aes256};
use ccm::Ccm;
use ccm::aead::{AeadInOut, KeyInit};
use ccm::consts::{U8, U12, U16};
use ring::aead::{
    AES_128_GCM, AES_256_GCM, Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey,
};

/// A cipher that authenticates what it encrypts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::protocol) enum Aead {
    Aes128Gcm,
    Aes256Gcm,
    ChaCha20Poly1305,
    Aes128Ccm,
    Aes256Ccm,
    /// With a tag of 8 bytes (RFC 6655 §3, RFC 8446 §B.4).
    Aes128Ccm8,
    Aes256Ccm8,
}

impl Aead {
    pub(in crate::protocol) const fn key_length(self) -> usize {
        match self {
            Self::Aes128Gcm | Self::Aes128Ccm | Self::Aes128Ccm8 => 16,
            Self::Aes256Gcm | Self::ChaCha20Poly1305 | Self::Aes256Ccm | Self::Aes256Ccm8 => 32,
        }
    }
}

/// A key of one of the ciphers.
pub(in crate::protocol) enum Key {
    Ring(Box<LessSafeKey>),
    Ccm128(Box<Ccm<Aes128, U16, U12>>),
    Ccm256(Box<Ccm<Aes256, U16, U12>>),
    Ccm128Short(Box<Ccm<Aes128, U8, U12>>),
    Ccm256Short(Box<Ccm<Aes256, U8, U12>>),
}

impl Key {
    /// None where the key's length is not the cipher's.
    pub(in crate::protocol) fn new(aead: Aead, key: &[u8]) -> Option<Self> {
        let ring = |algorithm| {
            UnboundKey::new(algorithm, key).ok().map(|key| Self::Ring(LessSafeKey::new(key).into()))
        };
        match aead {
            Aead::Aes128Gcm => ring(&AES_128_GCM),
            Aead::Aes256Gcm => ring(&AES_256_GCM),
            Aead::ChaCha20Poly1305 => ring(&CHACHA20_POLY1305),
            Aead::Aes128Ccm => Ccm::new_from_slice(key).ok().map(|key| Self::Ccm128(Box::new(key))),
            Aead::Aes256Ccm => Ccm::new_from_slice(key).ok().map(|key| Self::Ccm256(Box::new(key))),
            Aead::Aes128Ccm8 => {
                Ccm::new_from_slice(key).ok().map(|key| Self::Ccm128Short(Box::new(key)))
            }
            Aead::Aes256Ccm8 => {
                Ccm::new_from_slice(key).ok().map(|key| Self::Ccm256Short(Box::new(key)))
            }
        }
    }

    /// Bytes of the tag behind the ciphertext.
    pub(in crate::protocol) const fn tag_length(&self) -> usize {
        match self {
            Self::Ring(_) | Self::Ccm128(_) | Self::Ccm256(_) => 16,
            Self::Ccm128Short(_) | Self::Ccm256Short(_) => 8,
        }
    }

    /// Decrypts what is in `body` in its place, and gives where the plaintext stands in it; none
    /// where it does not authenticate.
    pub(in crate::protocol) fn open(
        &self,
        nonce: [u8; NONCE_LEN],
        aad: &[u8],
        body: &mut [u8],
        from: usize,
    ) -> Option<Range<usize>> {
        let end = body.len().checked_sub(self.tag_length()).filter(|end| *end >= from)?;
        let sealed = body.get_mut(from..)?;
        match self {
            Self::Ring(key) => {
                let nonce = Nonce::assume_unique_for_key(nonce);
                key.open_in_place(nonce, Aad::from(aad), sealed).ok()?;
            }
            Self::Ccm128(key) => open(&**key, nonce, aad, sealed, self.tag_length())?,
            Self::Ccm256(key) => open(&**key, nonce, aad, sealed, self.tag_length())?,
            Self::Ccm128Short(key) => open(&**key, nonce, aad, sealed, self.tag_length())?,
            Self::Ccm256Short(key) => open(&**key, nonce, aad, sealed, self.tag_length())?,
        }
        Some(from..end)
    }
}

fn open<C: AeadInOut>(
    cipher: &C,
    nonce: [u8; NONCE_LEN],
    aad: &[u8],
    sealed: &mut [u8],
    tag: usize,
) -> Option<()> {
    let (text, tag) = sealed.split_at_mut_checked(sealed.len().checked_sub(tag)?)?;
    let nonce = nonce.as_slice().try_into().ok()?;
    let tag = (&*tag).try_into().ok()?;
    cipher.decrypt_inout_detached(nonce, aad, text.into(), tag).ok()
}

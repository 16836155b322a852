//! Block ciphers in CBC mode, with the MAC before the encryption (RFC 5246 §6.2.3.2) or behind it
//! (RFC 7366).

use std::ops::Range;

use aes::{Aes128, Aes256};
use camellia::{Camellia128, Camellia256};
use cbc::Decryptor;
use cbc::cipher::block_padding::NoPadding;
use cbc::cipher::{BlockModeDecrypt, InnerIvInit, KeyInit};
use des::{Des, TdesEde3};

use crate::protocol::tls::keys::algorithm::Block;
use crate::protocol::tls::keys::mac::Mac;

/// The keys of one direction.
pub(super) struct Cbc {
    cipher: Cipher,
    block: usize,
    mac: Mac,
    /// True where the MAC is that of the ciphertext.
    encrypt_then_mac: bool,
    iv: Iv,
}

/// Where the initialization vector of the next record is.
enum Iv {
    /// It is sent at its front.
    Sent,
    /// In TLS 1.0 it is the last block of the record before (RFC 2246 §6.2.3.2); none where that
    /// was lost.
    Chained(Option<Vec<u8>>),
}

enum Cipher {
    Aes128(Box<Aes128>),
    Aes256(Box<Aes256>),
    Camellia128(Box<Camellia128>),
    Camellia256(Box<Camellia256>),
    Des(Box<Des>),
    TripleDes(Box<TdesEde3>),
}

impl Cbc {
    /// None where the key's length is not the cipher's.
    pub(super) fn new(
        block: Block,
        key: &[u8],
        iv: Option<&[u8]>,
        mac: Mac,
        encrypt_then_mac: bool,
    ) -> Option<Self> {
        let cipher = match block {
            Block::Aes128 => Cipher::Aes128(Aes128::new_from_slice(key).ok()?.into()),
            Block::Aes256 => Cipher::Aes256(Aes256::new_from_slice(key).ok()?.into()),
            Block::Camellia128 => {
                Cipher::Camellia128(Camellia128::new_from_slice(key).ok()?.into())
            }
            Block::Camellia256 => {
                Cipher::Camellia256(Camellia256::new_from_slice(key).ok()?.into())
            }
            Block::Des => Cipher::Des(Des::new_from_slice(key).ok()?.into()),
            Block::TripleDes => Cipher::TripleDes(TdesEde3::new_from_slice(key).ok()?.into()),
        };
        let iv = iv.map_or(Iv::Sent, |iv| Iv::Chained(Some(iv.to_vec())));
        Some(Self { cipher, block: block.size(), mac, encrypt_then_mac, iv })
    }

    /// Says which bytes stand right before the next record, behind a hole: their end is its
    /// initialization vector, where it has none of its own and they are enough.
    pub(super) fn stands_behind(&mut self, bytes: &[u8]) {
        let Iv::Chained(iv) = &mut self.iv else { return };
        let mac = if self.encrypt_then_mac { self.mac.length() } else { 0 };
        let end = bytes.len().checked_sub(mac);
        let last = end.and_then(|end| bytes.get(end.checked_sub(self.block)?..end));
        *iv = last.map(<[u8]>::to_vec);
    }

    /// True where the next record cannot be opened: what it begins with was lost.
    pub(super) const fn is_blind(&self) -> bool {
        matches!(self.iv, Iv::Chained(None))
    }

    /// Decrypts what is in `body` in its place, and gives where the plaintext stands in it; none
    /// where it does not authenticate.
    pub(super) fn open(&mut self, head: [u8; 11], body: &mut [u8]) -> Option<Range<usize>> {
        let mac_length = self.mac.length();
        let mut end = body.len();
        if self.encrypt_then_mac {
            end = end.checked_sub(mac_length)?;
            let (sealed, mac) = body.split_at_checked(end)?;
            if !self.mac.fits(head, sealed, mac) {
                return None;
            }
        }
        let (iv, from) = match &self.iv {
            Iv::Chained(iv) => (iv.clone()?, 0),
            Iv::Sent => (body.get(..self.block)?.to_vec(), self.block),
        };
        let last = body.get(end.checked_sub(self.block)?..end)?.to_vec();
        let sealed = body.get_mut(from..end).filter(|sealed| !sealed.is_empty())?;
        match &self.cipher {
            Cipher::Aes128(key) => decrypt(&**key, &iv, sealed)?,
            Cipher::Aes256(key) => decrypt(&**key, &iv, sealed)?,
            Cipher::Camellia128(key) => decrypt(&**key, &iv, sealed)?,
            Cipher::Camellia256(key) => decrypt(&**key, &iv, sealed)?,
            Cipher::Des(key) => decrypt(&**key, &iv, sealed)?,
            Cipher::TripleDes(key) => decrypt(&**key, &iv, sealed)?,
        }
        if let Iv::Chained(iv) = &mut self.iv {
            // also where the record turns out to be broken: the next one does not depend on it
            *iv = Some(last);
        }
        let padding = *body.get(end.checked_sub(1)?)?;
        let padded = end.checked_sub(usize::from(padding) + 1).filter(|padded| *padded >= from)?;
        if body.get(padded..end)?.iter().any(|byte| *byte != padding) {
            return None;
        }
        if self.encrypt_then_mac {
            return Some(from..padded);
        }
        let text = padded.checked_sub(mac_length).filter(|text| *text >= from)?;
        let fits = self.mac.fits(head, body.get(from..text)?, body.get(text..padded)?);
        fits.then_some(from..text)
    }
}

fn decrypt<C>(cipher: &C, iv: &[u8], sealed: &mut [u8]) -> Option<()>
where
    C: cbc::cipher::BlockCipherDecrypt + Clone,
{
    let decryptor = Decryptor::inner_iv_slice_init(cipher.clone(), iv).ok()?;
    decryptor.decrypt_padded::<NoPadding>(sealed).ok().map(drop)
}

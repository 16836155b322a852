//! The keys of one direction, and what they open.
//!
//! Takes secrets, cipher suites and protected records; gives plaintext in the place of the
//! ciphertext, or nothing where a record does not authenticate. Ciphers, MACs and hashes are of
//! well-known libraries; what TLS makes of them is here.

mod algorithm;
mod cbc;
mod derive;
mod mac;
mod stream;

use std::ops::Range;

use zeroize::Zeroizing;

use crate::flow::event::Direction;
use crate::protocol::crypto::aead::{self, Aead};
use crate::protocol::crypto::hash::expand_label;
use crate::protocol::secrets::Secret;
use crate::protocol::tls::keys::cbc::Cbc;
use crate::protocol::tls::keys::derive::Prf;
use crate::protocol::tls::keys::mac::Mac;
use crate::protocol::tls::keys::stream::Stream;
use crate::protocol::tls::names::Version;

pub(in crate::protocol) use algorithm::{Algorithm, Bulk};

/// Opens the records that one direction sends under one key.
pub(super) struct Opener {
    algorithm: Algorithm,
    cipher: Cipher,
    version: Version,
    /// The number of the next record under this key.
    pub(super) number: u64,
    /// What the next key is made of, in TLS 1.3.
    secret: Option<Secret>,
}

enum Cipher {
    Aead {
        key: aead::Key,
        /// What the nonce is made of: 12 bytes, or 4 with 8 more in each record.
        iv: Zeroizing<[u8; 12]>,
        /// Bytes of the nonce that stand in each record.
        explicit: usize,
    },
    Cbc(Box<Cbc>),
    Stream(Stream),
    /// Not encrypted: a MAC of some bytes stands behind the text, which keys can check.
    Null(usize, Option<Mac>),
}

/// What the keys of TLS 1.2 and before are derived from, beside the master secret.
#[derive(Clone, Copy, Debug)]
pub(super) struct Randoms<'a> {
    pub(super) client: &'a [u8; 32],
    pub(super) server: &'a [u8; 32],
}

impl Opener {
    /// For a traffic secret of TLS 1.3 (RFC 8446 §7.3). None where the secret has not the length
    /// that the suite wants, or the suite is not of TLS 1.3.
    pub(super) fn of_traffic(algorithm: Algorithm, secret: &Secret) -> Option<Self> {
        let Bulk::Aead(aead) = algorithm.bulk else { return None };
        let mut key = Zeroizing::new([0; 32]);
        let key = key.get_mut(..aead.key_length())?;
        let mut iv = Zeroizing::new([0; 12]);
        let derived = expand_label(algorithm.hash, secret.bytes(), "key", key)
            && expand_label(algorithm.hash, secret.bytes(), "iv", &mut *iv);
        let key = aead::Key::new(aead, key).filter(|_| derived)?;
        Some(Self {
            algorithm,
            cipher: Cipher::Aead { key, iv, explicit: 0 },
            version: Version::TLS_1_3,
            number: 0,
            secret: Some(secret.clone()),
        })
    }

    /// For the master secret of TLS 1.2 and before (RFC 5246 §6.3).
    pub(super) fn of_master(
        algorithm: Algorithm,
        version: Version,
        master: &Secret,
        randoms: Randoms<'_>,
        direction: Direction,
        encrypt_then_mac: bool,
    ) -> Option<Self> {
        let (mac, key, iv) = match algorithm.bulk {
            Bulk::Aead(aead @ Aead::ChaCha20Poly1305) => (0, aead.key_length(), 12),
            Bulk::Aead(aead) => (0, aead.key_length(), 4),
            Bulk::Cbc(block, mac) => (mac.size(), block.key_length(), block.size()),
            Bulk::Stream(mac) => (mac.size(), algorithm::STREAM_KEY, 0),
            Bulk::Null(mac) => (mac.size(), 0, 0),
        };
        let prf = match version {
            Version::TLS_1_2 => Prf::Hash(algorithm.hash),
            Version::TLS_1_1 | Version::TLS_1_0 => Prf::Md5Sha1,
            _ => return None,
        };
        let mut room = Zeroizing::new(vec![0; 2 * (mac + key + iv)]);
        prf.fill(master.bytes(), "key expansion", &[randoms.server, randoms.client], &mut room);
        // both MAC keys, both keys, both initialization vectors; the client's first
        let side = usize::from(direction == Direction::ToClient);
        let cut = |from: usize, length: usize| room.get(from + side * length..)?.get(..length);
        let (mac_key, iv_bytes) = (cut(0, mac)?, cut(2 * (mac + key), iv)?);
        let key_bytes = cut(2 * mac, key)?;
        let cipher = match algorithm.bulk {
            Bulk::Aead(aead) => {
                let mut iv = Zeroizing::new([0; 12]);
                iv.get_mut(..iv_bytes.len())?.copy_from_slice(iv_bytes);
                let key = aead::Key::new(aead, key_bytes)?;
                Cipher::Aead { key, iv, explicit: 12 - iv_bytes.len() }
            }
            Bulk::Cbc(block, hash) => {
                let iv = (version == Version::TLS_1_0).then_some(iv_bytes);
                let mac = Mac::new(hash, mac_key);
                Cipher::Cbc(Cbc::new(block, key_bytes, iv, mac, encrypt_then_mac)?.into())
            }
            Bulk::Stream(hash) => Cipher::Stream(Stream::new(key_bytes, Mac::new(hash, mac_key))?),
            Bulk::Null(hash) => Cipher::Null(hash.size(), Some(Mac::new(hash, mac_key))),
        };
        Some(Self { algorithm, cipher, version, number: 0, secret: None })
    }

    /// For a suite that does not encrypt, without a key: what it carries is read and nothing
    /// authenticates it. None for all others.
    pub(super) fn of_nothing(algorithm: Algorithm, version: Version) -> Option<Self> {
        let Bulk::Null(hash) = algorithm.bulk else { return None };
        let cipher = Cipher::Null(hash.size(), None);
        Some(Self { algorithm, cipher, version, number: 0, secret: None })
    }

    /// Passes over a record that was lost, of whose body the length is known.
    pub(super) fn lose(&mut self, length: usize) {
        self.number = self.number.wrapping_add(1);
        match &mut self.cipher {
            Cipher::Stream(stream) => stream.pass(length),
            Cipher::Cbc(cbc) => cbc.stands_behind(&[]),
            Cipher::Aead { .. } | Cipher::Null(..) => {}
        }
    }

    /// Says which bytes stand right before the next record, behind a hole: [`Self::BEFORE`] of
    /// them are enough.
    pub(super) fn stands_behind(&mut self, bytes: &[u8]) {
        if let Cipher::Cbc(cbc) = &mut self.cipher {
            cbc.stands_behind(bytes);
        }
    }

    /// Bytes before a record that its opening may depend on: a block, and a MAC behind it.
    pub(super) const BEFORE: usize = 16 + 48;

    /// True where the next record cannot be opened, for what its opening depends on was lost; the
    /// one behind it can.
    pub(super) const fn is_blind(&self) -> bool {
        matches!(&self.cipher, Cipher::Cbc(cbc) if cbc.is_blind())
    }

    /// True where a record opens wherever it stands, as the how-manieth it may be tried; false
    /// where the bytes of all before it count.
    pub(super) const fn skips(&self) -> bool {
        !matches!(self.cipher, Cipher::Stream(_))
    }

    /// True where a record that opens is one of this key; false where there is no key, and
    /// anything opens.
    pub(super) const fn authenticates(&self) -> bool {
        !matches!(self.cipher, Cipher::Null(_, None))
    }

    /// The key after this one (RFC 8446 §7.2); none where there is no such thing.
    pub(super) fn next(&self) -> Option<Self> {
        let mut room = Zeroizing::new([0; 48]);
        let room = room.get_mut(..self.algorithm.hash.size())?;
        let secret = self.secret.as_ref()?;
        let derived = expand_label(self.algorithm.hash, secret.bytes(), "traffic upd", room);
        let next = Secret::new(room).filter(|_| derived)?;
        Self::of_traffic(self.algorithm, &next)
    }

    /// Decrypts a record in its place and counts it; gives where the plaintext stands in it (in
    /// TLS 1.3 with the content type and padding behind it). None where it does not authenticate:
    /// then it is not counted, and what is in `body` means nothing.
    pub(super) fn open(&mut self, header: [u8; 5], body: &mut [u8]) -> Option<Range<usize>> {
        let number = self.number.to_be_bytes();
        let [kind, major, minor, ..] = header;
        let range = match &mut self.cipher {
            Cipher::Aead { key, iv, explicit: 8 } => {
                let mut nonce = **iv;
                nonce.get_mut(4..)?.copy_from_slice(body.get(..8)?);
                let length = body.len().checked_sub(8 + key.tag_length())?;
                let aad = pseudo_header(number, kind, [major, minor], length)?;
                key.open(nonce, &aad, body, 8)
            }
            Cipher::Aead { key, iv, .. } => {
                let mut nonce = **iv;
                let low = nonce.iter_mut().skip(4);
                low.zip(number).for_each(|(byte, number)| *byte ^= number);
                if self.version == Version::TLS_1_3 {
                    key.open(nonce, &header, body, 0)
                } else {
                    let length = body.len().checked_sub(key.tag_length())?;
                    let aad = pseudo_header(number, kind, [major, minor], length)?;
                    key.open(nonce, &aad, body, 0)
                }
            }
            Cipher::Cbc(cbc) => cbc.open(mac_header(number, kind, [major, minor]), body),
            Cipher::Stream(stream) => stream.open(mac_header(number, kind, [major, minor]), body),
            Cipher::Null(length, mac) => {
                let end = body.len().checked_sub(*length)?;
                let (text, tag) = body.split_at_checked(end)?;
                let head = mac_header(number, kind, [major, minor]);
                mac.as_ref().is_none_or(|mac| mac.fits(head, text, tag)).then_some(0..end)
            }
        }?;
        self.number = self.number.wrapping_add(1);
        Some(range)
    }

    /// Bytes by which a protected record is longer than what it carries: the nonce in it and the
    /// tag, and in TLS 1.3 the content type. None where that depends on the record.
    pub(super) fn overhead(&self) -> Option<usize> {
        match &self.cipher {
            Cipher::Aead { key, explicit, .. } => {
                let inner_type = usize::from(self.version == Version::TLS_1_3);
                Some(explicit + key.tag_length() + inner_type)
            }
            Cipher::Stream(stream) => Some(stream.added()),
            Cipher::Null(length, _) => Some(*length),
            Cipher::Cbc(_) => None,
        }
    }
}

/// Sequence number, type and version (RFC 5246 §6.2.3.1).
fn mac_header(number: [u8; 8], kind: u8, version: [u8; 2]) -> [u8; 11] {
    let mut head = [0; 11];
    let values = number.into_iter().chain([kind]).chain(version);
    head.iter_mut().zip(values).for_each(|(byte, value)| *byte = value);
    head
}

/// Likewise with the length of the plaintext: what AEAD ciphers authenticate (RFC 5246 §6.2.3.3).
fn pseudo_header(number: [u8; 8], kind: u8, version: [u8; 2], length: usize) -> Option<[u8; 13]> {
    let length = u16::try_from(length).ok()?.to_be_bytes();
    let mut head = [0; 13];
    let values = mac_header(number, kind, version).into_iter().chain(length);
    head.iter_mut().zip(values).for_each(|(byte, value)| *byte = value);
    Some(head)
}

/// The derivations, for tests that protect records themselves.
#[cfg(test)]
pub(super) mod testing {
    use super::derive::Prf;
    use crate::protocol::crypto::hash::{self, Hash};

    pub(in crate::protocol::tls) fn expand(secret: &[u8], label: &str, length: usize) -> Vec<u8> {
        let mut out = vec![0; length];
        assert!(hash::expand_label(Hash::Sha256, secret, label, &mut out));
        out
    }

    pub(in crate::protocol::tls) fn key_block(
        version: u16,
        master: &[u8],
        client: &[u8],
        server: &[u8],
        length: usize,
    ) -> Vec<u8> {
        let prf = if version == 0x0303 { Prf::Hash(Hash::Sha256) } else { Prf::Md5Sha1 };
        let mut out = vec![0; length];
        prf.fill(master, "key expansion", &[server, client], &mut out);
        out
    }

    pub(in crate::protocol::tls) fn hmac_sha1(key: &[u8], parts: &[&[u8]]) -> Vec<u8> {
        hash::hmac(Hash::Sha1, key, parts).unwrap().to_vec()
    }
}

//! The keys of packets (RFC 9001 §5, RFC 9369 §3.3): from a secret, or for Initial packets from the
//! first connection ID of the client.

use ring::aead::{AES_128_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use zeroize::Zeroizing;

use crate::flow::event::PerDirection;
use crate::protocol::crypto::aead::{self, Aead};
use crate::protocol::crypto::hash::{Hash, expand_label, extract};
use crate::protocol::crypto::header::{HeaderKey, SAMPLE};
use crate::protocol::quic::id::ConnectionId;
use crate::protocol::quic::version::{Labels, Protection};
use crate::protocol::secrets::Secret;

/// Opens the packets that one direction sends under one secret.
pub(super) struct Keys {
    labels: &'static Labels,
    aead: Aead,
    hash: Hash,
    secret: Secret,
    key: aead::Key,
    iv: Zeroizing<[u8; 12]>,
}

/// A packet whose number is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Unmasked {
    /// The first byte as its sender made it.
    pub(super) first: u8,
    /// The number as it was written: its last bits.
    pub(super) truncated: u32,
    /// How many bytes it was written in.
    pub(super) length: usize,
}

impl Unmasked {
    /// Two bits that are zero in all packets (RFC 9000 §17.2, §17.3.1): what has others was unmasked
    /// by the wrong key, for the most part.
    pub(super) const fn is_likely(self) -> bool {
        let reserved = if self.first & 0x80 == 0 { 0x18 } else { 0x0c };
        self.first & reserved == 0
    }

    /// The key phase, of a short header (RFC 9001 §6).
    pub(super) const fn phase(self) -> bool {
        self.first & 0x04 != 0
    }

    /// The whole number, the likeliest after those before (RFC 9000 §A.3): `expected` is the one
    /// above the largest so far.
    pub(super) fn number(self, expected: u64) -> u64 {
        let window = 1u64 << (8 * self.length);
        let half = window / 2;
        let candidate = (expected & !(window - 1)) | u64::from(self.truncated);
        if candidate.saturating_add(half) <= expected && candidate < (1 << 62) - window {
            candidate + window
        } else if candidate > expected.saturating_add(half) && candidate >= window {
            candidate - window
        } else {
            candidate
        }
    }
}

/// Takes the mask off a packet's head (RFC 9001 §5.4). None where the packet is too short for that.
pub(super) fn unmask(key: &HeaderKey, packet: &mut [u8], number_at: usize) -> Option<Unmasked> {
    let sample: &[u8; SAMPLE] = packet.get(number_at + 4..)?.first_chunk()?;
    let mask = key.mask(sample);
    let [of_first, of_number @ ..] = mask;
    let first = packet.first_mut()?;
    *first ^= of_first & if *first & 0x80 == 0 { 0x1f } else { 0x0f };
    let first = *first;
    let length = usize::from(first & 3) + 1;
    let number = packet.get_mut(number_at..number_at + length)?;
    number.iter_mut().zip(of_number).for_each(|(byte, mask)| *byte ^= mask);
    let truncated = number.iter().fold(0, |number, byte| number << 8 | u32::from(*byte));
    Some(Unmasked { first, truncated, length })
}

/// The header key that belongs to a secret; updates of keys do not change it (RFC 9001 §6).
pub(super) fn header_key(
    protection: &'static Protection,
    (aead, hash): (Aead, Hash),
    secret: &Secret,
) -> Option<HeaderKey> {
    let mut room = Zeroizing::new([0; 32]);
    let key = room.get_mut(..aead.key_length())?;
    let derived = expand_label(hash, secret.bytes(), protection.labels.header, key);
    HeaderKey::new(aead, key).filter(|_| derived)
}

impl Keys {
    /// None where the secret has not the length that the hash has.
    pub(super) fn new(
        protection: &'static Protection,
        (aead, hash): (Aead, Hash),
        secret: &Secret,
    ) -> Option<Self> {
        Self::labelled(&protection.labels, (aead, hash), secret)
    }

    fn labelled(
        labels: &'static Labels,
        (aead, hash): (Aead, Hash),
        secret: &Secret,
    ) -> Option<Self> {
        let mut room = Zeroizing::new([0; 32]);
        let key = room.get_mut(..aead.key_length())?;
        let mut iv = Zeroizing::new([0; 12]);
        let derived = expand_label(hash, secret.bytes(), labels.key, key)
            && expand_label(hash, secret.bytes(), labels.iv, &mut *iv);
        let key = aead::Key::new(aead, key).filter(|_| derived)?;
        Some(Self { labels, aead, hash, secret: secret.clone(), key, iv })
    }

    /// Those after these (RFC 9001 §6.1).
    pub(super) fn next(&self) -> Option<Self> {
        let mut room = Zeroizing::new([0; 48]);
        let room = room.get_mut(..self.hash.size())?;
        let derived = expand_label(self.hash, self.secret.bytes(), self.labels.update, room);
        let next = Secret::new(room).filter(|_| derived)?;
        Self::labelled(self.labels, (self.aead, self.hash), &next)
    }

    /// Decrypts a packet in its place, whose head has no mask any more and is so long; gives the end
    /// of what it carries. None where it does not authenticate: then what is behind the head means
    /// nothing.
    pub(super) fn open(&self, number: u64, head: usize, packet: &mut [u8]) -> Option<usize> {
        let mut nonce = *self.iv;
        let low = nonce.iter_mut().skip(4);
        low.zip(number.to_be_bytes()).for_each(|(byte, number)| *byte ^= number);
        let (head, body) = packet.split_at_mut_checked(head)?;
        let text = self.key.open(nonce, head, body, 0)?;
        Some(head.len() + text.end)
    }
}

/// What Initial packets of both directions are protected with (RFC 9001 §5.2).
pub(super) fn initial(
    protection: &'static Protection,
    id: &ConnectionId,
) -> Option<PerDirection<(HeaderKey, Keys)>> {
    let first = extract(Hash::Sha256, &protection.salt, id.bytes())?;
    let of = |label| {
        let mut room = Zeroizing::new([0; 32]);
        let derived = expand_label(Hash::Sha256, &first, label, &mut *room);
        let secret = Secret::new(&*room).filter(|_| derived)?;
        let suite = (Aead::Aes128Gcm, Hash::Sha256);
        Some((header_key(protection, suite, &secret)?, Keys::new(protection, suite, &secret)?))
    };
    Some(PerDirection { to_server: of("client in")?, to_client: of("server in")? })
}

/// Is this Retry the answer to a packet with this destination (RFC 9001 §5.8)? None where the version
/// does not say so.
pub(super) fn is_authentic(
    protection: &Protection,
    original: &ConnectionId,
    retry: &[u8],
    tag: [u8; 16],
) -> Option<bool> {
    let (key, nonce) = protection.retry;
    if key == [0; 16] {
        return None;
    }
    let key = LessSafeKey::new(UnboundKey::new(&AES_128_GCM, &key).ok()?);
    let length = u8::try_from(original.bytes().len()).ok()?;
    let pseudo = [&[length][..], original.bytes(), retry].concat();
    let nonce = Nonce::assume_unique_for_key(nonce);
    let made = key.seal_in_place_separate_tag(nonce, Aad::from(pseudo), &mut []).ok()?;
    Some(*made.as_ref() == tag)
}

#[cfg(test)]
mod tests;
#[cfg(test)]
mod vectors;

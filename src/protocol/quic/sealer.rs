//! What protects packets, for tests and the fuzzer: the other side of `keys.rs`.

use ring::aead::{
    AES_128_GCM, AES_256_GCM, Aad, CHACHA20_POLY1305, LessSafeKey, Nonce, UnboundKey,
};

use crate::flow::event::Direction;
use crate::protocol::crypto::aead::Aead;
use crate::protocol::crypto::hash::{Hash, expand_label, extract};
use crate::protocol::crypto::header::{HeaderKey, SAMPLE};
use crate::protocol::quic::packet::{FIXED, Kind, LONG, SPIN};
use crate::protocol::quic::version::{Protection, Version};

/// Protects what one end sends under one secret.
pub(crate) struct Sealer {
    version: Version,
    protection: &'static Protection,
    suite: (Aead, Hash),
    secret: Vec<u8>,
    key: LessSafeKey,
    iv: [u8; 12],
    header: HeaderKey,
    phase: bool,
}

/// How a packet's number is written.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Number {
    pub(crate) whole: u64,
    /// In 1 to 4 bytes.
    pub(crate) length: usize,
}

impl Sealer {
    /// For Initial packets behind a destination of the client.
    pub(crate) fn initial(version: Version, id: &[u8], way: Direction) -> Option<Self> {
        let first = extract(Hash::Sha256, &version.protection()?.salt, id)?;
        let label = if way == Direction::ToServer { "client in" } else { "server in" };
        let mut secret = [0; 32];
        expand_label(Hash::Sha256, &first, label, &mut secret).then_some(())?;
        Self::aes(version, &secret)
    }

    /// Under a secret of 32 or 48 bytes, with AES-128 or AES-256.
    pub(crate) fn aes(version: Version, secret: &[u8]) -> Option<Self> {
        let is_short = secret.len() == Hash::Sha256.size();
        let long = (Aead::Aes256Gcm, Hash::Sha384);
        Self::new(version, if is_short { (Aead::Aes128Gcm, Hash::Sha256) } else { long }, secret)
    }

    /// Likewise, with ChaCha20-Poly1305.
    #[cfg(test)]
    pub(crate) fn chacha(version: Version, secret: &[u8]) -> Option<Self> {
        Self::new(version, (Aead::ChaCha20Poly1305, Hash::Sha256), secret)
    }

    fn new(version: Version, (aead, hash): (Aead, Hash), secret: &[u8]) -> Option<Self> {
        let protection = version.protection()?;
        let algorithm = match aead {
            Aead::Aes128Gcm => &AES_128_GCM,
            Aead::Aes256Gcm => &AES_256_GCM,
            _ => &CHACHA20_POLY1305,
        };
        let (mut key, mut header, mut iv) = ([0; 32], [0; 32], [0; 12]);
        let key = key.get_mut(..aead.key_length())?;
        let header = header.get_mut(..aead.key_length())?;
        let labels = &protection.labels;
        let parts = [(labels.key, &mut *key), (labels.header, header), (labels.iv, &mut iv)];
        for (label, out) in parts {
            expand_label(hash, secret, label, out).then_some(())?;
        }
        Some(Self {
            version,
            protection,
            suite: (aead, hash),
            secret: secret.to_vec(),
            key: LessSafeKey::new(UnboundKey::new(algorithm, key).ok()?),
            iv,
            header: HeaderKey::new(aead, header)?,
            phase: false,
        })
    }

    /// Goes on with the next keys; those of headers stay.
    pub(crate) fn update(self) -> Option<Self> {
        let mut next = vec![0; self.secret.len()];
        let label = self.protection.labels.update;
        expand_label(self.suite.1, &self.secret, label, &mut next).then_some(())?;
        let new = Self::new(self.version, self.suite, &next)?;
        Some(Self { header: self.header, phase: !self.phase, ..new })
    }

    /// A packet with a long header, between two IDs.
    pub(crate) fn long(
        &self,
        kind: Kind,
        (destination, source): (&[u8], &[u8]),
        number: Number,
        payload: &[u8],
    ) -> Option<Vec<u8>> {
        self.with_token(kind, (destination, source), &[], number, payload)
    }

    /// Likewise; of an Initial, with a token.
    pub(crate) fn with_token(
        &self,
        kind: Kind,
        ends: (&[u8], &[u8]),
        token: &[u8],
        number: Number,
        payload: &[u8],
    ) -> Option<Vec<u8>> {
        let of_v1 = match kind {
            Kind::Initial => 0,
            Kind::ZeroRtt => 1,
            Kind::Handshake => 2,
            Kind::OneRtt => return None,
        };
        let mut head = head(self.version, of_v1, ends)?;
        if kind == Kind::Initial {
            head.extend(two_bytes(token.len())?);
            head.extend(token);
        }
        let payload = padded(number, payload);
        head.extend(two_bytes(number.length + payload.len() + 16)?);
        self.seal(head, number, payload)
    }

    /// A packet with a short header.
    pub(crate) fn short(
        &self,
        destination: &[u8],
        spin: bool,
        number: Number,
        payload: &[u8],
    ) -> Option<Vec<u8>> {
        let spin = if spin { SPIN } else { 0 };
        let head = [&[FIXED | spin | u8::from(self.phase) << 2], destination].concat();
        self.seal(head, number, padded(number, payload))
    }

    /// A packet behind a head without number (RFC 9001 §5.3, §5.4): the first byte is given how long
    /// the number is.
    pub(crate) fn seal(
        &self,
        mut head: Vec<u8>,
        number: Number,
        mut payload: Vec<u8>,
    ) -> Option<Vec<u8>> {
        let number_at = head.len();
        *head.first_mut()? |= u8::try_from(number.length.checked_sub(1)?).ok()?;
        head.extend(number.whole.to_be_bytes().get(8 - number.length..)?);
        let mut nonce = self.iv;
        let low = nonce.iter_mut().skip(4).zip(number.whole.to_be_bytes());
        low.for_each(|(byte, number)| *byte ^= number);
        let nonce = Nonce::assume_unique_for_key(nonce);
        self.key.seal_in_place_append_tag(nonce, Aad::from(&head), &mut payload).ok()?;
        let mut packet = [head, payload].concat();
        let sample: &[u8; SAMPLE] = packet.get(number_at + 4..)?.first_chunk()?;
        let [of_first, of_number @ ..] = self.header.mask(sample);
        let first = packet.first_mut()?;
        *first ^= of_first & if *first & LONG == 0 { 0x1f } else { 0x0f };
        let written = packet.get_mut(number_at..number_at + number.length)?;
        written.iter_mut().zip(of_number).for_each(|(byte, mask)| *byte ^= mask);
        Some(packet)
    }
}

/// A Retry that answers a packet with this destination (RFC 9001 §5.8).
#[cfg(test)]
pub(crate) fn retry(
    version: Version,
    original: &[u8],
    ends: (&[u8], &[u8]),
    token: &[u8],
) -> Option<Vec<u8>> {
    let (key, nonce) = version.protection()?.retry;
    let mut packet = head(version, 3, ends)?;
    packet.extend(token);
    let length = u8::try_from(original.len()).ok()?;
    let pseudo = [&[length], original, &packet].concat();
    let key = LessSafeKey::new(UnboundKey::new(&AES_128_GCM, &key).ok()?);
    let nonce = Nonce::assume_unique_for_key(nonce);
    let tag = key.seal_in_place_separate_tag(nonce, Aad::from(pseudo), &mut []).ok()?;
    packet.extend(tag.as_ref());
    Some(packet)
}

/// A long header up to the connection IDs.
fn head(version: Version, of_v1: u8, ends: (&[u8], &[u8])) -> Option<Vec<u8>> {
    let kind = if version.has_types_of_v2() { (of_v1 + 1) & 3 } else { of_v1 };
    let mut head = vec![LONG | FIXED | kind << 4];
    head.extend(version.0.to_be_bytes());
    for id in [ends.0, ends.1] {
        head.push(u8::try_from(id.len()).ok()?);
        head.extend(id);
    }
    Some(head)
}

/// A number in two bytes (RFC 9000 §16).
fn two_bytes(number: usize) -> Option<[u8; 2]> {
    let number = u16::try_from(number).ok().filter(|number| *number < 0x4000)?;
    Some((0x4000 | number).to_be_bytes())
}

/// With as much PADDING that there is enough to make a mask of.
fn padded(number: Number, payload: &[u8]) -> Vec<u8> {
    let mut payload = payload.to_vec();
    payload.resize(payload.len().max(4_usize.saturating_sub(number.length)), 0);
    payload
}

//! From secrets to keys: HKDF-Expand-Label (RFC 8446 §7.1), and the PRFs of TLS 1.2 (RFC 5246 §5)
//! and of those before it (RFC 2246 §5).

use hkdf::Hkdf;
use hmac::Hmac;
use hmac::digest::KeyInit;
use md5::Md5;
use sha1::Sha1;
use sha2::{Sha256, Sha384};
use zeroize::Zeroizing;

use crate::protocol::tls::keys::algorithm::Hash;

/// Fills `out` from a secret of TLS 1.3. False where the secret has the wrong length.
pub(super) fn expand_label(hash: Hash, secret: &[u8], label: &str, out: &mut [u8]) -> bool {
    let (Ok(length), Ok(label_length)) = (u16::try_from(out.len()), u8::try_from(label.len() + 6))
    else {
        return false;
    };
    let length = length.to_be_bytes();
    let info: [&[u8]; 5] = [&length, &[label_length], b"tls13 ", label.as_bytes(), &[0]];
    let expanded =
        match hash {
            Hash::Sha384 => Hkdf::<Sha384>::from_prk(secret)
                .map(|hkdf| hkdf.expand_multi_info(&info, out).is_ok()),
            _ => Hkdf::<Sha256>::from_prk(secret)
                .map(|hkdf| hkdf.expand_multi_info(&info, out).is_ok()),
        };
    secret.len() == hash.size() && matches!(expanded, Ok(true))
}

/// Which pseudo-random function makes keys of a master secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Prf {
    /// TLS 1.2.
    Hash(Hash),
    /// TLS 1.0 and 1.1: MD5 and SHA-1, each with half of the secret.
    Md5Sha1,
}

impl Prf {
    /// Fills `out` with PRF(secret, label, seed).
    pub(super) fn fill(self, secret: &[u8], label: &str, seed: &[&[u8]], out: &mut [u8]) {
        match self {
            Self::Hash(hash) => xor_into(hash, secret, label, seed, out),
            Self::Md5Sha1 => {
                // the halves share a byte where the length is odd
                let half = secret.len().div_ceil(2);
                let first = secret.get(..half).unwrap_or_default();
                let second = secret.get(secret.len() - half..).unwrap_or_default();
                xor_into(Hash::Md5, first, label, seed, out);
                xor_into(Hash::Sha1, second, label, seed, out);
            }
        }
    }
}

/// Adds P_hash(secret, label + seed) to `out`, which is zeroes at first.
fn xor_into(hash: Hash, secret: &[u8], label: &str, seed: &[&[u8]], out: &mut [u8]) {
    let Some(mut a) = hmac(hash, secret, &seeded(&[], label, seed)) else { return };
    for piece in out.chunks_mut(hash.size()) {
        let Some(block) = hmac(hash, secret, &seeded(&a, label, seed)) else { return };
        piece.iter_mut().zip(block.iter()).for_each(|(out, byte)| *out ^= byte);
        let Some(next) = hmac(hash, secret, &[&a]) else { return };
        a = next;
    }
}

fn seeded<'a>(first: &'a [u8], label: &'a str, seed: &[&'a [u8]]) -> Vec<&'a [u8]> {
    let mut parts = vec![first, label.as_bytes()];
    parts.extend(seed);
    parts
}

/// A MAC, as long as the hash says.
pub(super) type Digest = Zeroizing<Vec<u8>>;

/// HMAC (RFC 2104) over parts. Any key will do; there is none only where the library says no.
pub(super) fn hmac(hash: Hash, key: &[u8], parts: &[&[u8]]) -> Option<Digest> {
    match hash {
        Hash::Md5 => hmac_of::<Hmac<Md5>>(key, parts),
        Hash::Sha1 => hmac_of::<Hmac<Sha1>>(key, parts),
        Hash::Sha256 => hmac_of::<Hmac<Sha256>>(key, parts),
        Hash::Sha384 => hmac_of::<Hmac<Sha384>>(key, parts),
    }
}

fn hmac_of<M: hmac::Mac + KeyInit>(key: &[u8], parts: &[&[u8]]) -> Option<Digest> {
    let mut mac = <M as KeyInit>::new_from_slice(key).ok()?;
    for part in parts {
        mac.update(part);
    }
    Some(Zeroizing::new(mac.finalize().into_bytes().to_vec()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::tls::keys::hex;

    /// The server's handshake traffic keys of RFC 8448 §3.
    #[test]
    fn keys_of_tls_1_3() {
        let secret = hex("b67b7d690cc16c4e75e54213cb2d37b4e9c912bcded9105d42befd59d391ad38");
        let (mut key, mut iv) = ([0; 16], [0; 12]);
        assert!(expand_label(Hash::Sha256, &secret, "key", &mut key));
        assert!(expand_label(Hash::Sha256, &secret, "iv", &mut iv));
        assert_eq!(key[..], hex("3fce516009c21727d0f2e4e86ee403bc"));
        assert_eq!(iv[..], hex("5d313eb2671276ee13000b30"));
        assert!(!expand_label(Hash::Sha384, &secret, "iv", &mut iv), "too short a secret");
        assert!(!expand_label(Hash::Sha256, &secret[..20], "iv", &mut iv));
    }

    /// The vectors that the TLS working group's list settled on for the PRFs.
    #[test]
    fn the_prfs_of_before() {
        let mut out = [0; 100];
        let secret = hex("9bbe436ba940f017b17652849a71db35");
        let seed = hex("a0ba9f936cda311827a6f796ffd5198c");
        Prf::Hash(Hash::Sha256).fill(&secret, "test label", &[&seed], &mut out);
        assert_eq!(
            out[..32],
            hex("e3f229ba727be17b8d122620557cd453c2aab21d07c3d495329b52d4e61edb5a")
        );
        assert_eq!(out[96..], hex("87347b66"));
        let mut out = [0; 104];
        let (secret, seed) = ([0xab; 48], [0xcd; 64]);
        Prf::Md5Sha1.fill(&secret, "PRF Testvector", &[&seed], &mut out);
        assert_eq!(out[..16], hex("d3d4d1e349b5d515044666d51de32bab"));
        assert_eq!(out[96..], hex("1afbc655a8c9a013"));
    }
}

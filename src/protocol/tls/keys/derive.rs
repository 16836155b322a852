//! From the master secret to keys: the PRFs of TLS 1.2 (RFC 5246 §5) and of those before it
//! (RFC 2246 §5).

use crate::protocol::crypto::hash::{Hash, hmac};

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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::crypto::hex;

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

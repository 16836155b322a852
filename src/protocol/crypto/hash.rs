//! Hashes, and what is derived with them: HMAC (RFC 2104), HKDF-Expand-Label (RFC 8446 §7.1).

use hkdf::Hkdf;
use hmac::Hmac;
use hmac::digest::KeyInit;
use md5::Md5;
use sha1::Sha1;
use sha2::{Sha256, Sha384};
use zeroize::Zeroizing;

/// A hash, of a MAC or of a key derivation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::protocol) enum Hash {
    Md5,
    Sha1,
    Sha256,
    Sha384,
}

impl Hash {
    /// Bytes of a digest.
    pub(in crate::protocol) const fn size(self) -> usize {
        match self {
            Self::Md5 => 16,
            Self::Sha1 => 20,
            Self::Sha256 => 32,
            Self::Sha384 => 48,
        }
    }
}

/// Fills `out` from a secret of TLS 1.3. False where the secret has the wrong length.
pub(in crate::protocol) fn expand_label(
    hash: Hash,
    secret: &[u8],
    label: &str,
    out: &mut [u8],
) -> bool {
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

/// HKDF-Extract (RFC 5869 §2.2): HMAC with the salt as its key.
pub(in crate::protocol) fn extract(hash: Hash, salt: &[u8], material: &[u8]) -> Option<Digest> {
    hmac(hash, salt, &[material])
}

/// A MAC, as long as the hash says.
pub(in crate::protocol) type Digest = Zeroizing<Vec<u8>>;

/// HMAC (RFC 2104) over parts. Any key will do; there is none only where the library says no.
pub(in crate::protocol) fn hmac(hash: Hash, key: &[u8], parts: &[&[u8]]) -> Option<Digest> {
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
    use crate::protocol::crypto::hex;

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
}

//! What a cipher suite encrypts and hashes with: read from its registered name.

use crate::protocol::crypto::aead::Aead;
use crate::protocol::crypto::hash::Hash;
use crate::protocol::tls::suite::CipherSuite;

/// How records are protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::protocol) enum Bulk {
    Aead(Aead),
    Cbc(Block, Hash),
    /// RC4, with a key of [`STREAM_KEY`] bytes.
    Stream(Hash),
    /// Not encrypted, only authenticated.
    Null(Hash),
}

/// Bytes of the keys of RC4.
pub(super) const STREAM_KEY: usize = 16;

/// A block cipher, in CBC mode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::protocol) enum Block {
    Aes128,
    Aes256,
    Camellia128,
    Camellia256,
    Des,
    TripleDes,
}

/// What one cipher suite is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::protocol) struct Algorithm {
    pub(in crate::protocol) bulk: Bulk,
    /// The hash of the key derivation: of TLS 1.3, and of TLS 1.2.
    pub(in crate::protocol) hash: Hash,
}

impl Algorithm {
    /// What a suite is made of; none where it is unknown, or not read.
    pub(in crate::protocol) fn of(suite: CipherSuite) -> Option<Self> {
        // "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256", and of TLS 1.3 "TLS_AES_128_GCM_SHA256"; what
        // begins with "OLD_" makes its nonces otherwise
        let name = suite.name()?.strip_prefix("TLS_")?;
        let ciphers = name.split_once("_WITH_").map_or(name, |(_, ciphers)| ciphers);
        let aead = |name: &str| {
            Some(match name {
                "AES_128_GCM" => Aead::Aes128Gcm,
                "AES_256_GCM" => Aead::Aes256Gcm,
                "CHACHA20_POLY1305" => Aead::ChaCha20Poly1305,
                "AES_128_CCM" => Aead::Aes128Ccm,
                "AES_256_CCM" => Aead::Aes256Ccm,
                "AES_128_CCM_8" => Aead::Aes128Ccm8,
                "AES_256_CCM_8" => Aead::Aes256Ccm8,
                _ => return None,
            })
        };
        // RFC 6655 §3: the suites of CCM have no hash in their names, and use SHA-256
        if let Some(aead) = aead(ciphers) {
            return Some(Self { bulk: Bulk::Aead(aead), hash: Hash::Sha256 });
        }
        let (cipher, hash) = ciphers.rsplit_once('_')?;
        let hash = match hash {
            "MD5" => Hash::Md5,
            "SHA" => Hash::Sha1,
            "SHA256" => Hash::Sha256,
            "SHA384" => Hash::Sha384,
            _ => return None,
        };
        let bulk = match cipher {
            "AES_128_CBC" => Bulk::Cbc(Block::Aes128, hash),
            "AES_256_CBC" => Bulk::Cbc(Block::Aes256, hash),
            "CAMELLIA_128_CBC" => Bulk::Cbc(Block::Camellia128, hash),
            "CAMELLIA_256_CBC" => Bulk::Cbc(Block::Camellia256, hash),
            "DES_CBC" => Bulk::Cbc(Block::Des, hash),
            "3DES_EDE_CBC" => Bulk::Cbc(Block::TripleDes, hash),
            "RC4_128" => Bulk::Stream(hash),
            "NULL" => Bulk::Null(hash),
            name => Bulk::Aead(aead(name)?),
        };
        // RFC 5246 §5: suites of before TLS 1.2 derive keys with SHA-256 in it
        let hash = if hash == Hash::Sha384 { Hash::Sha384 } else { Hash::Sha256 };
        Some(Self { bulk, hash })
    }
}

impl Block {
    pub(super) const fn key_length(self) -> usize {
        match self {
            Self::Des => 8,
            Self::Aes128 | Self::Camellia128 => 16,
            Self::TripleDes => 24,
            Self::Aes256 | Self::Camellia256 => 32,
        }
    }

    /// Bytes of one block, and of the initialization vector.
    pub(super) const fn size(self) -> usize {
        match self {
            Self::Aes128 | Self::Aes256 | Self::Camellia128 | Self::Camellia256 => 16,
            Self::Des | Self::TripleDes => 8,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suites_are_read_by_their_names() {
        let of = |number| Algorithm::of(CipherSuite(number));
        let (sha1, sha256, sha384) = (Hash::Sha1, Hash::Sha256, Hash::Sha384);
        for (number, bulk, hash) in [
            (0x1301, Bulk::Aead(Aead::Aes128Gcm), sha256),
            (0x1302, Bulk::Aead(Aead::Aes256Gcm), sha384),
            (0x1303, Bulk::Aead(Aead::ChaCha20Poly1305), sha256),
            (0x1305, Bulk::Aead(Aead::Aes128Ccm8), sha256),
            (0xcca9, Bulk::Aead(Aead::ChaCha20Poly1305), sha256),
            (0xc030, Bulk::Aead(Aead::Aes256Gcm), sha384),
            (0xc0ac, Bulk::Aead(Aead::Aes128Ccm), sha256),
            (0xc013, Bulk::Cbc(Block::Aes128, sha1), sha256),
            (0xc028, Bulk::Cbc(Block::Aes256, sha384), sha384),
            (0x000a, Bulk::Cbc(Block::TripleDes, sha1), sha256),
            (0x0015, Bulk::Cbc(Block::Des, sha1), sha256),
            (0x0084, Bulk::Cbc(Block::Camellia256, sha1), sha256),
            (0xc076, Bulk::Cbc(Block::Camellia128, sha256), sha256),
            (0x0004, Bulk::Stream(Hash::Md5), sha256),
            (0xc011, Bulk::Stream(sha1), sha256),
            (0x003b, Bulk::Null(sha256), sha256),
        ] {
            assert_eq!(of(number), Some(Algorithm { bulk, hash }), "{number:#x}");
        }
        let unread = [0x0003, 0x0007, 0x0008, 0x0014, 0x0096, 0x00c6, 0xc050];
        for number in unread.into_iter().chain([0x0a0a, 0xcc13, 0xcc14, 0xcc15]) {
            assert_eq!(of(number), None, "{number:#x}");
        }
    }
}

//! What TLS and QUIC both encrypt and derive keys with: ciphers, MACs and hashes of well-known
//! libraries, behind names of our own.

pub(in crate::protocol) mod aead;
pub(in crate::protocol) mod hash;
pub(in crate::protocol) mod header;

/// Bytes from hexadecimal digits.
#[cfg(test)]
pub(in crate::protocol) fn hex(digits: &str) -> Vec<u8> {
    let digit = |byte: u8| u8::try_from(char::from(byte).to_digit(16).unwrap()).unwrap();
    digits.as_bytes().chunks(2).map(|pair| (digit(pair[0]) << 4) | digit(pair[1])).collect()
}

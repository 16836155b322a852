//! Both ends of a connection, for tests: what they send, protected as they would protect it.

use aes::Aes128;
use camellia::Camellia128;
use cbc::Encryptor;
use cbc::cipher::block_padding::NoPadding;
use cbc::cipher::{BlockCipherEncrypt, BlockModeEncrypt, KeyInit, KeyIvInit};
use des::{Des, TdesEde3};
use rc4::{Rc4, StreamCipher};
use ring::aead::{AES_128_GCM, Aad, CHACHA20_POLY1305, LessSafeKey, Nonce, UnboundKey};

use crate::flow::event::Direction;
use crate::protocol::secrets::{Label, Secret, Secrets};
use crate::protocol::tls::keys::testing::{expand, hmac_sha1, key_block};
use crate::protocol::tls::vectors;

/// What is asked and answered inside.
pub(super) const REQUEST: &[u8] = b"GET /a HTTP/1.1\r\nHost: server\r\n\r\n";
pub(super) const RESPONSE: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 40\r\n\r\n";

/// The secret of a purpose: its bytes are all the same.
pub(super) fn secret(label: Label) -> Secret {
    let byte = match label {
        Label::Master => 1,
        Label::ClientEarly => 2,
        Label::ClientHandshake => 3,
        Label::ServerHandshake => 4,
        Label::ClientTraffic => 5,
        Label::ServerTraffic => 6,
    };
    let length = if label == Label::Master { 48 } else { 32 };
    Secret::new(&[byte; 48][..length]).unwrap()
}

/// A key log with some of the secrets.
pub(super) fn log(labels: &[Label]) -> Secrets {
    let mut secrets = Secrets::default();
    for label in labels {
        secrets.add(client_random(), *label, secret(*label));
    }
    secrets
}

/// All secrets of TLS 1.3 but that of early data.
pub(super) const ALL: [Label; 4] =
    [Label::ClientHandshake, Label::ServerHandshake, Label::ClientTraffic, Label::ServerTraffic];

pub(super) fn client_hello() -> Vec<u8> {
    vectors::bytes(vectors::CLIENT_HELLO)
}

/// The ClientHello with the extension `early_data`, which is empty.
pub(super) fn early_hello() -> Vec<u8> {
    let mut hello = client_hello();
    hello.extend([0, 42, 0, 0]);
    // the lengths of the message and of its extensions
    let length = u16::try_from(hello.len() - 4).unwrap();
    hello[2..4].copy_from_slice(&length.to_be_bytes());
    let at = 4 + 2 + 32 + 1 + 2 + 6 + 2;
    let extensions = u16::try_from(hello.len() - at - 2).unwrap();
    hello[at..at + 2].copy_from_slice(&extensions.to_be_bytes());
    hello
}

fn client_random() -> [u8; 32] {
    client_hello()[6..38].try_into().unwrap()
}

/// The ServerHello of TLS 1.3, with a cipher suite.
pub(super) fn server_hello(suite: u16) -> Vec<u8> {
    let mut hello = vectors::bytes(vectors::SERVER_HELLO);
    hello[39..41].copy_from_slice(&suite.to_be_bytes());
    hello
}

/// Likewise, of a server that goes on with the client's first pre-shared key.
pub(super) fn resuming_server_hello(suite: u16) -> Vec<u8> {
    let mut hello = server_hello(suite);
    hello.extend([0, 41, 0, 2, 0, 0]);
    // the lengths of the message and of its extensions
    hello[3] += 6;
    hello[43] += 6;
    hello
}

/// One of TLS 1.2 and before, with or without encrypt-then-MAC.
pub(super) fn old_server_hello(version: u16, suite: u16, etm: bool) -> Vec<u8> {
    let mut hello = vec![2, 0, 0, 38];
    hello.extend(version.to_be_bytes());
    hello.extend([9; 32]);
    hello.push(0);
    hello.extend(suite.to_be_bytes());
    hello.push(0);
    if etm {
        hello.extend([0, 4, 0, 22, 0, 0]);
        hello[3] += 6;
    }
    hello
}

/// EncryptedExtensions that choose a protocol.
pub(super) fn extensions(alpn: &str) -> Vec<u8> {
    let name = u8::try_from(alpn.len()).unwrap();
    let mut message = vec![8, 0, 0, name + 9, 0, name + 7, 0, 16, 0, name + 3, 0, name + 1, name];
    message.extend(alpn.as_bytes());
    message
}

/// EncryptedExtensions that take early data.
pub(super) const TAKEN: [u8; 10] = [8, 0, 0, 6, 0, 4, 0, 42, 0, 0];

pub(super) const FINISHED: [u8; 6] = [20, 0, 0, 2, 7, 7];
pub(super) const TICKET: [u8; 18] = [4, 0, 0, 14, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 7, 0, 0];
pub(super) const KEY_UPDATE: [u8; 5] = [24, 0, 0, 1, 0];
pub(super) const END_OF_EARLY_DATA: [u8; 4] = [5, 0, 0, 0];
pub(super) const CHANGE: [u8; 6] = [20, 3, 3, 0, 1, 1];

/// A record in the clear.
pub(super) fn plain(kind: u8, body: &[u8]) -> Vec<u8> {
    let mut record = vec![kind, 3, 3];
    record.extend(u16::try_from(body.len()).unwrap().to_be_bytes());
    record.extend(body);
    record
}

/// Who protects records of TLS 1.3 with one key.
pub(super) struct Sealer {
    key: LessSafeKey,
    iv: [u8; 12],
    secret: Vec<u8>,
    pub(super) number: u64,
}

impl Sealer {
    pub(super) fn of(label: Label) -> Self {
        Self::new(secret(label).bytes())
    }

    fn new(secret: &[u8]) -> Self {
        let key = UnboundKey::new(&AES_128_GCM, &expand(secret, "key", 16)).unwrap();
        let iv = expand(secret, "iv", 12).try_into().unwrap();
        Self { key: LessSafeKey::new(key), iv, secret: secret.to_vec(), number: 0 }
    }

    /// Likewise with ChaCha20-Poly1305.
    pub(super) fn chacha(label: Label) -> Self {
        let secret = secret(label).bytes().to_vec();
        let key = UnboundKey::new(&CHACHA20_POLY1305, &expand(&secret, "key", 32)).unwrap();
        let iv = expand(&secret, "iv", 12).try_into().unwrap();
        Self { key: LessSafeKey::new(key), iv, secret, number: 0 }
    }

    /// The next key.
    pub(super) fn update(&self) -> Self {
        Self::new(&expand(&self.secret, "traffic upd", 32))
    }

    /// A record of some content, with so many zeroes behind it.
    pub(super) fn seal(&mut self, kind: u8, text: &[u8], padding: usize) -> Vec<u8> {
        let mut nonce = self.iv;
        let number = self.number.to_be_bytes();
        nonce[4..].iter_mut().zip(number).for_each(|(byte, number)| *byte ^= number);
        self.number += 1;
        let mut body = text.to_vec();
        body.push(kind);
        body.resize(body.len() + padding, 0);
        let mut header = vec![23, 3, 3];
        header.extend(u16::try_from(body.len() + 16).unwrap().to_be_bytes());
        let nonce = Nonce::assume_unique_for_key(nonce);
        self.key.seal_in_place_append_tag(nonce, Aad::from(&header), &mut body).unwrap();
        [header, body].concat()
    }
}

/// Who protects records of TLS 1.2 and before with a suite of which the MAC is HMAC-SHA1.
pub(super) struct Old {
    version: [u8; 2],
    suite: u16,
    mac: Vec<u8>,
    key: Vec<u8>,
    iv: Vec<u8>,
    etm: bool,
    number: u64,
    stream: Option<Rc4>,
}

impl Old {
    /// Of AES-128 (0x002f), Camellia-128 (0x0041), DES (0x0009), 3DES (0x000a), or RC4 (0x0005).
    pub(super) fn of(version: u16, suite: u16, direction: Direction, etm: bool) -> Self {
        let (key, block) = match suite {
            0x0005 => (16, 0),
            0x0009 => (8, 8),
            0x000a => (24, 8),
            _ => (16, 16),
        };
        let master = secret(Label::Master);
        let length = 2 * (20 + key + block);
        let room = key_block(version, master.bytes(), &client_random(), &[9; 32], length);
        let side = usize::from(direction == Direction::ToClient);
        let cut = |from: usize, length: usize| room[from + side * length..][..length].to_vec();
        let (mac, iv) = (cut(0, 20), cut(40 + 2 * key, block));
        let key = cut(40, key);
        let stream = (suite == 0x0005).then(|| Rc4::new_from_slice(&key).unwrap());
        Self { version: version.to_be_bytes(), suite, mac, key, iv, etm, number: 0, stream }
    }

    pub(super) fn seal(&mut self, kind: u8, text: &[u8]) -> Vec<u8> {
        let (version, number) = (self.version, self.number);
        let head = |length: usize| {
            let mut head = number.to_be_bytes().to_vec();
            head.extend([kind, version[0], version[1]]);
            head.extend(u16::try_from(length).unwrap().to_be_bytes());
            head
        };
        let mut body = text.to_vec();
        if !self.etm {
            body.extend(hmac_sha1(&self.mac, &[&head(text.len()), text]));
        }
        if let Some(stream) = &mut self.stream {
            stream.apply_keystream(&mut body);
        } else {
            body = self.blocks(body);
        }
        if self.etm {
            body.extend(hmac_sha1(&self.mac, &[&head(body.len()), &body]));
        }
        self.number += 1;
        let mut record = vec![kind, self.version[0], self.version[1]];
        record.extend(u16::try_from(body.len()).unwrap().to_be_bytes());
        [record, body].concat()
    }

    fn blocks(&mut self, mut body: Vec<u8>) -> Vec<u8> {
        let block = self.iv.len();
        let padding = block - 1 - body.len() % block;
        body.resize(body.len() + padding + 1, u8::try_from(padding).unwrap());
        let is_chained = self.version == [3, 1];
        let iv = if is_chained { self.iv.clone() } else { vec![0xa5; block] };
        match self.suite {
            0x0009 => encrypt::<Des>(&self.key, &iv, &mut body),
            0x000a => encrypt::<TdesEde3>(&self.key, &iv, &mut body),
            0x0041 => encrypt::<Camellia128>(&self.key, &iv, &mut body),
            _ => encrypt::<Aes128>(&self.key, &iv, &mut body),
        }
        self.iv = body[body.len() - block..].to_vec();
        if is_chained { body } else { [iv, body].concat() }
    }
}

fn encrypt<C: BlockCipherEncrypt + KeyInit>(key: &[u8], iv: &[u8], body: &mut [u8]) {
    let cipher = Encryptor::<C>::new_from_slices(key, iv).unwrap();
    cipher.encrypt_padded::<NoPadding>(body, body.len()).unwrap();
}

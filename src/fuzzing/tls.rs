//! TLS 1.3 with keys that are known: the bytes choose what both ends protect, and what the network
//! damages and loses.
//!
//! What is given to the protocol inside is what was protected, byte for byte, until the first
//! damage in its direction; and never more than was protected, whatever is done to the records.

use std::sync::Arc;

use hkdf::Hkdf;
use ring::aead::{AES_128_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use sha2::Sha256;

use crate::flow::event::{Direction, PerDirection, Transport};
use crate::fuzzing::analyzer::{Step, given_inside, play_with};
use crate::fuzzing::plan::Plan;
use crate::protocol::analyzer::{Analyzer, Context, Progress, Protocol, StreamKey, Verdict};
use crate::protocol::buffer::StreamBuffer;
use crate::protocol::event::EventBody;
use crate::protocol::secrets::{Label, Secret, Secrets};
use crate::protocol::tls;
use crate::protocol::tls::vectors::{self, bytes};
use crate::time::Frames;

static TABLE: &[&Protocol] = &[&tls::PROTOCOL, &INSIDE];

/// What is inside: bytes that count up, of which is noted where they do not.
static INSIDE: Protocol = Protocol {
    name: "inside",
    transports: &[Transport::Tcp],
    ports: &[],
    alpn: &[],
    probe: |_| Verdict::Yes,
    start: |_| Box::new(Inside::default()),
};

#[derive(Default)]
struct Inside {
    read: PerDirection<u64>,
    holed: PerDirection<bool>,
}

impl Analyzer for Inside {
    fn data(
        &mut self,
        from: StreamKey,
        buffer: &mut StreamBuffer,
        cx: &mut Context<'_>,
    ) -> Progress {
        assert!(cx.secure, "what is in TLS knows it");
        let read = self.read.of_mut(from.direction);
        let holed = *self.holed.of(from.direction);
        let length = buffer.len();
        buffer.read(length, &mut Frames::default(), |part| {
            for byte in part {
                assert!(holed || *byte == count(*read), "byte {read} is {byte}");
                *read += 1;
            }
        });
        cx.emit(EventBody::Note { protocol: "inside", text: format!("{length}") });
        Progress::More
    }

    fn gap(
        &mut self,
        from: StreamKey,
        _: std::ops::Range<u64>,
        _: crate::flow::event::GapReason,
        buffer: &mut StreamBuffer,
        _: &mut Context<'_>,
    ) -> Progress {
        buffer.clear();
        *self.holed.of_mut(from.direction) = true;
        Progress::More
    }
}

/// The n-th byte inside.
const fn count(n: u64) -> u8 {
    (n % 251).to_le_bytes()[0]
}

/// One connection.
///
/// # Panics
///
/// Where a rule is broken.
pub fn fuzz(input: &[u8]) {
    let (given, sealed) = played(input);
    assert!(given <= sealed, "more came out than went in");
}

/// Bytes that came out, and that went in.
fn played(input: &[u8]) -> (usize, usize) {
    let mut plan = Plan::new(input);
    let mut ends = PerDirection {
        to_server: End::new(Label::ClientHandshake, Label::ClientTraffic),
        to_client: End::new(Label::ServerHandshake, Label::ServerTraffic),
    };
    let mut steps = vec![
        Step::Say(record(22, &bytes(vectors::CLIENT_HELLO))),
        Step::Turn,
        Step::Say(record(22, &bytes(vectors::SERVER_HELLO))),
    ];
    let mut way = Direction::ToClient;
    let mut sealed = 0;
    for _ in 0..MOST {
        if plan.is_over() {
            break;
        }
        let end = ends.of_mut(way);
        let (act, size) = (plan.u8(), usize::from(plan.u8()));
        let record = match act % 8 {
            0 => {
                way = !way;
                steps.push(Step::Turn);
                continue;
            }
            1 => end.seal(20, &[20, 0, 0, 1, 9], 22, size % 20),
            2 | 3 => {
                let text: Vec<u8> = (0..size as u64).map(|n| count(end.sent + n)).collect();
                // under the keys of the handshake nothing of the application is read
                if end.next.is_none() {
                    end.sent += size as u64;
                    sealed += size;
                }
                end.seal(23, &text, 23, 0)
            }
            4 => {
                let update = end.seal(24, &[24, 0, 0, 1, 0], 22, 0);
                end.update();
                update
            }
            5 => {
                let mut record = end.seal(23, &[7; 9], 23, 0);
                let at = size % record.len();
                if let Some(byte) = record.get_mut(at) {
                    *byte ^= plan.u8() | 1;
                }
                record
            }
            6 => {
                steps.push(Step::Hole(u16::try_from(size).unwrap_or(1) + 1));
                continue;
            }
            _ => (0..size).map(|_| plan.u8()).collect(),
        };
        steps.push(Step::Say(record));
    }
    let events = play_with(&Arc::new(secrets()), Transport::Tcp, 443, TABLE, &steps);
    (given_inside(&events), sealed)
}

/// Records of one connection.
const MOST: usize = 64;

/// Who protects records.
struct End {
    key: LessSafeKey,
    iv: [u8; 12],
    secret: [u8; 32],
    next: Option<[u8; 32]>,
    number: u64,
    sent: u64,
}

impl End {
    fn new(handshake: Label, traffic: Label) -> Self {
        let mut end = Self::of(secret_of(handshake));
        end.next = Some(secret_of(traffic));
        end
    }

    fn of(secret: [u8; 32]) -> Self {
        let (mut key, mut iv) = ([0; 16], [0; 12]);
        expand(&secret, "key", &mut key);
        expand(&secret, "iv", &mut iv);
        let Ok(key) = UnboundKey::new(&AES_128_GCM, &key) else {
            unreachable!("sixteen bytes are a key of AES-128");
        };
        Self { key: LessSafeKey::new(key), iv, secret, next: None, number: 0, sent: 0 }
    }

    /// A record; behind a Finished (20) the next key is used, in a handshake.
    fn seal(&mut self, kind: u8, text: &[u8], content: u8, padding: usize) -> Vec<u8> {
        let mut body = text.to_vec();
        body.push(content);
        body.resize(body.len() + padding, 0);
        let length = u16::try_from(body.len() + 16).unwrap_or(u16::MAX).to_be_bytes();
        let header = [&[23, 3, 3][..], &length].concat();
        let mut nonce = self.iv;
        let low = nonce.iter_mut().skip(4).zip(self.number.to_be_bytes());
        low.for_each(|(byte, number)| *byte ^= number);
        self.number += 1;
        let nonce = Nonce::assume_unique_for_key(nonce);
        let tagged = self.key.seal_in_place_append_tag(nonce, Aad::from(&header), &mut body);
        assert!(tagged.is_ok());
        if let (20, Some(next)) = (kind, self.next) {
            *self = Self { sent: self.sent, next: None, ..Self::of(next) };
        }
        [header, body].concat()
    }

    fn update(&mut self) {
        let mut next = [0; 32];
        expand(&self.secret, "traffic upd", &mut next);
        *self = Self { sent: self.sent, next: self.next, ..Self::of(next) };
    }
}

fn expand(secret: &[u8; 32], label: &str, out: &mut [u8]) {
    let label = ["tls13 ", label].concat();
    let lengths = (u16::try_from(out.len()), u8::try_from(label.len()));
    let (Ok(length), Ok(label_length)) = lengths else { return };
    let info = [&length.to_be_bytes()[..], &[label_length], label.as_bytes(), &[0]];
    let expanded = Hkdf::<Sha256>::from_prk(secret).map(|hkdf| hkdf.expand_multi_info(&info, out));
    assert!(matches!(expanded, Ok(Ok(()))));
}

const fn secret_of(label: Label) -> [u8; 32] {
    [label as u8 + 1; 32]
}

fn secrets() -> Secrets {
    let hello = bytes(vectors::CLIENT_HELLO);
    let random = hello.get(6..38).and_then(|random| random.try_into().ok()).unwrap_or_default();
    let mut secrets = Secrets::default();
    for label in
        [Label::ClientHandshake, Label::ServerHandshake, Label::ClientTraffic, Label::ServerTraffic]
    {
        if let Some(secret) = Secret::new(&secret_of(label)) {
            secrets.add(random, label, secret);
        }
    }
    secrets
}

fn record(kind: u8, body: &[u8]) -> Vec<u8> {
    let length = u16::try_from(body.len()).unwrap_or(u16::MAX).to_be_bytes();
    [&[kind, 3, 3], &length[..], body].concat()
}

/// A handshake and data both ways; with a key update; with a hole; with damage.
pub(super) fn seeds() -> Vec<Vec<u8>> {
    let shaken = [1, 0, 0, 0, 1, 3];
    let of = |rest: &[u8]| [&shaken[..], rest].concat();
    vec![
        of(&[2, 90, 0, 0, 2, 200, 2, 255, 0, 0, 2, 4]),
        of(&[4, 0, 2, 40, 0, 0, 4, 0, 2, 30, 4, 0, 2, 9]),
        of(&[0, 0, 2, 60, 6, 30, 2, 90, 2, 90, 2, 90]),
        of(&[2, 10, 5, 12, 1, 2, 10, 0, 0, 2, 10]),
        of(&[2, 10, 7, 3, 23, 3, 3, 2, 10]),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_damaged_comes_out_whole() {
        let seeds = seeds();
        assert_eq!(played(&seeds[0]), (549, 549));
        assert_eq!(played(&seeds[1]), (79, 79));
        // bytes that are missing between records cost none of them
        assert_eq!(played(&seeds[2]), (330, 330));
        assert_eq!(played(&seeds[3]), (20, 30));
    }
}

//! Handshake messages of TLS: the first byte says which, the second what was settled, the rest is
//! its body.
//!
//! Whatever they are, nothing panics, lists keep to their bounds, a message that is cut says so or
//! is whole without what was cut, and the same bytes in a record are told by the view of packets.

use crate::fuzzing::plan::Plan;
use crate::limits::Limits;
use crate::protocol::tls::handshake::{self, Settled};
use crate::protocol::tls::hello;
use crate::protocol::tls::message::Body;
use crate::protocol::tls::names::{HandshakeType, Version};
use crate::protocol::tls::suite::CipherSuite;
use crate::protocol::tls::vectors::{self, bytes};
use crate::report::application::tls::{self, Known};

/// Versions and suites that messages are read under; behind them nothing is settled.
const SETTLED: [(Version, u16); 4] = [
    (Version::TLS_1_3, 0x1301),
    (Version::TLS_1_2, 0xc02f),
    (Version::TLS_1_2, 0xd001),
    (Version::SSL_3_0, 0x0005),
];

/// One message, whole and cut.
///
/// # Panics
///
/// Where a rule is broken.
pub fn fuzz(input: &[u8]) {
    let mut plan = Plan::new(input);
    let (kind, settled) = (HandshakeType(plan.u8()), plan.u8());
    let settled = SETTLED.get(usize::from(settled) % (SETTLED.len() + 1));
    let settled = settled
        .map(|(version, suite)| Settled { version: *version, cipher_suite: CipherSuite(*suite) });
    let body = plan.rest();
    let (whole, fault) = handshake::read(kind, body, settled);
    assert!(fault.is_none_or(|fault| !fault.text.is_empty() && fault.reference.is_some()));
    keeps_to_bounds(&whole);
    let half = body.get(..body.len() / 2).unwrap_or_default();
    keeps_to_bounds(&handshake::read(kind, half, settled).0);
    let _ = hello::client_ssl2(body);
    in_records(kind, body, settled);
}

fn keeps_to_bounds(body: &Body) {
    match body {
        Body::ClientHello(hello) => {
            assert!(hello.alpn.len() <= Limits::TLS_LISTED);
            let lengths = (hello.ja3.len(), hello.ja4.len());
            assert!(matches!(lengths, (32, 36) | (0, 0)), "{lengths:?}");
        }
        Body::ServerHello(hello) => assert!(hello.npn.len() <= Limits::TLS_LISTED),
        Body::Certificate(chain) => {
            assert!(chain.len() <= Limits::TLS_CHAIN);
            let names = chain.iter().map(|one| one.names.len());
            assert!(names.sum::<usize>() <= Limits::TLS_LISTED);
        }
        _ => {}
    }
}

/// The message in records of some length, one segment for each.
fn in_records(kind: HandshakeType, body: &[u8], settled: Option<Settled>) {
    let [_, a, b, c] = u32::try_from(body.len()).unwrap_or(0).to_be_bytes();
    let message = [&[kind.0, a, b, c], body].concat();
    let mut known = Known { settled, ..Known::default() };
    for part in message.chunks(200) {
        let length = u16::try_from(part.len()).unwrap_or(0).to_be_bytes();
        let record = [&[22, 3, 3], &length[..], part].concat();
        for segment in record.chunks(150) {
            let Some((layer, next)) = tls::layer(segment, Some(known.clone())) else { return };
            assert!(!layer.summary.is_empty());
            assert!(next.begun.as_ref().is_none_or(|(kept, _)| kept.len() <= Limits::VIEWED_HELLO));
            known = next;
        }
    }
}

/// The messages of a handshake.
pub(super) fn seeds() -> Vec<Vec<u8>> {
    let of = |kind: u8, settled: u8, body: &[u8]| [&[kind, settled], body].concat();
    let message = |hex: &str, settled: u8| {
        let bytes = bytes(hex);
        of(bytes.first().copied().unwrap_or(0), settled, bytes.get(4..).unwrap_or_default())
    };
    let der = bytes(vectors::CERTIFICATE);
    let u24 = |length: usize| {
        let [_, a, b, c] = u32::try_from(length).unwrap_or(0).to_be_bytes();
        [a, b, c]
    };
    let chain = [&u24(der.len() + 3)[..], &u24(der.len()), &der].concat();
    let new_chain = [&[0], &u24(der.len() + 5)[..], &u24(der.len()), &der, &[0, 0]].concat();
    let packed = zstd::bulk::compress(&new_chain, 1).unwrap_or_default();
    let packed = [&[0, 3], &u24(new_chain.len())[..], &u24(packed.len()), &packed].concat();
    vec![
        message(vectors::CLIENT_HELLO, 4),
        message(vectors::SERVER_HELLO, 4),
        message(vectors::ENCRYPTED_EXTENSIONS, 0),
        of(11, 1, &chain),
        of(11, 0, &new_chain),
        of(25, 0, &packed),
        of(12, 1, &[3, 0, 29, 32]),
        of(4, 1, &[0, 0, 28, 32, 0, 3, 1, 2, 3]),
        of(
            4,
            0,
            b"\0\0\x1c\x20\x09\x09\x09\x09\x01\0\0\x03\x01\x02\x03\0\x08\0\x2a\0\x04\0\0\x40\0",
        ),
        of(24, 0, &[1]),
    ]
}

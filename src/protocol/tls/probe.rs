//! Does a connection speak TLS? By the first record, in either direction.

use crate::flow::event::{Direction, Role};
use crate::protocol::analyzer::{Probe, Verdict};
use crate::protocol::tls::record::{ContentType, Header};

/// A hello at the beginning; in a connection that began before the capture, two records in a row,
/// or one on a port of TLS.
pub(super) fn probe(probe: &Probe<'_>) -> Verdict {
    let bytes = probe.bytes;
    if probe.direction == Direction::ToServer && is_ssl2_hello(bytes) {
        return Verdict::Yes;
    }
    let Some(header) = Header::of(bytes) else {
        let may_begin = bytes.len() < Header::LEN
            && bytes.first().is_none_or(|kind| matches!(kind, 20..=24))
            && bytes.get(1).is_none_or(|major| *major == 3);
        return if may_begin { Verdict::Unsure } else { Verdict::No };
    };
    let whole = matches!(probe.flow.role, Role::Syn | Role::SynAck);
    let wanted = if probe.direction == Direction::ToServer { 1 } else { 2 };
    match (header.content(), bytes.get(Header::LEN)) {
        (ContentType::HANDSHAKE, Some(&kind)) if kind == wanted && header.length() >= 4 => {
            return Verdict::Yes;
        }
        (ContentType::HANDSHAKE, None) => return Verdict::Unsure,
        // a server that says no at once
        (ContentType::ALERT, _) if probe.port_matches && header.length() == 2 => {
            return Verdict::Yes;
        }
        _ if whole => return Verdict::No,
        _ => {}
    }
    if header.length() == 0 || Header::of_protected(bytes).is_none() {
        return Verdict::No;
    }
    match bytes.get(Header::LEN + header.length()..) {
        _ if probe.port_matches => Verdict::Yes,
        Some(next) if next.len() >= Header::LEN => {
            if Header::of_protected(next).is_some() {
                Verdict::Yes
            } else {
                Verdict::No
            }
        }
        _ => Verdict::Unsure,
    }
}

/// A ClientHello in the form of SSL 2.0 (RFC 5246 §E.2): a length of two bytes with the highest
/// bit set, the type 1, a version, and three lengths, the first a multiple of 3.
pub(super) fn is_ssl2_hello(bytes: &[u8]) -> bool {
    let Some(&[high, low, 1, major, minor, s1, s2, i1, i2, c1, c2]) = bytes.first_chunk() else {
        return false;
    };
    let length = u16::from_be_bytes([high & 0x7f, low]);
    let [suites, session, challenge] = [[s1, s2], [i1, i2], [c1, c2]].map(u16::from_be_bytes);
    let inside = u32::from(suites) + u32::from(session) + u32::from(challenge) + 9;
    high & 0x80 != 0
        && matches!((major, minor), (0, 2) | (3, 0..=3))
        && suites > 0
        && suites % 3 == 0
        && (16..=32).contains(&challenge)
        && inside == u32::from(length)
}

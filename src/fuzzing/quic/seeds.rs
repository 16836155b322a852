//! Where the fuzzer of QUIC begins.

use crate::flow::event::Direction;
use crate::fuzzing::quic::ends::Ends;
use crate::protocol::quic::Kind;

/// Packets of all kinds, in the clear where nobody can know their keys.
pub(in crate::fuzzing) fn packets() -> Vec<Vec<u8>> {
    let mut ends = Ends::new();
    let request = [&[0x0b, 0, 9, 1, 7, 0, 0][..], &[0xd1, 0xd7, 0x50, 1, b'a']].concat();
    let packets: Vec<Vec<u8>> = [
        (Direction::ToServer, Kind::Handshake, &b"\x06\0\x04\x14\0\0\0"[..]),
        (Direction::ToServer, Kind::OneRtt, &request),
        (Direction::ToServer, Kind::OneRtt, b"\x1d\x41\0\0"),
    ]
    .into_iter()
    .filter_map(|(way, kind, payload)| ends.next(way, kind, payload))
    .collect();
    let mut sealed = vec![1, 0xff, 1];
    for packet in &packets {
        let twice = packet.iter().flat_map(|byte| vec![*byte; if *byte == 0xff { 2 } else { 1 }]);
        sealed.extend(twice);
        sealed.extend([0xff, 0]);
    }
    let negotiation = b"\0\x80\0\0\0\0\x04abcd\x04efgh\0\0\0\x01\x0a\x0a\x0a\x0a";
    let retry = b"\0\xf0\0\0\0\x01\x04abcd\x04efghtoken0123456789abcdef";
    let google = b"\0\xc0Q046\x50abcdefgh1234CHLO";
    vec![sealed, negotiation.to_vec(), retry.to_vec(), google.to_vec()]
}

/// Payloads: a request of HTTP/3 and its settings, and each frame once.
pub(in crate::fuzzing) fn frames() -> Vec<Vec<u8>> {
    let visit = b"\x03\x0a\x02\x0a\0\x04\x07\x01\x40\x64\x06\x44\0\0\xff\x00\
        \x03\x0b\0\x07\x01\x05\0\0\xd1\xd7\xc1\xff\x01\x03\x02\0\0\0\0\x0b\0\x05\x01\x03\0\0\xd9\
        \xff\x00\x03\x1e\xff\x00\x03\x1c\0\0\x03bye";
    let frames = b"\x03\x04\0\x01\x02\xff\x00\x03\x05\0\x01\xff\x00\x02\x10\x20\x11\0\x21\x12\x03\
        \x13\x03\x14\x05\x15\0\x05\x16\x03\x17\x03\xff\x00\x02\x18\x01\0\x04abcd0123456789abcdef\
        \x19\0\x1a12345678\xff\x01\x02\x1b12345678\x03\x04\0\x01\x01\0\0\x01\x02\x03\xff\x00\
        \x02\x07\x01t\x31\x01d\x30rest\xff\x00\x01\x06\0\x04\x14\0\0\0\xff\x00\0\x1c\x02\x06\0";
    vec![visit.to_vec(), frames.to_vec()]
}

/// Pieces in order, late, twice and lost; keys that change; damage.
pub(in crate::fuzzing) fn connections() -> Vec<Vec<u8>> {
    vec![
        vec![1, 0x10, 0, 1, 0x10, 1, 1, 0x50, 0, 0, 0, 1, 0x10, 0, 6, 3, 3],
        vec![1, 0x10, 0, 0x81, 0x10, 1, 0x41, 0x10, 2, 7, 0, 4, 3, 1, 0x10, 4, 0, 0, 6, 2, 2],
        vec![5, 0, 1, 0x10, 0, 0x81, 0x10, 1, 5, 0, 1, 0x10, 2, 7, 0, 1, 0xff, 0, 9, 7, 1, 3],
    ]
}

/// Both hellos whole; in pieces from the end; with one missing.
pub(in crate::fuzzing) fn crypto() -> Vec<Vec<u8>> {
    vec![
        vec![1, 0, 80, 1, 80, 80, 1, 160, 80, 0, 1, 60, 80, 1, 0, 70],
        vec![1, 150, 80, 1, 70, 85, 1, 0, 75, 0, 1, 45, 80, 1, 0, 50],
        vec![1, 0, 80, 1, 160, 80, 0, 1, 0, 80],
    ]
}

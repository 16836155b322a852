//! The packets of a datagram, as far as anybody can read them (RFC 8999, RFC 9000 §17).

use crate::cursor::{Cursor, Short};
use crate::protocol::quic::id::ConnectionId;
use crate::protocol::quic::version::Version;

/// What a packet is, by its first byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// The first of a handshake.
    Initial,
    /// Early data.
    ZeroRtt,
    /// The rest of the handshake.
    Handshake,
    /// All that follows.
    OneRtt,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Initial, Self::ZeroRtt, Self::Handshake, Self::OneRtt];

    /// Its name in RFC 9000.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Initial => "Initial",
            Self::ZeroRtt => "0-RTT",
            Self::Handshake => "Handshake",
            Self::OneRtt => "1-RTT",
        }
    }
}

/// One packet of a datagram.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Packet<'a> {
    /// Protected: its number and what it carries can be read with keys only.
    Protected(Protected<'a>),
    /// The server wants a token back (RFC 9000 §17.2.5).
    Retry(Retry<'a>),
    /// The server's versions (RFC 9000 §17.2.1).
    Negotiation(Negotiation<'a>),
    /// A long header of a version of which nothing more is known.
    Unknown(Ends),
}

/// The connection IDs of a long header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Ends {
    pub(super) version: Version,
    pub(super) destination: ConnectionId,
    pub(super) source: ConnectionId,
}

/// A protected packet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Protected<'a> {
    pub(super) kind: Kind,
    /// Of a long header.
    pub(super) ends: Option<Ends>,
    /// Bytes of an Initial's token.
    pub(super) token: usize,
    /// All of it, from its first byte on.
    pub(super) bytes: &'a [u8],
    /// Bytes of its datagram before it.
    pub(super) before: usize,
    /// Where its number begins; none in a short header, for which one has to know how long its
    /// connection ID is.
    pub(super) number_at: Option<usize>,
    /// Its end was not captured.
    pub(super) is_cut: bool,
}

/// A Retry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Retry<'a> {
    pub(super) ends: Ends,
    pub(super) token: &'a [u8],
    /// All of it but for the tag, and the tag.
    pub(super) bytes: &'a [u8],
    pub(super) tag: [u8; 16],
}

/// Version negotiation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Negotiation<'a> {
    pub(super) ends: Ends,
    /// Four bytes for each version.
    pub(super) versions: &'a [u8],
}

/// Why the rest of a datagram is no packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// It ends within a header, or within what the header says.
    Short(Short),
    /// A connection ID that is longer than the version has.
    LongId(u8),
}

/// The first bit of the first byte: a long header.
pub(super) const LONG: u8 = 0x80;
/// The second: set in all packets of versions 1 and 2, unless both ends agreed to grease it
/// (RFC 9287).
pub(super) const FIXED: u8 = 0x40;
/// Of a short header: the spin bit.
pub(super) const SPIN: u8 = 0x20;

/// Cuts the packets of one datagram, of whose end `missing` bytes were not captured. What follows
/// the first fault is not read.
pub(super) struct Packets<'a> {
    rest: &'a [u8],
    missing: u32,
    /// Bytes of packets before it.
    before: usize,
}

impl<'a> Packets<'a> {
    pub(super) const fn new(datagram: &'a [u8], missing: u32) -> Self {
        Self { rest: datagram, missing, before: 0 }
    }

    /// Reads the next packet; gives it with the number of its bytes.
    fn read(&self, first: u8) -> Result<(Packet<'a>, usize), Fault> {
        let whole = self.rest;
        if first & LONG == 0 {
            let packet = Protected {
                kind: Kind::OneRtt,
                ends: None,
                token: 0,
                bytes: whole,
                before: self.before,
                number_at: None,
                is_cut: self.missing > 0,
            };
            return Ok((Packet::Protected(packet), whole.len()));
        }
        let mut cursor = Cursor::new(whole);
        cursor.u8().map_err(Fault::Short)?;
        let version = Version(cursor.u32().map_err(Fault::Short)?);
        let destination = id(&mut cursor)?;
        let source = id(&mut cursor)?;
        let ends = Ends { version, destination, source };
        if version == Version::NEGOTIATION {
            let versions = cursor.rest();
            return Ok((Packet::Negotiation(Negotiation { ends, versions }), whole.len()));
        }
        if version.protection().is_none() {
            return Ok((Packet::Unknown(ends), whole.len()));
        }
        let Some(kind) = kind(first, version) else {
            let token_and_tag = cursor.rest();
            let short = Short { offset: cursor.offset(), needed: 16, left: token_and_tag.len() };
            let (token, tag) = token_and_tag.split_last_chunk().ok_or(Fault::Short(short))?;
            let bytes = whole.get(..whole.len() - tag.len()).unwrap_or_default();
            return Ok((Packet::Retry(Retry { ends, token, bytes, tag: *tag }), whole.len()));
        };
        let token = if kind == Kind::Initial {
            let length = cursor.varint().map_err(Fault::Short)?;
            take(&mut cursor, length)?.len()
        } else {
            0
        };
        let length = cursor.varint().map_err(Fault::Short)?;
        let number_at = cursor.offset();
        let mut is_cut = false;
        if let Err(fault) = take(&mut cursor, length) {
            let left = cursor.rest().len() as u64;
            if length > left.saturating_add(self.missing.into()) || self.missing == 0 {
                return Err(fault);
            }
            is_cut = true;
            cursor.take(cursor.rest().len()).map_err(Fault::Short)?;
        }
        let end = cursor.offset();
        let bytes = whole.get(..end).unwrap_or_default();
        let (ends, before, number_at) = (Some(ends), self.before, Some(number_at));
        let packet = Protected { kind, ends, token, bytes, before, number_at, is_cut };
        Ok((Packet::Protected(packet), end))
    }
}

impl<'a> Iterator for Packets<'a> {
    type Item = Result<Packet<'a>, Fault>;

    fn next(&mut self) -> Option<Self::Item> {
        let first = *self.rest.first()?;
        // datagrams are filled up behind their packets, too
        if first == 0 && self.before > 0 && self.rest.iter().all(|byte| *byte == 0) {
            return None;
        }
        match self.read(first) {
            Ok((packet, length)) => {
                self.rest = self.rest.get(length..).unwrap_or_default();
                self.before += length;
                Some(Ok(packet))
            }
            Err(fault) => {
                self.rest = &[];
                Some(Err(fault))
            }
        }
    }
}

fn id(cursor: &mut Cursor<'_>) -> Result<ConnectionId, Fault> {
    let length = cursor.u8().map_err(Fault::Short)?;
    let bytes = cursor.take(length.into()).map_err(Fault::Short)?;
    ConnectionId::new(bytes).ok_or(Fault::LongId(length))
}

fn take<'a>(cursor: &mut Cursor<'a>, length: u64) -> Result<&'a [u8], Fault> {
    let needed = usize::try_from(length).unwrap_or(usize::MAX);
    cursor.take(needed).map_err(Fault::Short)
}

/// What a long header is of; none for a Retry (RFC 9000 §17.2, RFC 9369 §3.2).
const fn kind(first: u8, version: Version) -> Option<Kind> {
    let number = (first >> 4) & 3;
    let of_v1 = if version.has_types_of_v2() { number.wrapping_sub(1) & 3 } else { number };
    match of_v1 {
        0 => Some(Kind::Initial),
        1 => Some(Kind::ZeroRtt),
        2 => Some(Kind::Handshake),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn long(first: u8, version: u32, rest: &[u8]) -> Vec<u8> {
        [&[first][..], &version.to_be_bytes(), &[2, 0xaa, 0xbb, 1, 0xcc], rest].concat()
    }

    fn brief(packet: &Packet<'_>) -> String {
        match packet {
            Packet::Protected(packet) => {
                let cut = if packet.is_cut { " cut" } else { "" };
                format!("{} {:?} {}{cut}", packet.kind.name(), packet.number_at, packet.bytes.len())
            }
            Packet::Retry(retry) => format!("Retry {}", retry.token.len()),
            Packet::Negotiation(said) => format!("versions {}", said.versions.len() / 4),
            Packet::Unknown(ends) => format!("version {}", ends.version),
        }
    }

    fn briefs(datagram: &[u8], missing: u32) -> Vec<String> {
        let all = Packets::new(datagram, missing);
        all.map(|packet| packet.map_or_else(|fault| format!("{fault:?}"), |it| brief(&it)))
            .collect()
    }

    #[test]
    fn packets_of_one_datagram_follow_each_other() {
        let initial = long(0xc0, 1, &[1, 9, 3, 1, 2, 3]);
        let handshake = long(0xe0, 1, &[4, 1, 2, 3, 4]);
        let datagram = [initial, handshake, vec![0x41, 1, 2, 3]].concat();
        let wanted = ["Initial Some(13) 16", "Handshake Some(11) 15", "1-RTT None 4"];
        assert_eq!(briefs(&datagram, 0), wanted);
        let filled = [&datagram[..31], &[0; 100]].concat();
        assert_eq!(briefs(&filled, 0), wanted[..2]);
    }

    #[test]
    fn version_2_numbers_them_otherwise() {
        for (first, name) in [(0xd0, "Initial"), (0xe0, "0-RTT"), (0xf0, "Handshake")] {
            let token: &[u8] = if first == 0xd0 { &[0] } else { &[] };
            let packet = long(first, 0x6b33_43cf, &[token, &[1, 7]].concat());
            assert!(briefs(&packet, 0)[0].starts_with(name), "{first:x}");
        }
        assert_eq!(briefs(&long(0xc0, 0x6b33_43cf, &[7; 20]), 0), ["Retry 4"]);
        assert_eq!(briefs(&long(0xf0, 1, &[7; 20]), 0), ["Retry 4"]);
    }

    #[test]
    fn what_has_no_keys_is_told_by_its_version() {
        assert_eq!(briefs(&long(0x80, 0, &[0, 0, 0, 1, 10, 10, 10, 10]), 0), ["versions 2"]);
        assert_eq!(briefs(&long(0xc0, 0x5130_3436, b"any"), 0), ["version Google Q046"]);
    }

    #[test]
    fn no_cut_is_past_the_end() {
        let whole = long(0xc0, 1, &[1, 9, 3, 1, 2, 3]);
        for length in 0..whole.len() {
            for packet in briefs(&whole[..length], 0) {
                assert!(packet.contains("Short"), "{length}: {packet}");
            }
        }
        let missing = u32::try_from(whole.len() - 14).unwrap();
        assert_eq!(briefs(&whole[..14], missing), ["Initial Some(13) 14 cut"]);
        let hostile = long(0xc0, 1, &[0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1]);
        assert!(briefs(&hostile, 5)[0].contains("Short"));
        let long_id = [&[0xc0, 0, 0, 0, 1, 21][..], &[0; 40]].concat();
        assert_eq!(briefs(&long_id, 0), ["LongId(21)"]);
    }
}

//! What anyone can read of a datagram: without keys, and without the packets before it (RFC 8999,
//! RFC 9000 §17).

use crate::protocol::analyzer::Verdict;
use crate::protocol::quic::id::ConnectionId;
use crate::protocol::quic::packet::{Ends, FIXED, Kind, LONG, Packet, Packets};
use crate::protocol::quic::probe;
use crate::protocol::quic::version::Version;

/// One packet of a datagram.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Glimpse {
    /// What it is.
    pub what: What,
    /// What a long header says; none in a short one.
    pub head: Option<Head>,
}

/// What every long header says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// In which version it is written.
    pub version: Version,
    /// Whom it is for.
    pub destination: ConnectionId,
    /// What its sender wants to be called; what a server's negotiation has here is the client's.
    pub source: ConnectionId,
}

/// What a packet is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// Protected: what it carries can be read with keys only.
    Protected {
        /// Which one.
        kind: Kind,
        /// Bytes of an Initial's token.
        token: usize,
        /// All of its bytes that were captured, with its header.
        size: usize,
        /// Its end was not captured.
        is_cut: bool,
        /// What follows the first byte of a short header: a connection ID, whose length it does
        /// not say, and what is protected.
        short: Option<Vec<u8>>,
    },
    /// The server wants a token of so many bytes back.
    Retry(usize),
    /// The server's versions.
    Negotiation(Vec<Version>),
    /// Of a version of which nothing more is known.
    Unknown,
    /// The rest of the datagram is no packet, or not whole.
    Broken,
}

/// The packets of a datagram, of whose end `missing` bytes were not captured.
pub fn glance(datagram: &[u8], missing: u32) -> impl Iterator<Item = Glimpse> {
    Packets::new(datagram, missing).map(|packet| match packet {
        Ok(packet) => of(packet),
        Err(_) => Glimpse { what: What::Broken, head: None },
    })
}

/// Whether a datagram is QUIC's whatever came before it: it begins with a long header of a version
/// that is known.
pub fn is_surely(datagram: &[u8]) -> bool {
    probe::of(datagram, false) == Verdict::Yes
}

/// Whether a datagram can be one of a connection of QUIC: what else shares its port, as STUN does,
/// begins otherwise (RFC 9443 §3).
pub fn may_be(datagram: &[u8]) -> bool {
    datagram.first().is_some_and(|first| first & (LONG | FIXED) != 0)
}

fn of(packet: Packet<'_>) -> Glimpse {
    let (what, ends) = match packet {
        Packet::Protected(packet) => {
            let short = packet.ends.is_none().then(|| {
                let id = packet.bytes.iter().skip(1).take(ConnectionId::LONGEST);
                id.copied().collect()
            });
            let (kind, token, is_cut) = (packet.kind, packet.token, packet.is_cut);
            let size = packet.bytes.len();
            (What::Protected { kind, token, size, is_cut, short }, packet.ends)
        }
        Packet::Retry(retry) => (What::Retry(retry.token.len()), Some(retry.ends)),
        Packet::Negotiation(said) => {
            let (versions, _) = said.versions.as_chunks();
            let versions = versions.iter().map(|bytes| Version(u32::from_be_bytes(*bytes)));
            (What::Negotiation(versions.collect()), Some(said.ends))
        }
        Packet::Unknown(ends) => (What::Unknown, Some(ends)),
    };
    let head = |Ends { version, destination, source }| Head { version, destination, source };
    Glimpse { what, head: ends.map(head) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn long(first: u8, version: u32, rest: &[u8]) -> Vec<u8> {
        [&[first][..], &version.to_be_bytes(), &[2, 0xaa, 0xbb, 1, 0xcc], rest].concat()
    }

    #[test]
    fn packets_say_what_they_are_and_whom_they_are_for() {
        let initial = long(0xc0, 1, &[1, 9, 3, 1, 2, 3]);
        let datagram = [&initial[..], &[0x41, 1, 2, 3]].concat();
        let seen: Vec<Glimpse> = glance(&datagram, 0).collect();
        let id = |bytes: &[u8]| ConnectionId::new(bytes).unwrap();
        let (destination, source) = (id(&[0xaa, 0xbb]), id(&[0xcc]));
        let head = Some(Head { version: Version::V1, destination, source });
        let (kind, token, size, is_cut) = (Kind::Initial, 1, 16, false);
        let what = What::Protected { kind, token, size, is_cut, short: None };
        assert_eq!(seen[0], Glimpse { what, head });
        let (kind, token, size, short) = (Kind::OneRtt, 0, 4, Some(vec![1, 2, 3]));
        let what = What::Protected { kind, token, size, is_cut, short };
        assert_eq!(seen[1..], [Glimpse { what, head: None }]);
        let what = |datagram: &[u8]| glance(datagram, 0).map(|it| it.what).collect::<Vec<_>>();
        assert_eq!(what(&long(0xf0, 1, &[7; 20])), [What::Retry(4)]);
        let versions = vec![Version::V1, Version(0x0a0a_0a0a)];
        let said = long(0x80, 0, &[0, 0, 0, 1, 10, 10, 10, 10, 7]);
        assert_eq!(what(&said), [What::Negotiation(versions)]);
        assert_eq!(what(&initial[..9]), [What::Broken]);
    }

    #[test]
    fn only_a_long_header_is_surely_of_quic() {
        let initial = long(0xc0, 1, &[1, 9, 3, 1, 2, 3]);
        assert!(is_surely(&initial) && may_be(&initial));
        let short = [0x41; 40];
        assert!(!is_surely(&short) && may_be(&short));
        let stun = [0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42];
        assert!(!is_surely(&stun) && !may_be(&stun));
    }
}

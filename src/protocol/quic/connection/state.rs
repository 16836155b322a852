//! What is known of one connection while it is read.

use std::collections::BTreeMap;

use bytes::Bytes;

use crate::address::Endpoint;
use crate::flow::assembler::Assembler;
use crate::flow::event::PerDirection;
use crate::protocol::buffer::StreamBuffer;
use crate::protocol::crypto::aead::Aead;
use crate::protocol::crypto::hash::Hash;
use crate::protocol::crypto::header::HeaderKey;
use crate::protocol::hold::Hold;
use crate::protocol::quic::credit::Credit;
use crate::protocol::quic::event::WayMeasures;
use crate::protocol::quic::id::ConnectionId;
use crate::protocol::quic::keys::Keys;
use crate::protocol::quic::packet::Kind;
use crate::protocol::quic::pauses::Pauses;
use crate::protocol::quic::space::Space;
use crate::protocol::quic::spin::Spin;
use crate::protocol::quic::streams::Streams;
use crate::protocol::quic::version::Version;
use crate::protocol::session::Session;
use crate::protocol::tls::estimate::Estimator;
use crate::protocol::tls::event::Keys as Known;
use crate::protocol::tls::handshake::Settled;
use crate::time::{Stamp, TimeDelta};

/// What a cipher suite encrypts and hashes with.
pub(super) type Suite = (Aead, Hash);

/// Reads one connection.
#[derive(Default)]
pub(in crate::protocol::quic) struct Connection {
    /// That of the latest long header of the server; before it, of the client's.
    pub(super) version: Option<Version>,
    pub(super) ways: PerDirection<Way>,
    pub(super) client: Option<Client>,
    /// Behind a Retry, until the client's first message has come again.
    pub(super) is_hello_due: bool,
    /// What the ServerHello settled.
    pub(super) settled: Option<Settled>,
    /// What packets are protected with, where no ServerHello said so.
    pub(super) suite: Option<Suite>,
    /// The protocol inside, where the handshake says it.
    pub(super) alpn: Option<Box<str>>,
    /// What the connection carries, once it carries something.
    pub(super) child: Option<Box<Session>>,
    pub(super) held: Hold<Waiting>,
    /// What was said of the keys last.
    pub(super) known: Option<Known>,
    /// The destination of the client's first Initial, and of the first after a Retry.
    pub(super) original: Option<ConnectionId>,
    /// The destination before a Retry.
    pub(super) retried: Option<ConnectionId>,
    /// The keys of Initial packets, by what they are made of; the last ones that opened one first.
    pub(super) initials: Vec<Initials>,
    /// On how many packets all secrets were tried, for the beginning of the connection is not known.
    pub(super) searches: u32,
    /// Whether the server takes early data, where that is known.
    pub(super) takes_early: Option<bool>,
    /// Under which the connection can be reached.
    pub(super) ids: Vec<ConnectionId>,
    /// What the server's packets without keys end with, once it knows nothing of the connection.
    pub(super) reset_tokens: Vec<[u8; 16]>,
    /// The last ends of a packet of the client, and its destination.
    pub(super) path: Option<(Endpoint, Endpoint)>,
    pub(super) destination: Option<ConnectionId>,
    /// Challenges that wait for their answers (RFC 9000 §8.2).
    pub(super) challenges: PerDirection<Vec<([u8; 8], Stamp)>>,
    pub(super) is_closed: bool,
    /// The server's first packet was told of.
    pub(super) is_answered: bool,
    /// Packets that were told with their frames.
    pub(super) told_packets: u32,
    pub(super) spin: Spin,
    /// Makes exchanges of packets that stay closed.
    pub(super) estimator: Option<Box<Estimator>>,
    /// That more waits for keys than may was told.
    pub(super) has_told_full: bool,
    /// Something other than a packet of this connection was told of.
    pub(super) has_told_stranger: bool,
}

/// Keys of Initial packets.
pub(super) struct Initials {
    pub(super) version: Version,
    pub(super) id: ConnectionId,
    pub(super) keys: PerDirection<(HeaderKey, Keys)>,
}

/// What of the client's first message is needed later.
pub(super) struct Client {
    pub(super) random: [u8; 32],
    /// Early data may follow.
    pub(super) early_data: bool,
}

/// What one end sends.
#[derive(Default)]
pub(super) struct Way {
    /// Keys of 0-RTT and Handshake packets.
    pub(super) early: Option<Box<Lock>>,
    pub(super) handshake: Option<Box<Lock>>,
    /// Those of 1-RTT packets.
    pub(super) traffic: Option<Box<Traffic>>,
    /// The handshake's bytes in each space.
    pub(super) crypto: [Crypto; 3],
    pub(super) spaces: [Space; 3],
    /// Bytes of the destination in its short headers.
    pub(super) id_length: Option<usize>,
    pub(super) streams: Streams,
    /// Streams that their receiver wants no more of, and why.
    pub(super) stops: BTreeMap<u64, u64>,
    /// What the other end allows it to send.
    pub(super) credit: Credit,
    pub(super) pauses: Pauses,
    /// Bytes of its handshake were sent again, and the other end has not gone on since.
    pub(super) again: Option<Again>,
    /// What it shifts the delays of its acknowledgments by (RFC 9000 §18.2).
    pub(super) ack_delay_exponent: Option<u8>,
    pub(super) measures: WayMeasures,
    /// The shortest round trip of its packets.
    pub(super) shortest: Option<TimeDelta>,
    pub(super) smoothed: Option<TimeDelta>,
    /// Its Finished was seen, or inferred.
    pub(super) is_finished: bool,
    /// Its last Handshake packet.
    pub(super) last_handshake: Option<Stamp>,
    /// Bytes of streams were told of, before the handshake was over and after it.
    pub(super) told: (bool, bool),
    /// Packets that did not open and were tried otherwise.
    pub(super) trials: u32,
    /// The number of its first packet, where those before it were not captured.
    pub(super) expected: u64,
    /// Bytes of each of the datagrams that were last captured as one.
    pub(super) segment: Option<usize>,
    /// A packet of it that did not authenticate was told.
    pub(super) has_told_bad: bool,
    /// The hole in its handshake was told.
    pub(super) has_told_far: bool,
    /// Times that they were searched for, and not found.
    pub(super) searches: u32,
}

/// Bytes of the handshake that were sent again.
#[derive(Clone, Copy)]
pub(super) struct Again {
    pub(super) kind: Kind,
    /// The packet that brought them.
    pub(super) number: u64,
    pub(super) at: Stamp,
    /// Whether its sender had heard of a later packet than the one that is missing.
    pub(super) by_ack: Option<bool>,
}

/// The keys of one kind of packets.
pub(super) struct Lock {
    pub(super) header: HeaderKey,
    pub(super) keys: Keys,
}

/// The keys of 1-RTT packets, which change (RFC 9001 §6).
pub(super) struct Traffic {
    pub(super) lock: Lock,
    pub(super) phase: bool,
    /// The lowest number that is known of the present phase.
    pub(super) first: u64,
    pub(super) updates: u32,
    pub(super) before: Option<Keys>,
}

/// The handshake's bytes of one direction and space.
pub(super) struct Crypto {
    pub(super) assembler: Assembler,
    pub(super) buffer: StreamBuffer,
    /// Bytes of a message that is passed over.
    pub(super) passed_over: usize,
}

impl Default for Crypto {
    fn default() -> Self {
        // a message longer than that is not read, and packets overtake each other by a few only
        Self { assembler: Assembler::new(1 << 18), buffer: StreamBuffer::default(), passed_over: 0 }
    }
}

/// A packet that waits for keys.
pub(super) struct Waiting {
    pub(super) kind: Kind,
    /// All of it.
    pub(super) bytes: Bytes,
    /// Bytes of other packets before it in its datagram.
    pub(super) before: usize,
    /// Where its number begins.
    pub(super) number_at: Option<usize>,
    pub(super) version: Option<Version>,
    pub(super) at: Stamp,
}

impl Way {
    pub(super) const fn space(&mut self, kind: Kind) -> &mut Space {
        let [initial, handshake, application] = &mut self.spaces;
        match kind {
            Kind::Initial => initial,
            Kind::Handshake => handshake,
            Kind::ZeroRtt | Kind::OneRtt => application,
        }
    }

    pub(super) const fn crypto(&mut self, kind: Kind) -> &mut Crypto {
        let [initial, handshake, application] = &mut self.crypto;
        match kind {
            Kind::Initial => initial,
            Kind::Handshake => handshake,
            Kind::ZeroRtt | Kind::OneRtt => application,
        }
    }

    /// The number that the sender begins a space with: 0 or 1, by what it does in another.
    pub(super) fn base(&self) -> u64 {
        self.spaces.iter().filter_map(Space::first).min().unwrap_or_default()
    }

    /// Bytes of streams that came: new ones, and those that were sent before.
    pub(super) const fn brought(&self) -> (u64, u64) {
        (self.measures.stream_bytes, self.measures.resent_bytes)
    }

    /// True where something is told to hold up its bytes: a window that is used up, or a hole.
    pub(super) fn is_held_up(&self) -> bool {
        self.credit.is_used_up() || self.streams.has_holes()
    }

    /// Counts a packet.
    pub(super) fn count(&mut self, kind: Kind) {
        let [initial, zero, handshake, one] = &mut self.measures.packets;
        let count = match kind {
            Kind::Initial => initial,
            Kind::ZeroRtt => zero,
            Kind::Handshake => handshake,
            Kind::OneRtt => one,
        };
        *count += 1;
    }

    /// Bytes of memory that it keeps to read what follows.
    pub(super) fn held(&self) -> usize {
        let crypto = |crypto: &Crypto| crypto.assembler.held_cost() + crypto.buffer.held();
        let crypto: usize = self.crypto.iter().map(crypto).sum();
        let spaces: usize = self.spaces.iter().map(Space::held).sum();
        let locks = [self.early.is_some(), self.handshake.is_some()];
        let locks = locks.into_iter().filter(|is_there| *is_there).count();
        let traffic = self.traffic.as_ref().map_or(0, |it| 1 + usize::from(it.before.is_some()));
        let keys = (locks + traffic) * KEYS;
        keys + crypto + spaces + self.streams.held() + self.credit.held()
    }
}

/// What the keys of one kind of packets take, with those of the library.
pub(super) const KEYS: usize = 1024;

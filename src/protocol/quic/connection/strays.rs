//! Packets that are no part of what two ends say to each other in a handshake that went well:
//! Retry, version negotiation, and connections whose beginning was not captured.

use bytes::BytesMut;

use crate::anomaly::{Anomaly, Class};
use crate::flow::event::Direction;
use crate::protocol::analyzer::Context;
use crate::protocol::quic::connection::locks::{lock, suites_of};
use crate::protocol::quic::connection::open::open_unmasked;
use crate::protocol::quic::connection::say::say;
use crate::protocol::quic::connection::state::{Client, Connection, Crypto, Lock, Waiting};
use crate::protocol::quic::event::QuicEvent;
use crate::protocol::quic::keys;
use crate::protocol::quic::packet::{Kind, Negotiation, Retry};
use crate::protocol::quic::version::Version;
use crate::protocol::secrets::Label;

impl Connection {
    /// The server wants a token back first.
    pub(super) fn retry_asked(&mut self, way: Direction, retry: &Retry<'_>, cx: &mut Context<'_>) {
        let protection = retry.ends.version.protection();
        let asked = self.retried.or(self.original);
        let authentic = protection.zip(asked).and_then(|(protection, original)| {
            keys::is_authentic(protection, &original, retry.bytes, retry.tag)
        });
        if authentic == Some(false) {
            cx.anomaly(bad_retry());
        } else if self.retried.is_some() {
            // the client sent its first packet twice; of the answers one counts (RFC 9000 §17.2.5)
            return;
        } else {
            self.retried = self.original.replace(retry.ends.source);
            self.issued(way, None, retry.ends.source, cx);
            // the hello comes again: the same one (RFC 9000 §17.2.5.3), but for clients that make
            // another one, by whose random their keys go then
            *self.ways.to_server.crypto(Kind::Initial) = Crypto::default();
            self.is_hello_due = true;
        }
        let token = u32::try_from(retry.token.len()).unwrap_or(u32::MAX);
        say(QuicEvent::Retry { at: cx.now, token, authentic }, cx);
    }

    /// The server speaks other versions: the client begins anew with one of them.
    pub(super) fn negotiation(&mut self, said: &Negotiation<'_>, cx: &mut Context<'_>) {
        let (numbers, _) = said.versions.as_chunks();
        let versions: Vec<Version> =
            numbers.iter().map(|number| Version(u32::from_be_bytes(*number))).collect();
        let versions = versions.into_iter().take(VERSIONS).collect();
        say(QuicEvent::Negotiation { at: cx.now, versions }, cx);
        // a server that has gone on does not say so: it is forged then (RFC 9000 §6.2)
        if self.settled.is_none() {
            self.forget(cx);
        }
    }

    /// Tries all secrets on a packet of a connection whose beginning was not captured, once; each try
    /// is taken from what a shard may try. What authenticates is the right one.
    pub(super) fn search(
        &mut self,
        way: Direction,
        packet: &Waiting,
        cx: &mut Context<'_>,
    ) -> bool {
        let is_midway = self.original.is_none() && packet.kind == Kind::OneRtt;
        if !is_midway || self.searches >= SEARCHES || cx.secrets.is_empty() {
            return false;
        }
        self.searches += 1;
        let version =
            self.version.filter(|version| version.protection().is_some()).unwrap_or(Version::V1);
        let label = match way {
            Direction::ToServer => Label::ClientTraffic,
            Direction::ToClient => Label::ServerTraffic,
        };
        let lengths = self.id_lengths(way);
        let cost = cx.secrets.connections().saturating_mul(lengths.len());
        if !cx.budgets.trials.take(cost) {
            cx.anomaly(not_searched());
            self.searches = SEARCHES;
            return false;
        }
        let Some(protection) = version.protection() else { return false };
        // in whatever order: no more than one authenticates
        for random in cx.secrets.randoms() {
            let Some(secret) = cx.secrets.of(&random).and_then(|known| known.get(label)) else {
                continue;
            };
            for suite in suites_of(secret).into_iter().flatten() {
                let Some(lock) = lock(protection, suite, secret) else { continue };
                if let Some((length, number)) = fits(&lock, packet, &lengths) {
                    self.client = Some(Client { random, early_data: false });
                    self.suite = Some(suite);
                    self.version = Some(version);
                    let side = self.ways.of_mut(way);
                    side.id_length = Some(length);
                    side.expected = number;
                    return true;
                }
            }
        }
        false
    }

    /// Where the number of a packet stands, and what it is, of a direction of which no packet was
    /// opened: its beginning was not captured.
    pub(super) fn find_place(&mut self, way: Direction, packet: &Waiting) {
        let side = self.ways.of(way);
        let is_known = !side.spaces[2].is_empty() || self.original.is_some();
        let Some(traffic) = side.traffic.as_ref().filter(|_| !is_known) else { return };
        let lengths = self.id_lengths(way);
        if let Some((length, number)) = fits(&traffic.lock, packet, &lengths) {
            let side = self.ways.of_mut(way);
            side.id_length = Some(length);
            side.expected = number;
        }
    }

    /// Bytes that the destination of a short header may have: those that implementations like, where
    /// no long header has told.
    fn id_lengths(&self, way: Direction) -> Vec<usize> {
        match (self.ways.of(way).id_length, way) {
            (Some(length), _) => vec![length],
            (None, Direction::ToServer) => vec![8, 20, 16, 4, 18, 12, 5, 0],
            (None, Direction::ToClient) => vec![0, 8, 20, 16, 4, 3, 5, 12],
        }
    }
}

/// The length of its destination and the number with which a packet opens.
fn fits(lock: &Lock, packet: &Waiting, lengths: &[usize]) -> Option<(usize, u64)> {
    lengths.iter().find_map(|length| {
        let number_at = 1 + length;
        let mut copy = BytesMut::from(&*packet.bytes);
        let unmasked = keys::unmask(&lock.header, &mut copy, number_at)?;
        // a key phase of one: the first keys after those of the handshake, or all that are odd
        let next = if unmasked.phase() { Some(lock.keys.next()?) } else { None };
        let keys = next.as_ref().unwrap_or(&lock.keys);
        let window = 1u64 << (8 * unmasked.length);
        let most = match unmasked.length {
            _ if !unmasked.is_likely() => 0,
            1 => 4 * REACH,
            2 => REACH,
            _ => 1,
        };
        let mut numbers = (0..most).map(|turn| u64::from(unmasked.truncated) + turn * window);
        let number = numbers.find(|number| {
            open_unmasked(keys, unmasked, *number, (packet, &copy), number_at).is_some()
        })?;
        Some((*length, number))
    })
}

/// Packets of a connection whose beginning was not captured on which secrets are tried.
const SEARCHES: u32 = 8;

/// How many times as far as two bytes of a number can tell the first packet that was captured may be
/// from the first of its connection: a million packets, some GB.
const REACH: u64 = 16;

/// Versions that are listed of one negotiation.
const VERSIONS: usize = 64;

fn bad_retry() -> Anomaly {
    let text = "a Retry that does not authenticate: it is passed over";
    Anomaly::new("quic.retry", Class::Suspicious, text).citing("RFC 9001 §5.8")
}

fn not_searched() -> Anomaly {
    let text =
        "a connection without its beginning, and more secrets than are tried: it stays closed";
    Anomaly::new("quic.searched", Class::Limit, text)
}

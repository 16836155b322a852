//! DNS (RFC 1035) over UDP, TCP, TLS and QUIC, and its relatives mDNS (RFC 6762) and LLMNR (RFC 4795).
//!
//! Takes datagrams and streams, gives each message that they carry as a lookup message. Pairs no
//! queries with responses: that is the trace's.

pub mod https;
pub mod message;

mod edns;
mod envelope;
mod parse;
mod pointer;
mod probe;
mod rarer;
mod rdata;
mod svcb;
mod text;

use std::ops::Range;

use bytes::Bytes;

use crate::address::Endpoint;
use crate::flow::event::{Direction, EndReason, GapReason, PerDirection, Transport};
use crate::limits::Limits;
use crate::protocol::analyzer::{Analyzer, Context, Progress, Protocol, StreamKey};
use crate::protocol::buffer::{Span, StreamBuffer};
use crate::protocol::dns::message::{Carrier, Flavor, Message};
use crate::protocol::dns::parse::{Envelope, Header};
use crate::time::{Frames, Stamp};

/// DNS.
pub static DNS: Protocol = Protocol {
    name: Flavor::Dns.name(),
    transports: &[Transport::Udp, Transport::Tcp],
    ports: &[53],
    // DNS over TLS (RFC 7858 §3.2), and over QUIC (RFC 9250 §4.1.1) with its drafts
    alpn: &["dot", "doq", "doq-i11", "doq-i03", "doq-i02", "doq-i01", "doq-i00"],
    probe: probe::dns,
    start: |_| Box::new(Dns::new(Flavor::Dns)),
};

/// Multicast DNS.
pub static MDNS: Protocol = Protocol {
    name: Flavor::Mdns.name(),
    transports: &[Transport::Udp],
    ports: &[5353],
    alpn: &[],
    probe: probe::relative,
    start: |_| Box::new(Dns::new(Flavor::Mdns)),
};

/// Link-Local Multicast Name Resolution.
pub static LLMNR: Protocol = Protocol {
    name: Flavor::Llmnr.name(),
    transports: &[Transport::Udp, Transport::Tcp],
    ports: &[5355],
    alpn: &[],
    probe: probe::relative,
    start: |_| Box::new(Dns::new(Flavor::Llmnr)),
};

/// The message of one datagram between these ends (sender, receiver), where a port of theirs is
/// that of DNS or a relative; none where it is no message.
pub fn of_datagram(
    bytes: &[u8],
    (sender, receiver): (Endpoint, Endpoint),
    at: Stamp,
    missing: u32,
) -> Option<Message> {
    let ports = [sender.port, receiver.port];
    let rows = [(&DNS, Flavor::Dns), (&MDNS, Flavor::Mdns), (&LLMNR, Flavor::Llmnr)];
    let mut rows = rows.into_iter();
    let (_, flavor) = rows.find(|(row, _)| row.ports.iter().any(|port| ports.contains(port)))?;
    let span = Span::at(at);
    let envelope = Envelope { flavor, over: Carrier::Udp, sender, receiver, span, missing };
    parse::read(bytes, &envelope, &Limits::default()).message
}

/// The messages of one flow.
struct Dns {
    flavor: Flavor,
    /// Streams of each direction in which it is not known where a message begins: the latest.
    lost: PerDirection<Vec<u64>>,
}

/// Streams that are remembered as lost: more than are open at once.
const LOST: usize = 64;

impl Dns {
    fn new(flavor: Flavor) -> Self {
        Self { flavor, lost: PerDirection::default() }
    }

    fn message(
        &self,
        direction: Direction,
        over: Carrier,
        bytes: &[u8],
        missing: u32,
        span: Span,
        cx: &mut Context<'_>,
    ) {
        envelope::say(bytes, (self.flavor, over), direction, missing, span, cx);
    }

    fn is_lost(&self, from: StreamKey) -> bool {
        self.lost.of(from.direction).contains(&from.id)
    }

    /// What a stream had of a message whose end never came.
    fn rest(&self, from: StreamKey, buffer: &mut StreamBuffer, cx: &mut Context<'_>) {
        let len = buffer.len();
        let Some((bytes, span)) = buffer.take(len, &mut Frames::default()) else { return };
        if is_quic(cx) && bytes.starts_with(&[0, 0]) {
            // until draft 3 of DNS over QUIC no length came before a message, and its ID is 0
            self.message(from.direction, Carrier::Quic, &bytes, 0, span, cx);
        } else if let Some((declared, head)) = bytes.split_first_chunk::<2>()
            && head.len() >= Header::LEN
        {
            let declared = usize::from(u16::from_be_bytes(*declared));
            let missing = u32::try_from(declared.saturating_sub(head.len())).unwrap_or(u32::MAX);
            self.message(from.direction, stream(cx), head, missing, span, cx);
        }
    }
}

impl Analyzer for Dns {
    fn datagram(
        &mut self,
        direction: Direction,
        bytes: &Bytes,
        missing: u32,
        cx: &mut Context<'_>,
    ) -> Progress {
        if !bytes.is_empty() {
            self.message(direction, Carrier::Udp, bytes, missing, Span::at(cx.now), cx);
        }
        Progress::More
    }

    fn data(
        &mut self,
        from: StreamKey,
        buffer: &mut StreamBuffer,
        cx: &mut Context<'_>,
    ) -> Progress {
        if self.is_lost(from) {
            if !probe::is_stream(buffer) {
                buffer.clear();
                return Progress::More;
            }
            self.lost.of_mut(from.direction).retain(|stream| *stream != from.id);
        }
        loop {
            let len = match *buffer.peek(2) {
                [high, low] => usize::from(u16::from_be_bytes([high, low])),
                _ => return Progress::More,
            };
            if len == 0 && is_quic(cx) {
                return Progress::More;
            }
            if len < Header::LEN {
                let text = format!("a DNS message of {len} bytes has no room for its header");
                cx.anomaly(envelope::malformed(text));
                return Progress::Done;
            }
            let Some((bytes, span)) = buffer.take(len + 2, &mut Frames::default()) else {
                return Progress::More;
            };
            let message = bytes.get(2..).unwrap_or_default();
            self.message(from.direction, stream(cx), message, 0, span, cx);
        }
    }

    /// Lengths chain the messages of a stream: behind a hole there is no telling where one
    /// begins, except where a segment begins with a whole, sound one.
    fn gap(
        &mut self,
        from: StreamKey,
        _: Range<u64>,
        _: GapReason,
        buffer: &mut StreamBuffer,
        cx: &mut Context<'_>,
    ) -> Progress {
        if !self.is_lost(from) {
            self.rest(from, buffer, cx);
            let lost = self.lost.of_mut(from.direction);
            if lost.len() >= LOST {
                lost.remove(0);
            }
            lost.push(from.id);
        }
        Progress::More
    }

    fn end(
        &mut self,
        from: StreamKey,
        _: EndReason,
        buffer: &mut StreamBuffer,
        cx: &mut Context<'_>,
    ) {
        if !self.is_lost(from) {
            self.rest(from, buffer, cx);
        }
    }
}

/// What carries the messages of a stream.
const fn stream(cx: &Context<'_>) -> Carrier {
    match (is_quic(cx), cx.secure) {
        (true, _) => Carrier::Quic,
        (false, true) => Carrier::Tls,
        (false, false) => Carrier::Tcp,
    }
}

/// True within QUIC, which alone has streams over UDP.
const fn is_quic(cx: &Context<'_>) -> bool {
    matches!(cx.flow.key.transport, Transport::Udp)
}

#[cfg(test)]
mod tests;

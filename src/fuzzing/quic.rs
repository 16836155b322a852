//! QUIC: datagrams as they come, and packets that are sealed as their ends seal them, so that the
//! bytes choose what is behind the protection, and what the network loses, repeats and damages.
//!
//! Behind a handshake whose secrets are known. What comes out of a stream is what went into it, byte
//! for byte and at its place, whatever is done to the packets; the handshake's messages come out of
//! their pieces once, in whatever order these come.

mod ends;
pub(super) mod seeds;

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use crate::flow::event::{Direction, GapReason, PerDirection, Transport};
use crate::fuzzing::analyzer::{Step, fold, given_inside, play_with, steps};
use crate::fuzzing::plan::Plan;
use crate::fuzzing::quic::ends::{Ends, crypto_frame, hellos, messages, secrets};
use crate::protocol::analyzer::{Analyzer, Context, Progress, Protocol, StreamKey, Verdict};
use crate::protocol::buffer::StreamBuffer;
use crate::protocol::event::{Event, EventBody};
use crate::protocol::quic::Kind;
use crate::protocol::tls::event::TlsEvent;
use crate::protocol::{PROTOCOLS, quic};
use crate::time::Frames;

static TABLE: &[&Protocol] = &[&quic::PROTOCOL, &INSIDE];

/// What is inside: streams whose bytes count up from their beginning.
static INSIDE: Protocol = Protocol {
    name: "inside",
    transports: &[Transport::Udp],
    ports: &[],
    alpn: &["h3"],
    probe: |_| Verdict::No,
    start: |_| Box::new(Inside::default()),
};

#[derive(Default)]
struct Inside(BTreeMap<StreamKey, u64>);

impl Analyzer for Inside {
    fn data(
        &mut self,
        from: StreamKey,
        buffer: &mut StreamBuffer,
        cx: &mut Context<'_>,
    ) -> Progress {
        assert!(cx.secure, "what is in QUIC knows it");
        let read = self.0.entry(from).or_default();
        let length = buffer.len();
        buffer.read(length, &mut Frames::default(), |part| {
            for byte in part {
                assert!(*byte == count(*read), "byte {read} of {from:?} is {byte}");
                *read += 1;
            }
        });
        cx.emit(EventBody::Note { protocol: "inside", text: format!("{length}") });
        Progress::More
    }

    fn gap(
        &mut self,
        from: StreamKey,
        range: Range<u64>,
        _: GapReason,
        buffer: &mut StreamBuffer,
        _: &mut Context<'_>,
    ) -> Progress {
        let read = self.0.entry(from).or_default();
        assert_eq!((range.start, buffer.len()), (*read, 0), "a gap is where it is said to be");
        *read = range.end;
        Progress::More
    }
}

/// The n-th byte of each stream.
const fn count(n: u64) -> u8 {
    (n % 251).to_le_bytes()[0]
}

/// Datagrams as they come: alone, or behind a handshake where the first byte is odd.
pub fn packets(input: &[u8]) {
    let mut plan = Plan::new(input);
    let mut all = if plan.u8() & 1 == 0 { Vec::new() } else { hellos() };
    all.extend(steps(plan.rest()));
    let events = play_with(&Arc::new(secrets()), Transport::Udp, 443, PROTOCOLS, &all);
    fold(events, input.len());
}

/// The same steps as payloads: each is sealed in a packet of the kind that its first byte says.
pub fn frames(input: &[u8]) {
    fold(framed(input), input.len());
}

fn framed(input: &[u8]) -> Vec<Event> {
    let mut ends = Ends::new();
    let mut way = Direction::ToServer;
    let mut all = hellos();
    all.push(Step::Turn);
    for step in steps(input) {
        let step = match step {
            Step::Say(payload) => {
                let (kind, payload) = payload.split_first().unwrap_or((&0, &[]));
                let kind = match kind % 4 {
                    0 => Kind::Initial,
                    1 => Kind::Handshake,
                    _ => Kind::OneRtt,
                };
                let Some(packet) = ends.next(way, kind, payload) else { continue };
                Step::Say(packet)
            }
            Step::Turn => {
                way = !way;
                Step::Turn
            }
            other => other,
        };
        all.push(step);
    }
    play_with(&Arc::new(secrets()), Transport::Udp, 443, PROTOCOLS, &all)
}

/// Operations on a connection whose streams count.
///
/// # Panics
///
/// Where a rule is broken.
pub fn connection(input: &[u8]) {
    let (given, sealed) = connected(input);
    assert!(given <= sealed, "more came out than went in");
}

/// Bytes of streams that came out, and that went in.
fn connected(input: &[u8]) -> (usize, usize) {
    let mut plan = Plan::new(input);
    let mut ends = Ends::new();
    let mut way = Direction::ToServer;
    let (mut all, mut late) = (hellos(), Vec::new());
    all.push(Step::Turn);
    let mut sealed = 0;
    for _ in 0..MOST {
        if plan.is_over() {
            break;
        }
        let (act, what) = (plan.u8(), plan.u8());
        let is_late = act & 0x80 != 0;
        let frames = match act % 8 {
            0 => {
                way = !way;
                all.push(Step::Turn);
                continue;
            }
            1..=3 => {
                let (offset, length) = (u64::from(plan.u8()) * 16, u64::from(what & 0x3f));
                sealed += usize::from(what & 0x3f);
                let text: Vec<u8> = (offset..offset + length).map(count).collect();
                // STREAM with offset and length
                let offset = (0x8000_0000 | u32::try_from(offset).unwrap_or(0)).to_be_bytes();
                [&[0x0e, what >> 6 << 2], &offset[..], &[what & 0x3f], &text].concat()
            }
            // it was lost, or not captured
            4 => {
                *ends.number(way, Kind::OneRtt) += u64::from(what);
                continue;
            }
            5 => {
                ends.update(way);
                continue;
            }
            // ACK: the largest, no delay, no more ranges, the first one's length
            6 => vec![0x02, what & 0x3f, 0, 0, plan.u8().min(what) & 0x3f],
            _ if what & 1 == 0 => {
                for datagram in std::mem::take(&mut late) {
                    all.push(Step::Say(datagram));
                }
                continue;
            }
            // windows and limits, and IDs that are given back
            _ => {
                let kind = match what >> 1 & 3 {
                    0 => 0x10,
                    1 => 0x12,
                    2 => 0x14,
                    _ => 0x19,
                };
                vec![kind, plan.u8() & 0x3f]
            }
        };
        let Some(mut packet) = ends.next(way, Kind::OneRtt, &frames) else { continue };
        if what == 0xff {
            let at = usize::from(plan.u8()) % packet.len();
            if let Some(byte) = packet.get_mut(at) {
                *byte ^= 1;
            }
        }
        if act & 0x40 != 0 {
            all.push(Step::Say(packet.clone()));
        }
        if is_late {
            late.push(packet);
        } else {
            all.push(Step::Say(packet));
        }
    }
    let events = play_with(&Arc::new(secrets()), Transport::Udp, 443, TABLE, &all);
    (given_inside(&events), sealed)
}

/// The pieces of both hellos, as they are cut and in the order that the bytes say. Where all of a
/// message came, it is told once.
///
/// # Panics
///
/// Where a rule is broken.
pub fn crypto(input: &[u8]) {
    let (events, came, has_begun) = cut(input);
    for way in [Direction::ToServer, Direction::ToClient] {
        let bytes = came.of(way);
        let is_whole = !bytes.is_empty() && bytes.iter().all(|came| *came);
        let told = told(&events, way);
        assert!(told <= 1 && (told == 0 || is_whole), "{told} messages of {way:?}");
        assert!(!(is_whole && has_begun) || told == 1, "a message of {way:?} is missing");
    }
}

/// What was said of the pieces, and which bytes came of both messages; whether the client spoke
/// first: before it, the server's packets cannot be opened.
fn cut(input: &[u8]) -> (Vec<Event>, PerDirection<Vec<bool>>, bool) {
    let mut plan = Plan::new(input);
    let hellos = messages();
    let mut ends = Ends::new();
    let mut came = PerDirection::<Vec<bool>>::default();
    let mut way = Direction::ToServer;
    let mut all = Vec::new();
    for _ in 0..MOST {
        if plan.is_over() {
            break;
        }
        if plan.u8().is_multiple_of(8) {
            way = !way;
            all.push(Step::Turn);
            continue;
        }
        let hello = hellos.of(way);
        let (start, length) =
            (usize::from(plan.u8()).min(hello.len()), usize::from(plan.u8()) % 90);
        let end = (start + length).min(hello.len());
        let piece = hello.get(start..end).unwrap_or_default();
        let Some(packet) = ends.next(way, Kind::Initial, &crypto_frame(start, piece)) else {
            continue;
        };
        let bytes = came.of_mut(way);
        bytes.resize(hello.len(), false);
        bytes.iter_mut().take(end).skip(start).for_each(|byte| *byte = true);
        all.push(Step::Say(packet));
    }
    let has_begun = all.first().is_some_and(|step| matches!(step, Step::Say(_)));
    let events = play_with(&Arc::new(secrets()), Transport::Udp, 443, TABLE, &all);
    (events, came, has_begun)
}

/// How many messages of one direction were told.
fn told(events: &[Event], way: Direction) -> usize {
    let of_way = |event: &&Event| match &event.body {
        EventBody::Tls(event) => {
            matches!(&**event, TlsEvent::Message(message) if message.direction == way)
        }
        _ => false,
    };
    events.iter().filter(of_way).count()
}

/// Packets of one connection.
const MOST: usize = 128;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::http::message::HttpEvent;

    #[test]
    fn what_is_sealed_comes_out() {
        let seeds = seeds::connections();
        assert_eq!(connected(&seeds[0]), (64, 64));
        assert_eq!(connected(&seeds[1]), (64, 64));
        // one packet was damaged
        assert_eq!(connected(&seeds[2]), (48, 111));
    }

    #[test]
    fn payloads_reach_http() {
        let events = framed(&seeds::frames()[0]);
        let is_request =
            |event: &Event| matches!(&event.body, EventBody::Http(HttpEvent::Request { .. }));
        assert_eq!(events.iter().filter(|event| is_request(event)).count(), 1);
        let is_response =
            |event: &Event| matches!(&event.body, EventBody::Http(HttpEvent::Response { .. }));
        assert_eq!(events.iter().filter(|event| is_response(event)).count(), 1);
    }

    #[test]
    fn pieces_become_messages() {
        for (seed, wanted) in seeds::crypto().iter().zip([(1, 1), (1, 1), (0, 0)]) {
            let events = cut(seed).0;
            let told = (told(&events, Direction::ToServer), told(&events, Direction::ToClient));
            assert_eq!(told, wanted);
        }
    }
}

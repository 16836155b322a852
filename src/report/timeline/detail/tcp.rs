//! A connection step by step: handshake, what went wrong, totals, close.

use crate::flow::event::{Counters, Direction, Handshake, SegmentKind, TcpState, Transport};
use crate::protocol::neighbor::Method;
use crate::report::text::escape::escape;
use crate::report::text::ink::Tone;
use crate::report::text::numbers;
use crate::report::text::{quic, units, words};
use crate::report::timeline::detail::line::Line;
use crate::report::timeline::detail::measures;
use crate::time::{FrameNo, Frames, Stamp, TimeDelta};
use crate::trace::Trace;
use crate::trace::configuration::Reach;
use crate::trace::connection::{CloseKind, Connection};
use crate::trace::race::Race;

/// The lines below the row of an opening.
pub(super) fn opening(trace: &Trace, connection: &Connection) -> Vec<Line> {
    let mut lines = Vec::new();
    if let Some(handshake) = &connection.handshake {
        shaken(connection, handshake, &mut lines);
    } else {
        attempts(connection, &mut lines);
    }
    let race = Race::of(trace, connection);
    lines.extend(race.and_then(|race| quic::race(race).into_iter().next()).map(Line::new));
    around(trace, connection, &mut lines);
    lines.extend(totals(trace, connection));
    lines
}

/// Where the server's address came from, and which way its packets go.
pub(super) fn around(trace: &Trace, connection: &Connection, lines: &mut Vec<Line>) {
    if connection.resolution.is_none() && connection.protocol != Some("dns") {
        lines.push(Line::new(format!(
            "{} was never looked up in this capture: from a cache, the hosts file, or typed",
            connection.server.ip
        )));
    }
    next_hop(trace, connection, lines);
    lines.extend(connection.reach.and_then(|reach| reached(trace, reach)));
    if let Some(around) = words::encapsulation(&connection.encapsulation) {
        lines.push(Line::new(format!("seen in {around}")));
    }
}

fn shaken(connection: &Connection, handshake: &Handshake, lines: &mut Vec<Line>) {
    let first = handshake.syn.at;
    let after = |stamp: Stamp| units::span(stamp.at.since(first));
    lines.push(Line::new(format!(
        "SYN      frame {}, seq {}, offers {}",
        handshake.syn.frame,
        handshake.syn_seq,
        words::tcp_options(handshake.client_options)
    )));
    for syn in connection.syns.iter().skip(1) {
        let again = format!("SYN      frame {}, again after {}", syn.frame, after(*syn));
        lines.push(Line::new(again).in_tone(Tone::Warn));
    }
    lines.push(Line::new(format!(
        "SYN+ACK  frame {} after {}, seq {}, ack {} (the SYN's{}), offers {}",
        handshake.syn_ack.frame,
        after(handshake.syn_ack),
        handshake.syn_ack_seq,
        handshake.syn_ack_ack,
        beyond(handshake.syn_ack_ack, handshake.syn_seq),
        words::tcp_options(handshake.server_options)
    )));
    lines.push(Line::new(format!(
        "ACK      frame {} after {}, seq {}, ack {} (the SYN+ACK's{}): open",
        handshake.ack.frame,
        after(handshake.ack),
        handshake.ack_seq,
        handshake.ack_ack,
        beyond(handshake.ack_ack, handshake.syn_ack_seq)
    )));
    let (server, client) = (handshake.server_half(), handshake.client_half());
    lines.push(Line::new(format!(
        "round trip {}: {} between the capture and the server, {} between it and the client",
        units::span(server + client),
        units::span(server),
        units::span(client)
    )));
    lines.extend(measures::vantage(connection));
}

/// How far an acknowledgment number is beyond the sequence number of the SYN that it answers: by
/// 1 for the SYN itself, and by the bytes that came with it.
fn beyond(ack: u32, seq: u32) -> String {
    format!(" + {}", ack.wrapping_sub(seq))
}

fn attempts(connection: &Connection, lines: &mut Vec<Line>) {
    let first = connection.syns.first().copied();
    for (i, syn) in connection.syns.iter().enumerate() {
        let again = match first {
            Some(first) if i > 0 => {
                format!(", again after {}", units::span(syn.at.since(first.at)))
            }
            _ => String::new(),
        };
        lines.push(Line::new(format!("SYN      frame {}{again}", syn.frame)));
    }
    if let (Some(refused), Some(first)) = (connection.refused, first) {
        let after = units::span(refused.at.since(first.at));
        lines.push(
            Line::new(format!(
                "RST      frame {} after {after}: nothing listens on port {}, or it is forbidden",
                refused.frame, connection.server.port
            ))
            .in_tone(Tone::Bad),
        );
    } else if connection.unanswered() && connection.refusals.is_empty() {
        let text = "nothing came back: the server is down, or packets to or from it are dropped";
        lines.push(Line::new(text).in_tone(Tone::Bad));
    }
}

/// Whether the server is on the client's own network, by whose word.
fn reached(trace: &Trace, reach: Reach) -> Option<Line> {
    let told = trace.configurations.get(reach.configuration as usize)?;
    let (by, frame, (network, length)) = (told.what.by.name(), told.at.frame, reach.network);
    let text = if reach.is_local {
        format!(
            "the server is on the client's own network {network}/{length} ({by}, frame {frame})"
        )
    } else {
        format!(
            "the server is outside the client's network {network}/{length} ({by}, frame {frame}): through a router"
        )
    };
    Some(Line::new(text))
}

/// To which machine on the link the packets went.
fn next_hop(trace: &Trace, connection: &Connection, lines: &mut Vec<Line>) {
    let Some(mac) = connection.server_mac else { return };
    // One machine may have several addresses: the one that was asked for last is the hop meant.
    let owner = trace.neighbors.iter().rev().find(|neighbor| {
        neighbor.gateway
            && neighbor.reply.is_some_and(|(at, owner)| owner == mac && at <= connection.opened)
    });
    let owner = owner.map_or_else(String::new, |neighbor| {
        let by = match neighbor.method {
            Method::Arp => "ARP",
            Method::Ndp => "NDP",
        };
        format!(", the gateway {} (found by {by})", neighbor.target)
    });
    lines.push(Line::new(format!("packets to the server go to {mac}{owner}")));
}

/// What the connection carried in its whole life, and what went wrong.
pub(super) fn totals(trace: &Trace, connection: &Connection) -> Vec<Line> {
    let mut lines = Vec::new();
    let both = [Direction::ToServer, Direction::ToClient];
    for direction in both {
        let counters = connection.counters.of(direction);
        if counters.packets > 0 {
            let who = words::sender(direction);
            let sent = sent(counters, connection.transport);
            lines.push(Line::new(format!("{who} sent {sent}")));
        }
    }
    if connection.transport == Transport::Tcp {
        lines.extend(measures::round_trips(connection));
        lines.extend(measures::traits(connection));
        for direction in both {
            troubles(connection, direction, &mut lines);
        }
    }
    for direction in both {
        sightings(connection.counters.of(direction), direction, &mut lines);
    }
    for refusal in &connection.refusals {
        let (frame, reason, from) = (refusal.at.frame, &refusal.reason, refusal.from);
        let text = format!("ICMP     frame {frame}: {reason}, says {from}");
        lines.push(Line::new(text).in_tone(Tone::Bad));
    }
    for gap in &connection.gaps {
        let count = units::count(gap.range.end.saturating_sub(gap.range.start), "byte", "bytes");
        let who = words::sender(gap.direction);
        let why = words::gap(gap.reason);
        let text = format!("{count} from the {who} are missing: {why} (frame {})", gap.at.frame);
        lines.push(Line::new(text).in_tone(Tone::Bad));
    }
    // In order of time: a large capture is not searched from end to end for each connection.
    let first = trace.anomalies.partition_point(|noted| noted.at < connection.opened);
    let later = connection.last.at + TimeDelta::from_secs(1000);
    let during = trace.anomalies.iter().skip(first).take_while(|noted| noted.at.at <= later);
    for noted in during.filter(|noted| noted.flow == connection.flow) {
        let text = format!("frame {}: {}", noted.at.frame, escape(&noted.what.text));
        let rule = noted.what.reference.map_or_else(String::new, |rule| format!(" ({rule})"));
        lines.push(Line::new(text + &rule).in_tone(Tone::Warn));
    }
    lines
}

/// Where packets were captured another time.
fn sightings(counters: &Counters, direction: Direction, lines: &mut Vec<Line>) {
    for sighting in &counters.sightings {
        let packets = units::count(sighting.frames.len(), "packet", "packets");
        let who = words::sender(direction);
        let macs = sighting.macs.map_or_else(String::new, |macs| match macs.destination {
            Some(destination) => format!(" from {} to {destination}", macs.source),
            None => format!(" from {}", macs.source),
        });
        let around = words::encapsulation(&sighting.encapsulation)
            .map_or_else(String::new, |around| format!(" in {around}"));
        let hops = counters.ttl.map_or(0, |first| i16::from(first) - i16::from(sighting.ttl));
        let way = match hops {
            0 => "",
            1 => ": forwarded by a router",
            2.. => ": forwarded by routers",
            _ => ": before a router forwarded them",
        };
        let frames = numbers::short(&sighting.frames);
        lines.push(Line::new(format!(
            "{packets} of the {who} were captured again{macs}{around}, TTL {}{way} (frames {frames})",
            sighting.ttl
        )));
    }
}

fn sent(counters: &Counters, transport: Transport) -> String {
    let (one, many) = match transport {
        Transport::Udp => ("datagram", "datagrams"),
        _ => ("segment", "segments"),
    };
    let packets = units::count(counters.packets, "packet", "packets");
    if counters.bytes == 0 {
        return format!("{packets} without data");
    }
    format!(
        "{packets}, {} in {}, the largest {}",
        units::count(counters.bytes, "byte", "bytes"),
        units::count(counters.segments, one, many),
        units::grouped(u64::from(counters.largest))
    )
}

/// One and many of a kind, which segments are of it, and how many were counted.
type Kind = ((&'static str, &'static str), fn(SegmentKind) -> bool, Option<u32>);

/// Segments worth a word, by kind, with their frames.
fn troubles(connection: &Connection, direction: Direction, lines: &mut Vec<Line>) {
    let counters = connection.counters.of(direction);
    let who = words::sender(direction);
    let kinds: [Kind; 9] = [
        (
            ("retransmission", "retransmissions"),
            SegmentKind::is_retransmission,
            Some(counters.retransmissions),
        ),
        (
            ("segment out of order", "segments out of order"),
            |k| k == SegmentKind::OutOfOrder,
            Some(counters.out_of_order),
        ),
        (
            ("duplicate ACK", "duplicate ACKs"),
            |kind| matches!(kind, SegmentKind::DuplicateAck(_)),
            Some(counters.duplicate_acks),
        ),
        (
            ("zero window", "zero windows"),
            |k| k == SegmentKind::ZeroWindow,
            Some(counters.zero_windows),
        ),
        (
            ("report of bytes received twice", "reports of bytes received twice"),
            |k| k == SegmentKind::DuplicateSack,
            None,
        ),
        (
            ("segment that fills the window", "segments that fill the window"),
            |k| k == SegmentKind::WindowFull,
            None,
        ),
        (("zero window probe", "zero window probes"), |k| k == SegmentKind::ZeroWindowProbe, None),
        (
            ("keep-alive", "keep-alives"),
            |k| k == SegmentKind::KeepAlive,
            Some(counters.keep_alives),
        ),
        (
            ("ACK for bytes that were not captured", "ACKs for bytes that were not captured"),
            |k| k == SegmentKind::AckedUnseen,
            None,
        ),
    ];
    for ((one, many), is, counted) in kinds {
        let notes = connection.segments.iter().filter(|s| s.direction == direction && is(s.kind));
        let frames: Frames =
            notes.map(|segment| segment.at.frame).collect::<Vec<FrameNo>>().into_iter().collect();
        let count = u64::from(counted.unwrap_or(0)).max(frames.len());
        if count == 0 {
            continue;
        }
        let listed = if frames.is_empty() { String::new() } else { listed(&frames) };
        let counted = units::count(count, one, many);
        let why = if one == "retransmission" { causes(counters) } else { String::new() };
        let text = format!("{who}: {counted}{listed}{why}");
        lines.push(Line::new(text).in_tone(Tone::Warn));
    }
}

/// Why bytes were sent again, as far as that is known.
fn causes(counters: &Counters) -> String {
    let causes = [
        (counters.fast_retransmissions, "fast (the receiver told of the hole)"),
        (counters.timeout_retransmissions, "after a timeout"),
        (counters.tail_loss_probes, "to probe for a lost tail"),
        (counters.spurious_retransmissions, "needless (the receiver had them)"),
    ];
    let causes = causes.iter().filter(|(count, _)| *count > 0);
    let causes: Vec<_> = causes.map(|(count, why)| format!("{count} {why}")).collect();
    if causes.is_empty() { String::new() } else { format!(": {}", causes.join(", ")) }
}

/// The frames, unless they are too many to read.
fn listed(frames: &Frames) -> String {
    let word = if frames.len() == 1 { "frame" } else { "frames" };
    if frames.len() <= 40 {
        return format!(" ({word} {})", numbers::full(frames));
    }
    format!(" ({word} {})", numbers::short(frames))
}

/// The lines below the row of a close.
pub(super) fn closing(connection: &Connection) -> Vec<Line> {
    let first = connection.closing.first().map(|step| step.at);
    let mut lines = Vec::new();
    for step in &connection.closing {
        let (from, to) = (words::sender(step.direction), words::sender(!step.direction));
        let what = match step.kind {
            CloseKind::Fin => format!("FIN from the {from}"),
            CloseKind::FinAck => format!("ACK of it from the {to}"),
            CloseKind::Rst => format!("RST from the {from}"),
        };
        let after = match first {
            Some(first) if first != step.at => {
                format!(" after {}", units::span(step.at.at.since(first.at)))
            }
            _ => String::new(),
        };
        let (client, server) = match step.direction {
            Direction::ToServer => (step.sender, step.receiver),
            Direction::ToClient => (step.receiver, step.sender),
        };
        lines.push(Line::new(format!(
            "{what}, frame {}{after}: client {}, server {}",
            step.at.frame,
            client.name(),
            server.name()
        )));
    }
    if let Some((client, server)) = connection.states {
        lines.extend(last_words(client, server));
    }
    lines
}

/// What the last states mean.
fn last_words(client: TcpState, server: TcpState) -> Option<Line> {
    let waits = match (client, server) {
        (TcpState::TimeWait, _) => "client",
        (_, TcpState::TimeWait) => "server",
        _ => return None,
    };
    Some(Line::new(format!(
        "the {waits} closed first and keeps the port for a while (TIME-WAIT, RFC 9293 §3.6)"
    )))
}

//! The three connections of the visit.

use urltrace::address::{Endpoint, MacAddr};
use urltrace::flow::event::{
    Counters, Direction, EndReason, FlowId, Handshake, PerDirection, Role, RoundTrips, SegmentKind,
    TcpMeasures, TcpOptions, TcpState, Transport,
};
use urltrace::packet::Encapsulation;
use urltrace::time::{Stamp, TimeDelta};
use urltrace::trace::connection::{CloseKind, CloseStep, SegmentNote};
use urltrace::trace::{Connection, ConnectionId, ExchangeId, ResolutionId};

use crate::reports::sample::{CLIENT, SITE, TYPED, at, frames};

fn connection(id: u32, server: Endpoint, opened: Stamp) -> Connection {
    Connection {
        id: ConnectionId(id),
        flow: FlowId(opened.frame),
        transport: Transport::Tcp,
        encapsulation: Encapsulation::default(),
        client: Endpoint::new(CLIENT, 50_000),
        server,
        role: Role::Syn,
        protocol: None,
        client_mac: Some(MacAddr([2, 0, 0, 0, 0, 2])),
        server_mac: Some(MacAddr([2, 0, 0, 0, 0, 1])),
        opened,
        syns: vec![opened],
        handshake: None,
        refused: None,
        segments: Vec::new(),
        stalls: Vec::new(),
        round_trips: Vec::new(),
        gaps: Vec::new(),
        refusals: Vec::new(),
        reach: None,
        closing: Vec::new(),
        end: Some(EndReason::CaptureEnd),
        first_close: None,
        states: None,
        measures: None,
        last: opened,
        counters: PerDirection::default(),
        frames: frames([opened.frame.0]),
        tls: None,
        quic: None,
        multiplex: None,
        exchanges: Vec::new(),
        resolution: None,
    }
}

fn handshake(syn: Stamp, syn_ack: Stamp, ack: Stamp) -> Handshake {
    let options = TcpOptions {
        mss: Some(1460),
        window_scale: Some(7),
        sack_permitted: true,
        timestamps: true,
        ..TcpOptions::default()
    };
    Handshake {
        syn,
        syn_seq: u32::MAX,
        syn_attempts: 1,
        syn_answered: syn,
        syn_ack,
        syn_ack_seq: 7000,
        syn_ack_ack: 0,
        syn_ack_attempts: 1,
        syn_ack_answered: syn_ack,
        ack,
        ack_seq: 0,
        ack_ack: 7001,
        client_options: options,
        server_options: options,
    }
}

fn measures() -> TcpMeasures {
    let times = |count, min, median, p95| {
        let [min, median, p95] = [min, median, p95].map(TimeDelta::from_millis);
        Some(RoundTrips { count, min, median, p95 })
    };
    TcpMeasures { round_trips: PerDirection { to_server: times(4, 20, 21, 60), to_client: None } }
}

/// The connections.
pub(super) fn all() -> Vec<Connection> {
    vec![site(), typed(), refused()]
}

/// The connection that was looked up, opened, used three times and closed by the server.
fn site() -> Connection {
    let (fin, rfin) = (Direction::ToClient, Direction::ToServer);
    let step = |micros, frame, kind, direction, sender, receiver| CloseStep {
        at: at(micros, frame),
        kind,
        direction,
        sender,
        receiver,
    };
    let both = |retransmissions| Counters {
        packets: 9,
        bytes: 2500,
        retransmissions,
        ..Counters::default()
    };
    Connection {
        protocol: Some("http"),
        handshake: Some(Box::new(handshake(at(6000, 7), at(26_000, 8), at(26_100, 9)))),
        segments: vec![SegmentNote {
            at: at(60_000, 17),
            direction: Direction::ToClient,
            kind: SegmentKind::DuplicateAck(3),
            range: 100..1548,
        }],
        measures: Some(Box::new(measures())),
        closing: vec![
            step(91_000, 23, CloseKind::Fin, fin, TcpState::FinWait1, TcpState::CloseWait),
            step(91_100, 24, CloseKind::FinAck, fin, TcpState::FinWait2, TcpState::CloseWait),
            step(91_200, 25, CloseKind::Fin, rfin, TcpState::LastAck, TcpState::TimeWait),
            step(99_000, 26, CloseKind::FinAck, rfin, TcpState::Closed, TcpState::TimeWait),
        ],
        end: Some(EndReason::Fin),
        first_close: Some(Direction::ToClient),
        states: Some((TcpState::Closed, TcpState::TimeWait)),
        last: at(99_000, 26),
        counters: PerDirection { to_server: both(0), to_client: both(1) },
        frames: frames(7..=26),
        exchanges: vec![ExchangeId(0), ExchangeId(1), ExchangeId(2)],
        resolution: Some(ResolutionId(0)),
        ..connection(0, Endpoint::new(SITE, 80), at(6000, 7))
    }
}

/// The connection to an address that was never looked up.
fn typed() -> Connection {
    Connection {
        protocol: Some("http"),
        handshake: Some(Box::new(handshake(at(40_000, 27), at(41_000, 28), at(41_050, 29)))),
        last: at(80_000, 33),
        frames: frames(27..=33),
        exchanges: vec![ExchangeId(3), ExchangeId(4)],
        ..connection(1, Endpoint::new(TYPED, 8080), at(40_000, 27))
    }
}

/// The connection that nobody wanted.
fn refused() -> Connection {
    Connection {
        refused: Some(at(50_500, 35)),
        end: Some(EndReason::Rst),
        first_close: Some(Direction::ToClient),
        last: at(50_500, 35),
        frames: frames([34, 35]),
        ..connection(2, Endpoint::new(SITE, 81), at(50_000, 34))
    }
}

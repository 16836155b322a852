use std::net::{IpAddr, Ipv4Addr};

use super::*;
use crate::flow::event::{FlowBody, FlowEvent, FlowId, FlowKey, Opened, Role, StreamEvent};
use crate::limits::Limits;
use crate::packet::Encapsulation;
use crate::protocol::analyzer::FlowInfo;
use crate::protocol::budget::Budgets;
use crate::protocol::dns::message::{Message, RecordType};
use crate::protocol::event::{ConnectionEvent, Event, EventBody, Phase};
use crate::protocol::routes::Routes;
use crate::protocol::secrets::Secrets;
use crate::protocol::sessions::Sessions;
use crate::time::{FrameNo, Stamp, Timestamp};

static TABLE: &[&Protocol] = &[&DNS, &MDNS, &LLMNR];

struct Wire {
    sessions: Sessions,
    out: Vec<Event>,
    sent: u64,
}

fn stamp(n: u64) -> Stamp {
    Stamp::new(Timestamp::from_nanos(n.cast_signed()), FrameNo(n))
}

impl Wire {
    fn new(transport: Transport, port: u16) -> Self {
        let end = |host, port| Endpoint::new(IpAddr::V4(Ipv4Addr::new(10, 0, 0, host)), port);
        let (client, server) = (end(1, 40_000), end(2, port));
        let opened = Opened {
            key: FlowKey {
                transport,
                encapsulation: Encapsulation::default(),
                lo: client,
                hi: server,
            },
            client,
            server,
            role: Role::FirstSender,
            macs: None,
            first_to_server: true,
            ttl: 64,
        };
        let sessions = Sessions::new(Limits::default(), TABLE);
        let mut wire = Self { sessions, out: Vec::new(), sent: 0 };
        wire.push(1, FlowBody::Opened(Box::new(opened)));
        wire
    }

    fn push(&mut self, frame: u64, body: FlowBody) {
        let event = FlowEvent { flow: FlowId(FrameNo(1)), at: stamp(frame), body };
        self.sessions.push((FrameNo(frame), Phase::Packet), event, &mut self.out);
    }

    fn datagram(&mut self, frame: u64, direction: Direction, bytes: &[u8]) {
        let bytes = Bytes::copy_from_slice(bytes);
        self.push(frame, FlowBody::Datagram { direction, bytes, missing: 0 });
    }

    fn segment(&mut self, frame: u64, bytes: &[u8]) {
        let event = StreamEvent::Data {
            offset: self.sent,
            bytes: Bytes::copy_from_slice(bytes),
            arrived: stamp(frame),
            delivered: stamp(frame),
        };
        self.sent += bytes.len() as u64;
        self.push(frame, FlowBody::Stream { direction: Direction::ToServer, event });
    }

    fn gap(&mut self, frame: u64) {
        let event = StreamEvent::Gap {
            range: self.sent..self.sent + 10,
            reason: GapReason::NotCaptured,
            delivered: stamp(frame),
        };
        self.sent += 10;
        self.push(frame, FlowBody::Stream { direction: Direction::ToServer, event });
    }

    fn messages(&self) -> Vec<&Message> {
        let message = |event: &'_ Event| matches!(event.body, EventBody::Lookup(_));
        self.out
            .iter()
            .filter(|event| message(event))
            .map(|event| match &event.body {
                EventBody::Lookup(message) => &**message,
                other => panic!("{other:?}"),
            })
            .collect()
    }

    fn protocol(&self) -> Option<&'static str> {
        self.out.iter().find_map(|event| match event.body {
            EventBody::Connection(ConnectionEvent::Protocol(name)) => Some(name),
            _ => None,
        })
    }

    fn anomalies(&self) -> Vec<&'static str> {
        self.out
            .iter()
            .filter_map(|event| match &event.body {
                EventBody::Anomaly(anomaly) => Some(anomaly.id),
                _ => None,
            })
            .collect()
    }
}

fn query(id: u8) -> Vec<u8> {
    let mut bytes = vec![0, id, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0];
    bytes.extend(b"\x01a\x07example\0\x00\x01\x00\x01");
    bytes
}

fn framed(messages: &[Vec<u8>]) -> Vec<u8> {
    let mut stream = Vec::new();
    for message in messages {
        stream.extend(u16::try_from(message.len()).unwrap().to_be_bytes());
        stream.extend(message);
    }
    stream
}

#[test]
fn the_port_gives_the_flavor() {
    for (port, name, flavor) in
        [(53, "dns", Flavor::Dns), (5353, "mdns", Flavor::Mdns), (5355, "llmnr", Flavor::Llmnr)]
    {
        let mut wire = Wire::new(Transport::Udp, port);
        wire.datagram(2, Direction::ToServer, &query(7));
        let message = wire.messages()[0];
        assert_eq!((message.flavor, message.over, message.id), (flavor, Carrier::Udp, 7));
        assert_eq!((message.client.port, message.resolver.port), (40_000, port));
        assert_eq!(message.span, Span::at(stamp(2)));
        assert_eq!(wire.protocol(), Some(name));
    }
}

#[test]
fn elsewhere_only_a_sound_message_is_dns() {
    let heard = |transport, port, bytes: &[u8]| {
        let mut wire = Wire::new(transport, port);
        match transport {
            Transport::Udp => wire.datagram(2, Direction::ToServer, bytes),
            _ => wire.segment(2, bytes),
        }
        wire.protocol()
    };
    assert_eq!(heard(Transport::Udp, 8053, &query(1)), Some("dns"));
    assert_eq!(heard(Transport::Tcp, 8053, &framed(&[query(1)])), Some("dns"));
    // the NetBIOS name service has the same header
    let mut netbios = vec![0x80, 1, 1, 0x10, 0, 1, 0, 0, 0, 0, 0, 0, 32];
    netbios.extend([b'C'; 32]);
    netbios.extend([0, 0, 0x20, 0, 1]);
    assert_eq!(heard(Transport::Udp, 137, &netbios), None);
    assert_eq!(heard(Transport::Udp, 4000, &netbios), None);
    let mut trailing = query(1);
    trailing.push(0);
    assert_eq!(heard(Transport::Udp, 8053, &trailing), None);
    // RTP: version 2, sequence number, time stamp
    assert_eq!(heard(Transport::Udp, 5004, &[0x80, 0, 0, 1, 0, 0, 0, 160, 9, 9, 9, 9, 0, 0]), None);
    assert_eq!(heard(Transport::Udp, 8053, &[0; 40]), None);
    assert_eq!(heard(Transport::Tcp, 53, b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"), None);
}

#[test]
fn any_cut_of_a_stream_gives_the_same_messages() {
    let stream = framed(&[query(1), query(2)]);
    for cut in 1..stream.len() {
        let (head, tail) = stream.split_at(cut);
        let mut wire = Wire::new(Transport::Tcp, 53);
        wire.segment(2, head);
        wire.segment(3, tail);
        let ids: Vec<u16> = wire.messages().iter().map(|message| message.id).collect();
        assert_eq!(ids, [1, 2], "cut at {cut}");
        let last = wire.messages()[1].span;
        assert_eq!(last.last, stamp(3));
        assert_eq!(wire.messages()[0].over, Carrier::Tcp);
        assert!(wire.anomalies().is_empty());
    }
}

#[test]
fn behind_a_hole_a_stream_is_lost_until_a_segment_begins_with_a_message() {
    let mut wire = Wire::new(Transport::Tcp, 53);
    let stream = framed(&[query(1), query(2)]);
    wire.segment(2, stream.split_last_chunk::<3>().unwrap().0);
    wire.gap(3);
    wire.segment(4, stream.split_first_chunk::<9>().unwrap().1);
    wire.segment(5, &framed(&[query(3), query(4)]));
    let seen: Vec<_> = wire.messages().iter().map(|m| (m.id, m.incomplete, m.size)).collect();
    assert_eq!(seen, [(1, false, 27), (2, true, 27), (3, false, 27), (4, false, 27)]);
    assert_eq!(wire.messages()[1].questions.len(), 0);
    assert!(wire.anomalies().is_empty());
}

#[test]
fn malformed_is_said() {
    let mut wire = Wire::new(Transport::Udp, 53);
    let mut bytes = query(1);
    bytes[7] = 1;
    wire.datagram(2, Direction::ToServer, &bytes);
    assert_eq!(wire.anomalies(), ["dns.malformed"]);
    assert_eq!(wire.messages()[0].questions[0].rtype, RecordType::A);
    wire.datagram(3, Direction::ToServer, b"short");
    assert_eq!(wire.messages().len(), 1);
    assert_eq!(wire.anomalies().len(), 2);
    let mut wire = Wire::new(Transport::Tcp, 53);
    wire.segment(2, &framed(&[query(1), vec![0; 3]]));
    wire.segment(3, &framed(&[query(2)]));
    assert_eq!((wire.messages().len(), wire.anomalies()), (1, vec!["dns.malformed"]));
}

#[test]
fn inside_tls_a_stream_is_carried_by_tls() {
    let carriers = |secure| {
        let wire = Wire::new(Transport::Tcp, 853);
        let Some(ConnectionEvent::Opened(opened)) = wire.out.iter().find_map(|event| {
            if let EventBody::Connection(event) = &event.body { Some(event) } else { None }
        }) else {
            panic!("opened")
        };
        let (client, server, role) = (opened.client, opened.server, opened.role);
        let flow = FlowInfo { id: FlowId(FrameNo(1)), key: opened.key, client, server, role };
        let (limits, secrets, mut events) = (Limits::default(), Secrets::default(), Vec::new());
        let mut cx = Context {
            now: stamp(2),
            flow: &flow,
            limits: &limits,
            protocols: TABLE,
            secrets: &secrets,
            budgets: &Budgets::new(&Limits::default()),
            routes: &Routes::default(),
            path: None,
            depth: 1,
            secure,
            events: &mut events,
        };
        let mut buffer = StreamBuffer::default();
        buffer.push(framed(&[query(7)]).into(), stamp(2), stamp(2));
        let from = StreamKey { id: 0, direction: Direction::ToServer };
        Dns::new(Flavor::Dns).data(from, &mut buffer, &mut cx);
        let said = events.into_iter().filter_map(|(_, body)| match body {
            EventBody::Lookup(message) => Some(message.over),
            _ => None,
        });
        said.collect::<Vec<_>>()
    };
    assert_eq!((carriers(true), carriers(false)), (vec![Carrier::Tls], vec![Carrier::Tcp]));
}

//! A trace made by hand for the tests of the reports: a page with most of what can happen.

use std::net::IpAddr;

use crate::address::{Endpoint, MacAddr};
use crate::anomaly::{Anomaly, Class as AnomalyClass};
use crate::capture::source::{Damage, FileInfo, InterfaceInfo, LinkType};
use crate::flow::event::{
    Counters, Direction, EndReason, FlowId, Handshake, PerDirection, Role, SegmentKind, TcpOptions,
    TcpState, Transport,
};
use crate::packet::Vlan;
use crate::protocol::buffer::Span;
use crate::protocol::dns::message::{
    Carrier, Class, Flags, Flavor, Rcode, Record, RecordData, RecordType,
};
use crate::protocol::http::fields::Fields;
use crate::protocol::http::message::{
    Body, Ending, Framing, MessageEnd, MessageId, RequestHead, ResponseHead, Version,
};
use crate::protocol::neighbor::Method;
use crate::time::{FrameNo, Frames, Stamp, TimeDelta, Timestamp};
use crate::trace::connection::{CloseKind, CloseStep, Connection, SegmentNote};
use crate::trace::exchange::Exchange;
use crate::trace::lookup::{Answer, Attempt, Lookup, Resolution};
use crate::trace::model::{Noted, ProtocolCount, Trace};
use crate::trace::neighbor::{Neighbor, NeighborKind};
use crate::trace::timing::Timings;
use crate::trace::visit::{Link, Visit};
use crate::trace::{ConnectionId, ExchangeId, LookupId, NeighborId, ResolutionId, VisitId};

/// 2026-11-21 14:03:22 UTC.
const BEGIN: i64 = 1_795_269_802_000_000_000;

/// A moment, in microseconds since the capture began, and its frame.
pub(in crate::report) fn at(micros: i64, frame: u64) -> Stamp {
    Stamp::new(Timestamp::from_nanos(BEGIN + micros * 1000), FrameNo(frame))
}

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

fn end_of(text: &str, port: u16) -> Endpoint {
    Endpoint::new(ip(text), port)
}

fn frames(numbers: &[u64]) -> Frames {
    numbers.iter().map(|n| FrameNo(*n)).collect()
}

fn len<T>(arena: &[T]) -> u32 {
    u32::try_from(arena.len()).unwrap()
}

const CLIENT: &str = "10.10.0.2";
const SERVER: &str = "10.20.0.10";
const GATEWAY: MacAddr = MacAddr([2, 0, 0, 0, 0x10, 1]);

/// A trace under construction.
#[derive(Default)]
pub(in crate::report) struct Story {
    pub(in crate::report) trace: Trace,
}

impl Story {
    /// Who has the gateway's address.
    pub(in crate::report) fn neighbor(&mut self, asked: &[Stamp], reply: Option<Stamp>) {
        let stamps = asked.iter().copied().chain(reply);
        self.trace.neighbors.push(Neighbor {
            id: NeighborId(len(&self.trace.neighbors)),
            method: Method::Arp,
            kind: NeighborKind::Resolution,
            asker: Some((ip(CLIENT), Some(MacAddr([2, 0, 0, 0, 0x10, 2])))),
            target: ip("10.10.0.1"),
            requests: asked.to_vec(),
            reply: reply.map(|at| (at, GATEWAY)),
            more_replies: Vec::new(),
            router: None,
            gateway: reply.is_some(),
            prefixes: Vec::new(),
            frames: stamps.map(|stamp| stamp.frame).collect(),
        });
    }

    /// Questions asked together.
    pub(in crate::report) fn lookup(
        &mut self,
        name: &str,
        questions: Vec<Question>,
    ) -> ResolutionId {
        let id = ResolutionId(len(&self.trace.resolutions));
        let mut ids = Vec::new();
        for question in questions {
            let lookup = LookupId(len(&self.trace.lookups));
            ids.push(lookup);
            self.trace.lookups.push(question.into_lookup(lookup, id, name));
        }
        let lookups = || ids.iter().filter_map(|id| self.trace.lookup(*id));
        let started = lookups().filter_map(Lookup::started).min().unwrap();
        let finished = lookups().filter_map(Lookup::finished).max();
        let open = lookups().filter(|lookup| lookup.answer.is_none()).count();
        self.trace.resolutions.push(Resolution {
            id,
            client: ip(CLIENT),
            name: name.into(),
            lookups: ids.clone(),
            started,
            finished,
            open: u32::try_from(open).unwrap(),
        });
        id
    }

    /// A TCP connection that was opened in three steps.
    pub(in crate::report) fn connection(
        &mut self,
        port: u16,
        server: Endpoint,
        steps: [Stamp; 3],
        resolution: Option<ResolutionId>,
    ) -> ConnectionId {
        let [syn, syn_ack, ack] = steps;
        let id = self.half_open(port, server, &[syn], resolution);
        let connection = &mut self.trace.connections[id.0 as usize];
        let options = TcpOptions {
            mss: Some(1460),
            window_scale: Some(10),
            sack_permitted: true,
            timestamps: true,
        };
        connection.handshake = Some(Box::new(Handshake {
            syn,
            syn_seq: 4_294_967_295,
            syn_attempts: 1,
            syn_answered: syn,
            syn_ack,
            syn_ack_seq: 1_000,
            syn_ack_attempts: 1,
            ack,
            client_options: options,
            server_options: options,
        }));
        connection.last = ack;
        connection.counters.to_server = Counters { packets: 2, ..Counters::default() };
        connection.counters.to_client = Counters { packets: 1, ..Counters::default() };
        id
    }

    /// A connection whose SYNs nobody has answered yet.
    pub(in crate::report) fn half_open(
        &mut self,
        port: u16,
        server: Endpoint,
        syns: &[Stamp],
        resolution: Option<ResolutionId>,
    ) -> ConnectionId {
        let id = ConnectionId(len(&self.trace.connections));
        let (opened, last) = (*syns.first().unwrap(), *syns.last().unwrap());
        self.trace.connections.push(Connection {
            id,
            flow: FlowId(opened.frame),
            transport: Transport::Tcp,
            vlan: Vlan::default(),
            client: end_of(CLIENT, port),
            server,
            role: Role::Syn,
            protocol: None,
            client_mac: Some(MacAddr([2, 0, 0, 0, 0x10, 2])),
            server_mac: Some(GATEWAY),
            opened,
            syns: syns.to_vec(),
            handshake: None,
            refused: None,
            segments: Vec::new(),
            gaps: Vec::new(),
            closing: Vec::new(),
            end: Some(EndReason::CaptureEnd),
            first_close: None,
            states: None,
            last,
            counters: PerDirection {
                to_server: Counters { packets: syns.len() as u64, ..Counters::default() },
                to_client: Counters::default(),
            },
            frames: syns.iter().map(|syn| syn.frame).collect(),
            exchanges: Vec::new(),
            resolution,
        });
        id
    }

    /// A four-way close begun by the server.
    pub(in crate::report) fn close(&mut self, id: ConnectionId, steps: [Stamp; 4]) {
        use CloseKind::{Fin, FinAck};
        use Direction::{ToClient, ToServer};
        use TcpState::{CloseWait, Closed, FinWait1, FinWait2, LastAck, TimeWait};
        let [fin, ack, second_fin, second_ack] = steps;
        let step = |at, kind, direction, sender, receiver| CloseStep {
            at,
            kind,
            direction,
            sender,
            receiver,
        };
        let connection = &mut self.trace.connections[id.0 as usize];
        connection.closing = vec![
            step(fin, Fin, ToClient, FinWait1, CloseWait),
            step(ack, FinAck, ToClient, FinWait2, CloseWait),
            step(second_fin, Fin, ToServer, LastAck, TimeWait),
            step(second_ack, FinAck, ToServer, Closed, TimeWait),
        ];
        connection.first_close = Some(ToClient);
        connection.states = Some((Closed, TimeWait));
        connection.end = Some(EndReason::Fin);
        connection.last = second_ack;
    }

    /// A request, and its response where it has one.
    pub(in crate::report) fn exchange(&mut self, asked: Asked) -> ExchangeId {
        let id = ExchangeId(len(&self.trace.exchanges));
        let connection = &mut self.trace.connections[asked.connection.0 as usize];
        let first = connection.exchanges.is_empty();
        connection.exchanges.push(id);
        connection.protocol = Some("http");
        let host = asked.url.split('/').nth(2).unwrap();
        let target = asked.url.splitn(4, '/').nth(3).map(|path| format!("/{path}")).unwrap();
        let sent = asked.sent;
        let request = RequestHead {
            method: asked.method.into(),
            target: target.into(),
            scheme: None,
            authority: None,
            version: Version::Http11,
            fields: [
                ("Host", host),
                ("User-Agent", "Lab/1.0"),
                ("Accept", "*/*"),
                ("Connection", "keep-alive"),
            ]
            .into_iter()
            .collect(),
            span: Span::at(sent),
            size: 92,
        };
        let request_end = MessageEnd {
            last: sent,
            done: sent,
            frames: frames(&[sent.frame.0]),
            ..MessageEnd::default()
        };
        let connect = connection.connect().filter(|_| first);
        let resolution = connection.resolution.filter(|_| first);
        let mut timings = Timings { send: Some(TimeDelta::ZERO), ..Timings::default() };
        let mut started = sent;
        if let Some((syn, ack)) = connect {
            timings.connect = Some(ack.at - syn.at);
            timings.blocked = Some(sent.at - ack.at);
            started = syn;
        }
        if let Some(of) = resolution.and_then(|id| self.trace.resolution(id)) {
            timings.dns = of.finished.map(|answer| answer.at - of.started.at);
            started = of.started;
        }
        let (response, response_end) = match asked.answered {
            None => (None, None),
            Some(answer) => {
                timings.wait = Some(answer.first.at - sent.at);
                timings.receive = Some(answer.last.at - answer.first.at);
                let span = Span::at(answer.first);
                let head = ResponseHead {
                    status: answer.status,
                    reason: answer.reason.into(),
                    version: Version::Http11,
                    fields: answer.fields,
                    span,
                    size: 187,
                };
                let whole = Span { last: answer.last, done: answer.last, ..span };
                let end = MessageEnd {
                    how: answer.how,
                    body: Body {
                        framing: answer.framing,
                        wire: answer.wire,
                        encoded: answer.encoded,
                        decoded: Some(answer.decoded),
                        span: (answer.wire > 0).then_some(whole),
                    },
                    trailers: Fields::default(),
                    last: answer.last,
                    done: answer.last,
                    frames: answer.frames,
                };
                (Some(Box::new(head)), Some(Box::new(end)))
            }
        };
        self.trace.exchanges.push(Exchange {
            id,
            connection: asked.connection,
            message: MessageId { stream: 0, nth: 0 },
            url: Some(asked.url.into()),
            request: Some(Box::new(request)),
            request_end: Some(Box::new(request_end)),
            informational: Vec::new(),
            response,
            response_end,
            switched: None,
            timings,
            started,
            opens_connection: first,
            resolution,
            visit: asked.visit.map(|(visit, _)| visit),
            link: asked.visit.map_or(Link::None, |(_, link)| link),
            over: true,
            redirected_from: None,
        });
        id
    }

    /// A page of the exchanges that name it.
    pub(in crate::report) fn visit(&mut self, id: VisitId) {
        let of_visit = self.trace.exchanges.iter().filter(|e| e.visit == Some(id));
        let exchanges: Vec<ExchangeId> = of_visit.map(|exchange| exchange.id).collect();
        let root = self.trace.exchange(exchanges[0]).unwrap();
        let ended = exchanges.iter().filter_map(|id| self.trace.exchange(*id)).map(Exchange::ended);
        let visit = Visit {
            id,
            client: ip(CLIENT),
            url: root.url.clone().unwrap(),
            root: root.id,
            document: Some(root.id),
            started: root.started,
            ended: ended.max().unwrap(),
            exchanges,
        };
        self.trace.visits.push(visit);
    }
}

/// A request to be told.
pub(in crate::report) struct Asked {
    pub(in crate::report) connection: ConnectionId,
    pub(in crate::report) method: &'static str,
    pub(in crate::report) url: &'static str,
    pub(in crate::report) sent: Stamp,
    pub(in crate::report) visit: Option<(VisitId, Link)>,
    pub(in crate::report) answered: Option<Answered>,
}

/// A response to be told.
pub(in crate::report) struct Answered {
    status: u16,
    reason: &'static str,
    fields: Fields,
    first: Stamp,
    last: Stamp,
    how: Ending,
    framing: Framing,
    wire: u64,
    encoded: u64,
    decoded: u64,
    frames: Frames,
}

impl Answered {
    /// A response with a body of so many bytes.
    pub(in crate::report) fn new(
        status: u16,
        reason: &'static str,
        fields: &[(&str, &str)],
        (first, last): (Stamp, Stamp),
        body: u64,
        numbers: &[u64],
    ) -> Self {
        Self {
            status,
            reason,
            fields: fields.iter().copied().collect(),
            first,
            last,
            how: Ending::Whole,
            framing: if body == 0 { Framing::None } else { Framing::Length(body) },
            wire: body,
            encoded: body,
            decoded: body,
            frames: frames(numbers),
        }
    }

    fn chunked_gzip(mut self, wire: u64, decoded: u64) -> Self {
        self.framing = Framing::Chunked;
        self.wire = wire;
        self.decoded = decoded;
        self
    }

    fn cut(mut self, reason: EndReason) -> Self {
        self.how = Ending::Cut(reason);
        self
    }
}

/// One question to be told.
pub(in crate::report) struct Question {
    rtype: RecordType,
    attempts: Vec<Attempt>,
    answer: Option<Answer>,
    frames: Frames,
}

impl Question {
    /// A question that was asked at these moments, the last of which was answered.
    pub(in crate::report) fn new(
        rtype: RecordType,
        asked: &[Stamp],
        answer: Option<(Stamp, Rcode, Vec<Record>)>,
    ) -> Self {
        let mut attempts: Vec<Attempt> = asked
            .iter()
            .map(|query| Attempt {
                transaction_id: 0x5b29,
                client: end_of(CLIENT, 40_000),
                resolver: end_of("10.10.0.1", 53),
                over: Carrier::Udp,
                query: Some(*query),
                response: None,
                rcode: None,
                truncated: false,
            })
            .collect();
        if let (Some(last), Some((at, rcode, _))) = (attempts.last_mut(), &answer) {
            last.response = Some(*at);
            last.rcode = Some(*rcode);
        }
        let stamps = asked.iter().copied().chain(answer.iter().map(|(at, _, _)| *at));
        let frames = stamps.map(|stamp| stamp.frame).collect();
        let answer = answer.map(|(at, rcode, records)| {
            let soa = Record {
                name: "test".into(),
                rtype: RecordType::SOA,
                class: Class::IN,
                cache_flush: false,
                ttl: 3600,
                data: RecordData::Soa {
                    mname: "ns1.test".into(),
                    rname: "hostmaster.test".into(),
                    serial: 7,
                    minimum: 900,
                },
            };
            let authority = if records.is_empty() { vec![soa] } else { Vec::new() };
            let flags = Flags {
                response: true,
                authoritative: rcode == Rcode::NOERROR,
                recursion_available: true,
                ..Flags::default()
            };
            Answer {
                at,
                rcode,
                flags,
                records,
                authority,
                additional: Vec::new(),
                edns: None,
                incomplete: false,
            }
        });
        Self { rtype, attempts, answer, frames }
    }

    fn into_lookup(self, id: LookupId, resolution: ResolutionId, name: &str) -> Lookup {
        Lookup {
            id,
            resolution,
            flavor: Flavor::Dns,
            client: ip(CLIENT),
            name: name.into(),
            rtype: self.rtype,
            class: Class::IN,
            attempts: self.attempts,
            answer: self.answer.map(Box::new),
            frames: self.frames,
        }
    }
}

/// A record of an answer.
pub(in crate::report) fn record(name: &str, rtype: RecordType, data: RecordData) -> Record {
    Record { name: name.into(), rtype, class: Class::IN, cache_flush: false, ttl: 300, data }
}

/// One page with most of what can happen, and some traffic around it.
#[expect(clippy::too_many_lines, reason = "a story is told in one go")]
pub(in crate::report) fn shop() -> Trace {
    let mut story = Story::default();
    let page = VisitId(0);
    let address =
        |name: &str, last: u8| record(name, RecordType::A, RecordData::A([10, 20, 0, last].into()));
    story.neighbor(&[at(0, 1)], Some(at(412, 2)));
    let www = story.lookup(
        "www.shop.test",
        vec![
            Question::new(
                RecordType::A,
                &[at(450, 3)],
                Some((at(21_300, 5), Rcode::NOERROR, vec![address("www.shop.test", 10)])),
            ),
            Question::new(
                RecordType::AAAA,
                &[at(452, 4)],
                Some((at(21_350, 6), Rcode::NOERROR, Vec::new())),
            ),
        ],
    );
    let server = end_of(SERVER, 80);
    let first =
        story.connection(55_660, server, [at(21_900, 7), at(42_150, 8), at(42_180, 9)], Some(www));
    story.exchange(Asked {
        connection: first,
        method: "GET",
        url: "http://www.shop.test/",
        sent: at(42_400, 10),
        visit: Some((page, Link::Document)),
        answered: Some(
            Answered::new(
                200,
                "OK",
                &[
                    ("Content-Type", "text/html; charset=utf-8"),
                    ("Content-Encoding", "gzip"),
                    ("Transfer-Encoding", "chunked"),
                    ("Date", "Sat, 21 Nov 2026 14:03:22 GMT"),
                    ("Server", "nginx"),
                ],
                (at(64_600, 11), at(66_100, 14)),
                2_970,
                &[11, 13, 14],
            )
            .chunked_gzip(2_989, 9_812),
        ),
    });
    story.exchange(Asked {
        connection: first,
        method: "GET",
        url: "http://www.shop.test/style.css?v=3",
        sent: at(70_000, 16),
        visit: Some((page, Link::Referer)),
        answered: Some(Answered::new(
            304,
            "Not Modified",
            &[("ETag", "\"5f\"")],
            (at(90_400, 18), at(90_400, 18)),
            0,
            &[18],
        )),
    });
    let second = story.connection(
        55_664,
        server,
        [at(28_000, 17), at(48_100, 19), at(48_130, 20)],
        Some(www),
    );
    story.exchange(Asked {
        connection: second,
        method: "GET",
        url: "http://www.shop.test/images/2026/autumn/header-with-a-very-long-name@2x.png",
        sent: at(70_100, 21),
        visit: Some((page, Link::Referer)),
        answered: Some(Answered::new(
            200,
            "OK",
            &[("Content-Type", "image/png"), ("Age", "120"), ("Via", "1.1 cache")],
            (at(92_000, 22), at(141_700, 39)),
            20_000,
            &(22..=36).chain([39]).collect::<Vec<_>>(),
        )),
    });
    story.exchange(Asked {
        connection: second,
        method: "POST",
        url: "http://www.shop.test/api/\u{1b}[31mcart\u{202e}",
        sent: at(145_000, 40),
        visit: Some((page, Link::Origin)),
        answered: None,
    });
    let cdn = story.lookup(
        "cdn.third.test",
        vec![Question::new(
            RecordType::A,
            &[at(68_000, 15), at(5_068_000, 60)],
            Some((
                at(5_089_000, 61),
                Rcode::NOERROR,
                vec![
                    record(
                        "cdn.third.test",
                        RecordType::CNAME,
                        RecordData::Name("edge.third.test".into()),
                    ),
                    address("edge.third.test", 30),
                ],
            )),
        )],
    );
    let third = story.connection(
        55_700,
        end_of("10.20.0.30", 80),
        [at(5_089_500, 62), at(5_109_600, 63), at(5_109_640, 64)],
        Some(cdn),
    );
    story.exchange(Asked {
        connection: third,
        method: "GET",
        url: "http://cdn.third.test/a.js",
        sent: at(5_110_000, 65),
        visit: Some((page, Link::Referer)),
        answered: Some(
            Answered::new(
                200,
                "OK",
                &[("Content-Type", "text/javascript")],
                (at(5_131_000, 66), at(5_131_000, 66)),
                1_448,
                &[66],
            )
            .cut(EndReason::Rst),
        ),
    });
    story.lookup(
        "missing.shop.test",
        vec![Question::new(
            RecordType::A,
            &[at(67_000, 23)],
            Some((at(88_000, 24), Rcode::NXDOMAIN, Vec::new())),
        )],
    );
    story.lookup("silent.shop.test", vec![Question::new(RecordType::A, &[at(69_000, 25)], None)]);
    let refused = story.half_open(55_710, end_of(SERVER, 81), &[at(71_000, 26)], None);
    story.trace.connections[refused.0 as usize].refused = Some(at(91_000, 27));
    story.trace.connections[refused.0 as usize].server.port = 8081;
    let silent = [at(72_000, 28), at(1_076_000, 50), at(3_092_000, 55)];
    story.half_open(55_720, end_of("10.20.0.99", 80), &silent, None);
    story.connection(55_730, server, [at(73_000, 29), at(93_000, 30), at(93_020, 31)], Some(www));
    story.close(first, [at(95_000, 32), at(95_100, 33), at(97_000, 34), at(117_000, 37)]);
    let lossy = &mut story.trace.connections[second.0 as usize];
    lossy.segments.push(SegmentNote {
        at: at(120_000, 38),
        direction: Direction::ToClient,
        kind: SegmentKind::Retransmission,
        range: 1_448..2_896,
    });
    lossy.counters.to_client = Counters {
        packets: 21,
        bytes: 21_635,
        segments: 15,
        largest: 1_448,
        retransmissions: 1,
        ..Counters::default()
    };
    lossy.last = at(3_145_000, 58);
    story.visit(page);

    let background = story.connection(
        55_900,
        end_of("10.20.0.40", 80),
        [at(6_500_000, 70), at(6_520_000, 71), at(6_520_020, 72)],
        None,
    );
    story.exchange(Asked {
        connection: background,
        method: "HEAD",
        url: "http://updates.test/check",
        sent: at(6_521_000, 73),
        visit: None,
        answered: Some(Answered::new(
            503,
            "Service Unavailable",
            &[],
            (at(6_545_000, 74), at(6_545_000, 74)),
            0,
            &[74],
        )),
    });
    let trace = &mut story.trace;
    trace.anomalies.push(Noted {
        at: at(120_000, 38),
        flow: FlowId(FrameNo(17)),
        what: Anomaly::new(
            "tcp.overlap-conflict",
            AnomalyClass::Suspicious,
            "12 bytes differ from those that came first",
        ),
    });
    trace.capture.packets = 74;
    trace.capture.bytes = 46_512;
    trace.capture.captured_bytes = 46_512;
    trace.capture.first = Some(at(0, 1).at);
    trace.capture.last = Some(at(6_545_000, 74).at);
    trace.capture.source.files =
        vec![FileInfo { name: "shop.pcapng".into(), format: "pcapng".into(), bytes: Some(50_000) }];
    trace.capture.source.interfaces = vec![InterfaceInfo {
        name: Some("eth0".into()),
        link: LinkType::ETHERNET,
        snaplen: 0,
        received: Some(74),
        dropped: Some(2),
    }];
    trace.capture.source.damage = vec![Damage {
        file: "shop.pcapng".into(),
        offset: 49_900,
        after_frame: FrameNo(74),
        what: "the block ends after 40 of 96 bytes".into(),
        fatal: true,
    }];
    trace.protocols = [("eth", 74, 46_512), ("arp", 2, 84), ("ip", 72, 46_428), ("dns", 9, 820)]
        .into_iter()
        .map(|(name, packets, bytes)| ProtocolCount { name, packets, bytes })
        .collect();
    story.trace
}

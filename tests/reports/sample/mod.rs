//! A visit made by hand: ARP, two lookups of one name, two connections and a refused one, a
//! redirect, a background request, a request without an answer, an answer without a request.
//!
//! Client 10.0.0.2, router and resolver 10.0.0.1, site 10.1.0.80. Time is given in microseconds
//! after [`T0`], so that every number below can be checked by eye.

mod connections;
mod exchanges;

use std::net::{IpAddr, Ipv4Addr};

use urltrace::address::{Endpoint, MacAddr};
use urltrace::anomaly::{Anomaly, Class};
use urltrace::capture::source::{CaptureSummary, Damage, FileInfo, InterfaceInfo, LinkType};
use urltrace::flow::event::FlowId;
use urltrace::protocol::dns::message::{
    Carrier, Class as DnsClass, Edns, Flags, Flavor, Rcode, Record, RecordData, RecordType,
};
use urltrace::protocol::neighbor::Method;
use urltrace::time::{FrameNo, Frames, Stamp, Timestamp};
use urltrace::trace::lookup::{Answer, Attempt};
use urltrace::trace::neighbor::NeighborKind;
use urltrace::trace::{
    CaptureFacts, ExchangeId, Lookup, LookupId, Neighbor, NeighborId, Noted, ProtocolCount,
    Resolution, ResolutionId, Trace, Visit, VisitId,
};

/// 2025-11-22T01:54:47.000000Z.
pub(super) const T0: i64 = 1_763_776_487_000_000_000;

pub(super) const CLIENT: IpAddr = IpAddr::V4(Ipv4Addr::new(10, 0, 0, 2));
pub(super) const ROUTER: IpAddr = IpAddr::V4(Ipv4Addr::new(10, 0, 0, 1));
pub(super) const SITE: IpAddr = IpAddr::V4(Ipv4Addr::new(10, 1, 0, 80));
pub(super) const TYPED: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 9));

/// The moment `micros` after [`T0`], in a frame.
pub(super) fn at(micros: i64, frame: u64) -> Stamp {
    Stamp::new(Timestamp::from_nanos(T0 + micros * 1000), FrameNo(frame))
}

fn frames(numbers: impl IntoIterator<Item = u64>) -> Frames {
    numbers.into_iter().map(FrameNo).collect()
}

/// The whole visit.
pub(super) fn visit() -> Trace {
    Trace {
        blanked: Some(0),
        capture: capture(),
        configurations: Vec::new(),
        protocols: vec![
            ProtocolCount { name: "eth", packets: 40, bytes: 9000 },
            ProtocolCount { name: "http", packets: 8, bytes: 5000 },
        ],
        neighbors: vec![neighbor()],
        lookups: vec![
            lookup(0, RecordType::A, 1, Some(RecordData::A(Ipv4Addr::new(10, 1, 0, 80)))),
            lookup(1, RecordType::AAAA, 2, None),
        ],
        resolutions: vec![Resolution {
            id: ResolutionId(0),
            client: CLIENT,
            name: "www.shop.test".into(),
            lookups: vec![LookupId(0), LookupId(1)],
            started: at(1000, 3),
            finished: Some(at(5_250, 6)),
            open: 0,
            asked_for: None,
        }],
        connections: connections::all(),
        exchanges: exchanges::all(),
        visits: vec![Visit {
            id: VisitId(0),
            client: CLIENT,
            url: "http://www.shop.test/home".into(),
            root: ExchangeId(0),
            document: Some(ExchangeId(1)),
            exchanges: vec![ExchangeId(0), ExchangeId(1), ExchangeId(2)],
            started: at(1000, 3),
            ended: at(90_000, 22),
        }],
        anomalies: vec![Noted {
            at: at(60_000, 17),
            flow: FlowId(FrameNo(7)),
            what: Anomaly::new("tcp.overlap-conflict", Class::Suspicious, "bytes differ")
                .citing("RFC 9293 §3.10.7.4"),
        }],
        notes: vec![Noted {
            at: at(95_000, 39),
            flow: FlowId(FrameNo(39)),
            what: ("dhcp", "10.0.0.2 asks to keep its address".to_owned()),
        }],
    }
}

fn capture() -> CaptureFacts {
    CaptureFacts {
        source: CaptureSummary {
            files: vec![FileInfo {
                name: "visit.pcapng".to_owned(),
                format: "pcapng".to_owned(),
                bytes: Some(12_345),
            }],
            interfaces: vec![InterfaceInfo {
                name: Some("eth0".to_owned()),
                link: LinkType::ETHERNET,
                snaplen: 0,
                received: Some(41),
                dropped: Some(1),
                described: Vec::new(),
            }],
            damage: vec![Damage {
                file: "visit.pcapng".to_owned(),
                offset: 12_300,
                after_frame: FrameNo(40),
                what: "cut off in a block".to_owned(),
                fatal: true,
            }],
            names: vec![(SITE, "www.shop.test".to_owned())],
            comments: vec![(Some(FrameNo(3)), "here it begins".to_owned())],
            skipped_blocks: 1,
        },
        packets: 40,
        bytes: 9000,
        captured_bytes: 9000,
        first: Some(at(0, 1).at),
        last: Some(at(100_000, 40).at),
        undecoded: vec![("tcp: 20 bytes needed, 8 captured".to_owned(), 2, FrameNo(31))],
        ..CaptureFacts::default()
    }
}

fn neighbor() -> Neighbor {
    Neighbor {
        id: NeighborId(0),
        method: Method::Arp,
        kind: NeighborKind::Resolution,
        asker: Some((CLIENT, Some(MacAddr([2, 0, 0, 0, 0, 2])))),
        target: ROUTER,
        requests: vec![at(0, 1)],
        reply: Some((at(400, 2), MacAddr([2, 0, 0, 0, 0, 1]))),
        more_replies: Vec::new(),
        router: None,
        gateway: true,
        prefixes: Vec::new(),
        frames: frames([1, 2]),
    }
}

fn lookup(id: u32, rtype: RecordType, transaction_id: u16, data: Option<RecordData>) -> Lookup {
    let asked = at(1000 + i64::from(id) * 100, 3 + u64::from(id));
    let answered = at(5000 + i64::from(id) * 250, 5 + u64::from(id));
    let name: Box<str> = "www.Shop.test".into();
    let record = |rtype, data| Record {
        name: name.clone(),
        rtype,
        class: DnsClass::IN,
        cache_flush: false,
        ttl: 300,
        data,
    };
    let soa = RecordData::Soa {
        mname: "ns.shop.test".into(),
        rname: "root.shop.test".into(),
        serial: 1,
        minimum: 60,
    };
    Lookup {
        id: LookupId(id),
        resolution: ResolutionId(0),
        flavor: Flavor::Dns,
        client: CLIENT,
        name: name.clone(),
        rtype,
        class: DnsClass::IN,
        attempts: vec![Attempt {
            transaction_id,
            client: Endpoint::new(CLIENT, 40_000),
            resolver: Endpoint::new(ROUTER, 53),
            over: Carrier::Udp,
            exchange: None,
            query: Some(asked),
            response: Some(answered),
            rcode: Some(Rcode::NOERROR),
            truncated: false,
            refusal: None,
        }],
        answer: Some(Box::new(Answer {
            at: answered,
            rcode: Rcode::NOERROR,
            flags: Flags { response: true, recursion_available: true, ..Flags::default() },
            authority: if data.is_none() { vec![record(RecordType::SOA, soa)] } else { Vec::new() },
            records: data.map(|data| record(rtype, data)).into_iter().collect(),
            additional: Vec::new(),
            edns: Some(Edns { udp_size: 1232, ..Edns::default() }),
            incomplete: false,
        })),
        frames: frames([asked.frame.0, answered.frame.0]),
    }
}

/// Text that breaks careless writers: quotes, control characters, line ends that only
/// JavaScript knows, a byte order mark, bytes that were no UTF-8, markup.
pub(super) const HOSTILE: &str =
    "\"\\\u{0}\u{1b}[31m\r\n\t\u{7f}\u{2028}\u{feff}\u{fffd}é\u{10ffff}</script>{{";

/// The visit with hostile text wherever bytes of the network can put text.
pub(super) fn hostile() -> Trace {
    let mut trace = visit();
    let text = || Box::<str>::from(HOSTILE);
    for exchange in &mut trace.exchanges {
        exchange.url = exchange.url.as_ref().map(|url| format!("{url}{HOSTILE}").into());
        exchange.switched = Some(text());
        if let Some(head) = &mut exchange.request {
            head.method = Some(text());
            head.target = Some(text());
            head.fields.push(HOSTILE.as_bytes(), HOSTILE.as_bytes());
            head.fields.push(b"Cookie", HOSTILE.as_bytes());
        }
        if let Some(head) = &mut exchange.response {
            head.reason = text();
            head.fields.push(b"\xff\xfe", b"\xc3\x28\x00");
            head.fields.push(b"Set-Cookie", HOSTILE.as_bytes());
            head.fields.push(b"Location", HOSTILE.as_bytes());
        }
        if let Some(end) = &mut exchange.response_end {
            end.trailers.push(HOSTILE.as_bytes(), HOSTILE.as_bytes());
        }
    }
    for lookup in &mut trace.lookups {
        lookup.name = text();
        for record in lookup.answer.iter_mut().flat_map(|answer| &mut answer.authority) {
            record.data = RecordData::Txt(vec![text(), text()]);
        }
    }
    trace.resolutions[0].name = text();
    trace.notes[0].what.1 = HOSTILE.to_owned();
    trace.anomalies[0].what.text = HOSTILE.into();
    trace.capture.source.files[0].name = HOSTILE.to_owned();
    trace.capture.source.comments[0].1 = HOSTILE.to_owned();
    trace
}

//! Values of the model in plain words, the same in every view.

use crate::flow::event::{
    Direction, Ecn, EndReason, FastOpen, GapReason, Multipath, SegmentKind, TcpOptions, Transport,
};
use crate::packet::{Encapsulation, TunnelKind};
use crate::protocol::dns::message::{Flavor, Record, RecordData, RecordType};
use crate::protocol::http::message::Framing;
use crate::protocol::http::passwords::BLANK;
use crate::protocol::neighbor::Method;
use crate::report::text::escape::escape;
use crate::report::text::units;
use crate::trace::Trace;
use crate::trace::id::{ConnectionId, ExchangeId, ResolutionId, VisitId};
use crate::trace::lookup::{Lookup, Outcome, Source};
use crate::trace::refusal::Refusal;

/// A connection's number: its place in JSON's `connections`, and HAR's `connection`.
pub fn connection_number(id: ConnectionId) -> String {
    id.0.to_string()
}

/// A request's number: its place in JSON's `exchanges`.
pub fn exchange_number(id: ExchangeId) -> String {
    id.0.to_string()
}

/// The number that questions asked together share.
pub fn resolution_number(id: ResolutionId) -> String {
    id.0.to_string()
}

/// A visit's number, from 1: what `--visit` takes.
pub fn visit_number(id: VisitId) -> u64 {
    u64::from(id.0) + 1
}

/// Who sends in that direction.
pub const fn sender(direction: Direction) -> &'static str {
    match direction {
        Direction::ToServer => "client",
        Direction::ToClient => "server",
    }
}

/// The name of a transport.
pub const fn transport(transport: Transport) -> &'static str {
    match transport {
        Transport::Tcp => "TCP",
        Transport::Udp => "UDP",
        Transport::Arp => "ARP",
        Transport::Icmpv4 => "ICMP",
        Transport::Icmpv6 => "ICMPv6",
    }
}

/// The name of the way to ask neighbours.
pub const fn method(method: Method) -> &'static str {
    match method {
        Method::Arp => "ARP",
        Method::Ndp => "NDP",
    }
}

/// The name of a protocol with the format of DNS.
pub const fn flavor(flavor: Flavor) -> &'static str {
    match flavor {
        Flavor::Dns => "DNS",
        Flavor::Mdns => "mDNS",
        Flavor::Llmnr => "LLMNR",
    }
}

/// Why bytes are missing.
pub const fn gap(reason: GapReason) -> &'static str {
    match reason {
        GapReason::NotCaptured => "not captured, though the receiver got them",
        GapReason::Truncated => "cut off by the snapshot length",
        GapReason::OverBudget => "given up: too much waited behind them",
        GapReason::NeverSent => "never came",
    }
}

/// Why something ended, as the end of a sentence.
pub const fn ended(reason: EndReason) -> &'static str {
    match reason {
        EndReason::Fin => "connection closed",
        EndReason::Rst => "connection reset",
        EndReason::Idle => "nothing came any more",
        EndReason::Evicted => "no room to follow it further",
        EndReason::CaptureEnd => "the capture ended",
        EndReason::Reused => "its ports began a new connection",
    }
}

/// How a body's end was told.
pub fn framing(framing: Framing) -> String {
    match framing {
        Framing::None => "no body".to_owned(),
        Framing::Length(length) => format!("Content-Length: {length}"),
        Framing::Chunked => "chunked".to_owned(),
        Framing::UntilClose => "until the connection closed".to_owned(),
        Framing::Frames => "in frames".to_owned(),
    }
}

/// Who answered a lookup, in a word.
pub const fn source_word(source: Source) -> &'static str {
    match source {
        Source::Authority => "authority",
        Source::Resolver => "resolver",
        Source::Other => "other server",
    }
}

/// Who answered a lookup, with the flags that say so.
pub const fn source(source: Source) -> &'static str {
    match source {
        Source::Authority => "answered by an authoritative server for the name (flag AA)",
        Source::Resolver => {
            "answered by a resolver, from its cache or by asking other servers (flag RA, not AA)"
        }
        Source::Other => "answered by a server that is no authority and asks no others (no AA, RA)",
    }
}

/// What came of a lookup that has no answer to show.
pub fn failure(lookup: &Lookup) -> Option<(String, String)> {
    let queries = lookup.attempts.iter().filter(|attempt| attempt.query.is_some()).count() as u64;
    let both = |long: &str, short: &str| Some((long.to_owned(), short.to_owned()));
    match lookup.outcome() {
        Outcome::Answered => None,
        Outcome::NoData => {
            let text = format!("no {} record", lookup.rtype);
            Some((text.clone(), text))
        }
        Outcome::NxDomain => both("no such name (NXDOMAIN)", "NXDOMAIN"),
        Outcome::Failed(rcode) => {
            let words = match rcode.0 {
                1 => "query not understood",
                2 => "server failed",
                4 => "kind of query not supported",
                5 => "server refused",
                9 => "server has no such zone",
                _ => "failed",
            };
            Some((format!("{words} ({rcode})"), rcode.to_string()))
        }
        Outcome::Truncated => both("truncated, not asked again over TCP", "truncated"),
        Outcome::Unanswered if let Some(said) = lookup.refusal() => {
            Some((refusal(said), "unreachable".to_owned()))
        }
        Outcome::Unanswered if queries > 1 => {
            Some((format!("no answer to {queries} queries"), "no answer".to_owned()))
        }
        Outcome::Unanswered => both("no answer", "no answer"),
    }
}

/// What a record says, in presentation form.
pub fn record_data(data: &RecordData) -> String {
    let text = match data {
        RecordData::A(ip) => return ip.to_string(),
        RecordData::Aaaa(ip) => return ip.to_string(),
        RecordData::Name(name) => name.to_string(),
        RecordData::Mx { preference, exchange } => format!("{preference} {exchange}"),
        RecordData::Soa { mname, rname, serial, minimum } => {
            let minimum = units::ttl(*minimum);
            format!("primary {mname}, mail {rname}, serial {serial}, minimum {minimum}")
        }
        RecordData::Txt(strings) => {
            strings.iter().map(|text| format!("\"{text}\"")).collect::<Vec<_>>().join(" ")
        }
        RecordData::Srv { priority, weight, port, target } => {
            format!("{priority} {weight} {port} {target}")
        }
        RecordData::Svcb { priority, target, params } => {
            let params = params.iter().map(|(key, value)| match &**value {
                "" => format!(" {key}"),
                value => format!(" {key}={value}"),
            });
            format!("{priority} {target}{}", params.collect::<String>())
        }
        RecordData::Other(text) => text.to_string(),
    };
    escape(&text).into_owned()
}

/// A record: `www.shop.test CNAME edge.shop.test, TTL 300 s`.
pub fn record(record: &Record) -> String {
    let name = escape(&record.name);
    let data = record_data(&record.data);
    format!("{name} {} {data}, TTL {}", record.rtype, units::ttl(record.ttl))
}

/// The types that were asked for, in the order of a reader: addresses first.
pub fn types(lookups: &[&Lookup]) -> String {
    let mut types: Vec<RecordType> = Vec::new();
    for lookup in lookups {
        if !types.contains(&lookup.rtype) {
            types.push(lookup.rtype);
        }
    }
    types.sort_by_key(|rtype| (*rtype != RecordType::A, *rtype));
    types.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
}

/// That credentials are not shown, where the trace had some.
pub fn blanked(trace: &Trace) -> Option<String> {
    let count = trace.blanked.filter(|count| *count > 0)?;
    let times = units::count(count, "place", "places");
    Some(format!(
        "{BLANK} stands for cookies, authorizations and passwords in URLs, in {times}; \
         --keep-credentials keeps them"
    ))
}

/// What the network said of a packet: `port unreachable, from 192.0.2.1 (ICMP, frame 7)`.
pub fn refusal(refusal: &Refusal) -> String {
    format!("{}, from {} (ICMP, frame {})", refusal.reason, refusal.from, refusal.at.frame)
}

/// What a connection travels in: `VLAN 7`, `a VXLAN tunnel, network 5`; none where it is nothing.
pub fn encapsulation(around: &Encapsulation) -> Option<String> {
    let vlan = around.vlan.outer.map(|outer| match around.vlan.inner {
        Some(inner) => format!("VLAN {inner} within VLAN {outer}"),
        None => format!("VLAN {outer}"),
    });
    let tunnel = around.tunnel.map(|tunnel| {
        let (article, name, number) = match tunnel.kind {
            TunnelKind::Ip => ("an", "IP-in-IP tunnel", "number"),
            TunnelKind::Gre => ("a", "GRE tunnel", "key"),
            TunnelKind::Erspan => ("an", "ERSPAN mirror session", "number"),
            TunnelKind::Vxlan => ("a", "VXLAN tunnel", "network"),
            TunnelKind::Geneve => ("a", "GENEVE tunnel", "network"),
            TunnelKind::Gtp => ("a", "GTP-U tunnel", "number"),
            TunnelKind::Teredo => ("a", "Teredo tunnel", "number"),
            TunnelKind::L2tp => ("an", "L2TP tunnel", "number"),
            TunnelKind::Pppoe => ("a", "PPPoE session", "number"),
            TunnelKind::Mpls => ("an", "MPLS tunnel", "number"),
        };
        let id = tunnel.id.map(|id| format!(", {number} {id}")).unwrap_or_default();
        let ends = tunnel.ends.map(|(a, b)| format!(" between {a} and {b}")).unwrap_or_default();
        format!("{article} {name}{id}{ends}")
    });
    match (tunnel, vlan) {
        (Some(tunnel), Some(vlan)) => Some(format!("{vlan} within {tunnel}")),
        (tunnel, vlan) => tunnel.or(vlan),
    }
}

/// The options of a SYN: `MSS 1460, window scale 10 (×1024), SACK, timestamps`.
pub fn tcp_options(options: TcpOptions) -> String {
    let mut words = Vec::new();
    words.extend(options.mss.map(|mss| format!("MSS {mss}")));
    words.extend(options.window_scale.map(|shift| {
        // RFC 7323 §2.3: a shift beyond 14 counts as 14.
        format!("window scale {shift} (×{})", 1u32 << shift.min(14))
    }));
    words.extend(options.sack_permitted.then(|| "SACK".to_owned()));
    words.extend(options.timestamps.then(|| "timestamps".to_owned()));
    words.extend(options.fast_open.map(|said| match said {
        FastOpen::Asked => "asks for a Fast Open cookie".to_owned(),
        FastOpen::Cookie => "a Fast Open cookie".to_owned(),
    }));
    words.extend(options.multipath.map(|said| match said {
        Multipath::Capable => "Multipath TCP".to_owned(),
        Multipath::Join => "a further path of Multipath TCP".to_owned(),
    }));
    words.extend(options.ecn.map(|said| match said {
        Ecn::Classic => "ECN".to_owned(),
        Ecn::Accurate => "accurate ECN".to_owned(),
    }));
    words.extend(options.is_cut.then(|| "some not captured".to_owned()));
    if words.is_empty() { "no options".to_owned() } else { words.join(", ") }
}

/// What a segment is that is more than the next bytes in order.
pub fn segment(kind: SegmentKind) -> String {
    match kind {
        SegmentKind::Retransmission => "retransmission",
        SegmentKind::FastRetransmission => "fast retransmission (the receiver told of the hole)",
        SegmentKind::TimeoutRetransmission => "retransmission after a timeout",
        SegmentKind::TailLossProbe => "retransmission to probe for a lost tail",
        SegmentKind::SpuriousRetransmission => "needless retransmission (acknowledged before)",
        SegmentKind::OutOfOrder => "out of order: overtaken by what was sent later",
        SegmentKind::DuplicateAck(nth) => return format!("duplicate ACK {nth}"),
        SegmentKind::ZeroWindow => "zero window: its sender has no room for more",
        SegmentKind::ZeroWindowProbe => "probe of a zero window",
        SegmentKind::KeepAlive => "keep-alive probe",
        SegmentKind::KeepAliveAck => "answer to a keep-alive probe",
        SegmentKind::AckedUnseen => "acknowledges bytes that were not captured",
        SegmentKind::DuplicateSack => "reports bytes received twice",
        SegmentKind::OriginalAcked => "answers the original: it was sent again needlessly",
        SegmentKind::ZeroWindowProbeAck => "the window is still closed",
        SegmentKind::WindowFull => "fills the receiver's window",
    }
    .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_read_as_words() {
        let options = TcpOptions {
            mss: Some(1460),
            window_scale: Some(10),
            sack_permitted: true,
            timestamps: true,
            ..TcpOptions::default()
        };
        assert_eq!(tcp_options(options), "MSS 1460, window scale 10 (×1024), SACK, timestamps");
        assert_eq!(
            tcp_options(TcpOptions { window_scale: Some(255), ..TcpOptions::default() }),
            "window scale 255 (×16384)"
        );
        assert_eq!(tcp_options(TcpOptions::default()), "no options");
        assert_eq!(
            tcp_options(TcpOptions { mss: Some(536), is_cut: true, ..TcpOptions::default() }),
            "MSS 536, some not captured"
        );
    }

    #[test]
    fn a_record_with_hostile_text_is_safe() {
        let data = RecordData::Txt(vec!["a\u{1b}[2J".into()]);
        assert_eq!(record_data(&data), "\"a\\x1b[2J\"");
    }
}

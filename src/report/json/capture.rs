//! What was captured, as the document has it: files, interfaces, damage, counts, anomalies.

use std::net::IpAddr;

use schemars::JsonSchema;
use serde::Serialize;

use crate::anomaly;
use crate::capture::source::LinkType;
use crate::protocol::secrets::Counted;
use crate::report::json::value::{Millis, Nanos};
use crate::time::Stamp;
use crate::trace::{CaptureFacts, Noted, ProtocolCount};

/// The capture in numbers.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Capture<'a> {
    /// Packets read.
    pub packets: u64,
    /// Bytes of them on the wire.
    pub bytes: u64,
    /// Bytes of them that were captured.
    pub captured_bytes: u64,
    /// The earliest packet time; null without packets.
    pub first: Option<Nanos>,
    /// The latest packet time; null without packets.
    pub last: Option<Nanos>,
    /// From the earliest to the latest packet.
    pub duration_ms: Option<Millis>,
    /// The files or the device, in order.
    pub files: Vec<File<'a>>,
    /// Every interface of every file.
    pub interfaces: Vec<Interface<'a>>,
    /// Packets dropped before they could be captured, over all interfaces; null where no
    /// interface tells.
    pub drops: Option<u64>,
    /// Places where a file is not what it should be.
    pub damage: Vec<Damage<'a>>,
    /// Packets whose time is before that of the packet before them.
    pub backward: u64,
    /// Packets cut off by the snapshot length.
    pub snapped: u64,
    /// IPv4 headers with a wrong checksum.
    pub bad_ip_checksums: u64,
    /// TCP, UDP and ICMP packets with a wrong checksum.
    pub bad_transport_checksums: u64,
    /// Packets that could not be decoded to their end, most first.
    pub undecoded: Vec<Undecoded<'a>>,
    /// What was read from key logs, in numbers.
    pub key_logs: KeyLogs,
    /// Anomalies of kinds of which enough are listed: how many more there were. Of bounds of the
    /// model: how much was left out.
    pub unlisted_anomalies: Vec<Unlisted>,
    /// Names that the capture file itself has for addresses.
    pub names: Vec<HostName<'a>>,
    /// Comments in the capture file.
    pub comments: Vec<Comment<'a>>,
    /// Blocks of the capture file of a type that is not known.
    pub skipped_blocks: u64,
}

/// What was read from key logs. No secret is ever in this document.
#[derive(Debug, Serialize, JsonSchema)]
pub struct KeyLogs {
    /// Secrets that decrypt something.
    pub secrets: u64,
    /// Lines that repeat one.
    pub duplicates: u64,
    /// Lines with another secret for the same purpose: the first one counts.
    pub conflicting: u64,
    /// Lines with labels that nothing is decrypted with, such as `EXPORTER_SECRET`.
    pub unused: u64,
    /// Lines that are no key log, or broken.
    pub broken: u64,
    /// Secrets beyond the bound.
    pub dropped: u64,
}

impl From<Counted> for KeyLogs {
    fn from(counted: Counted) -> Self {
        let Counted { secrets, duplicates, conflicting, unused, broken, dropped } = counted;
        Self { secrets, duplicates, conflicting, unused, broken, dropped }
    }
}

/// Anomalies that were only counted.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Unlisted {
    /// Their kind.
    pub kind: &'static str,
    /// How many, beyond those that are listed.
    pub count: u64,
}

/// One file or device.
#[derive(Debug, Serialize, JsonSchema)]
pub struct File<'a> {
    /// As the user named it; `-` is standard input.
    pub name: &'a str,
    /// Such as `pcapng, gzip` or `live`.
    pub format: &'a str,
    /// Its size in bytes, where it has one.
    pub bytes: Option<u64>,
}

/// One interface.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Interface<'a> {
    /// Its name.
    pub name: Option<&'a str>,
    /// How its packets begin: a LINKTYPE_ number as tcpdump.org registers them.
    pub link_type: u16,
    /// The name of that number, such as `ETHERNET`; null where this program does not read it.
    pub link_name: Option<&'static str>,
    /// Bytes kept of each packet; 0 is no limit.
    pub snaplen: u32,
    /// Packets that the device saw, where it tells.
    pub received: Option<u64>,
    /// Packets dropped for want of buffer, where it tells.
    pub dropped: Option<u64>,
}

/// A place where a file is not what it should be.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Damage<'a> {
    /// Which file.
    pub file: &'a str,
    /// Where, in bytes from its (uncompressed) start.
    pub offset: u64,
    /// The last good frame before it; 0 is none.
    pub after_frame: u64,
    /// What is wrong, in words.
    pub what: &'a str,
    /// True where reading ended there, false where it was stepped over.
    pub fatal: bool,
}

/// Packets that could not be decoded to their end for one reason.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Undecoded<'a> {
    /// Layer and reason.
    pub what: &'a str,
    /// How many.
    pub packets: u64,
    /// The first of them.
    pub first_frame: u64,
}

/// A name for an address.
#[derive(Debug, Serialize, JsonSchema)]
pub struct HostName<'a> {
    /// The address.
    pub ip: IpAddr,
    /// The name.
    pub name: &'a str,
}

/// A comment.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Comment<'a> {
    /// The frame that it is about; null where it is about a section.
    pub frame: Option<u64>,
    /// The comment.
    pub text: &'a str,
}

/// How often a protocol was seen.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Protocol {
    /// Its name, as Wireshark has it in `frame.protocols`.
    pub name: &'static str,
    /// Packets that hold it.
    pub packets: u64,
    /// Bytes of those packets on the wire.
    pub bytes: u64,
}

/// Something that was not as it should be.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Anomaly<'a> {
    /// Stable name of the kind, such as `tcp.overlap-conflict`.
    pub id: &'static str,
    /// Why it is one.
    pub class: AnomalyClass,
    /// In words, with the numbers of this case.
    pub text: &'a str,
    /// The rule that was broken: RFC and section.
    pub reference: Option<&'static str>,
    /// When.
    pub time: Nanos,
    /// The frame that opened the flow; a connection has the same number as its `flow`.
    pub flow: u64,
    /// The frame in which it was seen; none where no frame but a deadline told.
    pub frames: Vec<u64>,
}

/// Why an anomaly is one.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AnomalyClass {
    /// Bytes break the rules of their protocol.
    Malformed,
    /// Bytes are missing.
    Lost,
    /// Legal, but seldom good news.
    Suspicious,
    /// A bound of this program was reached: what follows is incomplete.
    Limit,
}

/// What a protocol without entities of its own said.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Note<'a> {
    /// The protocol.
    pub protocol: &'static str,
    /// What it said.
    pub text: &'a str,
    /// When.
    pub time: Nanos,
    /// The frame that opened the flow.
    pub flow: u64,
    /// The frame in which it was seen; none where no frame but a deadline told.
    pub frames: Vec<u64>,
}

impl<'a> From<&'a CaptureFacts> for Capture<'a> {
    fn from(facts: &'a CaptureFacts) -> Self {
        let source = &facts.source;
        let span = facts.first.zip(facts.last);
        Self {
            packets: facts.packets,
            bytes: facts.bytes,
            captured_bytes: facts.captured_bytes,
            first: facts.first.map(Nanos),
            last: facts.last.map(Nanos),
            duration_ms: span.map(|(first, last)| Millis(last.since(first).at_least_zero())),
            files: source
                .files
                .iter()
                .map(|file| File { name: &file.name, format: &file.format, bytes: file.bytes })
                .collect(),
            interfaces: source
                .interfaces
                .iter()
                .map(|interface| Interface {
                    name: interface.name.as_deref(),
                    link_type: interface.link.0,
                    link_name: link_name(interface.link),
                    snaplen: interface.snaplen,
                    received: interface.received,
                    dropped: interface.dropped,
                })
                .collect(),
            drops: source
                .interfaces
                .iter()
                .filter_map(|interface| interface.dropped)
                .reduce(u64::saturating_add),
            damage: source
                .damage
                .iter()
                .map(|damage| Damage {
                    file: &damage.file,
                    offset: damage.offset,
                    after_frame: damage.after_frame.0,
                    what: &damage.what,
                    fatal: damage.fatal,
                })
                .collect(),
            backward: facts.backward,
            snapped: facts.snapped,
            bad_ip_checksums: facts.bad_ip_checksums,
            bad_transport_checksums: facts.bad_transport_checksums,
            key_logs: facts.keys.into(),
            undecoded: facts
                .undecoded
                .iter()
                .map(|(what, packets, first)| Undecoded {
                    what,
                    packets: *packets,
                    first_frame: first.0,
                })
                .collect(),
            unlisted_anomalies: facts
                .unlisted
                .iter()
                .map(|&(kind, count)| Unlisted { kind, count })
                .collect(),
            names: source.names.iter().map(|(ip, name)| HostName { ip: *ip, name }).collect(),
            comments: source
                .comments
                .iter()
                .map(|(frame, text)| Comment { frame: frame.map(|frame| frame.0), text })
                .collect(),
            skipped_blocks: source.skipped_blocks,
        }
    }
}

impl From<&ProtocolCount> for Protocol {
    fn from(count: &ProtocolCount) -> Self {
        Self { name: count.name, packets: count.packets, bytes: count.bytes }
    }
}

impl<'a> From<&'a Noted<anomaly::Anomaly>> for Anomaly<'a> {
    fn from(noted: &'a Noted<anomaly::Anomaly>) -> Self {
        Self {
            id: noted.what.id,
            class: match noted.what.class {
                anomaly::Class::Malformed => AnomalyClass::Malformed,
                anomaly::Class::Lost => AnomalyClass::Lost,
                anomaly::Class::Suspicious => AnomalyClass::Suspicious,
                anomaly::Class::Limit => AnomalyClass::Limit,
            },
            text: &noted.what.text,
            reference: noted.what.reference,
            time: Nanos(noted.at.at),
            flow: noted.flow.0.0,
            frames: frames(noted.at),
        }
    }
}

impl<'a> From<&'a Noted<(&'static str, String)>> for Note<'a> {
    fn from(noted: &'a Noted<(&'static str, String)>) -> Self {
        Self {
            protocol: noted.what.0,
            text: &noted.what.1,
            time: Nanos(noted.at.at),
            flow: noted.flow.0.0,
            frames: frames(noted.at),
        }
    }
}

/// The one frame of a moment, where it has one.
fn frames(at: Stamp) -> Vec<u64> {
    [at.frame.0].into_iter().filter(|frame| *frame > 0).collect()
}

/// The name of a link type as tcpdump.org registers it.
const fn link_name(link: LinkType) -> Option<&'static str> {
    Some(match link {
        LinkType::NULL => "NULL",
        LinkType::ETHERNET => "ETHERNET",
        LinkType::RAW => "RAW",
        LinkType::LOOP => "LOOP",
        LinkType::LINUX_SLL => "LINUX_SLL",
        LinkType::IPV4 => "IPV4",
        LinkType::IPV6 => "IPV6",
        LinkType::LINUX_SLL2 => "LINUX_SLL2",
        _ => return None,
    })
}

//! A question for a hardware address, as the document has it.

use std::net::IpAddr;

use schemars::JsonSchema;
use serde::Serialize;

use crate::address::MacAddr;
use crate::protocol::neighbor as protocol;
use crate::report::json::value::{FrameList, Millis, Moment, Nanos, Text};
use crate::time::Stamp;
use crate::trace::neighbor as model;

/// Who was asked for which hardware address, and who answered (ARP, RFC 826; NDP, RFC 4861).
#[derive(Debug, Serialize, JsonSchema)]
pub struct Neighbor<'a> {
    /// Its place in `neighbors`, from 0.
    pub id: u32,
    /// ARP or NDP.
    pub method: NeighborMethod,
    /// What it was.
    pub kind: NeighborKind,
    /// Who asked; null where nobody did.
    pub asker: Option<Asker>,
    /// The address in question.
    pub target: IpAddr,
    /// The hardware address that answered first (or was announced).
    pub mac: Option<Text<MacAddr>>,
    /// Each request; the second and later ones are retries.
    pub requests: Vec<Moment>,
    /// The first reply, or the announcement itself.
    pub reply: Option<NeighborReply>,
    /// Further replies; another hardware address here is a conflict.
    pub more_replies: Vec<NeighborReply>,
    /// From the first request to the first reply.
    pub duration_ms: Option<Millis>,
    /// Whether the owner says that it is a router (NDP only).
    pub router: Option<bool>,
    /// True where that hardware address also carries traffic for addresses that are not its own:
    /// the gateway. Inferred from the packets.
    pub gateway: bool,
    /// The on-link prefixes that a router announces, such as `fd00:10::/64`.
    pub prefixes: Vec<String>,
    /// The frames that it was seen in.
    pub frames: FrameList<'a>,
}

/// How neighbours are asked.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum NeighborMethod {
    /// ARP, for IPv4.
    Arp,
    /// Neighbor Discovery, for IPv6.
    Ndp,
}

/// What a neighbour entity stands for.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum NeighborKind {
    /// A request with or without a reply.
    Resolution,
    /// A reply that nobody in this capture asked for.
    UnaskedReply,
    /// An announcement (gratuitous ARP, unsolicited advertisement).
    Announcement,
    /// Is this address free?
    Probe,
    /// A router advertisement.
    Router,
}

/// Who asks.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
pub struct Asker {
    /// Its address.
    pub ip: IpAddr,
    /// Its hardware address, where it says so.
    pub mac: Option<Text<MacAddr>>,
}

/// A reply.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
pub struct NeighborReply {
    /// When.
    pub time: Nanos,
    /// In which frame.
    pub frame: u64,
    /// The hardware address that it names.
    pub mac: Text<MacAddr>,
}

impl<'a> From<&'a model::Neighbor> for Neighbor<'a> {
    fn from(neighbor: &'a model::Neighbor) -> Self {
        Self {
            id: neighbor.id.0,
            method: match neighbor.method {
                protocol::Method::Arp => NeighborMethod::Arp,
                protocol::Method::Ndp => NeighborMethod::Ndp,
            },
            kind: match neighbor.kind {
                model::NeighborKind::Resolution => NeighborKind::Resolution,
                model::NeighborKind::UnaskedReply => NeighborKind::UnaskedReply,
                model::NeighborKind::Announcement => NeighborKind::Announcement,
                model::NeighborKind::Probe => NeighborKind::Probe,
                model::NeighborKind::Router => NeighborKind::Router,
            },
            asker: neighbor.asker.map(|(ip, mac)| Asker { ip, mac: mac.map(Text) }),
            target: neighbor.target,
            mac: neighbor.reply.map(|(_, mac)| Text(mac)),
            requests: neighbor.requests.iter().copied().map(Moment::from).collect(),
            reply: neighbor.reply.map(NeighborReply::from),
            more_replies: neighbor.more_replies.iter().copied().map(NeighborReply::from).collect(),
            duration_ms: neighbor.duration().map(Millis),
            router: neighbor.router,
            gateway: neighbor.gateway,
            prefixes: neighbor.prefixes.iter().map(|(ip, len)| format!("{ip}/{len}")).collect(),
            frames: FrameList::from(&neighbor.frames),
        }
    }
}

impl From<(Stamp, MacAddr)> for NeighborReply {
    fn from((at, mac): (Stamp, MacAddr)) -> Self {
        Self { time: Nanos(at.at), frame: at.frame.0, mac: Text(mac) }
    }
}

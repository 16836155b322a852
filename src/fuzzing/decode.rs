//! One packet of any link type: its layers lie within it, and what is said of it is safe to
//! print.

use bytes::Bytes;
use jiff::tz::TimeZone;

use crate::capture::source::{LinkType, Packet};
use crate::fuzzing::plan::Plan;
use crate::fuzzing::reports;
use crate::packet::{self, decode};
use crate::report::packets::{Detail, PacketsView};
use crate::time::{FrameNo, Timestamp};

/// Link types that are decoded; any other comes from the bytes.
const LINKS: [LinkType; 8] = [
    LinkType::ETHERNET,
    LinkType::RAW,
    LinkType::LINUX_SLL2,
    LinkType::LINUX_SLL,
    LinkType::NULL,
    LinkType::LOOP,
    LinkType::IPV4,
    LinkType::IPV6,
];

/// The first byte chooses the link type, the second how much was cut off, the rest is the packet.
pub fn fuzz(bytes: &[u8]) {
    let mut plan = Plan::new(bytes);
    let (link, cut) = (plan.u8(), plan.u8());
    let link = LINKS.get(usize::from(link)).copied().unwrap_or_else(|| LinkType(plan.u16()));
    let data = Bytes::copy_from_slice(plan.rest());
    let orig_len = u32::try_from(data.len()).unwrap_or(u32::MAX) + u32::from(cut) * 7;
    let (frame, at) = (FrameNo(1), Timestamp::from_nanos(1_000_000_000));
    let packet = Packet { frame, at, link, interface: 0, orig_len, data };
    let decoded = decode(&packet);
    let end = decoded.payload_offset + decoded.payload.len();
    let payload = packet.data.get(decoded.payload_offset..end);
    // a header that was cut has no payload, and may end beyond the bytes
    let payload = payload.unwrap_or_default();
    assert_eq!(payload, decoded.payload, "the payload lies where it is said to");
    assert!(end + decoded.missing as usize <= orig_len as usize, "no more is missing than was");
    let _ = (packet::ends(&packet), packet::stack(&decoded), packet::protocols(&decoded).count());
    for (detail, ascii) in [(Detail::Line, false), (Detail::Bytes, true), (Detail::Bytes, false)] {
        let mut text = Vec::new();
        let written = PacketsView::new(detail, ascii, TimeZone::UTC).packet(&packet, &mut text);
        assert!(written.is_ok());
        reports::printable(&text);
        assert!(!ascii || text.is_ascii());
    }
}

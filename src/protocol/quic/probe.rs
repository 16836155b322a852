//! Is it QUIC? By the first datagram of a flow.

use crate::protocol::analyzer::{Probe, Verdict};
use crate::protocol::quic::packet::{FIXED, LONG, Packet, Packets};

/// A long header of a version that is known, with what it says it has, is nothing else: an Initial
/// of a client fills its datagram (RFC 9000 §14.1). A short header says nothing of itself, so that
/// only the port can tell.
pub(super) fn probe(probe: &Probe<'_>) -> Verdict {
    of(probe.bytes, probe.port_matches)
}

/// What a datagram says of itself, on a port that is QUIC's or is not.
pub(super) fn of(bytes: &[u8], port_matches: bool) -> Verdict {
    let Some(first) = bytes.first() else { return Verdict::No };
    if first & LONG == 0 {
        let may_be = port_matches && first & FIXED != 0 && bytes.len() >= SHORTEST;
        return if may_be { Verdict::Unsure } else { Verdict::No };
    }
    match Packets::new(bytes, u32::MAX).next() {
        Some(Ok(Packet::Protected(_) | Packet::Retry(_))) => Verdict::Yes,
        Some(Ok(Packet::Negotiation(said))) => {
            let is_whole = !said.versions.is_empty() && said.versions.len().is_multiple_of(4);
            if is_whole { Verdict::Yes } else { Verdict::No }
        }
        // Google's versions from 46 on, and those that nobody knows: the form is that of RFC 8999
        Some(Ok(Packet::Unknown(ends))) => {
            let version = ends.version;
            let is_known = version.is_grease() || version.name().is_some();
            let has_ids = !ends.destination.is_empty() || !ends.source.is_empty();
            match (is_known, port_matches && has_ids) {
                (true, _) => Verdict::Yes,
                (false, true) => Verdict::Unsure,
                (false, false) => Verdict::No,
            }
        }
        Some(Err(_)) | None => Verdict::No,
    }
}

/// Bytes of the shortest packet: all stateless resets and all packets have as many (RFC 9000 §10.3).
const SHORTEST: usize = 21;

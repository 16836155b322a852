//! Is it QUIC? By the first datagram of a flow.

use crate::protocol::analyzer::{Probe, Verdict};
use crate::protocol::quic::packet::{FIXED, LONG, Packet, Packets};

/// A long header of a version that is known, with what it says it has, is nothing else: an Initial
/// of a client fills its datagram (RFC 9000 §14.1). A short header says nothing of itself, so that
/// only the port can tell.
pub(super) fn probe(probe: &Probe<'_>) -> Verdict {
    let Some(first) = probe.bytes.first() else { return Verdict::No };
    if first & LONG == 0 {
        let may_be = probe.port_matches && first & FIXED != 0 && probe.bytes.len() >= SHORTEST;
        return if may_be { Verdict::Unsure } else { Verdict::No };
    }
    match Packets::new(probe.bytes, u32::MAX).next() {
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
            match (is_known, probe.port_matches && has_ids) {
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

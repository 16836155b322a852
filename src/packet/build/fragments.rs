//! Frames cut into IP fragments, and packets as ICMP errors quote them.

use std::net::IpAddr;

use etherparse::{
    IpFragOffset, IpNumber, Ipv4Header, Ipv6FragmentHeader, Ipv6Header, SingleVlanSlice,
};

/// Where the IP header begins, behind Ethernet and VLAN tags.
fn network_offset(frame: &[u8]) -> Option<usize> {
    let mut kind = frame.get(12..14)?;
    let mut offset = 14;
    while let [0x81 | 0x88, 0x00 | 0xa8] = kind {
        let tag = SingleVlanSlice::from_slice(frame.get(offset..)?).ok()?;
        kind = tag.slice().get(2..4)?;
        offset += 4;
    }
    Some(offset)
}

/// The packet's sender, and the IP header with the 8 bytes behind it.
pub(super) fn quote(frame: &[u8]) -> Option<(IpAddr, Vec<u8>)> {
    let packet = frame.get(network_offset(frame)?..)?;
    let (sender, header_len) = if let Ok((header, _)) = Ipv4Header::from_slice(packet) {
        (IpAddr::from(header.source), header.header_len())
    } else {
        let (header, _) = Ipv6Header::from_slice(packet).ok()?;
        (IpAddr::from(header.source), Ipv6Header::LEN)
    };
    Some((sender, packet.get(..header_len + 8).unwrap_or(packet).to_vec()))
}

/// The frame's fragments; none where it cannot be fragmented.
pub(super) fn split(frame: &[u8], size: usize) -> Vec<Vec<u8>> {
    split_at_network(frame, (size & !7).max(8)).unwrap_or_default()
}

fn split_at_network(frame: &[u8], size: usize) -> Option<Vec<Vec<u8>>> {
    let (link, packet) = frame.split_at_checked(network_offset(frame)?)?;
    if let Ok((header, payload)) = Ipv4Header::from_slice(packet) {
        let payload_len = usize::from(header.total_len).checked_sub(header.header_len())?;
        pieces(payload.get(..payload_len)?, size, |offset, more, piece| {
            let mut header = header.clone();
            header.dont_fragment = false;
            header.more_fragments = more;
            header.fragment_offset = offset;
            header.set_payload_len(piece.len()).ok()?;
            header.header_checksum = header.calc_header_checksum();
            Some([link, &header.to_bytes(), piece].concat())
        })
    } else {
        let (header, payload) = Ipv6Header::from_slice(packet).ok()?;
        let payload = payload.get(..usize::from(header.payload_length))?;
        pieces(payload, size, |offset, more, piece| {
            let fragment = Ipv6FragmentHeader::new(header.next_header, offset, more, 0x0f0f_0001);
            let mut header = header.clone();
            header.next_header = IpNumber::IPV6_FRAGMENTATION_HEADER;
            header.set_payload_length(piece.len() + Ipv6FragmentHeader::LEN).ok()?;
            Some([link, &header.to_bytes(), &fragment.to_bytes(), piece].concat())
        })
    }
}

fn pieces(
    payload: &[u8],
    size: usize,
    mut frame: impl FnMut(IpFragOffset, bool, &[u8]) -> Option<Vec<u8>>,
) -> Option<Vec<Vec<u8>>> {
    let mut frames = Vec::new();
    let mut chunks = payload.chunks(size).peekable();
    let mut offset = 0usize;
    while let Some(piece) = chunks.next() {
        let eighths = IpFragOffset::try_new(u16::try_from(offset / 8).ok()?).ok()?;
        frames.push(frame(eighths, chunks.peek().is_some(), piece)?);
        offset += piece.len();
    }
    Some(frames)
}

//! The packet that an error is about: errors carry its first bytes.

use crate::address::Endpoint;
use crate::capture::source::LinkType;
use crate::cursor::Cursor;
use crate::packet;

/// `: TCP from A to B` for the packet that `quoted` begins, nothing where that is no IP packet.
pub(super) fn about(quoted: &[u8]) -> String {
    let length = u32::try_from(quoted.len()).unwrap_or(u32::MAX);
    let decoded = packet::decode_bytes(LinkType::RAW, quoted, length);
    let Some(network) = decoded.network else { return String::new() };
    let ports = if let Some(udp) = decoded.udp() {
        Some((udp.source_port(), udp.destination_port()))
    } else if let Some(tcp) = decoded.tcp() {
        Some((tcp.source_port(), tcp.destination_port()))
    } else {
        // eight bytes of what IP carries are enough (RFC 792): no whole TCP header
        let mut cursor = Cursor::new(decoded.payload);
        let first = network.fragment.is_none_or(|fragment| fragment.offset == 0);
        let known = first && [TCP, UDP].contains(&network.protocol);
        cursor.u16().and_then(|source| Ok((source, cursor.u16()?))).ok().filter(|_| known)
    };
    let name = match network.protocol {
        1 => "ICMP".to_owned(),
        TCP => "TCP".to_owned(),
        UDP => "UDP".to_owned(),
        58 => "ICMPv6".to_owned(),
        other => format!("IP protocol {other}"),
    };
    match ports {
        Some((source, destination)) => {
            let source = Endpoint::new(network.source, source);
            let destination = Endpoint::new(network.destination, destination);
            format!(": {name} from {source} to {destination}")
        }
        None => format!(": {name} from {} to {}", network.source, network.destination),
    }
}

const TCP: u8 = 6;
const UDP: u8 = 17;

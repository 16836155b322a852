//! Which end of a flow is the server, when only its ports can tell.

use std::cmp::Ordering;

/// How the ports compare: `Less` where `a` looks more like a server's than `b`.
pub(super) fn compare(a: u16, b: u16) -> Ordering {
    rank(a).cmp(&rank(b))
}

/// True where a port says on its own that a server listens there.
pub(super) fn is_well_known(port: u16) -> bool {
    rank(port) <= Rank::System
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    /// A service that everyone knows listens there.
    Known,
    /// System ports (RFC 6335 §6).
    System,
    /// User ports, below what systems pick for clients.
    Registered,
    /// What systems pick for clients: Linux from 32768, others from 49152 (RFC 6335 §6).
    Ephemeral,
}

fn rank(port: u16) -> Rank {
    if KNOWN.binary_search(&port).is_ok() {
        Rank::Known
    } else if port < 1024 {
        Rank::System
    } else if port < 32_768 {
        Rank::Registered
    } else {
        Rank::Ephemeral
    }
}

/// Ports on which servers of today listen, ascending.
const KNOWN: [u16; 39] = [
    20, 21, 22, 23, 25, 53, 67, 80, 88, 110, 123, 143, 389, 443, 445, 465, 547, 587, 636, 784, 853,
    989, 990, 993, 995, 1080, 1900, 3128, 3306, 3389, 5060, 5353, 5355, 5432, 8000, 8008, 8080,
    8443, 8888,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn servers_come_first() {
        assert!(KNOWN.is_sorted());
        let better = [(8080, 40_000), (53, 1023), (443, 8081), (600, 5000), (5000, 50_000)];
        for (server, client) in better {
            assert_eq!(compare(server, client), Ordering::Less, "{server} {client}");
            assert_eq!(compare(client, server), Ordering::Greater, "{server} {client}");
        }
        assert_eq!(compare(33_000, 60_000), Ordering::Equal);
        assert!(is_well_known(631) && !is_well_known(5000));
    }
}

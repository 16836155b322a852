//! Which flow a datagram belongs to that comes from elsewhere.
//!
//! A QUIC connection is known by its connection IDs, not by its addresses (RFC 9000 §9): a phone
//! changes networks, a router on the way changes ports, and the connection goes on. Analyzers say
//! under which IDs their flows can be reached; who finds a new flow asks whether its first datagram
//! is of one that is there.

use std::cell::RefCell;

use hashbrown::HashMap;

use crate::flow::event::FlowId;

/// The destinations of one shard.
#[derive(Debug, Default)]
pub struct Routes(RefCell<Table>);

#[derive(Debug, Default)]
struct Table {
    flows: HashMap<Box<[u8]>, FlowId>,
    /// How many there are of each length.
    lengths: [u32; LONGEST + 1],
}

impl Routes {
    /// A flow can be reached under this ID. Of short ones, which many may have, nothing is kept;
    /// where there is no room, either.
    pub fn add(&self, id: &[u8], flow: FlowId) {
        let mut table = self.0.borrow_mut();
        if !(SHORTEST..=LONGEST).contains(&id.len()) || table.flows.len() >= MOST {
            return;
        }
        if table.flows.insert(id.into(), flow).is_none()
            && let Some(count) = table.lengths.get_mut(id.len())
        {
            *count += 1;
        }
    }

    /// A flow cannot be reached under this ID any more.
    pub fn remove(&self, id: &[u8], flow: FlowId) {
        let mut table = self.0.borrow_mut();
        if table.flows.get(id) == Some(&flow) {
            table.flows.remove(id);
            if let Some(count) = table.lengths.get_mut(id.len()) {
                *count = count.saturating_sub(1);
            }
        }
    }

    /// The flow of a datagram of QUIC, by the destination of its first packet.
    pub fn find(&self, datagram: &[u8]) -> Option<FlowId> {
        let table = self.0.borrow();
        if table.flows.is_empty() {
            return None;
        }
        let (first, rest) = datagram.split_first()?;
        if first & 0x80 != 0 {
            let (length, rest) = rest.get(4..)?.split_first()?;
            return table.flows.get(rest.get(..usize::from(*length))?).copied();
        }
        // a short header does not say how long it is: the longest that is known, for chance is
        // least there
        let lengths = (SHORTEST..=LONGEST).rev();
        let mut known = lengths.filter(|length| table.lengths.get(*length).is_some_and(|n| *n > 0));
        known.find_map(|length| table.flows.get(rest.get(..length)?).copied())
    }
}

/// Bytes of an ID (RFC 9000 §17.2).
const LONGEST: usize = 20;

/// Shorter ones are likely to be met by chance.
const SHORTEST: usize = 4;

/// IDs of one shard, a hundred bytes each: each end of a connection gives out up to eight.
const MOST: usize = 1 << 14;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::FrameNo;

    const fn flow(number: u64) -> FlowId {
        FlowId(FrameNo(number))
    }

    #[test]
    fn a_datagram_is_found_by_its_destination() {
        let routes = Routes::default();
        assert_eq!(routes.find(b"\x40abcdefgh"), None);
        routes.add(b"abcd", flow(1));
        routes.add(b"abcdefgh", flow(2));
        routes.add(b"abc", flow(3));
        assert_eq!(routes.find(b"\x40abcdefgh and more"), Some(flow(2)));
        assert_eq!(routes.find(b"\x40abcdefgX"), Some(flow(1)));
        assert_eq!(routes.find(b"\x40abcX"), None);
        assert_eq!(routes.find(b"\xc0\0\0\0\x01\x04abcd\0"), Some(flow(1)));
        assert_eq!(routes.find(b"\xc0\0\0\0\x01\x08abcd"), None);
        routes.remove(b"abcdefgh", flow(1));
        assert_eq!(routes.find(b"\x40abcdefgh"), Some(flow(2)), "another's");
        routes.remove(b"abcdefgh", flow(2));
        assert_eq!(routes.find(b"\x40abcdefgh"), Some(flow(1)));
    }

    #[test]
    fn there_is_a_bound() {
        let routes = Routes::default();
        for n in 0..2 * MOST as u64 {
            routes.add(&n.to_be_bytes(), flow(n));
        }
        assert_eq!(routes.0.borrow().flows.len(), MOST);
    }
}

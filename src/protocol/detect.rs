//! Which protocol a flow carries: by its first bytes, else by its server's port.
//!
//! Takes the table and bytes, gives a row of it. Keeps nothing between calls.

use crate::flow::event::{Direction, Role};
use crate::protocol::analyzer::{Context, FlowInfo, Probe, Protocol, Verdict};

/// What the first bytes of one direction say.
#[derive(Clone, Copy)]
pub enum Decision {
    /// It is this protocol.
    Found(&'static Protocol),
    /// More bytes of the same direction may tell.
    Wait,
    /// No row of the table.
    Nothing,
}

/// Asks the rows that the flow's transport can carry.
///
/// The first row that is sure wins. Where none is, and nothing more than `bytes` will be there
/// to look at (`last`), a row that has the port and does not refuse is taken.
pub fn decide(
    protocols: &[&'static Protocol],
    flow: &FlowInfo,
    direction: Direction,
    bytes: &[u8],
    last: bool,
) -> Decision {
    let mut by_port = None;
    let mut unsure = false;
    for &protocol in protocols {
        if !protocol.transports.contains(&flow.key.transport) {
            continue;
        }
        let port_matches = has_port(protocol, flow);
        match (protocol.probe)(&Probe { flow, direction, bytes, port_matches }) {
            Verdict::Yes => return Decision::Found(protocol),
            Verdict::No => {}
            Verdict::Unsure => {
                unsure = true;
                if port_matches && by_port.is_none() {
                    by_port = Some(protocol);
                }
            }
        }
    }
    match by_port {
        Some(protocol) if last => Decision::Found(protocol),
        _ if unsure && !last => Decision::Wait,
        _ => Decision::Nothing,
    }
}

/// The row that an ALPN identifier names, of those that the flow's transport can carry.
pub fn by_alpn(identifier: &[u8], cx: &Context<'_>) -> Option<&'static Protocol> {
    let mut rows = cx.protocols.iter().copied();
    rows.find(|row| {
        row.transports.contains(&cx.flow.key.transport)
            && row.alpn.iter().any(|alpn| alpn.as_bytes() == identifier)
    })
}

/// The server's port counts; the client's too where which end is the client was a guess.
fn has_port(protocol: &Protocol, flow: &FlowInfo) -> bool {
    protocol.ports.contains(&flow.server.port)
        || (flow.role == Role::FirstSender && protocol.ports.contains(&flow.client.port))
}

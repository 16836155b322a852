//! A message of one flow, and what is said of it.

use crate::address::Endpoint;
use crate::anomaly::{Anomaly, Class};
use crate::flow::event::Direction;
use crate::protocol::analyzer::{Context, FlowInfo};
use crate::protocol::buffer::Span;
use crate::protocol::dns::message::{Carrier, Flavor};
use crate::protocol::dns::parse::{self, Envelope, Fault, Reading};
use crate::protocol::dns::pointer;
use crate::protocol::event::EventBody;

/// Reads a message, of which `missing` bytes were not captured, and says it, with what is wrong.
pub(super) fn say(
    bytes: &[u8],
    (flavor, over): (Flavor, Carrier),
    direction: Direction,
    missing: u32,
    span: Span,
    cx: &mut Context<'_>,
) {
    let (sender, receiver) = ends(cx.flow, direction);
    let envelope = Envelope { flavor, over, sender, receiver, span, missing };
    let Reading { message, fault, trailing } = parse::read(bytes, &envelope, cx.limits);
    if let Some(message) = message {
        cx.emit(EventBody::Lookup(Box::new(message)));
    }
    if let Some(fault) = fault {
        cx.anomaly(anomaly(fault, bytes, cx.limits.dns_names));
    }
    if trailing > 0 {
        let text = format!("{trailing} bytes follow the last record of a DNS message");
        cx.anomaly(Anomaly::new("dns.trailing-bytes", Class::Suspicious, text));
    }
}

/// A message breaks the rules.
pub(super) fn malformed(text: String) -> Anomaly {
    Anomaly::new("dns.malformed", Class::Malformed, text).citing("RFC 1035 §4")
}

/// Who sent, and to whom.
const fn ends(flow: &FlowInfo, direction: Direction) -> (Endpoint, Endpoint) {
    match direction {
        Direction::ToServer => (flow.client, flow.server),
        Direction::ToClient => (flow.server, flow.client),
    }
}

fn anomaly(fault: Fault, bytes: &[u8], bound: usize) -> Anomaly {
    match fault {
        Fault::Malformed { offset, what, error } => {
            let begins_with_name = matches!(what, "question" | "record");
            let name = begins_with_name.then(|| pointer::fault(bytes, offset)).flatten();
            let why = name.unwrap_or_else(|| error.to_string());
            let len = bytes.len();
            malformed(format!("{what} at offset {offset} of a DNS message of {len} bytes: {why}"))
        }
        Fault::LongNames => {
            let text =
                format!("the names of a DNS message have more than {bound} bytes: rest dropped");
            Anomaly::new("dns.long-names", Class::Limit, text)
        }
    }
}

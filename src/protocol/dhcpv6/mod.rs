//! DHCPv6 (RFC 8415): which address a host is given, and which DNS servers to ask.

mod message;

use bytes::Bytes;

use crate::anomaly::{Anomaly, Class};
use crate::flow::event::{Direction, Transport};
use crate::protocol::analyzer::{Analyzer, Context, Progress, Protocol, Verdict};
use crate::protocol::dhcpv6::message::Message;
use crate::protocol::event::EventBody;

/// DHCPv6.
pub static PROTOCOL: Protocol = Protocol {
    name: "dhcpv6",
    transports: &[Transport::Udp],
    ports: &[546, 547],
    alpn: &[],
    probe: |probe| {
        let is_known = probe.bytes.first().is_some_and(|kind| matches!(kind, 1..=23));
        if probe.port_matches && is_known { Verdict::Yes } else { Verdict::No }
    },
    start: |_| Box::new(Dhcpv6),
};

/// What a message says, in one line; none where the bytes are none.
pub fn in_words(bytes: &[u8]) -> Option<String> {
    Message::read(bytes).ok().map(|message| message.words())
}

struct Dhcpv6;

impl Analyzer for Dhcpv6 {
    fn datagram(
        &mut self,
        direction: Direction,
        bytes: &Bytes,
        missing: u32,
        cx: &mut Context<'_>,
    ) -> Progress {
        let sender = match direction {
            Direction::ToServer => cx.flow.client.ip,
            Direction::ToClient => cx.flow.server.ip,
        };
        match Message::read(bytes) {
            Ok(message) => {
                let text = message.words();
                if let Some(configuration) = message.configuration(sender) {
                    cx.emit(EventBody::Configuration(Box::new(configuration)));
                }
                cx.emit(EventBody::Note { protocol: PROTOCOL.name, text });
            }
            Err(short) if missing == 0 => {
                let text = format!("a DHCPv6 message of {} bytes: {short}", bytes.len());
                let anomaly = Anomaly::new("dhcpv6.malformed", Class::Malformed, text);
                cx.anomaly(anomaly.citing("RFC 8415 §8, §21.1"));
            }
            Err(_) => {}
        }
        Progress::More
    }
}

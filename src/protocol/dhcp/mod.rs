//! DHCP (RFC 2131): which address a host is given, and what comes with it.
//!
//! Each message says all that concerns us, so none is held: an acknowledgment gives a
//! [`Configuration`](crate::protocol::configuration::Configuration), every message a note.

mod message;

use bytes::Bytes;

use crate::anomaly::{Anomaly, Class};
use crate::flow::event::{Direction, Transport};
use crate::protocol::analyzer::{Analyzer, Context, Progress, Protocol, Verdict};
use crate::protocol::dhcp::message::Message;
use crate::protocol::event::EventBody;

/// DHCP and BOOTP.
pub static PROTOCOL: Protocol = Protocol {
    name: "dhcp",
    transports: &[Transport::Udp],
    ports: &[67, 68],
    alpn: &[],
    probe: |probe| {
        if probe.port_matches && Message::is_one(probe.bytes) { Verdict::Yes } else { Verdict::No }
    },
    start: |_| Box::new(Dhcp),
};

/// What a message says, in one line; none where the bytes are none.
pub fn in_words(bytes: &[u8]) -> Option<String> {
    let message = Message::is_one(bytes).then(|| Message::read(bytes).ok())??;
    Some(message.words())
}

struct Dhcp;

impl Analyzer for Dhcp {
    fn datagram(
        &mut self,
        _: Direction,
        bytes: &Bytes,
        missing: u32,
        cx: &mut Context<'_>,
    ) -> Progress {
        match Message::read(bytes) {
            Ok(message) => {
                let text = message.words();
                if let Some(configuration) = message.configuration() {
                    cx.emit(EventBody::Configuration(Box::new(configuration)));
                }
                cx.emit(EventBody::Note { protocol: PROTOCOL.name, text });
            }
            Err(short) if missing == 0 => {
                let text = format!("a DHCP message of {} bytes: {short}", bytes.len());
                let anomaly = Anomaly::new("dhcp.malformed", Class::Malformed, text);
                cx.anomaly(anomaly.citing("RFC 2131 §2, RFC 2132 §2"));
            }
            Err(_) => {}
        }
        Progress::More
    }
}

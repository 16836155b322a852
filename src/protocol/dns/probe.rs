//! Is it DNS? By the port, else only bytes that are a whole, sound message.

use crate::address::Endpoint;
use crate::flow::event::Transport;
use crate::limits::Limits;
use crate::protocol::analyzer::{Probe, Verdict};
use crate::protocol::buffer::{Span, StreamBuffer};
use crate::protocol::dns::message::{Carrier, Flavor, Message};
use crate::protocol::dns::parse::{self, Envelope, Header, Reading};

/// DNS: on its port whatever may be it, elsewhere what can be nothing else.
pub(super) fn dns(probe: &Probe<'_>) -> Verdict {
    if has_port(probe, RELATIVES) {
        return Verdict::No;
    }
    match (probe.flow.key.transport, probe.port_matches) {
        (Transport::Udp, true) => Verdict::Yes,
        (Transport::Udp, false) => {
            if is_sound(probe.bytes, Carrier::Udp) {
                Verdict::Yes
            } else {
                Verdict::No
            }
        }
        (Transport::Tcp, port_matches) => tcp(probe.bytes, port_matches),
        _ => Verdict::No,
    }
}

/// mDNS and LLMNR: only on their ports.
pub(super) fn relative(probe: &Probe<'_>) -> Verdict {
    match (probe.port_matches, probe.flow.key.transport) {
        (true, Transport::Udp) => Verdict::Yes,
        (true, Transport::Tcp) => tcp(probe.bytes, true),
        _ => Verdict::No,
    }
}

/// True where a stream goes on with a whole, sound message.
pub(super) fn is_stream(buffer: &StreamBuffer) -> bool {
    let bytes = buffer.peek(2 + usize::from(u16::MAX));
    tcp(&bytes, false) == Verdict::Yes
}

/// A length comes before each message (RFC 1035 §4.2.2).
fn tcp(bytes: &[u8], port_matches: bool) -> Verdict {
    let Some((len, message)) = bytes.split_first_chunk::<2>() else { return Verdict::Unsure };
    let len = usize::from(u16::from_be_bytes(*len));
    if len < Header::LEN {
        return Verdict::No;
    }
    let Some(header) = Header::read(message) else { return Verdict::Unsure };
    let plausible = header.fits(len) && header.opcode < 7 && !header.reserved;
    if !plausible {
        return Verdict::No;
    }
    if port_matches {
        return Verdict::Yes;
    }
    match message.get(..len) {
        Some(whole) if is_sound(whole, Carrier::Tcp) => Verdict::Yes,
        Some(_) => Verdict::No,
        None => Verdict::Unsure,
    }
}

/// True where every byte of the message is as a common query or response has it.
fn is_sound(bytes: &[u8], over: Carrier) -> bool {
    let Some(header) = Header::read(bytes) else { return false };
    let flags = header.flags;
    let [questions, answers, authority, additional] = header.counts;
    let query = !flags.authoritative && !flags.truncated && !flags.recursion_available;
    let lists = if flags.response {
        answers <= 64 && authority <= 64 && additional <= 64
    } else {
        query && header.rcode.0 == 0 && answers == 0 && authority == 0 && additional <= 2
    };
    if questions != 1 || header.opcode != 0 || header.reserved || !lists || header.rcode.0 > 10 {
        return false;
    }
    if !header.fits(bytes.len()) {
        return false;
    }
    let nobody = Endpoint::new(std::net::Ipv4Addr::UNSPECIFIED.into(), 0);
    let envelope = Envelope {
        flavor: Flavor::Dns,
        over,
        sender: nobody,
        receiver: nobody,
        span: Span::default(),
        missing: 0,
    };
    match parse::read(bytes, &envelope, &Limits::default()) {
        Reading { message: Some(message), fault: None, trailing: 0 } => is_common(&message),
        _ => false,
    }
}

/// True where the question has a known type and class and a name of printable characters.
fn is_common(message: &Message) -> bool {
    message.questions.iter().all(|question| {
        let known = !question.rtype.to_string().starts_with("TYPE");
        let class = matches!(question.class.0, 1 | 3 | 255);
        let name = question.name.bytes().all(|byte| byte != b'\\');
        known && class && name
    })
}

fn has_port(probe: &Probe<'_>, ports: &[u16]) -> bool {
    ports.contains(&probe.flow.server.port) || ports.contains(&probe.flow.client.port)
}

/// Ports of others with the same format: mDNS, LLMNR, NetBIOS name service.
const RELATIVES: &[u16] = &[5353, 5355, 137];

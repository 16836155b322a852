//! Connections, as the view of packets remembers them: when they began, and both directions.

use etherparse::{TcpOptionElement, TcpOptionsIterator};
use hashbrown::HashMap;

use crate::flow::event::{
    Direction, FlowBody, FlowEvent, FlowId, FlowKey, PerDirection, TcpEvent, TcpOptions, Transport,
};
use crate::flow::table::Taken;
use crate::limits::Limits;
use crate::packet::describe::LayerText;
use crate::packet::quote::Quoted;
use crate::packet::tcp::Tcp;
use crate::packet::{Decoded, Encapsulation};
use crate::report::packets::past::add::{more, since};
use crate::report::packets::past::way::{self, Way};
use crate::report::text::words;
use crate::time::Stamp;

/// The flows that are not over; `flow` bounds how many.
#[derive(Debug, Default)]
pub(super) struct Connections {
    flows: HashMap<FlowId, Box<Connection>>,
    /// The last flow of each pair of ends, for what speaks of packets: as many as `flows`.
    by_key: HashMap<FlowKey, FlowId>,
    /// Segments remembered in all.
    segments: usize,
}

#[derive(Debug, Default)]
struct Connection {
    key: Option<FlowKey>,
    opened: Stamp,
    ways: PerDirection<Way>,
}

/// What is known of one packet.
#[derive(Debug, Default)]
pub(super) struct Known {
    /// The packet that had the same bytes before: that this one is a copy of, or that carried
    /// them first.
    pub(super) before: Option<Stamp>,
}

impl Connections {
    /// What a flow says of its life, with the packet of `at`.
    pub(super) fn event(&mut self, event: &FlowEvent, at: Stamp) {
        match &event.body {
            FlowBody::Opened(opened) => {
                let key = Some(opened.key);
                self.by_key.insert(opened.key, event.flow);
                let connection = Connection { key, opened: at, ..Connection::default() };
                self.flows.insert(event.flow, Box::new(connection));
            }
            FlowBody::Tcp(TcpEvent::Syn { options, .. }) => {
                self.offered(event.flow, Direction::ToServer, *options, at);
            }
            FlowBody::Tcp(TcpEvent::SynAck { options, .. }) => {
                self.offered(event.flow, Direction::ToClient, *options, at);
            }
            FlowBody::Closed(_) => {
                if let Some(connection) = self.flows.remove(&event.flow) {
                    let key =
                        connection.key.filter(|key| self.by_key.get(key) == Some(&event.flow));
                    key.map(|key| self.by_key.remove(&key));
                    let ways = [&connection.ways.to_server, &connection.ways.to_client];
                    let count: usize = ways.map(Way::segments).into_iter().sum();
                    self.segments = self.segments.saturating_sub(count);
                }
            }
            _ => {}
        }
    }

    fn offered(&mut self, flow: FlowId, from: Direction, options: TcpOptions, at: Stamp) {
        // where the snapshot length cut the options, one that is not there may have been
        let is_known = options.window_scale.is_some() || !options.is_cut;
        if let Some(connection) = self.flows.get_mut(&flow).filter(|_| is_known) {
            connection.ways.of_mut(from).scale = Some((options.window_scale, at));
        }
    }

    /// When the flow began that an ICMP error in `around` is about.
    pub(super) fn refused(&self, about: &Quoted, around: Encapsulation) -> Option<Stamp> {
        let transport = match about.protocol {
            6 => Transport::Tcp,
            17 => Transport::Udp,
            _ => return None,
        };
        let key = FlowKey::between(transport, around, about.source, about.destination);
        let flow = self.by_key.get(&key)?;
        self.flows.get(flow).map(|connection| connection.opened)
    }

    /// Takes a packet of a flow, adds to the text of its transport.
    pub(super) fn packet(
        &mut self,
        taken: Taken,
        at: Stamp,
        decoded: &Decoded<'_>,
        texts: &mut [LayerText],
    ) -> Known {
        let Some(connection) = self.flows.get_mut(&taken.flow) else { return Known::default() };
        let direction = taken.direction;
        let original = connection.ways.of_mut(direction).original(at, decoded, taken.is_copy);
        let name = if decoded.tcp().is_some() { "TCP" } else { "UDP" };
        let Some(layer) = texts.iter_mut().rfind(|layer| layer.name == name) else {
            return Known { before: original };
        };
        let place = connection.place(at, direction);
        let ports = |field: &(&str, String)| field.0 == "destination port";
        let behind = layer.fields.iter().position(ports).map_or(0, |at| at.saturating_add(1));
        layer.fields.insert(behind, ("connection", place));
        let Some(tcp) = decoded.tcp() else { return Known { before: original } };
        connection.number(direction, tcp, layer);
        if taken.is_copy {
            return Known { before: original };
        }
        let length = way::length(decoded, tcp);
        let (before, more) = connection.sent(direction, at, (tcp, length), layer);
        self.segments = self.segments.saturating_add(more);
        if self.segments > Limits::VIEWED_SEGMENTS {
            for connection in self.flows.values_mut() {
                connection.ways.to_server.forget();
                connection.ways.to_client.forget();
            }
            self.segments = 0;
        }
        Known { before }
    }
}

impl Connection {
    fn place(&self, at: Stamp, direction: Direction) -> String {
        let from = words::sender(direction);
        if at == self.opened {
            return format!("begins here, from the {from}");
        }
        format!("since frame {}, {}; from the {from}", self.opened.frame, since(self.opened, at))
    }

    /// Numbers from the beginning of the streams, and what the window field stands for.
    fn number(&mut self, direction: Direction, tcp: &Tcp<'_>, layer: &mut LayerText) {
        let (sequence, ack) = (tcp.sequence_number(), tcp.acknowledgment_number());
        let forward = self.ways.of_mut(direction);
        if tcp.syn() {
            forward.zero = Some(sequence);
        }
        forward.zero.get_or_insert_with(|| sequence.wrapping_sub(1));
        let relative = forward.relative(sequence);
        tell_relative(layer, "sequence number", relative);
        let reverse = self.ways.of_mut(!direction);
        if tcp.ack() && !tcp.rst() {
            reverse.zero.get_or_insert_with(|| ack.wrapping_sub(1));
        }
        if tcp.ack() {
            tell_relative(layer, "acknowledgment number", reverse.relative(ack));
            tell_received(layer, tcp, reverse);
        }
        if let (false, Some(window)) = (tcp.syn(), self.window(direction, tcp.window_size()))
            && let Some(field) = layer.fields.iter_mut().find(|field| field.0 == "window")
        {
            field.1 = window;
        }
    }

    /// The window in bytes (RFC 7323 §2.2).
    fn window(&self, direction: Direction, field: u16) -> Option<String> {
        let (ours, at) = self.ways.of(direction).scale?;
        let (theirs, _) = self.ways.of(!direction).scale?;
        let shift = ours.filter(|_| theirs.is_some()).map(|shift| shift.min(14));
        Some(match shift {
            Some(shift) => {
                let bytes = u64::from(field) << shift;
                format!(
                    "{field} ({bytes} bytes, by the window scale {shift} of frame {})",
                    at.frame
                )
            }
            None => format!("{field} bytes (both ends would have to offer scaling)"),
        })
    }

    /// Remembers a segment and what it acknowledges, and tells of both; gives the packet that
    /// sent the same bytes before, and how many more segments are remembered.
    fn sent(
        &mut self,
        direction: Direction,
        at: Stamp,
        (tcp, length): (&Tcp<'_>, u32),
        layer: &mut LayerText,
    ) -> (Option<Stamp>, usize) {
        let sequence = tcp.sequence_number();
        if tcp.ack()
            && let Some((sent, is_unsure)) =
                self.ways.of_mut(!direction).acknowledged(tcp.acknowledgment_number())
        {
            let unsure = if is_unsure { " (sent more than once: which is not known)" } else { "" };
            let text = format!("frame {}, {}{unsure}", sent.frame, since(sent, at));
            layer.fields.push(("acknowledges", text));
        }
        let forward = self.ways.of_mut(direction);
        let before = forward.sent_before(sequence, length);
        let more = forward.sent(sequence, length, at);
        if let (1.., Some(flight)) = (length, forward.in_flight()) {
            layer.fields.push(("in flight", format!("{flight} bytes not acknowledged yet")));
        }
        (before, more)
    }
}

/// The blocks of a selective acknowledgment (RFC 2018 §3), from the beginning of the stream.
fn tell_received(layer: &mut LayerText, tcp: &Tcp<'_>, received: &Way) {
    for option in TcpOptionsIterator::from_slice(tcp.options()).flatten() {
        let TcpOptionElement::SelectiveAcknowledgement(first, others) = option else { continue };
        let blocks = std::iter::once(first).chain(others.into_iter().flatten());
        let relative = |(left, right)| {
            Some(format!("{}-{}", received.relative(left)?, received.relative(right)?))
        };
        let relative: Vec<String> = blocks.filter_map(relative).collect();
        let is_it = |text: &str| text.starts_with("selective acknowledgment of");
        let field = layer.fields.iter_mut().find(|field| field.0 == "option" && is_it(&field.1));
        if let Some((_, text)) = field {
            *text += " (relative ";
            *text += &relative.join(", ");
            text.push(')');
        }
    }
}

fn tell_relative(layer: &mut LayerText, name: &str, relative: Option<u32>) {
    if let Some(relative) = relative {
        more(layer, name, &format!(" (relative {relative})"));
    }
}

//! What the packets before say of a packet: its place in its connection, what it answers, and
//! whether it is a copy.
//!
//! Takes packets in capture order and the texts of their layers, adds fields to those. Looks back
//! only, so that the view can follow a capture that goes on; all that it remembers is bounded by
//! `limits`. What a segment is called comes from `flow`, and which response belongs to which
//! request from `protocol`, as in every other view.

mod add;
mod asked;
mod connections;
mod way;

use crate::capture::source::Packet;
use crate::flow::event::{FlowBody, FlowEvent};
use crate::flow::fragment::{Fragments, Whole};
use crate::flow::table::{FlowTable, Taken};
use crate::limits::Limits;
use crate::packet::Decoded;
use crate::packet::describe::LayerText;
use crate::protocol::PROTOCOLS;
use crate::protocol::event::{Event, EventBody, Phase};
use crate::protocol::http::credentials::{self, Credentials};
use crate::protocol::http::message::HttpEvent;
use crate::protocol::sessions::Sessions;
use crate::protocol::tls::event::TlsEvent;
use crate::protocol::tls::message::{Body, Kind as MessageKind};
use crate::report::application;
use crate::report::packets::past::add::{field, note, since};
use crate::report::packets::past::asked::Asked;
use crate::report::packets::past::connections::Connections;
use crate::report::text::escape::escape;
use crate::report::text::numbers;
use crate::time::Stamp;

/// What is remembered of all packets so far.
pub(super) struct Past {
    fragments: Fragments,
    table: FlowTable,
    /// None where each packet is one line.
    sessions: Option<Sessions>,
    connections: Connections,
    asked: Asked,
    credentials: Credentials,
}

/// What is told of one packet beside the fields of its layers.
#[derive(Debug, Default)]
pub(super) struct Told {
    /// For its line: that it is a copy, or that its bytes were sent again.
    pub(super) short: Option<String>,
    /// Where it was captured before.
    pub(super) copy: Option<String>,
    /// Layers that this packet completes the bytes of.
    pub(super) layers: Vec<LayerText>,
    /// The packet that this fragment completes.
    pub(super) whole: Option<Whole>,
}

impl Past {
    /// Nothing yet. `opens`: layers are shown, and what they carry is worth following.
    pub(super) fn new(opens: bool) -> Self {
        let limits = Limits::default();
        Self {
            fragments: Fragments::new(&limits),
            table: FlowTable::new(&limits),
            sessions: opens.then(|| Sessions::new(limits, PROTOCOLS)),
            connections: Connections::default(),
            asked: Asked::default(),
            credentials: Credentials::Blanked,
        }
    }

    /// Whether what is told may have credentials.
    pub(super) const fn set(&mut self, credentials: Credentials) {
        self.credentials = credentials;
    }

    /// Takes the next packet, adds to its layers.
    pub(super) fn packet(
        &mut self,
        packet: &Packet,
        decoded: &Decoded<'_>,
        texts: &mut [LayerText],
    ) -> Told {
        let at = Stamp::new(packet.at, packet.frame);
        let mut said = Vec::new();
        self.table.advance(at, &mut said);
        self.happened(at, &said);
        self.above(at, Phase::Tick, said);
        let mut lost = Vec::new();
        self.fragments.advance(at, &mut lost);
        lost.clear();
        let whole = self.fragments.push(packet, decoded, &mut lost);
        self.asked.fragment(at, decoded, whole.as_ref(), texts);
        for event in &lost {
            if let FlowBody::Anomaly(anomaly) = &event.body {
                note(texts, escape(&anomaly.text));
            }
        }
        let mut said = Vec::new();
        let taken = self.table.push(packet, decoded, &mut said);
        Told { whole, ..self.taken(at, taken, decoded, said, texts) }
    }

    /// Takes the packet that came in fragments, adds to its layers.
    pub(super) fn whole(&mut self, whole: &Whole, texts: &mut [LayerText]) -> Told {
        let mut said = Vec::new();
        let taken = self.table.push_whole(whole, &mut said);
        self.taken(whole.stamp, taken, &whole.decode(), said, texts)
    }

    fn taken(
        &mut self,
        at: Stamp,
        taken: Option<Taken>,
        decoded: &Decoded<'_>,
        said: Vec<FlowEvent>,
        texts: &mut [LayerText],
    ) -> Told {
        self.happened(at, &said);
        let mut told = Told::default();
        let Some(taken) = taken else { return told };
        let known = self.connections.packet(taken, at, decoded, texts);
        if taken.is_copy {
            let copy = known.before.map_or_else(
                || "copy of an earlier frame".to_owned(),
                |first| format!("copy of frame {}", first.frame),
            );
            let text = known.before.map_or_else(
                || copy.clone(),
                |first| format!("{copy}, captured {}", since(first, at)),
            );
            return Told { short: Some(copy), copy: Some(text), ..Told::default() };
        }
        for event in &said {
            if let (FlowBody::Tcp(event), true) = (&event.body, event.at == at) {
                let text = add::tcp_event(event, known.before);
                if let Some((text, short)) = text {
                    told.short = told.short.or(short);
                    note(texts, text);
                }
            }
        }
        self.asked.packet(at, decoded, texts);
        for event in self.above(at, Phase::Packet, said) {
            match &event.body {
                EventBody::Lookup(message) if message.over.is_stream() => {
                    let mut layer = application::lookup(message);
                    self.asked.lookup(event.order.flow, message, std::slice::from_mut(&mut layer));
                    told.layers.push(layer);
                }
                EventBody::Lookup(message) => self.asked.lookup(event.order.flow, message, texts),
                EventBody::Http(HttpEvent::Message { message, .. }) => {
                    told.layers.push(application::message(message));
                }
                EventBody::Http(http) => self.asked.http(event.order.flow, at, http, texts),
                EventBody::Tls(event) if decoded.udp().is_some() => {
                    if let Some(text) = handshake(event) {
                        field(texts, &["QUIC"], "completes", text);
                    }
                }
                EventBody::Refusal(refusal) => {
                    let around = decoded.encapsulation;
                    let about = refusal.about.as_ref();
                    if let Some(opened) = about.and_then(|it| self.connections.refused(it, around))
                    {
                        let text = format!("since frame {}, {}", opened.frame, since(opened, at));
                        field(texts, &["ICMP", "ICMPv6"], "its connection", text);
                    }
                }
                EventBody::Anomaly(anomaly) => {
                    let text = match self.credentials {
                        Credentials::Kept => anomaly.text.as_ref().into(),
                        Credentials::Blanked => credentials::of_words(&anomaly.text),
                    };
                    note(texts, escape(&text));
                }
                _ => {}
            }
        }
        self.asked.content(taken, at, decoded, texts);
        told
    }

    /// Flows began and ended.
    fn happened(&mut self, at: Stamp, said: &[FlowEvent]) {
        for event in said {
            self.connections.event(event, at);
            if let FlowBody::Closed(_) = event.body {
                self.asked.closed(event.flow);
            }
        }
    }

    /// What analyzers make of what flows said.
    fn above(&mut self, at: Stamp, phase: Phase, said: Vec<FlowEvent>) -> Vec<Event> {
        let mut events = Vec::new();
        if let Some(sessions) = &mut self.sessions {
            for event in said {
                sessions.push((at.frame, phase), event, &mut events);
            }
        }
        events
    }
}

/// A message of TLS that came in packets of QUIC, which anyone can read in those of a handshake's
/// beginning.
fn handshake(event: &TlsEvent) -> Option<String> {
    let TlsEvent::Message(message) = event else { return None };
    let MessageKind::Handshake(what) = message.kind else { return None };
    let name = match &message.body {
        Body::ClientHello(hello) => hello.server_name.as_deref(),
        _ => None,
    };
    let name = name.map_or_else(String::new, |name| format!(", server name {}", escape(name)));
    let frames = numbers::short(&message.frames);
    let word = if message.frames.len() == 1 { "frame" } else { "frames" };
    Some(format!("{what}, {word} {frames}{name}"))
}

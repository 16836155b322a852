//! The events of a connection, in order of time.

use serde_json::{Map, Value, json};

use crate::flow::event::Direction;
use crate::protocol::http::fields::Fields;
use crate::protocol::http::message::{RequestHead, ResponseHead};
use crate::protocol::quic::Kind;
use crate::protocol::quic::event::{Close, CloseError};
use crate::protocol::quic::parameters::Parameters;
use crate::protocol::quic::seen::Packet;
use crate::protocol::tls::message::{Body, Message};
use crate::report::qlog::frame;
use crate::report::text;
use crate::time::Stamp;
use crate::trace::Trace;
use crate::trace::connection::Connection;
use crate::trace::quic::Quic;

use Direction::{ToClient, ToServer};

/// An event with its place among the others.
type Event = (Stamp, Value);

/// All of a connection.
pub(super) fn all(trace: &Trace, connection: &Connection) -> Vec<Event> {
    let Some(quic) = connection.quic.as_deref() else { return Vec::new() };
    let start = connection.opened;
    let mut events = Vec::with_capacity(quic.packets.len() + 16);
    let mut say = |at: Stamp, name: &str, data: Value| {
        let time = at.at.since(start.at).as_millis_f64();
        events.push((at, json!({ "time": time, "name": name, "data": data })));
    };
    if let Some(first) = connection.attempted() {
        say(first, "connectivity:connection_started", started(connection, quic));
    }
    for said in &quic.negotiations {
        let versions: Vec<String> =
            said.versions.iter().map(|version| format!("{:x}", version.0)).collect();
        let header = json!({ "packet_type": "version_negotiation" });
        let data = json!({ "header": header, "supported_versions": versions });
        say(said.at, "transport:packet_received", data);
    }
    if let Some(retry) = quic.retry {
        let header = json!({ "packet_type": "retry" });
        let data = json!({ "header": header, "retry_token": { "length": retry.token } });
        say(retry.at, "transport:packet_received", data);
    }
    for (way, owner) in [(ToServer, "local"), (ToClient, "remote")] {
        if let Some(said) = quic.parameters.of(way) {
            let at = told(connection, way).unwrap_or(start);
            say(at, "transport:parameters_set", parameters(said, owner));
        }
    }
    for packet in &quic.packets {
        let name = match packet.by {
            ToServer => "transport:packet_sent",
            ToClient => "transport:packet_received",
        };
        say(packet.at, name, of_packet(packet, exponent(quic, packet)));
    }
    for update in &quic.key_updates {
        let key_type = match update.by {
            ToServer => "client_1rtt_secret",
            ToClient => "server_1rtt_secret",
        };
        let data = json!({ "key_type": key_type, "generation": update.nth });
        say(update.at, "security:key_updated", data);
    }
    let to_server = quic.round_trips.iter().filter(|one| one.trip.direction == ToServer);
    for measured in to_server {
        let time = measured.time().as_millis_f64();
        let data = json!({ "min_rtt": time, "latest_rtt": time });
        say(measured.trip.acked, "recovery:metrics_updated", data);
    }
    for exchange in connection.exchanges.iter().filter_map(|id| trace.exchange(*id)) {
        let stream = exchange.message.stream;
        if let Some(head) = &exchange.request {
            let data = headers(stream, &asked(head));
            say(head.span.last, "http:frame_created", data);
        }
        for head in exchange.informational.iter().chain(exchange.response.as_deref()) {
            let data = headers(stream, &answered(head));
            say(head.span.done, "http:frame_parsed", data);
        }
    }
    for close in &quic.closes {
        say(close.at, "connectivity:connection_closed", closed(close));
    }
    if let Some(reset) = quic.reset {
        let owner = owner(reset.by);
        let data = json!({ "owner": owner, "trigger": "stateless_reset" });
        say(reset.at, "connectivity:connection_closed", data);
    }
    events.sort_by_key(|(at, _)| *at);
    events
}

const fn owner(by: Direction) -> &'static str {
    match by {
        ToServer => "local",
        ToClient => "remote",
    }
}

fn started(connection: &Connection, quic: &Quic) -> Value {
    let (client, server) = (connection.client, connection.server);
    let own = quic.ids.iter().find(|issued| issued.by == ToServer).map(|issued| issued.id);
    let hex = |id: Option<crate::protocol::quic::id::ConnectionId>| {
        id.filter(|id| !id.is_empty()).map_or_else(String::new, |id| id.to_string())
    };
    json!({
        "ip_version": if server.ip.is_ipv4() { "v4" } else { "v6" },
        "src_ip": client.ip,
        "dst_ip": server.ip,
        "src_port": client.port,
        "dst_port": server.port,
        "protocol": "QUIC",
        "src_cid": hex(own),
        "dst_cid": hex(quic.original()),
    })
}

/// When one side's parameters came: with the message of TLS that has its extensions (RFC 9001 §8.2).
fn told(connection: &Connection, way: Direction) -> Option<Stamp> {
    let messages = &connection.tls.as_deref()?.messages;
    let has_them = |message: &&Message| match message.body {
        Body::ClientHello(_) => way == ToServer,
        Body::EncryptedExtensions(_) => way == ToClient,
        _ => false,
    };
    Some(messages.iter().find(has_them)?.span.last)
}

fn parameters(said: &Parameters, owner: &str) -> Value {
    let mut data = Map::new();
    data.insert("owner".into(), owner.into());
    let numbers = [
        ("max_idle_timeout", said.max_idle_timeout),
        ("max_udp_payload_size", said.max_udp_payload_size),
        ("ack_delay_exponent", said.ack_delay_exponent),
        ("max_ack_delay", said.max_ack_delay),
        ("active_connection_id_limit", said.active_connection_id_limit),
        ("initial_max_data", said.initial_max_data),
        ("initial_max_stream_data_bidi_local", said.initial_max_stream_data_bidi_local),
        ("initial_max_stream_data_bidi_remote", said.initial_max_stream_data_bidi_remote),
        ("initial_max_stream_data_uni", said.initial_max_stream_data_uni),
        ("initial_max_streams_bidi", said.initial_max_streams_bidi),
        ("initial_max_streams_uni", said.initial_max_streams_uni),
        ("max_datagram_frame_size", said.max_datagram_frame_size),
    ];
    let known = numbers.into_iter().filter_map(|(name, value)| Some((name, value?)));
    data.extend(known.map(|(name, value)| (name.to_owned(), value.into())));
    let ids = [
        ("original_destination_connection_id", said.original_destination_connection_id),
        ("initial_source_connection_id", said.initial_source_connection_id),
        ("retry_source_connection_id", said.retry_source_connection_id),
    ];
    for (name, id) in ids.into_iter().filter_map(|(name, id)| Some((name, id?))) {
        let hex = if id.is_empty() { String::new() } else { id.to_string() };
        data.insert(name.to_owned(), hex.into());
    }
    if said.disable_active_migration {
        data.insert("disable_active_migration".into(), true.into());
    }
    Value::Object(data)
}

/// By what the delays of a packet's acknowledgments are shifted: 3, or what its sender said once it
/// was heard (RFC 9000 §18.2, §19.3).
fn exponent(quic: &Quic, packet: &Packet) -> u32 {
    let said = quic.parameters.of(packet.by).as_ref().and_then(|said| said.ack_delay_exponent);
    let said = said.filter(|_| packet.kind == Kind::OneRtt).unwrap_or(3);
    u32::try_from(said).unwrap_or(20).min(20)
}

fn of_packet(packet: &Packet, exponent: u32) -> Value {
    let frames: Vec<Value> =
        packet.frames.iter().map(|frame| frame::value(frame, exponent)).collect();
    let kind = match packet.kind {
        Kind::Initial => "initial",
        Kind::ZeroRtt => "0RTT",
        Kind::Handshake => "handshake",
        Kind::OneRtt => "1RTT",
    };
    json!({
        "header": { "packet_type": kind, "packet_number": packet.number },
        "raw": { "length": packet.size },
        "frames": frames,
    })
}

fn closed(close: &Close) -> Value {
    let (name, code) = match close.error {
        CloseError::Transport { error, .. } => ("connection_code", error.0),
        CloseError::Application(code) => ("application_code", code),
    };
    let mut data = Map::new();
    data.insert("owner".into(), owner(close.by).into());
    data.insert(name.into(), code.into());
    data.insert("error".into(), text::quic::error(close.error).into());
    data.insert("reason".into(), (&*close.reason).into());
    Value::Object(data)
}

/// A HEADERS frame.
fn headers(stream: u64, fields: &[Value]) -> Value {
    json!({ "stream_id": stream, "frame": { "frame_type": "headers", "headers": fields } })
}

fn field(name: &str, value: &str) -> Value {
    json!({ "name": name, "value": value })
}

fn asked(head: &RequestHead) -> Vec<Value> {
    let pseudo = [
        (":method", &head.method),
        (":scheme", &head.scheme),
        (":authority", &head.authority),
        (":path", &head.target),
    ];
    let pseudo = pseudo.into_iter().filter_map(|(name, value)| Some((name, value.as_deref()?)));
    pseudo.map(|(name, value)| field(name, value)).chain(fields(&head.fields)).collect()
}

fn answered(head: &ResponseHead) -> Vec<Value> {
    let status = head.status.map(|status| field(":status", &status.to_string()));
    status.into_iter().chain(fields(&head.fields)).collect()
}

fn fields(fields: &Fields) -> impl Iterator<Item = Value> {
    fields.iter().map(|(name, value)| field(name, value))
}

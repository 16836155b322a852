//! An exchange in full: URL, connection, phases, heads, sizes, segments, cache.

use crate::protocol::http::cache;
use crate::protocol::http::fields::Fields;
use crate::protocol::http::groups::Group;
use crate::protocol::http::message::{Framing, MessageEnd, ResponseHead};
use crate::protocol::http::multiplex::Queued;
use crate::protocol::http::status;
use crate::protocol::http::url::Parts;
use crate::report::text::escape::escape;
use crate::report::text::http;
use crate::report::text::ink::Tone;
use crate::report::text::numbers;
use crate::report::text::units;
use crate::report::text::words;
use crate::report::timeline::detail::conversation;
use crate::report::timeline::detail::line::Line;
use crate::report::timeline::detail::stall;
use crate::time::{TimeDelta, Timestamp};
use crate::trace::Trace;
use crate::trace::connection::Connection;
use crate::trace::exchange::Exchange;
use crate::trace::timing::Timings;
use crate::trace::visit::Link;

/// The lines below its row.
pub(super) fn lines(trace: &Trace, exchange: &Exchange) -> Vec<Line> {
    let mut lines = Vec::new();
    if let Some(url) = &exchange.url {
        lines.push(Line::new(taken_apart(url)));
    }
    lines.push(Line::new(belongs(trace, exchange)));
    if let Some(connection) = trace.connection(exchange.connection) {
        lines.push(Line::new(carried(connection, exchange)));
    }
    lines.push(Line::new(phases(&exchange.timings)));
    lines.extend(exchange.priority.map(|priority| Line::new(format!("priority: {priority}"))));
    lines.extend(exchange.queued.map(|queued| Line::new(waited(&queued))));
    lines.extend(stall::lines(trace, exchange));
    let connection = trace.connection(exchange.connection);
    if let Some(request) = &exchange.request {
        let line = format!(
            "request: {} {} {}",
            http::method(request),
            http::target(request),
            request.version
        );
        lines.push(Line::new(line).in_tone(Tone::Strong));
        fields(&request.fields, true, &mut lines);
        lines.extend(unknown(request.unknown_fields));
        let end = exchange.request_end.as_deref();
        let size = size(request.size, &request.fields, end);
        let frames = end.map_or_else(String::new, |end| format!(", {}", in_frames(end)));
        lines.push(Line::below(size + &frames));
        trailers(end, &mut lines);
    }
    for interim in &exchange.informational {
        let after = since_request(exchange, interim.span.ready.at);
        let line = format!("interim response: {}{after}", http::status_line(interim));
        lines.push(Line::new(line).in_tone(Tone::Strong));
        fields(&interim.fields, false, &mut lines);
    }
    if let Some(response) = &exchange.response {
        let line = match response.status {
            Some(code) => format!(
                "response: {} {} ({})",
                response.version,
                http::status_line(response),
                status::Class::of(code).map_or("of no known class", status::Class::name)
            ),
            None => format!("response: {}, {}", response.version, http::status_code(response)),
        };
        lines.push(Line::new(line).in_tone(Tone::Strong));
        fields(&response.fields, false, &mut lines);
        lines.extend(unknown(response.unknown_fields));
        let end = exchange.response_end.as_deref();
        lines.push(Line::below(size(response.size, &response.fields, end)));
        lines.extend(end.map(|end| Line::below(segments(response, end, connection))));
        lines.extend(cache(response).map(Line::below));
        trailers(end, &mut lines);
    }
    lines.extend(conversation::lines(exchange));
    if let Some(wrong) = http::exchange_state(exchange.state()) {
        lines.push(Line::new(wrong).in_tone(Tone::Bad));
    }
    lines
}

/// The URL, part by part.
fn taken_apart(url: &str) -> String {
    let parts = Parts::of(url);
    let mut said = vec![format!("scheme {}", escape(parts.scheme))];
    said.extend(parts.user_info.map(|user| format!("user info {}", escape(user))));
    said.push(format!("host {}", escape(parts.host)));
    said.push(match (parts.port, parts.scheme) {
        (Some(port), _) => format!("port {port}"),
        (None, "http") => "port 80 (by default)".to_owned(),
        (None, "https") => "port 443 (by default)".to_owned(),
        (None, _) => "no port".to_owned(),
    });
    let chosen = if parts.ends_in_slash() {
        " (ends in /: the server chooses the file, often index.html)"
    } else {
        ""
    };
    said.push(format!("path {}{chosen}", escape(parts.path)));
    said.extend(parts.query.map(|query| format!("query {}", escape(query))));
    format!("URL: {}", said.join(" · "))
}

/// Why it stands where it stands.
fn belongs(trace: &Trace, exchange: &Exchange) -> String {
    let number = words::exchange_number(exchange.id);
    let from = exchange.redirected_from.and_then(|id| trace.exchange(id));
    let from = from.and_then(|from| from.url.as_deref());
    match (exchange.link, from) {
        (Link::Redirect, Some(from)) => {
            format!("request {number}, follows the redirect of {}", escape(from))
        }
        (Link::None, _) => format!("request {number}, of no page: background"),
        (link, _) => format!("request {number}, of this page: {}", link.why()),
    }
}

/// Which connection carried it, and whether that was there already.
fn carried(connection: &Connection, exchange: &Exchange) -> String {
    let number = words::connection_number(connection.id);
    let place = connection.exchanges.binary_search(&exchange.id).unwrap_or(0) + 1;
    let (client, server) = (connection.client, connection.server);
    let stream = match exchange.message.stream {
        0 if connection.quic.is_none() => String::new(),
        stream => format!(", stream {stream}"),
    };
    let ends = format!("connection #{number}, {client} → {server}{stream}");
    if place > 1 {
        return format!("{ends}, used again: request {place} on it, no lookup and no handshake");
    }
    if connection.attempted().is_none() {
        return format!("{ends}, open before the capture began");
    }
    match exchange.timings.connect {
        Some(_) => format!("{ends}, opened for this request"),
        None if connection.connect().is_none() => {
            format!("{ends}, whose handshake is not whole in this capture")
        }
        None => format!("{ends}, opened ahead of need: this request did not wait for it"),
    }
}

/// What it waited for, where other streams were in its way.
fn waited(queued: &Queued) -> String {
    let most = units::span(queued.freed.at.since(queued.since.at).at_least_zero());
    format!(
        "sent once one of the {} streams that the server allows had ended (frame {}): waited up to \
         {most} before (inferred)",
        queued.limit, queued.freed.frame
    )
}

/// The phases that happened, and their sum.
fn phases(timings: &Timings) -> String {
    let named = [
        ("blocked", timings.blocked),
        ("dns", timings.dns),
        ("connect", timings.connect),
        ("send", timings.send),
        ("wait", timings.wait),
        ("receive", timings.receive),
    ];
    let named = named.into_iter().filter_map(|(name, time)| Some((name, time?)));
    let part = |(name, time)| {
        let ssl = timings.ssl.filter(|_| name == "connect");
        let ssl = ssl.map_or_else(String::new, |ssl| format!(" (ssl {} of it)", in_millis(ssl)));
        format!("{name} {}{ssl}", in_millis(time))
    };
    let parts: Vec<String> = named.map(part).collect();
    format!("phases: {} = {}", parts.join(" + "), in_millis(timings.total()))
}

fn in_millis(time: TimeDelta) -> String {
    format!("{:.3} ms", time.as_millis_f64())
}

fn since_request(exchange: &Exchange, at: Timestamp) -> String {
    exchange.request.as_ref().map_or_else(String::new, |request| {
        format!(" after {}", units::span(at.since(request.span.first.at)))
    })
}

/// Header fields, as they were sent, by group.
fn fields(fields: &Fields, in_request: bool, lines: &mut Vec<Line>) {
    for group in [Group::General, Group::Request, Group::Response, Group::Representation] {
        let of_group = || fields.iter().filter(|(name, _)| Group::of(name, in_request) == group);
        if of_group().next().is_some() {
            lines.push(Line::below(format!("{} fields", group.name())));
        }
        for (name, value) in of_group() {
            let text = format!("{}: {}", escape(name), escape(value));
            lines.push(Line { depth: 2, ..Line::new(text) });
        }
    }
}

/// Fields of HTTP/2 that cannot be told.
fn unknown(count: u32) -> Option<Line> {
    let fields = units::count(u64::from(count), "field", "fields");
    let text =
        format!("{fields} more, unknown: in entries of the header table that nobody saw made");
    (count > 0).then(|| Line::below(text).in_tone(Tone::Warn))
}

fn in_frames(end: &MessageEnd) -> String {
    match end.frames.len() {
        1 => format!("frame {}", numbers::full(&end.frames)),
        0..=24 => format!("frames {}", numbers::full(&end.frames)),
        _ => format!("frames {}", numbers::short(&end.frames)),
    }
}

/// The fields behind a body, where there are any.
fn trailers(end: Option<&MessageEnd>, lines: &mut Vec<Line>) {
    if let Some(end) = end.filter(|end| !end.trailers.is_empty() || end.unknown_trailers > 0) {
        lines.push(Line::below("trailers after the body:"));
        fields(&end.trailers, false, lines);
        lines.extend(unknown(end.unknown_trailers));
    }
}

/// What a message takes on the wire, and what its body is without framing and coding.
fn size(head: u32, fields: &Fields, end: Option<&MessageEnd>) -> String {
    let head = u64::from(head);
    let Some(end) = end else {
        return format!("head {}", units::count(head, "byte", "bytes"));
    };
    let body = &end.body;
    let total = units::count(head + body.wire, "byte", "bytes");
    if body.framing == Framing::None && body.wire == 0 {
        return format!("{total}, no body");
    }
    let coding = fields.get("content-encoding").map_or_else(String::new, |coding| {
        let coding = escape(coding);
        match body.decoded {
            Some(decoded) => format!(", {} once {coding} is undone", units::grouped(decoded)),
            None => format!(", {coding} could not be undone"),
        }
    });
    let chunks = if body.wire == body.encoded {
        String::new()
    } else {
        let without = if body.framing == Framing::Frames { "frame" } else { "chunk" };
        format!(", {} without {without} headers", units::grouped(body.encoded))
    };
    format!(
        "{total} = head {} + body {} ({}{chunks}{coding})",
        units::grouped(head),
        units::grouped(body.wire),
        words::framing(body.framing)
    )
}

/// How the message was cut into segments, or packets of QUIC.
fn segments(response: &ResponseHead, end: &MessageEnd, connection: Option<&Connection>) -> String {
    let bytes = u64::from(response.size) + end.body.wire;
    let largest = connection.map_or(0, |connection| connection.counters.to_client.largest);
    let largest = if end.frames.len() > 1 && largest > 0 {
        format!(" of up to {}", units::count(u64::from(largest), "byte", "bytes"))
    } else {
        String::new()
    };
    // The client's MSS bounds what the server may send.
    let handshake = connection.and_then(|connection| connection.handshake.as_deref());
    let mss = handshake.and_then(|handshake| {
        // Timestamps take 12 bytes of each segment (RFC 7323 appendix A).
        let both = handshake.client_options.timestamps && handshake.server_options.timestamps;
        let less = if both { " less 12 for timestamps" } else { "" };
        Some(format!(" (MSS {}{less})", handshake.client_options.mss?))
    });
    let mss = mss.unwrap_or_default();
    format!(
        "{} in {}{largest}{mss}, {}",
        units::count(bytes, "byte", "bytes"),
        if connection.is_some_and(|connection| connection.quic.is_some()) {
            units::count(end.frames.len(), "packet", "packets")
        } else {
            units::count(end.frames.len(), "segment", "segments")
        },
        in_frames(end)
    )
}

/// Who answered, where that was not the server itself.
fn cache(response: &ResponseHead) -> Option<String> {
    let answered = cache::answered(response.status, &response.fields)?;
    Some(format!("{} ({})", answered.by.words(), escape(&answered.evidence)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture::over_quic;

    #[test]
    fn whether_a_connection_was_there_already_is_said_as_far_as_it_is_known() {
        let trace = over_quic();
        let (mut connection, mut exchange) =
            (trace.connections[0].clone(), trace.exchanges[0].clone());
        exchange.timings.connect = None;
        assert!(carried(&connection, &exchange).contains("opened ahead of need"));
        connection.tls.as_mut().unwrap().finished.to_server = None;
        let told = carried(&connection, &exchange);
        assert!(told.ends_with("whose handshake is not whole in this capture"), "{told}");
        connection.tls = None;
        connection.quic.as_mut().unwrap().retry = None;
        assert!(carried(&connection, &exchange).ends_with("open before the capture began"));
    }
}

//! What urltrace says about one request, brought to the form in which it is judged: from the
//! trace itself, or from the HAR that it writes.

use serde_json::Value;
use url::Url;

use urltrace::protocol::http::message::Version;
use urltrace::time::{TimeDelta, Timestamp};
use urltrace::trace::{Exchange, Trace};

/// HAR's phases, in the order of [`Entry::phases`].
pub(crate) const PHASES: [&str; 6] = ["dns", "connect", "ssl", "send", "wait", "receive"];

/// One request with its response.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    /// Method and URL, as [`key`] writes them.
    pub(crate) key: String,
    /// When it began, in seconds since the epoch.
    pub(crate) start: f64,
    pub(crate) blocked: Option<f64>,
    /// Milliseconds; none where the phase did not happen.
    pub(crate) phases: [Option<f64>; 6],
    pub(crate) total: f64,
    pub(crate) status: Option<u16>,
    pub(crate) protocol: String,
    pub(crate) server: String,
    pub(crate) page: Option<String>,
    /// The body with its framing.
    pub(crate) wire: Option<u64>,
    pub(crate) encoded: Option<u64>,
    pub(crate) decoded: Option<u64>,
}

/// Method and URL without fragment and default port: what requests are matched by. A WebSocket is
/// opened by a request for an address of HTTP.
pub(crate) fn key(method: &str, url: &str) -> String {
    let http = url.strip_prefix("ws").map(|rest| format!("http{rest}"));
    let url = http.as_deref().unwrap_or(url);
    let Ok(mut url) = Url::parse(url) else { return format!("{method} {url}") };
    url.set_fragment(None);
    let _ = url.set_username("");
    let _ = url.set_password(None);
    format!("{} {url}", method.to_ascii_uppercase())
}

impl Entry {
    /// When the request itself left, in seconds since the epoch.
    pub(crate) fn sent(&self) -> f64 {
        let [dns, connect, ..] = self.phases;
        self.start + [self.blocked, dns, connect].into_iter().flatten().sum::<f64>() / 1e3
    }

    pub(crate) fn end(&self) -> f64 {
        self.start + self.total / 1e3
    }
}

/// Every request of the trace; what has no request has no entry.
pub(crate) fn of_trace(trace: &Trace) -> Vec<Entry> {
    trace.exchanges.iter().filter_map(|exchange| of_exchange(trace, exchange)).collect()
}

fn of_exchange(trace: &Trace, exchange: &Exchange) -> Option<Entry> {
    let request = exchange.request.as_ref()?;
    let connection = trace.connection(exchange.connection).unwrap();
    let millis = |phase: Option<TimeDelta>| phase.map(TimeDelta::as_millis_f64);
    let timings = &exchange.timings;
    let body = exchange.response_end.as_ref().map(|end| &end.body);
    let phases = [timings.dns, timings.connect, timings.ssl];
    let phases = phases.into_iter().chain([timings.send, timings.wait, timings.receive]);
    let phases: Vec<_> = phases.map(millis).collect();
    Some(Entry {
        key: key(
            request.method.as_deref().unwrap_or_default(),
            exchange.url.as_deref().unwrap_or(""),
        ),
        start: seconds(exchange.started.at),
        blocked: millis(timings.blocked),
        phases: phases.try_into().unwrap(),
        total: timings.total().as_millis_f64(),
        status: exchange.status(),
        protocol: protocol(exchange),
        server: connection.server.ip.to_string(),
        page: exchange.visit.map(|visit| visit.0.to_string()),
        wire: body.map(|body| body.wire),
        encoded: body.map(|body| body.encoded),
        decoded: body.and_then(|body| body.decoded),
    })
}

/// As browsers write it: the response's version where there is one.
fn protocol(exchange: &Exchange) -> String {
    let request = exchange.request.as_ref().map(|head| head.version);
    let version = exchange.response.as_ref().map(|head| head.version).or(request);
    let name = match version {
        Some(Version::Http09) => "http/0.9",
        Some(Version::Http10) => "http/1.0",
        Some(Version::Http11) => "http/1.1",
        Some(Version::Http2) => "h2",
        Some(Version::Http3) => "h3",
        None => "",
    };
    name.to_owned()
}

#[expect(clippy::cast_precision_loss, reason = "microseconds are far above a double's grain")]
fn seconds(at: Timestamp) -> f64 {
    at.as_nanos() as f64 / 1e9
}

/// Every entry of a HAR document.
pub(crate) fn of_har(document: &Value) -> Vec<Entry> {
    let entries = document["log"]["entries"].as_array().unwrap();
    entries.iter().map(of_har_entry).collect()
}

fn of_har_entry(entry: &Value) -> Entry {
    let (request, response, timings) = (&entry["request"], &entry["response"], &entry["timings"]);
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let phase = |name: &str| timings[name].as_f64().filter(|millis| *millis >= 0.0);
    let size = |value: &Value| value.as_i64().and_then(|bytes| u64::try_from(bytes).ok());
    let began: jiff::Timestamp = entry["startedDateTime"].as_str().unwrap().parse().unwrap();
    let began = i64::try_from(began.as_nanosecond()).unwrap();
    let version = [&response["httpVersion"], &request["httpVersion"]];
    let version = version.map(&text).into_iter().find(|version| !version.is_empty());
    Entry {
        key: key(&text(&request["method"]), &text(&request["url"])),
        start: seconds(Timestamp::from_nanos(began)),
        blocked: phase("blocked"),
        phases: PHASES.map(phase),
        total: entry["time"].as_f64().unwrap(),
        status: response["status"].as_u64().and_then(|n| u16::try_from(n).ok()).filter(|n| *n > 0),
        protocol: version.unwrap_or_default().to_ascii_lowercase(),
        server: text(&entry["serverIPAddress"]).trim_matches(['[', ']']).to_owned(),
        page: entry["pageref"].as_str().map(str::to_owned),
        wire: size(&response["_transferSize"])
            .zip(size(&response["headersSize"]))
            .and_then(|(all, head)| all.checked_sub(head)),
        encoded: size(&response["bodySize"]),
        decoded: size(&response["content"]["size"]),
    }
}

//! Judges what urltrace says about a visit by what the browser says about it.
//!
//! The n-th request of a method and URL is matched with the n-th of the browser, by the time at
//! which it was sent. Only what went over the wire counts.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::net::{IpAddr, SocketAddr};

use urltrace::address::Endpoint;
use urltrace::time::{Stamp, Timestamp};
use urltrace::trace::Trace;
use urltrace::trace::connection::Connection;
use urltrace::trace::tls::Tls;

use crate::support::entry::{Entry, PHASES, key};
use crate::support::truth::{self, Request, Truth};

/// A phase shorter than this is noise, not an invention, in milliseconds.
const PHANTOM: f64 = 1.0;

/// How a visit was judged.
#[derive(Debug, Default)]
pub(crate) struct Score {
    /// Requests of the browser that went over the wire.
    pub(crate) expected: usize,
    /// Those of them that were found.
    pub(crate) matched: usize,
    /// What is simply wrong, one line each.
    pub(crate) wrong: Vec<String>,
    /// The errors of the times that both sides have, in milliseconds, ours less the browser's. Those
    /// of requests are there once more by what carried them: `h3 wait`, `tcp wait`.
    pub(crate) errors: BTreeMap<String, Vec<f64>>,
    /// Bodies whose sizes were compared (encoded, decoded).
    pub(crate) bodies: (usize, usize),
    /// Bodies that the browser counts with their chunk sizes, and how many of those counts are
    /// those of the wire to the byte.
    pub(crate) framed: (usize, usize),
}

impl Score {
    fn wrong(&mut self, what: String) {
        self.wrong.push(what);
    }

    fn off(&mut self, time: &str, by: f64) {
        self.errors.entry(time.to_owned()).or_default().push(by);
    }

    fn request_off(&mut self, time: &str, request: &Request, by: f64) {
        let carrier = if request.is_http3() { "h3" } else { "tcp" };
        self.off(time, by);
        self.off(&format!("{carrier} {time}"), by);
    }

    /// The median of the absolute errors of a time.
    pub(crate) fn median(&self, time: &str) -> Option<f64> {
        let mut errors: Vec<f64> = self.errors.get(time)?.iter().map(|e| e.abs()).collect();
        errors.sort_by(f64::total_cmp);
        let middle = errors.len() / 2;
        let upper = *errors.get(middle)?;
        Some(if errors.len().is_multiple_of(2) {
            f64::midpoint(errors[middle - 1], upper)
        } else {
            upper
        })
    }

    /// Times whose median is beyond its bound.
    pub(crate) fn late(&self, bounds: &[(&str, f64)]) -> Vec<String> {
        let beyond = bounds.iter().filter_map(|(time, bound)| {
            let median = self.median(time).filter(|median| median > bound)?;
            Some(format!("{time}: median error {median:.3} ms is beyond {bound} ms"))
        });
        beyond.collect()
    }

    /// All numbers in a few lines.
    pub(crate) fn summary(&self) -> String {
        let mut text = format!("{} of {} requests", self.matched, self.expected);
        let _ = write!(text, ", bodies {}/{}", self.bodies.0, self.bodies.1);
        let _ = write!(text, " ({} of {} framed to the byte)", self.framed.1, self.framed.0);
        for (time, errors) in &self.errors {
            let worst = errors.iter().copied().max_by(|a, b| a.abs().total_cmp(&b.abs()));
            let (median, n) = (self.median(time).unwrap_or_default(), errors.len());
            let _ = write!(text, "; {time} {median:.2} (n {n}, worst {:.1})", worst.unwrap_or(0.0));
        }
        text
    }
}

/// Judges entries by the browser's requests; `wanted` leaves out those that are not for us to
/// see.
pub(crate) fn requests(
    entries: &[Entry],
    truth: &Truth,
    wanted: impl Fn(&Request) -> bool,
) -> Score {
    let mut score = Score::default();
    let on_wire: Vec<&Request> =
        truth.requests.iter().filter(|request| request.on_wire && wanted(request)).collect();
    let pairs = pairs(entries, &on_wire);
    score.expected = on_wire.len();
    score.matched = pairs.len();
    let missing: BTreeSet<usize> = pairs.iter().map(|(_, request)| *request).collect();
    for (nth, request) in on_wire.iter().enumerate().filter(|(nth, _)| !missing.contains(nth)) {
        let (method, url, status) = (&request.method, &request.url, request.status);
        score.wrong(format!("missing (request {nth}): {method} {url} {status:?}"));
    }
    let found: BTreeSet<usize> = pairs.iter().map(|(entry, _)| *entry).collect();
    for (_, entry) in entries.iter().enumerate().filter(|(nth, _)| !found.contains(nth)) {
        // what has no URL is not matched by it: who judges such a visit counts those rows
        let has_url = entry
            .key
            .split_once(' ')
            .is_some_and(|(_, url)| !url.is_empty() && url != "about:unknown");
        if entry.page.is_some() && has_url {
            score.wrong(format!("on a page, but not of the browser: {}", entry.key));
        }
    }
    let pairs: Vec<(&Entry, &Request)> =
        pairs.into_iter().map(|(entry, request)| (&entries[entry], on_wire[request])).collect();
    for (entry, request) in &pairs {
        facts(&mut score, entry, request);
        if request.error.is_none() {
            sizes(&mut score, entry, request);
            if request.has_phases() {
                phases(&mut score, entry, request);
            }
        }
        if let Some(sent) = request.send_start {
            score.request_off("sent", request, (entry.sent() - sent) * 1e3);
        }
    }
    pages(&mut score, &pairs, truth);
    score
}

/// Indices of entries and requests that are the same.
fn pairs(entries: &[Entry], requests: &[&Request]) -> Vec<(usize, usize)> {
    let mut ours: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    let mut theirs: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (nth, entry) in entries.iter().enumerate() {
        ours.entry(&entry.key).or_default().push(nth);
    }
    for (nth, request) in requests.iter().enumerate() {
        theirs.entry(key(&request.method, &request.url)).or_default().push(nth);
    }
    let sent = |request: &Request| request.send_start.or(request.start).unwrap_or_default();
    let mut pairs = Vec::new();
    for (key, mut theirs) in theirs {
        let Some(ours) = ours.get_mut(key.as_str()) else { continue };
        ours.sort_by(|a, b| entries[*a].sent().total_cmp(&entries[*b].sent()));
        theirs.sort_by(|a, b| sent(requests[*a]).total_cmp(&sent(requests[*b])));
        pairs.extend(ours.iter().copied().zip(theirs));
    }
    pairs
}

fn facts(score: &mut Score, entry: &Entry, request: &Request) {
    if request.status.is_some() && entry.status != request.status {
        let (ours, theirs) = (entry.status, request.status);
        score.wrong(format!("{}: status {ours:?}, the browser's is {theirs:?}", entry.key));
    }
    let unknown = request.source == "netlog";
    if request.status.is_none() && entry.status.is_some() && !unknown {
        score.wrong(format!("{}: status {:?} is invented", entry.key, entry.status));
    }
    if let Some(theirs) = &request.protocol
        && entry.status.is_some()
        && *theirs != entry.protocol
    {
        score.wrong(format!("{}: {}, the browser says {theirs}", entry.key, entry.protocol));
    }
    if let Some(theirs) = &request.remote_ip {
        let same = entry.server.parse::<IpAddr>().ok()
            == theirs.trim_matches(['[', ']']).parse::<IpAddr>().ok();
        if !same {
            score.wrong(format!("{}: server {}, not {theirs}", entry.key, entry.server));
        }
    }
}

fn sizes(score: &mut Score, entry: &Entry, request: &Request) {
    if let (Some(ours), Some(theirs)) = (entry.encoded, request.body_encoded) {
        score.bodies.0 += 1;
        // The browser's number may include the sizes of chunks, and trailers.
        let framing = theirs.checked_sub(ours).filter(|_| request.body_framed);
        let framed = framing.is_some_and(|bytes| bytes <= (theirs / 200).max(64));
        let with_framing = request.body_framed && entry.wire == Some(theirs);
        if request.body_framed {
            score.framed.0 += 1;
            score.framed.1 += usize::from(entry.wire == Some(theirs));
        }
        if ours != theirs && !framed && !with_framing {
            score.wrong(format!("{}: {ours} bytes encoded, not {theirs}", entry.key));
        }
    }
    if request.method == "HEAD" || request.revalidated {
        return;
    }
    if let Some(theirs) = request.body_decoded {
        score.bodies.1 += 1;
        if entry.decoded != Some(theirs) {
            score.wrong(format!("{}: {:?} bytes decoded, not {theirs}", entry.key, entry.decoded));
        }
    }
}

fn phases(score: &mut Score, entry: &Entry, request: &Request) {
    for (phase, ours) in PHASES.into_iter().zip(entry.phases) {
        let theirs = request.phases.get(phase).copied().flatten();
        match (ours, theirs) {
            (Some(ours), Some(theirs)) => {
                score.request_off(phase, request, ours - theirs);
            }
            (Some(ours), None) if ours > PHANTOM => {
                score.wrong(format!("{}: {phase} of {ours:.3} ms is invented", entry.key));
            }
            // whom a handshake is charged to is concluded, that TLS is a part of it is not
            (None, Some(theirs)) if phase == "ssl" && entry.phases[1].is_some() => {
                score.wrong(format!("{}: ssl of {theirs:.3} ms is missing", entry.key));
            }
            _ => {}
        }
    }
    if let Some(end) = request.end {
        score.request_off("end", request, (entry.end() - end) * 1e3);
    }
}

/// One of our pages is the browser's page whose document it holds.
fn pages(score: &mut Score, pairs: &[(&Entry, &Request)], truth: &Truth) {
    let mut owner: BTreeMap<&str, &str> = BTreeMap::new();
    let mut documents: Vec<&(&Entry, &Request)> = Vec::new();
    for page in &truth.pages {
        let of_page = pairs.iter().filter(|(_, r)| r.page.as_deref() == Some(&page.id));
        let first =
            of_page.min_by(|a, b| a.1.start.unwrap_or(0.0).total_cmp(&b.1.start.unwrap_or(0.0)));
        documents.extend(first);
    }
    documents.sort_by(|a, b| a.1.start.unwrap_or(0.0).total_cmp(&b.1.start.unwrap_or(0.0)));
    for (entry, request) in documents {
        if let (Some(ours), Some(theirs)) = (&entry.page, &request.page) {
            owner.entry(ours).or_insert(theirs);
        }
    }
    for (entry, request) in pairs {
        let ours = entry.page.as_deref().and_then(|page| owner.get(page).copied());
        if let Some(theirs) = request.page.as_deref()
            && ours != Some(theirs)
        {
            score.wrong(format!("{}: page {ours:?}, the browser says {theirs}", entry.key));
        }
        if request.page.is_none() && entry.page.is_some() && request.source != "netlog" {
            score.wrong(format!("{}: on page {ours:?}, the browser says none", entry.key));
        }
    }
    let ours: BTreeSet<&str> =
        pairs.iter().filter_map(|(entry, _)| entry.page.as_deref()).collect();
    let theirs = truth
        .pages
        .iter()
        .filter(|page| pairs.iter().any(|(_, request)| request.page.as_deref() == Some(&page.id)));
    let theirs = theirs.count();
    if ours.len() != theirs {
        score.wrong(format!("{} pages, the browser says {theirs}", ours.len()));
    }
}

/// Judges lookups and handshakes by the browser's net log.
pub(crate) fn sockets(score: &mut Score, trace: &Trace, truth: &Truth) {
    let mut taken = BTreeSet::new();
    for theirs in &truth.connections {
        let (Some(local), Some(remote)) = (&theirs.local, &theirs.remote) else { continue };
        let (Some(start), Some(end)) = (theirs.connect_start, theirs.connect_end) else { continue };
        if theirs.kind != "tcp" || theirs.net_error.is_some() {
            continue;
        }
        let (local, remote) = (endpoint(local), endpoint(remote));
        let ours = trace.connections.iter().find(|connection| {
            connection.client == local
                && connection.server == remote
                && (seconds(connection.opened.at) - start).abs() < 10.0
                && !taken.contains(&connection.id)
        });
        let Some(ours) = ours else {
            score.wrong(format!("no connection from {local} to {remote} at {start}"));
            continue;
        };
        taken.insert(ours.id);
        match ours.connect() {
            Some((syn, ack)) => {
                let began = before(trace, start, seconds(syn.at));
                let took = (seconds(ack.at) - began) * 1e3;
                score.off("netlog connect", took - (end - start) * 1e3);
            }
            None => score.wrong(format!("{local} to {remote} has no handshake")),
        }
        secured(score, ours, theirs);
    }
    let mut taken = BTreeSet::new();
    for theirs in &truth.dns {
        let Some(end) = theirs.end.filter(|_| theirs.net_error.is_none()) else { continue };
        let host = host(&theirs.host);
        let ours = trace
            .resolutions
            .iter()
            .filter(|resolution| resolution.name.eq_ignore_ascii_case(host))
            .filter(|resolution| !taken.contains(&resolution.id))
            .map(|resolution| (resolution, (seconds(resolution.started.at) - theirs.start).abs()))
            // A lookup that the browser answers itself (cache, literal address) is on no wire.
            .filter(|(_, apart)| *apart < (end - theirs.start).max(0.1))
            .min_by(|a, b| a.1.total_cmp(&b.1));
        let Some((ours, _)) = ours else { continue };
        taken.insert(ours.id);
        let Some(finished) = ours.finished else {
            score.wrong(format!("the lookup of {host} is not finished; the browser's was"));
            continue;
        };
        let began = before(trace, theirs.start, seconds(ours.started.at));
        let took = (seconds(finished.at) - began) * 1e3;
        let theirs = (end - theirs.start) * 1e3;
        score.off("netlog dns", took - theirs);
    }
}

/// Judges a TLS handshake by the browser's net log.
fn secured(score: &mut Score, ours: &Connection, theirs: &truth::Connection) {
    let (Some(start), Some(end), None) = (theirs.ssl_start, theirs.ssl_end, theirs.ssl_error)
    else {
        return;
    };
    let client = ours.client;
    let open = ours.tls.as_ref().and_then(|tls| Some((tls, tls.started()?, opened(tls)?)));
    let Some((tls, began, done)) = open else {
        score.wrong(format!("TLS from {client}: not open, the browser's was"));
        return;
    };
    let took = (seconds(done.at) - seconds(began.at)) * 1e3;
    score.off("netlog ssl", took - (end - start) * 1e3);
    let version = tls.version().map(|version| version.to_string().replacen("TLSv", "TLS ", 1));
    let agreed = [
        ("version", version, theirs.tls.clone()),
        ("cipher suite", number(tls.cipher_suite().map(|suite| suite.0)), number(theirs.cipher)),
        ("resumed", tls.resumed().is_some().to_string().into(), number(theirs.resumed)),
        // It is inside TLS 1.3, and a browser that offers none is told of none.
        ("protocol", tls.alpn().map(str::to_owned), theirs.alpn.clone()),
        // The client remembers the group of the session that it goes on with.
        ("group", number(tls.group().map(|group| group.0)), number(theirs.group)),
    ];
    for (what, ours, theirs) in agreed {
        let unseen = ours.is_none() && matches!(what, "protocol" | "group");
        if let Some(theirs) = theirs
            && ours.as_ref() != Some(&theirs)
            && !unseen
        {
            score.wrong(format!("TLS from {client}: {what} {ours:?}, the browser says {theirs}"));
        }
    }
}

/// When a browser takes a handshake to be over: it does not wait for the server's Finished where it
/// sends its request before (False Start, RFC 7918).
fn opened(tls: &Tls) -> Option<Stamp> {
    let finished = tls.finished.to_server.map(|finished| finished.span.last);
    let sent = tls.data.to_server;
    let done = tls.done();
    match (finished, sent, done) {
        (Some(finished), Some(sent), Some(done)) if sent < done => Some(finished),
        _ => done,
    }
}

fn number(value: Option<impl ToString>) -> Option<String> {
    value.map(|value| value.to_string())
}

/// Where the browser's time for a socket or lookup begins on the wire: where the system had to find
/// the hardware address of the next hop first, with that question.
fn before(trace: &Trace, browser: f64, packet: f64) -> f64 {
    let found = trace.neighbors.iter().filter_map(|neighbor| {
        let (asked, (answered, _)) = (neighbor.requests.first()?, neighbor.reply?);
        Some((seconds(asked.at), seconds(answered.at)))
    });
    let waited = found.filter(|(_, answered)| *answered > browser && *answered <= packet);
    // A socket may begin to wait while another one has asked already.
    waited.map(|(asked, _)| asked.max(browser)).fold(packet, f64::min)
}

fn endpoint(text: &str) -> Endpoint {
    let address: SocketAddr = text.parse().unwrap_or_else(|e| panic!("{text}: {e}"));
    Endpoint::new(address.ip(), address.port())
}

/// `http://www.seed.test:81` and `google.com:443` without scheme and port.
fn host(text: &str) -> &str {
    let host = text.split_once("://").map_or(text, |(_, rest)| rest);
    host.split_once(':').map_or(host, |(host, _)| host)
}

#[expect(clippy::cast_precision_loss, reason = "microseconds are far above a double's grain")]
fn seconds(at: Timestamp) -> f64 {
    at.as_nanos() as f64 / 1e9
}

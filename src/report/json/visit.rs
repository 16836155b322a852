//! A page, as the document has it.

use std::net::IpAddr;

use schemars::JsonSchema;
use serde::Serialize;

use crate::report::json::value::{FrameList, Millis, Moment};
use crate::time::Frames;
use crate::trace::visit as model;
use crate::trace::{ExchangeId, Trace};

/// One page: its document and everything that was fetched for it.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Visit<'a> {
    /// Its place in `visits`, from 0.
    pub id: u32,
    /// Who browses.
    pub client: IpAddr,
    /// Its URL, after redirects. Where the document itself was not on the wire, the `Referer` of
    /// what it asked for.
    pub url: &'a str,
    /// The first exchange: the document, or the first redirect on the way to it.
    pub root: u32,
    /// The exchange of the document, after redirects; null where it was not on the wire.
    pub document: Option<u32>,
    /// Its entries of `exchanges`, in order of their requests.
    pub exchanges: Vec<u32>,
    /// When its root began: with the lookup, where there was one.
    pub started: Moment,
    /// Its last byte.
    pub ended: Moment,
    /// From the first to the last.
    pub duration_ms: Millis,
    /// From its beginning to the first byte of the document's response.
    pub first_byte_ms: Option<Millis>,
    /// Bytes of its responses' bodies, as encoded.
    pub encoded_bytes: u64,
    /// Bytes of all its messages on the wire, heads included.
    pub wire_bytes: u64,
    /// The frames that it was seen in.
    pub frames: FrameList<'static>,
}

impl<'a> Visit<'a> {
    /// A visit as the document has it.
    pub fn of(trace: &'a Trace, visit: &'a model::Visit) -> Self {
        let first_byte = visit
            .document
            .and_then(|id| trace.exchange(id))
            .and_then(|document| document.response.as_ref())
            .map(|response| response.span.first.at.since(visit.started.at).at_least_zero());
        let (mut encoded, mut wire) = (0u64, 0u64);
        for exchange in trace.exchanges_of(visit) {
            let request = exchange.request.iter().map(|head| head.size);
            let response = exchange.response.iter().map(|head| head.size);
            let heads = request.chain(response).map(u64::from);
            let asked = exchange.request_end.iter().map(|end| end.body.wire);
            let answered = exchange.response_end.iter().map(|end| end.body.wire);
            wire = heads.chain(asked).chain(answered).fold(wire, u64::saturating_add);
            encoded = exchange
                .response_end
                .iter()
                .fold(encoded, |sum, end| sum.saturating_add(end.body.encoded));
        }
        let frames = trace.exchanges_of(visit).flat_map(|exchange| {
            let frames = exchange.frames();
            frames.iter().collect::<Vec<_>>()
        });
        Self {
            id: visit.id.0,
            client: visit.client,
            url: &visit.url,
            root: visit.root.0,
            document: visit.document.map(|id| id.0),
            exchanges: visit.exchanges.iter().map(|&ExchangeId(id)| id).collect(),
            started: visit.started.into(),
            ended: visit.ended.into(),
            duration_ms: Millis(visit.ended.at.since(visit.started.at).at_least_zero()),
            first_byte_ms: first_byte.map(Millis),
            encoded_bytes: encoded,
            wire_bytes: wire,
            frames: FrameList::from(frames.collect::<Frames>()),
        }
    }
}

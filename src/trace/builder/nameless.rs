//! Requests of which neither URL nor browser is known, for fields of their heads are not: entries of
//! a table that was made before the capture. They belong to the page that their client was busy
//! with; that is inferred, and said to be.

use std::net::IpAddr;

use crate::time::{Stamp, TimeDelta};
use crate::trace::id::{ExchangeId, VisitId};
use crate::trace::model::Trace;
use crate::trace::visit::Link;

/// Requests that are looked at when a page begins without its document.
const LOOKED_AT: usize = 64;

/// A request joins the latest visit of its client, where that was busy just now.
pub(super) fn join(
    trace: &mut Trace,
    id: ExchangeId,
    latest: impl FnOnce(IpAddr) -> Option<VisitId>,
    busy: TimeDelta,
) {
    let Some((client, at)) = asked(trace, id) else { return };
    let visit = latest(client).and_then(|visit| trace.visits.get_mut(visit.0 as usize));
    let Some(visit) = visit.filter(|visit| at.at.since(visit.ended.at) <= busy) else { return };
    visit.exchanges.push(id);
    visit.ended = visit.ended.max(at);
    let visit = visit.id;
    link(trace, id, visit);
}

/// A page of which no document was seen begins with `root`: requests right before it are likely to be
/// its first ones, the document among them.
pub(super) fn adopt(trace: &mut Trace, visit: VisitId, root: ExchangeId, busy: TimeDelta) {
    let Some((client, at)) = trace.visit(visit).map(|it| (it.client, it.started)) else { return };
    let is_of_page = |id: &ExchangeId| {
        let is_free = trace.exchange(*id).is_some_and(|exchange| exchange.visit.is_none());
        let asked = asked(trace, *id).filter(|_| is_free);
        asked.is_some_and(|(who, when)| who == client && at.at.since(when.at) <= busy)
    };
    let before = (0..root.0).rev().take(LOOKED_AT).map(ExchangeId);
    let mut adopted: Vec<ExchangeId> = before.filter(is_of_page).collect();
    adopted.reverse();
    for id in &adopted {
        link(trace, *id, visit);
    }
    let first = adopted.first().and_then(|id| trace.exchange(*id));
    let Some((first, started)) = first.map(|first| (first.id, first.started)) else { return };
    if let Some(visit) = trace.visits.get_mut(visit.0 as usize) {
        (visit.root, visit.started) = (first, started);
        visit.exchanges.splice(0..0, adopted);
    }
}

fn link(trace: &mut Trace, id: ExchangeId, visit: VisitId) {
    if let Some(exchange) = trace.exchanges.get_mut(id.0 as usize) {
        (exchange.visit, exchange.link) = (Some(visit), Link::Time);
    }
}

/// The client of such a request, and when it asked.
fn asked(trace: &Trace, id: ExchangeId) -> Option<(IpAddr, Stamp)> {
    let exchange = trace.exchange(id).filter(|exchange| exchange.url.is_none())?;
    let head = exchange.request.as_ref().filter(|head| head.unknown_fields > 0)?;
    Some((trace.connection(exchange.connection)?.client.ip, head.span.first))
}

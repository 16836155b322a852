//! Gathers exchanges into visits: which page asked for what.
//!
//! Decided when a request is seen, from what is known then, so that live and offline agree. The
//! evidence, best first: a redirect that it follows, Fetch Metadata, `Referer`, `Origin`; last,
//! and said to be inferred, the same browser at the same time.

use std::net::IpAddr;

use hashbrown::HashMap;

use crate::protocol::dns::https;
use crate::protocol::http::message::RequestHead;
use crate::protocol::http::semantics::{self, Navigation};
use crate::protocol::http::url;
use crate::time::{Stamp, TimeDelta};
use crate::trace::builder::exchanges::Moment;
use crate::trace::builder::nameless;
use crate::trace::exchange::Exchange;
use crate::trace::id::{ExchangeId, VisitId, next_index};
use crate::trace::model::Trace;
use crate::trace::visit::{Link, Visit};

/// A document that a page asks for while the page was busy this short a time ago is a frame in
/// it; later, somebody followed a link. Only for clear-text requests, whose Fetch Metadata
/// browsers leave out (they are sent to trustworthy origins only).
const FRAME: TimeDelta = TimeDelta::from_millis(1000);

/// A request with neither Referer nor Fetch Metadata belongs to a page of the same browser that
/// was busy this short a time ago.
const BUSY: TimeDelta = TimeDelta::from_secs(2);

/// Pages remembered for one URL: more tabs than that are seldom open on it.
const TABS: usize = 8;

/// First requests of a page that are looked at for one whose browser is known.
const UNKNOWN: usize = 64;

/// What links exchanges to visits. All keys begin with the client: several clients stay apart.
#[derive(Debug, Default)]
pub(super) struct Pages {
    /// The visits that asked for a URL, the latest last.
    urls: HashMap<(IpAddr, Box<str>), Vec<VisitId>>,
    /// The latest document (page or frame) of an origin.
    origins: HashMap<(IpAddr, Box<str>), VisitId>,
    /// Where redirects lead that nobody has followed yet.
    redirects: HashMap<(IpAddr, Box<str>), ExchangeId>,
    /// Documents for which the server wants credentials that nobody has sent yet.
    challenges: HashMap<(IpAddr, Box<str>), ExchangeId>,
    /// The visits of a client, latest last.
    visits: HashMap<IpAddr, Vec<VisitId>>,
}

/// Where a request belongs.
enum Place {
    /// To a visit that is there.
    In(VisitId, Link),
    /// It is the document of a new one.
    Document,
    /// To a new visit whose document was not on the wire; the page's URL.
    Undocumented(Box<str>, Link),
    /// Nowhere.
    Background,
}

impl Pages {
    /// Something happened to an exchange.
    pub(super) fn exchange(&mut self, trace: &mut Trace, id: ExchangeId, moment: Moment) {
        match moment {
            Moment::Requested => {
                self.requested(trace, id);
                // captured before its request: that says only now to which page it belongs
                if trace.exchange(id).is_some_and(|exchange| exchange.response.is_some()) {
                    self.responded(trace, id);
                }
            }
            Moment::Responded => self.responded(trace, id),
            Moment::Ended => touch(trace, id),
        }
    }

    fn requested(&mut self, trace: &mut Trace, id: ExchangeId) {
        let Some(exchange) = trace.exchange(id) else { return };
        let Some(head) = &exchange.request else { return };
        let Some(url) = &exchange.url else {
            let latest = |client| self.visits.get(&client)?.last().copied();
            return nameless::join(trace, id, latest, BUSY);
        };
        if https::is_question(head) {
            return;
        }
        let Some(connection) = trace.connection(exchange.connection) else { return };
        let (client, url, at) = (connection.client.ip, url.clone(), head.span.first);
        let started = exchange.started;
        let navigation = semantics::navigation(head);
        let followed = self.followed(client, &url);
        let repeated = self.repeated(client, &url, head);
        let earlier = followed.or(repeated).and_then(|from| trace.exchange(from));
        let place = match earlier {
            Some(from) => {
                let link = if followed.is_some() { Link::Redirect } else { Link::Document };
                from.visit.map_or(Place::Background, |visit| Place::In(visit, link))
            }
            None => self.place(trace, client, exchange, head, at, navigation),
        };
        let (visit, link) = match place {
            Place::In(visit, link) => (Some(visit), link),
            Place::Document => {
                (Some(self.begin(trace, client, id, url.clone(), started)), Link::Document)
            }
            Place::Undocumented(page, link) => {
                let visit = self.begin(trace, client, id, page.clone(), started);
                if let Some(visit) = trace.visits.get_mut(visit.0 as usize) {
                    visit.document = None;
                }
                self.remember_origin(client, &page, visit);
                nameless::adopt(trace, visit, id, BUSY);
                (Some(visit), link)
            }
            Place::Background => (None, Link::None),
        };
        let is_document = followed.or(repeated).is_some_and(|from| {
            let visit = visit.and_then(|visit| trace.visit(visit));
            visit.is_some_and(|visit| visit.document == Some(from))
        });
        if let Some(exchange) = trace.exchanges.get_mut(id.0 as usize) {
            exchange.visit = visit;
            exchange.link = link;
            exchange.redirected_from = followed;
        }
        let Some(visit) = visit else { return };
        self.remember_url(client, &url, visit);
        if navigation != Navigation::No {
            self.remember_origin(client, &url, visit);
        }
        let Some(visit) = trace.visits.get_mut(visit.0 as usize) else { return };
        if is_document {
            visit.document = Some(id);
            visit.url = url;
        }
        if visit.exchanges.last() != Some(&id) {
            visit.exchanges.push(id);
        }
        visit.ended = visit.ended.max(at);
    }

    /// Decides where a request belongs that follows no redirect.
    fn place(
        &self,
        trace: &Trace,
        client: IpAddr,
        exchange: &Exchange,
        head: &RequestHead,
        at: Stamp,
        navigation: Navigation,
    ) -> Place {
        let fields = &head.fields;
        let said = fields.get("sec-fetch-dest").is_some();
        if navigation == Navigation::Page && said {
            return Place::Document;
        }
        let referer = fields.get("referer").or_else(|| fields.get("origin"));
        let referer = referer.filter(|url| url.contains("://"));
        let by_referer = referer.and_then(|url| self.by_referer(trace, client, exchange, url));
        if navigation == Navigation::Page {
            let busy = by_referer.and_then(|(visit, _)| trace.visit(visit));
            let busy = busy.is_some_and(|visit| at.at.since(visit.ended.at) <= FRAME);
            return match by_referer {
                Some((visit, link)) if busy => Place::In(visit, link),
                _ => Place::Document,
            };
        }
        if let Some((visit, link)) = by_referer {
            return Place::In(visit, link);
        }
        let by_time = self.busy_visit(trace, client, head, at);
        if let Some(visit) = by_time {
            let metadata = fields.get("sec-fetch-site").is_some_and(|site| site != "none");
            return Place::In(visit, if metadata { Link::FetchMetadata } else { Link::Time });
        }
        match referer.filter(|_| fields.get("referer").is_some()) {
            Some(page) => Place::Undocumented(without_fragment(page).into(), Link::Referer),
            None => Place::Background,
        }
    }

    /// The exchange whose redirect leads to this URL, if nobody followed it yet.
    fn followed(&mut self, client: IpAddr, url: &str) -> Option<ExchangeId> {
        if self.redirects.is_empty() {
            return None;
        }
        self.redirects.remove(&(client, url::normal(url)?.into()))
    }

    /// The document that the client asks for once more, now with credentials (RFC 9110 §11.4).
    fn repeated(&mut self, client: IpAddr, url: &str, head: &RequestHead) -> Option<ExchangeId> {
        if self.challenges.is_empty() {
            return None;
        }
        head.fields.get("authorization")?;
        self.challenges.remove(&(client, without_fragment(url).into()))
    }

    fn by_referer(
        &self,
        trace: &Trace,
        client: IpAddr,
        exchange: &Exchange,
        referer: &str,
    ) -> Option<(VisitId, Link)> {
        let visits = self.asked_for(client, referer);
        let origin = origin_of(referer);
        let of_origin = origin.clone().and_then(|origin| self.origins.get(&(client, origin)));
        if let (Some(latest), [_, ..]) = (of_origin, visits)
            && !visits.contains(latest)
            && is_bare(referer)
            && exchange.url.as_deref().and_then(origin_of) != origin
        {
            // Another origin is told no more than this of the page (Referrer Policy,
            // `strict-origin-when-cross-origin`), be it the first or a later one.
            let several = [visits, &[*latest]].concat();
            let visit = self.likeliest(trace, client, exchange, &several);
            return visit.map(|visit| (visit, Link::Origin));
        }
        let by_url = match visits {
            [] => None,
            [visit] => Some(*visit),
            several => self.likeliest(trace, client, exchange, several),
        };
        let by_url = by_url.map(|visit| (visit, Link::Referer));
        by_url.or_else(|| of_origin.map(|visit| (*visit, Link::Origin)))
    }

    /// Two tabs share a style sheet; what it asks for names it as `Referer`, whichever tab it is
    /// for. A page seldom asks for the same thing twice, and a connection seldom changes hands;
    /// else it is the page that was busy last.
    fn likeliest(
        &self,
        trace: &Trace,
        client: IpAddr,
        exchange: &Exchange,
        visits: &[VisitId],
    ) -> Option<VisitId> {
        let url = exchange.url.as_deref().unwrap_or_default();
        let done = self.asked_for(client, url);
        let all_did = visits.iter().all(|visit| done.contains(visit));
        let left = || visits.iter().copied().filter(|visit| all_did || !done.contains(visit));
        let connection = trace.connection(exchange.connection);
        let before =
            connection.into_iter().flat_map(|connection| connection.exchanges.iter().rev());
        let mut before = before.filter(|id| **id != exchange.id);
        let same_connection = before.next().and_then(|id| trace.exchange(*id)?.visit);
        if let Some(visit) = same_connection.filter(|visit| left().any(|other| other == *visit)) {
            return Some(visit);
        }
        left().max_by_key(|visit| trace.visit(*visit).map(|visit| (visit.ended, visit.id)))
    }

    fn asked_for(&self, client: IpAddr, url: &str) -> &[VisitId] {
        let visits = self.urls.get(&(client, without_fragment(url).into()));
        visits.map_or(&[], Vec::as_slice)
    }

    fn remember_url(&mut self, client: IpAddr, url: &str, visit: VisitId) {
        let visits = self.urls.entry((client, without_fragment(url).into())).or_default();
        visits.retain(|other| *other != visit);
        if visits.len() >= TABS {
            visits.remove(0);
        }
        visits.push(visit);
    }

    /// The latest visit of the same browser that was busy just now.
    fn busy_visit(
        &self,
        trace: &Trace,
        client: IpAddr,
        head: &RequestHead,
        at: Stamp,
    ) -> Option<VisitId> {
        let agent = head.fields.get("user-agent")?;
        let visits = self.visits.get(&client)?;
        let mut recent = visits.iter().rev().take(16).filter_map(|id| trace.visit(*id));
        let visit = recent.find(|visit| {
            // the first requests may be such whose browser nobody knows
            let asked = trace.exchanges_of(visit).filter_map(|it| it.request.as_ref());
            let known = asked.take(UNKNOWN).find_map(|head| match head.fields.get("user-agent") {
                None if head.unknown_fields > 0 => None,
                agent => Some(agent),
            });
            known == Some(Some(agent)) && at.at.since(visit.ended.at) <= BUSY
        })?;
        Some(visit.id)
    }

    fn begin(
        &mut self,
        trace: &mut Trace,
        client: IpAddr,
        root: ExchangeId,
        url: Box<str>,
        started: Stamp,
    ) -> VisitId {
        let id = VisitId(next_index(trace.visits.len()));
        trace.visits.push(Visit {
            id,
            client,
            url,
            root,
            document: Some(root),
            exchanges: vec![root],
            started,
            ended: started,
        });
        self.visits.entry(client).or_default().push(id);
        id
    }

    fn remember_origin(&mut self, client: IpAddr, url: &str, visit: VisitId) {
        if let Some(origin) = origin_of(url) {
            self.origins.insert((client, origin), visit);
        }
    }

    fn responded(&mut self, trace: &mut Trace, id: ExchangeId) {
        touch(trace, id);
        let Some(exchange) = trace.exchange(id) else { return };
        let (Some(from), Some(response)) = (&exchange.url, &exchange.response) else { return };
        let Some(connection) = trace.connection(exchange.connection) else { return };
        if matches!(response.status, Some(401 | 407)) && exchange.link == Link::Document {
            self.challenges.insert((connection.client.ip, without_fragment(from).into()), id);
        }
        let location = response.fields.get("location");
        let redirect = matches!(response.status, Some(301 | 302 | 303 | 307 | 308));
        let Some(location) = location.filter(|_| redirect) else { return };
        if let Some(target) = url::resolve(from, location) {
            self.redirects.insert((connection.client.ip, target.into()), id);
        }
    }
}

/// The visit of an exchange was busy when something came for it.
fn touch(trace: &mut Trace, id: ExchangeId) {
    let Some(exchange) = trace.exchange(id) else { return };
    let (visit, ended) = (exchange.visit, exchange.ended());
    if let Some(visit) = visit.and_then(|visit| trace.visits.get_mut(visit.0 as usize)) {
        visit.ended = visit.ended.max(ended);
    }
}

fn without_fragment(url: &str) -> &str {
    url.split('#').next().unwrap_or(url)
}

/// True for the URL of an origin itself, without a path or a query.
fn is_bare(url: &str) -> bool {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.trim_end_matches('/').find(['/', '?', '#']).is_none()
}

/// Scheme and authority of a URL, in lower case.
fn origin_of(url: &str) -> Option<Box<str>> {
    let (scheme, rest) = url.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next()?;
    Some(format!("{scheme}://{authority}").to_ascii_lowercase().into())
}

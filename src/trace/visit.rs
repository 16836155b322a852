//! One page: its document and everything that was fetched for it.

use std::net::IpAddr;

use crate::time::Stamp;
use crate::trace::id::{ExchangeId, VisitId};

/// One page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Visit {
    /// Its place in the arena.
    pub id: VisitId,
    /// Who browses.
    pub client: IpAddr,
    /// The page's URL, after redirects. Where the document itself was not on the wire (it came
    /// from the browser's cache, or before the capture), the `Referer` of what it asked for.
    pub url: Box<str>,
    /// The first exchange: the document, or the first redirect on the way to it.
    pub root: ExchangeId,
    /// The document, after redirects; none where it was not on the wire.
    pub document: Option<ExchangeId>,
    /// Its exchanges, in order of their requests.
    pub exchanges: Vec<ExchangeId>,
    /// When its root began: with the lookup, where there was one.
    pub started: Stamp,
    /// Its last byte so far.
    pub ended: Stamp,
}

/// Why an exchange belongs to its visit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Link {
    /// It is the document.
    Document,
    /// It follows a redirect of an exchange of the visit.
    Redirect,
    /// Its `Referer` is the URL of an exchange of the visit.
    Referer,
    /// Its `Referer` or `Origin` is the origin of a document of the visit.
    Origin,
    /// Its Fetch Metadata fields (`Sec-Fetch-*`) say that a page asked for it.
    FetchMetadata,
    /// Same client and user agent, while the page was loading, and nothing speaks against it.
    Time,
    /// It belongs to no visit: background traffic.
    #[default]
    None,
}

impl Link {
    /// In words.
    pub const fn why(self) -> &'static str {
        match self {
            Self::Document => "the document",
            Self::Redirect => "follows a redirect",
            Self::Referer => "Referer names a URL of the page",
            Self::Origin => "Referer or Origin is that of the page",
            Self::FetchMetadata => "Sec-Fetch fields",
            Self::Time => "same browser at the same time (inferred)",
            Self::None => "background",
        }
    }
}

//! Which resolution led a client to an address.

use std::net::IpAddr;

use hashbrown::HashMap;

use crate::flow::event::Opened;
use crate::time::Stamp;
use crate::trace::builder::lookups::hosts::Hosts;
use crate::trace::builder::lookups::stub;
use crate::trace::id::ResolutionId;
use crate::trace::lookup::Resolution;
use crate::trace::model::Trace;

/// Resolutions looked at for an address, the latest first.
const BACK: usize = 1024;

/// Which resolutions of a client gave an address, in the order of their answers.
#[derive(Debug, Default)]
pub(in crate::trace::builder) struct Addresses {
    given: HashMap<(IpAddr, IpAddr), Vec<ResolutionId>>,
    hosts: Hosts,
}

impl Addresses {
    /// A client begins to speak.
    pub(in crate::trace::builder) fn seen(&mut self, opened: &Opened) {
        self.hosts.seen(opened);
    }

    /// A resolution of a client gave an address.
    pub(super) fn note(&mut self, client: IpAddr, address: IpAddr, resolution: ResolutionId) {
        let known = self.given.entry((client, address)).or_default();
        if known.last() != Some(&resolution) {
            known.push(resolution);
        }
    }

    /// The resolution of a client that gave `address` before `at`, the latest; only those of `host`
    /// where that is given. Where a program asked a resolver on the client's own host, it waited
    /// for that one's answer, not for those that it was passed on to. A host may have asked over the
    /// other version of IP.
    pub(super) fn find(
        &self,
        trace: &Trace,
        client: IpAddr,
        address: IpAddr,
        host: Option<&str>,
        at: Stamp,
    ) -> Option<ResolutionId> {
        let of_client = |client: IpAddr| {
            let all = self.given.get(&(client, address))?.iter().rev().take(BACK);
            let mut before = all.filter_map(|id| trace.resolution(*id)).filter(|resolution| {
                let is_named = host.is_none_or(|host| resolution.name.eq_ignore_ascii_case(host));
                is_named && resolution.started.at <= at.at
            });
            let latest = before.next()?;
            let asked_for = latest.asked_for.and_then(|id| trace.resolution(id));
            Some(asked_for.unwrap_or(latest))
        };
        let latest = |found: &mut dyn Iterator<Item = &'_ Resolution>| {
            found.max_by_key(|resolution| resolution.started).map(|resolution| resolution.id)
        };
        let own = latest(&mut [client].into_iter().chain(stub::LOCAL).filter_map(of_client));
        own.or_else(|| latest(&mut self.hosts.others(client).filter_map(of_client)))
    }
}

//! Remembers which network a host is in, as DHCP and routers say.

use std::net::IpAddr;

use hashbrown::HashMap;

use crate::protocol::configuration::{Configuration, ConfiguredBy};
use crate::trace::builder::bounds::{Bound, Bounds, Place};
use crate::trace::configuration::{Configured, Reach};
use crate::trace::model::Trace;

/// Router advertisements looked through for a network, the latest first: a link has a few routers.
const ADVERTISED: usize = 64;

/// Which configuration is the latest of an address, and of routers.
#[derive(Debug, Default)]
pub(super) struct Configurations {
    by_address: HashMap<IpAddr, u32>,
    advertised: Vec<u32>,
}

impl Configurations {
    /// Takes one configuration. What a host is told again is not listed again.
    pub(super) fn told(
        &mut self,
        trace: &mut Trace,
        bounds: &mut Bounds,
        place: Place<'_>,
        what: Configuration,
    ) {
        let known = match what.address {
            Some(address) => self.by_address.get(&address),
            None => self.advertised.iter().rev().take(ADVERTISED).find(|index| {
                trace.configurations.get(**index as usize).is_some_and(|known| known.what == what)
            }),
        };
        let known = known.and_then(|index| trace.configurations.get(*index as usize));
        if known.is_some_and(|known| known.what == what) {
            return;
        }
        if trace.configurations.len() >= bounds.limits.configurations {
            bounds.reached(trace, place, Bound::Configurations);
            return;
        }
        let index = u32::try_from(trace.configurations.len()).unwrap_or(u32::MAX);
        match what.address {
            Some(address) => {
                self.by_address.insert(address, index);
            }
            None if what.by == ConfiguredBy::Router => self.advertised.push(index),
            None => {}
        }
        trace.configurations.push(Configured { at: place.at, what });
    }

    /// Whether a client reaches a server without a router; none where nobody told.
    pub(super) fn reach(&self, trace: &Trace, client: IpAddr, server: IpAddr) -> Option<Reach> {
        let own = self.by_address.get(&client).into_iter();
        let advertised = self.advertised.iter().rev().take(ADVERTISED);
        own.chain(advertised).find_map(|index| {
            let configuration = &trace.configurations.get(*index as usize)?.what;
            let network = configuration.network_of(client)?;
            let is_local = configuration.network_of(server).is_some();
            Some(Reach { configuration: *index, network, is_local })
        })
    }
}

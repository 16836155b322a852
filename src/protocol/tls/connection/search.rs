//! Whose secrets are whose, where the ClientHello was not captured.
//!
//! Key logs name connections by the client's random bytes, which only the ClientHello has. With
//! what the ServerHello settled, and the first record that a direction protects, which is the
//! first under its key, each set of secrets can be tried: what authenticates is the right one.
//! Without the ServerHello nothing of this is known (of TLS 1.2 not even what keys are made of),
//! and nothing is tried.

use crate::anomaly::{Anomaly, Class};
use crate::flow::event::Direction;
use crate::protocol::analyzer::Context;
use crate::protocol::secrets::ClientRandom;
use crate::protocol::tls::connection::state::{Client, Connection};
use crate::protocol::tls::record::Record;
use crate::protocol::tls::side::{Epoch, Lock};

impl Connection {
    /// Tries all secrets on the first protected record of a direction, once; each try is taken
    /// from what a shard may try.
    pub(super) fn search(&mut self, way: Direction, record: &Record, cx: &mut Context<'_>) {
        let side = self.sides.of_mut(way);
        let is_first = !std::mem::replace(&mut side.searched, true);
        let can_be_known = self.server.is_some() && side.epoch == Epoch::Handshake;
        if self.client.is_some() || !is_first || !can_be_known {
            return;
        }
        if !cx.budgets.trials.take(cx.secrets.connections()) {
            cx.anomaly(not_searched());
            return;
        }
        let cx = &*cx;
        let opens = |random: &ClientRandom| {
            let Ok(Lock::Open(mut opener)) = self.find_by_random(random, way, cx) else {
                return false;
            };
            opener.open(record.header.0, &mut record.body.to_vec()).is_some()
        };
        if let Some(random) = cx.secrets.randoms().find(opens) {
            let client = Client { random, may_be_http: true, early_data: false, retried: false };
            self.client = Some(client);
        }
    }
}

fn not_searched() -> Anomaly {
    let text = "a connection without its ClientHello, and more secrets than are tried: it stays \
                closed";
    Anomaly::new("tls.searched", Class::Limit, text)
}

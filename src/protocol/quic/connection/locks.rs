//! Which keys open the packets of a direction.

use crate::flow::event::Direction;
use crate::protocol::analyzer::Context;
use crate::protocol::crypto::aead::Aead;
use crate::protocol::crypto::hash::Hash;
use crate::protocol::event::EventBody;
use crate::protocol::quic::connection::open::open_with;
use crate::protocol::quic::connection::state::{Connection, Lock, Suite, Traffic, Waiting};
use crate::protocol::quic::keys::{Keys, header_key};
use crate::protocol::quic::packet::Kind;
use crate::protocol::quic::version::Protection;
use crate::protocol::secrets::{Label, Secret};
use crate::protocol::tls::event::{Keys as Known, TlsEvent};
use crate::protocol::tls::keys::{Algorithm, Bulk};

impl Connection {
    /// Looks for the keys of a packet. False where there are none.
    pub(super) fn unlock(
        &mut self,
        way: Direction,
        packet: &Waiting,
        cx: &mut Context<'_>,
    ) -> bool {
        let side = self.ways.of(way);
        let is_known = match packet.kind {
            Kind::Initial => true,
            Kind::ZeroRtt => side.early.is_some(),
            Kind::Handshake => side.handshake.is_some(),
            Kind::OneRtt => side.traffic.is_some(),
        };
        if is_known {
            return true;
        }
        if self.client.is_none() && !self.search(way, packet, cx) {
            self.say_known(Known::NoHello, cx);
            return false;
        }
        match self.find(way, packet, cx) {
            Ok(()) => {
                self.find_place(way, packet);
                true
            }
            Err(known) => {
                if let Some(known) = known {
                    self.say_known(known, cx);
                }
                false
            }
        }
    }

    /// Finds the keys, or says why there are none; nothing where that may still change.
    fn find(
        &mut self,
        way: Direction,
        packet: &Waiting,
        cx: &Context<'_>,
    ) -> Result<(), Option<Known>> {
        let client = self.client.as_ref().ok_or(Some(Known::NoHello))?;
        if cx.secrets.is_empty() {
            return Err(Some(Known::NoLog));
        }
        let known = cx.secrets.of(&client.random).ok_or(Some(Known::NotInLog))?;
        let version = packet.version.or(self.version).ok_or(None)?;
        let protection = version.protection().ok_or(Some(Known::Unsupported))?;
        let label = match (packet.kind, way) {
            (Kind::ZeroRtt, _) => Label::ClientEarly,
            (Kind::Handshake, Direction::ToServer) => Label::ClientHandshake,
            (Kind::Handshake, Direction::ToClient) => Label::ServerHandshake,
            (_, Direction::ToServer) => Label::ClientTraffic,
            (_, Direction::ToClient) => Label::ServerTraffic,
        };
        let secret = known.get(label).ok_or(Some(Known::NotInLog))?.clone();
        if packet.kind == Kind::ZeroRtt {
            // the suite is that of the ticket, which nobody but the two knows
            let of_secret = suites_of(&secret).into_iter().flatten();
            let lock = of_secret.filter_map(|suite| lock(protection, suite, &secret));
            let lock = lock.into_iter().find(|lock| {
                let number_at = packet.number_at.unwrap_or_default();
                open_with(&lock.header, &lock.keys, 0, packet, number_at).is_some()
            });
            let lock = lock.ok_or(Some(Known::Wrong))?;
            self.ways.of_mut(way).early = Some(Box::new(lock));
            return Ok(());
        }
        let suite = self.suite()?;
        let lock = lock(protection, suite, &secret).ok_or(Some(Known::Wrong))?;
        self.put(way, packet.kind, lock);
        Ok(())
    }

    /// From here on packets of a kind are opened with these.
    pub(super) fn put(&mut self, way: Direction, kind: Kind, lock: Lock) {
        let side = self.ways.of_mut(way);
        match kind {
            Kind::Initial => {}
            Kind::ZeroRtt => side.early = Some(Box::new(lock)),
            Kind::Handshake => side.handshake = Some(Box::new(lock)),
            Kind::OneRtt => {
                let traffic = Traffic { lock, phase: false, first: 0, updates: 0, before: None };
                side.traffic = Some(Box::new(traffic));
            }
        }
    }

    /// What the ServerHello chose; nothing is to be said before it has come.
    fn suite(&self) -> Result<Suite, Option<Known>> {
        if let Some(suite) = self.suite {
            return Ok(suite);
        }
        let settled = self.settled.ok_or(None)?;
        let algorithm = Algorithm::of(settled.cipher_suite).ok_or(Some(Known::Unsupported))?;
        match algorithm.bulk {
            Bulk::Aead(aead) => Ok((aead, algorithm.hash)),
            _ => Err(Some(Known::Unsupported)),
        }
    }

    /// Says what is known of the keys, where that has changed.
    pub(super) fn say_known(&mut self, known: Known, cx: &mut Context<'_>) {
        if self.known == Some(known) || self.known == Some(Known::Found) {
            return;
        }
        self.known = Some(known);
        cx.emit(EventBody::Tls(Box::new(TlsEvent::Keys(known))));
    }
}

/// The keys that a secret makes.
pub(super) fn lock(protection: &'static Protection, suite: Suite, secret: &Secret) -> Option<Lock> {
    let header = header_key(protection, suite, secret)?;
    Some(Lock { header, keys: Keys::new(protection, suite, secret)? })
}

/// The suites of TLS 1.3 that a secret may be of, by its length.
pub(super) fn suites_of(secret: &Secret) -> [Option<Suite>; 2] {
    if secret.bytes().len() == Hash::Sha384.size() {
        return [Some((Aead::Aes256Gcm, Hash::Sha384)), None];
    }
    [Some((Aead::Aes128Gcm, Hash::Sha256)), Some((Aead::ChaCha20Poly1305, Hash::Sha256))]
}

//! Which key opens the next record of a direction.

use crate::flow::event::Direction;
use crate::protocol::analyzer::Context;
use crate::protocol::event::EventBody;
use crate::protocol::secrets::{ClientRandom, Label};
use crate::protocol::tls::connection::state::Connection;
use crate::protocol::tls::event::{Keys, TlsEvent};
use crate::protocol::tls::inflate::Inflate;
use crate::protocol::tls::keys::{Algorithm, Opener, Randoms};
use crate::protocol::tls::side::{Epoch, Lock};

impl Connection {
    /// From here on a direction is protected by the next keys: those of `epoch` in TLS 1.3.
    pub(super) fn lock(&mut self, way: Direction, epoch: Epoch, cx: &mut Context<'_>) {
        let side = self.sides.of_mut(way);
        side.epoch = epoch;
        side.lock = Lock::Sealed;
        let compresses = self.server.as_ref().is_some_and(|server| server.compresses);
        side.inflate = compresses.then(|| Box::new(Inflate::new()));
        self.unlock(way, cx);
    }

    /// Looks for the key of a direction that is locked.
    pub(super) fn unlock(&mut self, way: Direction, cx: &mut Context<'_>) {
        if !matches!(self.sides.of(way).lock, Lock::Sealed) {
            return;
        }
        let lock = match self.find(way, cx) {
            Ok(lock) => lock,
            Err(keys) => {
                if let Some(keys) = keys {
                    self.say_keys(keys, cx);
                }
                return;
            }
        };
        if let Lock::Open(opener) = &lock
            && !opener.authenticates()
        {
            self.say_keys(Keys::NotEncrypted, cx);
        }
        self.sides.of_mut(way).lock = lock;
    }

    /// The lock, or why there is none; nothing is to be said before the ServerHello has come, nor of
    /// early data before the server has said whether it takes it.
    fn find(&self, way: Direction, cx: &Context<'_>) -> Result<Lock, Option<Keys>> {
        let is_early = self.client.is_some() && self.server.is_none();
        let waits = way == Direction::ToServer && self.awaits_early();
        if is_early || waits { Err(None) } else { self.find_by_hellos(way, cx).map_err(Some) }
    }

    fn find_by_hellos(&self, way: Direction, cx: &Context<'_>) -> Result<Lock, Keys> {
        let known = self.client.as_ref().and_then(|client| cx.secrets.of(&client.random));
        if known.is_none_or(|known| known.get(Label::Master).is_none())
            && let Some(opener) = self.unencrypted()
        {
            return Ok(Lock::Open(opener.into()));
        }
        let Some(client) = &self.client else { return Err(Keys::NoHello) };
        self.find_by_random(&client.random, way, cx)
    }

    /// The lock that the secrets of a client random make.
    pub(super) fn find_by_random(
        &self,
        random: &ClientRandom,
        way: Direction,
        cx: &Context<'_>,
    ) -> Result<Lock, Keys> {
        if cx.secrets.is_empty() {
            return Err(Keys::NoLog);
        }
        let known = cx.secrets.of(random).ok_or(Keys::NotInLog)?;
        let server = self.server.as_ref().ok_or(Keys::NoHello)?;
        let algorithm = Algorithm::of(server.settled.cipher_suite).ok_or(Keys::Unsupported)?;
        if !self.is_13() {
            let master = known.get(Label::Master).ok_or(Keys::NotInLog)?;
            let randoms = Randoms { client: random, server: &server.random };
            let version = server.settled.version;
            let (secret, etm) = (master, server.encrypt_then_mac);
            let opener = Opener::of_master(algorithm, version, secret, randoms, way, etm);
            return opener.map(|opener| Lock::Open(opener.into())).ok_or(Keys::Unsupported);
        }
        let (handshake, traffic) = match way {
            Direction::ToServer => (Label::ClientHandshake, Label::ClientTraffic),
            Direction::ToClient => (Label::ServerHandshake, Label::ServerTraffic),
        };
        let opener = |label| {
            let secret = known.get(label)?;
            Some(Opener::of_traffic(algorithm, secret).ok_or(Keys::Wrong))
        };
        let epoch = self.sides.of(way).epoch;
        let label = match epoch {
            Epoch::Early => Label::ClientEarly,
            Epoch::Handshake => handshake,
            Epoch::Application => traffic,
        };
        // what is not taken was never a request: it is passed over as the server does
        let first = if self.refuses(epoch) { None } else { opener(label) };
        match (first, epoch) {
            (Some(opener), _) => Ok(Lock::Open(opener?.into())),
            (None, Epoch::Early) => {
                let opener = opener(handshake).ok_or(Keys::NotInLog)??;
                Ok(Lock::Until(opener.into()))
            }
            (None, Epoch::Handshake) => {
                let opener = opener(traffic).ok_or(Keys::NotInLog)??;
                Ok(Lock::Until(opener.into()))
            }
            (None, Epoch::Application) => Err(Keys::NotInLog),
        }
    }

    /// What reads a direction without keys: the suite does not encrypt.
    fn unencrypted(&self) -> Option<Opener> {
        let settled = self.settled()?;
        Opener::of_nothing(Algorithm::of(settled.cipher_suite)?, settled.version)
    }

    /// True for early data that the server does not take.
    pub(super) fn refuses(&self, epoch: Epoch) -> bool {
        epoch == Epoch::Early && self.takes_early == Some(false)
    }

    /// The key after the one that is used now; none where the secrets do not have it.
    pub(super) fn following(
        &self,
        way: Direction,
        cx: &Context<'_>,
    ) -> Option<(Epoch, Box<Opener>)> {
        let client = self.client.as_ref()?;
        let known = cx.secrets.of(&client.random)?;
        let algorithm = Algorithm::of(self.server.as_ref()?.settled.cipher_suite)?;
        let side = self.sides.of(way);
        let (epoch, label) = match (side.epoch, way) {
            (Epoch::Early, _) => (Epoch::Handshake, Label::ClientHandshake),
            (Epoch::Handshake, Direction::ToServer) => (Epoch::Application, Label::ClientTraffic),
            (Epoch::Handshake, Direction::ToClient) => (Epoch::Application, Label::ServerTraffic),
            (Epoch::Application, _) => {
                let Lock::Open(opener) = &side.lock else { return None };
                return Some((Epoch::Application, opener.next()?.into()));
            }
        };
        let opener = Opener::of_traffic(algorithm, known.get(label)?)?;
        Some((epoch, opener.into()))
    }

    /// Says what is known of the keys, where that has changed.
    pub(super) fn say_keys(&mut self, keys: Keys, cx: &mut Context<'_>) {
        if self.keys == Some(keys) || matches!(self.keys, Some(Keys::Found | Keys::NotEncrypted)) {
            return;
        }
        self.keys = Some(keys);
        cx.emit(EventBody::Tls(Box::new(TlsEvent::Keys(keys))));
    }
}

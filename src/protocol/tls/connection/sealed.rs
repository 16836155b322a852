//! Protected records whose keys are not known: they wait for them, or are told as what they look
//! like from outside.

use crate::anomaly::{Anomaly, Class};
use crate::flow::event::Direction;
use crate::protocol::analyzer::Context;
use crate::protocol::tls::alert::{Description, Level};
use crate::protocol::tls::connection::messages::{say, step};
use crate::protocol::tls::connection::state::Connection;
use crate::protocol::tls::event::{Alert, TlsEvent};
use crate::protocol::tls::message::Kind;
use crate::protocol::tls::names::{HandshakeType, Version};
use crate::protocol::tls::record::{ContentType, Record};
use crate::protocol::tls::side::{Epoch, Lock};

impl Connection {
    /// A record for whose key it may be worth waiting.
    pub(super) fn keep(&mut self, way: Direction, record: Box<Record>, cx: &mut Context<'_>) {
        self.search(way, &record, cx);
        // until the ServerHello has come, keys cannot be known
        self.unlock(way, cx);
        if !matches!(self.sides.of(way).lock, Lock::Sealed) {
            // what came before may show that the key is another
            self.retry(cx);
            self.record(way, record, cx);
            return;
        }
        // early data comes before the ServerHello that names the cipher suite
        let awaits = self.server.is_none() || self.awaits_early();
        let client = self.client.as_ref().filter(|_| awaits);
        let says_how = client.is_some_and(|client| cx.secrets.of(&client.random).is_some());
        let size = record.body.capacity();
        if let Err(record) = self.held.push(way, (record, size), says_how, cx) {
            if self.held.waits() {
                self.give_up(cx);
            }
            self.sealed(way, &record, cx);
        }
    }

    /// A record that could be opened waits behind those of the other direction that cannot yet:
    /// what a client did with a response, such as giving it up, must not be read before it. Gives
    /// the record back where it need not wait, or there is no more room.
    pub(super) fn wait_in_line(
        &mut self,
        way: Direction,
        record: Box<Record>,
        cx: &mut Context<'_>,
    ) -> Option<Box<Record>> {
        let opens = matches!(self.sides.of(way).lock, Lock::Open(_) | Lock::Until(_));
        if !opens || !cx.secrets.more_may_come() {
            return Some(record);
        }
        let size = record.body.capacity();
        let back = self.held.push(way, (record, size), false, cx).err()?;
        self.give_up(cx);
        Some(back)
    }

    /// Keys have come, or what they depend on: what waited for them is read.
    pub(super) fn retry(&mut self, cx: &mut Context<'_>) {
        if !self.held.waits() {
            return;
        }
        for way in [Direction::ToServer, Direction::ToClient] {
            self.unlock(way, cx);
        }
        let opens = |way| !matches!(self.sides.of(way).lock, Lock::Sealed);
        if opens(Direction::ToServer) || opens(Direction::ToClient) {
            for (way, record) in self.held.take() {
                self.record(way, record, cx);
            }
        }
    }

    /// No keys will come: what waited for them is told as what it looks like, and what waited
    /// behind that is read.
    pub(super) fn give_up(&mut self, cx: &mut Context<'_>) {
        if self.held.is_full() {
            cx.anomaly(not_held());
        }
        for (way, record) in self.held.take() {
            if matches!(self.sides.of(way).lock, Lock::Open(_) | Lock::Until(_)) {
                self.record(way, record, cx);
            } else {
                self.sealed(way, &record, cx);
            }
        }
    }

    /// A protected record that stays closed. What it is can be told by what came before it.
    pub(super) fn sealed(&mut self, way: Direction, record: &Record, cx: &mut Context<'_>) {
        let content = record.header.content();
        let is_13 = match self.version() {
            Some(version) => version == Version::TLS_1_3,
            None => self.client.as_ref().is_some_and(|client| client.early_data),
        };
        let other = self.sides.of(!way).sealed;
        let side = self.sides.of_mut(way);
        side.sealed = true;
        match content {
            ContentType::ALERT => alert(way, &[], record, true, cx),
            ContentType::HANDSHAKE if side.finished => {
                step(way, Kind::Sealed, record, true, cx);
            }
            ContentType::HANDSHAKE => {
                // what comes first under new keys is always this (RFC 5246 §7.4.9)
                let kind = if self.server.is_some() {
                    Kind::Handshake(HandshakeType::FINISHED)
                } else {
                    Kind::Sealed
                };
                step(way, kind, record, true, cx);
                self.finished(way, record.span, self.server.is_none(), cx);
            }
            ContentType::APPLICATION_DATA
                if is_13 && !side.finished && is_alert(record.header.length()) =>
            {
                alert(way, &[], record, true, cx);
            }
            ContentType::APPLICATION_DATA if is_13 && !side.finished => {
                let is_early = side.epoch == Epoch::Early && !other;
                match way {
                    Direction::ToServer if is_early => self.closed_data(way, record, cx),
                    Direction::ToServer if other => {
                        step(way, Kind::Sealed, record, true, cx);
                        self.finished(way, record.span, true, cx);
                        self.sides.of_mut(Direction::ToClient).finished = true;
                    }
                    _ => step(way, Kind::Sealed, record, true, cx),
                }
            }
            ContentType::APPLICATION_DATA => self.closed_data(way, record, cx),
            _ => {}
        }
    }
}

/// Whether a record of TLS 1.3 is as long as an alert: two bytes, the content type, a tag of 8 or 16
/// bytes. No handshake message is (RFC 8446 §4), so that until the Finished it is nothing else.
const fn is_alert(length: usize) -> bool {
    matches!(length, 11 | 19)
}

/// Says an alert; of one that is closed, that there was one.
pub(super) fn alert(
    direction: Direction,
    text: &[u8],
    record: &Record,
    encrypted: bool,
    cx: &mut Context<'_>,
) {
    let said = match text {
        &[level, description] => Some((Level(level), Description(description))),
        _ => None,
    };
    let alert = Alert { direction, at: record.span.first, encrypted, said };
    say(TlsEvent::Alert(alert), cx);
}

fn not_held() -> Anomaly {
    let text = "more protected records waited for keys than are held: they stay closed";
    Anomaly::new("tls.held", Class::Limit, text)
}

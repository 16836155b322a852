//! One direction of a TLS connection.

use crate::protocol::buffer::StreamBuffer;
use crate::protocol::tls::inflate::Inflate;
use crate::protocol::tls::keys::Opener;

/// What is known of one direction.
#[derive(Default)]
pub(super) struct Side {
    /// How its records are protected.
    pub(super) lock: Lock,
    /// Undoes the compression of what it protects, which TLS 1.2 and before can do.
    pub(super) inflate: Option<Box<Inflate>>,
    /// Which keys of TLS 1.3 its next record is protected with.
    pub(super) epoch: Epoch,
    /// Where its next byte stands among the records.
    pub(super) place: Place,
    /// Handshake messages on their way.
    pub(super) messages: StreamBuffer,
    /// Bytes of a handshake message that is passed over.
    pub(super) passed_over: usize,
    /// Its Finished was seen, or inferred.
    pub(super) finished: bool,
    /// Protected records that could not be opened have come.
    pub(super) sealed: bool,
    /// Secrets were looked for that open the first of them, or need not be.
    pub(super) searched: bool,
    /// Bytes of the application were told of, before the handshake was over and after it.
    pub(super) told: (bool, bool),
    /// Records were lost, or keys may change unseen: what does not open is tried otherwise.
    pub(super) careful: bool,
    /// Records behind holes that were tried.
    pub(super) trials: u32,
}

impl Side {
    /// Goes on with a key though nothing said so: what did was lost.
    pub(super) fn take(&mut self, epoch: Epoch, key: Box<Opener>) {
        self.epoch = epoch;
        self.lock = Lock::Open(key);
        self.finished |= epoch == Epoch::Application;
    }

    /// Nothing follows: what was kept to read it is not needed, though the connection is
    /// remembered for a while.
    pub(super) fn release(&mut self) {
        self.inflate = None;
        self.messages = StreamBuffer::default();
    }

    /// Bytes of memory that it keeps to read what follows.
    pub(super) fn held(&self) -> usize {
        let inflate = if self.inflate.is_some() { Inflate::HELD } else { 0 };
        self.messages.held() + inflate
    }
}

/// How the records of a direction are protected.
#[derive(Default)]
pub(super) enum Lock {
    /// Not at all.
    #[default]
    Plain,
    /// By keys that are not known.
    Sealed,
    /// By this key.
    Open(Box<Opener>),
    /// By keys that are not known, then by this one: the key log has no handshake secret.
    Until(Box<Opener>),
    /// Not at all, and it is not TLS either: what it is finds the child out.
    Elsewhere,
    /// By keys that turned out to be others: nothing more is read.
    Broken,
}

/// Which of its secrets a direction uses in TLS 1.3 (RFC 8446 §7.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Epoch {
    /// 0-RTT: the client's only.
    Early,
    #[default]
    Handshake,
    Application,
}

/// Where in the stream a direction is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Place {
    /// At the head of a record.
    #[default]
    InStep,
    /// In a record of which bytes are missing; so many are left of it.
    Within(u64),
    /// Behind a hole, of so many bytes until now: the next record is looked for.
    Lost(u64),
}

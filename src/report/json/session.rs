//! How TLS goes on with what was agreed before, and when it agrees anew, as the document has it.

use schemars::JsonSchema;
use serde::Serialize;

use crate::trace::tls::{Renegotiation, Resumption};

/// How an earlier session is gone on with.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Resumed {
    /// By a pre-shared key (TLS 1.3).
    PreSharedKey,
    /// By the session's identifier.
    SessionId,
    /// By a ticket (RFC 5077).
    Ticket,
}

/// How it is known that keys were agreed on anew.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Renegotiated {
    /// Another ClientHello was read.
    Seen,
    /// The client sent more of a handshake that was not opened.
    Inferred,
}

impl From<Resumption> for Resumed {
    fn from(how: Resumption) -> Self {
        match how {
            Resumption::PreSharedKey => Self::PreSharedKey,
            Resumption::SessionId => Self::SessionId,
            Resumption::Ticket => Self::Ticket,
        }
    }
}

impl From<Renegotiation> for Renegotiated {
    fn from(how: Renegotiation) -> Self {
        match how {
            Renegotiation::Seen(_) => Self::Seen,
            Renegotiation::Inferred => Self::Inferred,
        }
    }
}

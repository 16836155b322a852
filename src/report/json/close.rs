//! How a connection was closed, as the document has it.

use schemars::JsonSchema;
use serde::Serialize;

use crate::flow::event;
use crate::report::json::value::{End, Nanos};
use crate::trace::connection as model;

/// How a connection was closed.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Close {
    /// Why it is over; null where it is being closed.
    pub reason: Option<CloseReason>,
    /// Who sent the first FIN, the RST, or QUIC's word of the close; null where nobody did.
    pub first: Option<End>,
    /// FINs, their acknowledgments and RSTs, in order.
    pub steps: Vec<CloseStep>,
    /// The client's state in the end, for TCP.
    pub client_state: Option<&'static str>,
    /// The server's state in the end, for TCP.
    pub server_state: Option<&'static str>,
}

/// Why a flow is over.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CloseReason {
    /// FINs.
    Fin,
    /// A RST.
    Rst,
    /// Nothing came for a long time.
    Idle,
    /// Too many flows were open, and this one was the longest idle.
    Evicted,
    /// The capture ended first.
    CaptureEnd,
    /// The same addresses and ports began a new connection.
    Reused,
}

/// One step of the close.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
pub struct CloseStep {
    /// When.
    pub time: Nanos,
    /// In which frame.
    pub frame: u64,
    /// What it was.
    pub kind: CloseKind,
    /// Who sent it.
    pub from: End,
    /// The client's state afterwards, as RFC 9293 §3.3.2 names it.
    pub client_state: &'static str,
    /// The server's state afterwards.
    pub server_state: &'static str,
}

/// What closes.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CloseKind {
    /// The sender has no more to say.
    Fin,
    /// The acknowledgment of the other end's FIN.
    FinAck,
    /// A RST: at once.
    Rst,
}

impl Close {
    /// How a connection was closed; none while nothing closes it.
    pub fn of(connection: &model::Connection) -> Option<Self> {
        if connection.end.is_none() && connection.closing.is_empty() {
            return None;
        }
        Some(Self {
            reason: connection.end.map(CloseReason::from),
            first: connection.first_close.map(End::sending),
            steps: connection.closing.iter().map(CloseStep::from).collect(),
            client_state: connection.states.map(|(client, _)| client.name()),
            server_state: connection.states.map(|(_, server)| server.name()),
        })
    }
}

impl From<&model::CloseStep> for CloseStep {
    fn from(step: &model::CloseStep) -> Self {
        // The model's states are those of the FIN's (or RST's) sender and receiver.
        let closer = End::sending(step.direction);
        let (client, server) = match closer {
            End::Client => (step.sender, step.receiver),
            End::Server => (step.receiver, step.sender),
        };
        let (kind, from) = match step.kind {
            model::CloseKind::Fin => (CloseKind::Fin, closer),
            model::CloseKind::FinAck => (CloseKind::FinAck, closer.other()),
            model::CloseKind::Rst => (CloseKind::Rst, closer),
        };
        Self {
            time: Nanos(step.at.at),
            frame: step.at.frame.0,
            kind,
            from,
            client_state: client.name(),
            server_state: server.name(),
        }
    }
}

impl From<event::EndReason> for CloseReason {
    fn from(reason: event::EndReason) -> Self {
        match reason {
            event::EndReason::Fin => Self::Fin,
            event::EndReason::Rst => Self::Rst,
            event::EndReason::Idle => Self::Idle,
            event::EndReason::Evicted => Self::Evicted,
            event::EndReason::CaptureEnd => Self::CaptureEnd,
            event::EndReason::Reused => Self::Reused,
        }
    }
}

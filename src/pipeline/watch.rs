//! Who watches a run, and why a run may end early.

use std::io;

use crate::capture::source::{About, CaptureError, Packet};
use crate::trace::{EntityId, Trace};

/// What watches a run.
#[derive(Default)]
pub struct Watch<'a> {
    /// Called with each packet, in capture order, on the reading thread, and what the capture says
    /// of it beside the packet.
    pub packet: Option<PacketWatch<'a>>,
    /// Called with the trace so far and the entities that were completed since the last call,
    /// in an order that depends on the packets alone.
    pub completed: Option<CompletedWatch<'a>>,
}

/// Sees every packet.
pub type PacketWatch<'a> = Box<dyn FnMut(&Packet, &About<'_>) -> io::Result<()> + Send + 'a>;

/// Sees what was completed.
pub type CompletedWatch<'a> = Box<dyn FnMut(&Trace, &[EntityId]) -> io::Result<()> + 'a>;

/// Why a run ended early.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The source failed.
    #[error(transparent)]
    Capture(#[from] CaptureError),
    /// Who watched failed.
    #[error(transparent)]
    Watch(#[from] io::Error),
}

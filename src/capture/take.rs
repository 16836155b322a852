//! The first packets of a source, and no more.

use crate::capture::source::{About, CaptureError, CaptureSummary, Packet, PacketSource, Record};

/// Ends a source after so many packets.
pub struct Take<S> {
    source: S,
    left: u64,
}

impl<S: PacketSource> Take<S> {
    /// The first `packets` of `source`.
    pub const fn new(source: S, packets: u64) -> Self {
        Self { source, left: packets }
    }
}

impl<S: PacketSource> PacketSource for Take<S> {
    fn next_record(&mut self) -> Result<Option<Record>, CaptureError> {
        if self.left == 0 {
            return Ok(None);
        }
        let record = self.source.next_record()?;
        if matches!(record, Some(Record::Packet(_))) {
            self.left -= 1;
        }
        Ok(record)
    }

    fn summary(&self) -> CaptureSummary {
        self.source.summary()
    }

    fn about(&self, packet: &Packet) -> About<'_> {
        self.source.about(packet)
    }

    fn may_bring_secrets(&self) -> bool {
        self.source.may_bring_secrets()
    }
}

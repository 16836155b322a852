//! Writes what a source hands out to a pcapng file, and hands it on.

use std::io::Write;

use crate::capture::source::{About, CaptureError, CaptureSummary, Packet, PacketSource, Record};
use crate::capture::write::Writer;

/// A source whose packets are also written.
pub struct Tee<S, W: Write> {
    source: S,
    writer: Option<Writer<W>>,
}

impl<S: PacketSource, W: Write + Send> Tee<S, W> {
    /// Writes the packets of `source` to `writer`.
    pub const fn new(source: S, writer: Writer<W>) -> Self {
        Self { source, writer: Some(writer) }
    }
}

impl<S: PacketSource, W: Write + Send> PacketSource for Tee<S, W> {
    fn next_record(&mut self) -> Result<Option<Record>, CaptureError> {
        let record = self.source.next_record()?;
        if let Some(writer) = &mut self.writer {
            match &record {
                Some(Record::Packet(packet)) => {
                    if !writer.knows(packet) {
                        writer.describe(&self.source.summary().interfaces);
                    }
                    writer.packet(packet, None)?;
                }
                Some(Record::Secrets(secrets)) => writer.secrets(secrets)?,
                // Whoever reads along a live capture sees what was caught so far.
                Some(Record::Idle) => writer.flush()?,
                None => {
                    if let Some(writer) = self.writer.take() {
                        writer.finish(&self.source.summary())?;
                    }
                }
            }
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

//! Packets that are in memory already: any iterator of records is a source.
//!
//! For tests, examples, the demonstration and fuzzing. Numbers nothing: frames are as given.

use bytes::Bytes;

use crate::capture::source::{
    CaptureError, CaptureSummary, InterfaceInfo, LinkType, Packet, PacketSource, Record,
};
use crate::time::{FrameNo, Timestamp};

/// Records from an iterator.
#[derive(Debug)]
pub struct Memory<I> {
    records: I,
    summary: CaptureSummary,
    may_bring_secrets: bool,
}

impl<I: Iterator<Item = Record> + Send> Memory<I> {
    /// A source of these records, with nothing to say about where they come from.
    pub fn new(records: impl IntoIterator<Item = Record, IntoIter = I>) -> Self {
        Self::with_summary(records, CaptureSummary::default())
    }

    /// A source of these records that says this about itself.
    pub fn with_summary(
        records: impl IntoIterator<Item = Record, IntoIter = I>,
        summary: CaptureSummary,
    ) -> Self {
        Self { records: records.into_iter(), summary, may_bring_secrets: false }
    }

    /// With secrets among the records, behind packets that they open.
    #[must_use]
    pub fn with_late_secrets(mut self) -> Self {
        self.may_bring_secrets = true;
        self
    }
}

/// Packets of one interface, each with its time and its bytes; frames count from 1.
pub fn packets(
    link: LinkType,
    packets: impl IntoIterator<Item = (Timestamp, Bytes), IntoIter: Send>,
) -> Memory<impl Iterator<Item = Record> + Send> {
    let interface = InterfaceInfo {
        name: None,
        link,
        snaplen: 0,
        received: None,
        dropped: None,
        described: Vec::new(),
    };
    let records = (1..).zip(packets).map(move |(frame, (at, data))| {
        let orig_len = u32::try_from(data.len()).unwrap_or(u32::MAX);
        let frame = FrameNo(frame);
        Record::Packet(Packet { frame, at, link, interface: 0, orig_len, data })
    });
    Memory::with_summary(
        records,
        CaptureSummary { interfaces: vec![interface], ..Default::default() },
    )
}

impl<I: Iterator<Item = Record> + Send> PacketSource for Memory<I> {
    fn next_record(&mut self) -> Result<Option<Record>, CaptureError> {
        Ok(self.records.next())
    }

    fn summary(&self) -> CaptureSummary {
        self.summary.clone()
    }

    fn may_bring_secrets(&self) -> bool {
        self.may_bring_secrets
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gives_what_it_was_given_and_ends() {
        let at = Timestamp::from_nanos;
        let two = [(at(5), Bytes::from_static(b"one")), (at(7), Bytes::from_static(b"three"))];
        let mut source: Box<dyn PacketSource> = Box::new(packets(LinkType::RAW, two));
        let mut seen = Vec::new();
        while let Some(Record::Packet(packet)) = source.next_record().unwrap() {
            seen.push((packet.frame.0, packet.at.as_nanos(), packet.orig_len));
        }
        assert_eq!(seen, [(1, 5, 3), (2, 7, 5)]);
        assert!(source.next_record().unwrap().is_none());
        assert_eq!(source.summary().interfaces[0].link, LinkType::RAW);
        let mut idle = Memory::new([Record::Idle]);
        assert!(matches!(idle.next_record(), Ok(Some(Record::Idle))));
    }
}

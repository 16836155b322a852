//! Capture files, compressed or not: the same bytes give the same packets however they come, and
//! every packet keeps its invariants.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{Cursor, Read};

use bytes::Bytes;

use crate::capture::block::BlockReader;
use crate::capture::source::{CaptureSummary, PacketSource, Record};
use crate::capture::{open_memory, open_reader};

/// Records read at most: a compressed file can hold millions.
const RECORDS: u64 = 50_000;

/// Reads a file at once and in small pieces.
pub fn fuzz(bytes: &[u8]) {
    let whole = open_memory(Bytes::copy_from_slice(bytes)).ok();
    let step = bytes.len() % 13 + 1;
    let slow = Slow { input: Cursor::new(bytes.to_vec()), step };
    let pieces = BlockReader::new(slow, bytes.len().is_multiple_of(2), 64 + step).ok();
    let pieces = pieces.and_then(|reader| open_reader(reader).ok());
    let [whole, pieces] = [whole, pieces].map(|source| source.map(read));
    // of a damaged compressed file the larger piece loses more before the damage
    let stopped = |read: &(u64, u64, CaptureSummary)| {
        read.2.damage.iter().any(|damage| damage.what.starts_with("reading stopped"))
    };
    let compressed = matches!(bytes, [0x1f, 0x8b, ..] | [0x28, 0xb5, 0x2f, 0xfd, ..]);
    if !compressed || ![&whole, &pieces].iter().any(|read| read.as_ref().is_none_or(stopped)) {
        assert_eq!(whole, pieces, "how a file is read changes what is read");
    }
}

/// What a source gave: how many records, what they were, what it says of itself.
fn read(mut source: Box<dyn PacketSource>) -> (u64, u64, CaptureSummary) {
    let mut hasher = DefaultHasher::new();
    let (mut records, mut frames) = (0, 0);
    while records < RECORDS {
        let Ok(Some(record)) = source.next_record() else { break };
        records += 1;
        match record {
            Record::Packet(packet) => {
                frames += 1;
                assert_eq!(packet.frame.0, frames, "frames count from 1");
                assert!(packet.data.len() <= packet.orig_len as usize);
                (packet.at, packet.link, packet.interface, packet.orig_len).hash(&mut hasher);
                packet.data.hash(&mut hasher);
                if records % 64 == 1 {
                    let interfaces = source.summary().interfaces;
                    let interface = interfaces.get(packet.interface as usize);
                    assert!(interface.is_some_and(|interface| interface.link == packet.link));
                }
            }
            Record::Secrets(secrets) => secrets.data.hash(&mut hasher),
            Record::Idle => {}
        }
    }
    let mut summary = source.summary();
    for file in &mut summary.files {
        file.bytes = None;
    }
    (records, hasher.finish(), summary)
}

/// A pipe that gives a few bytes at a time.
struct Slow {
    input: Cursor<Vec<u8>>,
    step: usize,
}

impl Read for Slow {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let step = self.step.min(buffer.len());
        self.input.read(buffer.get_mut(..step).unwrap_or_default())
    }
}

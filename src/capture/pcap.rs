//! Classic pcap: one link type, a 24-byte file header, then records.
//!
//! Takes a file that begins with one of its magic numbers, gives its packets; what breaks off or
//! cannot be is damage. Never looks inside a packet. The format:
//! draft-ietf-opsawg-pcap (§4 file header, §5 packet record).

use crate::capture::block::BlockReader;
use crate::capture::endian::Endian;
use crate::capture::format::{Base, File, FileFormat};
use crate::capture::source::{
    CaptureError, CaptureSummary, Damage, FileInfo, InterfaceInfo, LinkType, Packet, PacketSource,
    Record,
};
use crate::cursor::{Cursor, Short};
use crate::limits::Limits;
use crate::time::{FrameNo, Timestamp};

/// The row of this format.
pub static FORMAT: FileFormat = FileFormat {
    name: "pcap",
    magics: &[
        [0xa1, 0xb2, 0xc3, 0xd4],
        [0xd4, 0xc3, 0xb2, 0xa1],
        [0xa1, 0xb2, 0x3c, 0x4d],
        [0x4d, 0x3c, 0xb2, 0xa1],
        [0xa1, 0xb2, 0xcd, 0x34],
        [0x34, 0xcd, 0xb2, 0xa1],
        [0x1c, 0x00, 0x01, 0xac],
        [0xac, 0x01, 0x00, 0x1c],
        [0x1c, 0x00, 0x01, 0xab],
        [0xab, 0x01, 0x00, 0x1c],
    ],
    open: |file| Box::new(Reader::open(file)),
};

/// Reads one file.
struct Reader {
    input: BlockReader,
    header: Header,
    interface: u32,
    frame: u64,
    at_end: bool,
    summary: CaptureSummary,
}

impl Reader {
    fn open(file: File) -> Self {
        let File { name, bytes, reader: mut input, base: Base { frames, interfaces } } = file;
        let whole = input.ensure(FILE_HEADER_LEN);
        let header = Header::parse(&mut Cursor::new(input.rest()));
        let mut reader = Self {
            input,
            header: header.unwrap_or_default(),
            interface: interfaces,
            frame: frames,
            at_end: false,
            summary: CaptureSummary::default(),
        };
        let format = reader.header.name(reader.input.compression());
        reader.summary.files.push(FileInfo { name, format, bytes });
        reader.summary.interfaces.push(InterfaceInfo {
            name: None,
            link: reader.header.link,
            snaplen: reader.header.snaplen,
            received: None,
            dropped: None,
            described: Vec::new(),
        });
        let needed = reader.header.len();
        if whole && reader.input.ensure(needed) {
            reader.input.advance(needed);
        } else {
            let left = reader.input.rest().len();
            let what = format!("the file header is cut short: {needed} bytes needed, {left} left");
            reader.end_with(what);
        }
        reader
    }

    /// The input ended where a record header or a packet should be.
    #[cold]
    fn end_early(&mut self, wanted: &str, needed: usize) -> Option<Record> {
        let left = self.input.rest().len();
        match self.input.failure() {
            Some(failure) => self.end_with(format!("reading stopped: {failure}")),
            None if left > 0 => {
                self.end_with(format!("cut short in {wanted}: {needed} bytes needed, {left} left"));
            }
            None => self.at_end = true,
        }
        None
    }

    fn end_with(&mut self, what: String) {
        self.at_end = true;
        let file = self.summary.files.first().map(|file| file.name.clone()).unwrap_or_default();
        let (offset, after_frame) = (self.input.offset(), FrameNo(self.frame));
        self.summary.note_damage(Damage { file, offset, after_frame, what, fatal: true });
    }

    #[inline]
    fn next_packet(&mut self) -> Option<Record> {
        let header_len = self.header.record_header_len();
        if self.at_end {
            return None;
        }
        if !self.input.ensure(header_len) {
            return self.end_early("a record header", header_len);
        }
        let record = match self.header.record(&mut Cursor::new(self.input.rest())) {
            Ok(record) => record,
            Err(short) => {
                self.end_with(short.to_string());
                return None;
            }
        };
        if record.captured > Limits::CAPTURED_PACKET {
            self.end_with(format!(
                "a packet of {} bytes is claimed, more than the {} that any program captures",
                record.captured,
                Limits::CAPTURED_PACKET
            ));
            return None;
        }
        let captured = record.captured as usize;
        let record_len = header_len.saturating_add(captured);
        if !self.input.ensure(record_len) {
            return self.end_early("a packet", record_len);
        }
        self.input.advance(header_len);
        let data = self.input.split(captured);
        self.frame += 1;
        Some(Record::Packet(Packet {
            frame: FrameNo(self.frame),
            at: record.at,
            link: self.header.link,
            interface: self.interface,
            orig_len: record.original.max(record.captured),
            data,
        }))
    }
}

impl PacketSource for Reader {
    fn next_record(&mut self) -> Result<Option<Record>, CaptureError> {
        Ok(self.next_packet())
    }

    fn summary(&self) -> CaptureSummary {
        self.summary.clone()
    }
}

/// What the file header says about every record.
#[derive(Debug)]
struct Header {
    endian: Endian,
    resolution: Resolution,
    variant: Variant,
    lengths: Lengths,
    snaplen: u32,
    link: LinkType,
}

impl Default for Header {
    fn default() -> Self {
        Self {
            endian: Endian::Little,
            resolution: Resolution::Micro,
            variant: Variant::Plain,
            lengths: Lengths::InOrder,
            snaplen: 0,
            link: LinkType::ETHERNET,
        }
    }
}

impl Header {
    fn parse(bytes: &mut Cursor<'_>) -> Result<Self, Short> {
        let magic = bytes.u32()?;
        let (endian, magic) = match magic {
            0xa1b2_c3d4 | 0xa1b2_3c4d | 0xa1b2_cd34 | 0x1c00_01ac | 0x1c00_01ab => {
                (Endian::Big, magic)
            }
            _ => (Endian::Little, magic.swap_bytes()),
        };
        let version = (endian.u16(bytes)?, endian.u16(bytes)?);
        bytes.take(8)?; // time zone and accuracy: always zero (§4)
        let snaplen = endian.u32(bytes)?;
        let link = endian.u32(bytes)?;
        Ok(Self {
            endian,
            resolution: if magic == 0xa1b2_3c4d { Resolution::Nano } else { Resolution::Micro },
            variant: match magic {
                0xa1b2_cd34 => Variant::Kuznetzov,
                0x1c00_01ac | 0x1c00_01ab => Variant::Ixia,
                _ => Variant::Plain,
            },
            lengths: match version {
                (2, 0..=2) => Lengths::Swapped,
                (2, 3) => Lengths::PerhapsSwapped,
                _ => Lengths::InOrder,
            },
            snaplen,
            // the upper half says how long the frame check sequence is; it is part of `data`
            link: LinkType::from_dlt((link & 0xffff) as u16),
        })
    }

    const fn len(&self) -> usize {
        match self.variant {
            Variant::Ixia => FILE_HEADER_LEN + 4,
            Variant::Plain | Variant::Kuznetzov => FILE_HEADER_LEN,
        }
    }

    const fn record_header_len(&self) -> usize {
        match self.variant {
            Variant::Kuznetzov => RECORD_HEADER_LEN + 8,
            Variant::Plain | Variant::Ixia => RECORD_HEADER_LEN,
        }
    }

    #[inline]
    fn record(&self, bytes: &mut Cursor<'_>) -> Result<RecordHeader, Short> {
        let seconds = self.endian.u32(bytes)?;
        let fraction = self.endian.u32(bytes)?;
        let mut captured = self.endian.u32(bytes)?;
        let mut original = self.endian.u32(bytes)?;
        let swapped = match self.lengths {
            Lengths::InOrder => false,
            Lengths::Swapped => true,
            Lengths::PerhapsSwapped => captured > original,
        };
        if swapped {
            (captured, original) = (original, captured);
        }
        let nanos = i64::from(fraction).saturating_mul(match self.resolution {
            Resolution::Micro => 1000,
            Resolution::Nano => 1,
        });
        let at = i64::from(seconds).saturating_mul(1_000_000_000).saturating_add(nanos);
        Ok(RecordHeader { at: Timestamp::from_nanos(at), captured, original })
    }

    fn name(&self, compression: Option<&str>) -> String {
        let resolution = match self.resolution {
            Resolution::Micro => "microseconds",
            Resolution::Nano => "nanoseconds",
        };
        let variant = match self.variant {
            Variant::Plain => "",
            Variant::Kuznetzov => ", modified",
            Variant::Ixia => ", IXIA",
        };
        let compression = compression.map(|name| format!(", {name}")).unwrap_or_default();
        format!("pcap ({}, {resolution}{variant}){compression}", self.endian.name())
    }
}

/// Who extended the format, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Variant {
    Plain,
    /// 8 more bytes in each record header.
    Kuznetzov,
    /// The length of all records, behind the file header.
    Ixia,
}

/// What the second word of a timestamp counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Resolution {
    Micro,
    Nano,
}

/// In which order the two lengths of a record stand: versions before 2.3 had them the other way
/// round, and 2.3 was written both ways (libpcap, sf-pcap.c).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Lengths {
    InOrder,
    Swapped,
    PerhapsSwapped,
}

/// One record header.
struct RecordHeader {
    at: Timestamp,
    captured: u32,
    original: u32,
}

const FILE_HEADER_LEN: usize = 24;
const RECORD_HEADER_LEN: usize = 16;

#[cfg(test)]
mod tests;

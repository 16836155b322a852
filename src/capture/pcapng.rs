//! pcapng: sections of blocks, each section with its byte order and its interfaces.
//!
//! Takes a file that begins with a section header, gives its packets and secrets; names, comments
//! and drop counters go to the summary. A block that cannot be read is stepped over, one whose
//! length cannot be ends the file; both are damage. Never looks inside a packet. The format:
//! draft-ietf-opsawg-pcapng (§3.5 options, §4 blocks).

pub(super) mod codes;
mod meta;
mod reader;

use crate::capture::endian::Endian;
use crate::capture::format::{File, FileFormat};
use crate::capture::pcapng::codes::{
    ENHANCED_PACKET, INTERFACE, NAMES, OPT_COMMENT, PACKET, SECRETS, SECTION_HEADER, SIMPLE_PACKET,
    STATISTICS,
};
use crate::capture::pcapng::meta::{read_options, text};
use crate::capture::pcapng::reader::{Broken, Interface, Reader};
use crate::capture::source::{
    About, CaptureError, CaptureSummary, FileInfo, Packet, PacketSource, Record,
};
use crate::cursor::{Cursor, Short};
use crate::limits::Limits;
use crate::time::{FrameNo, Timestamp};

/// The row of this format.
pub static FORMAT: FileFormat = FileFormat {
    name: "pcapng",
    magics: &[SECTION_HEADER.to_be_bytes()],
    open: |file| Box::new(Reader::open(file)),
};

/// What the three kinds of packet blocks have in common.
struct PacketHeader {
    interface: u32,
    ticks: Option<u64>,
    captured: u32,
    original: u32,
    /// Where its bytes begin, from the block's start.
    data_at: usize,
}

impl Reader {
    fn open(file: File) -> Self {
        let File { name, bytes, reader: input, base } = file;
        let compression = input.compression().map(|name| format!(", {name}")).unwrap_or_default();
        let format = format!("pcapng{compression}");
        let summary =
            CaptureSummary { files: vec![FileInfo { name, format, bytes }], ..Default::default() };
        Self {
            input,
            endian: Endian::Little,
            interfaces: Vec::new(),
            base: base.interfaces,
            frame: base.frames,
            last: Timestamp::default(),
            text: 0,
            at_end: false,
            summary,
        }
    }

    fn next(&mut self) -> Option<Record> {
        while !self.at_end {
            if !self.input.ensure(BLOCK_MIN) {
                self.end_early("a block header", BLOCK_MIN);
                break;
            }
            let (kind, len) = match self.block_header() {
                Ok(header) => header,
                Err(broken) => {
                    self.end_with(broken.to_string());
                    break;
                }
            };
            if len > Limits::CAPTURE_BLOCK {
                self.pass_over(len);
                continue;
            }
            let len = len as usize;
            if !self.input.ensure(len) {
                self.end_early("a block", len);
                break;
            }
            match self.block(kind, len) {
                Ok(Some(record)) => return Some(record),
                Ok(None) => {}
                Err(broken) => {
                    self.damage(broken.to_string(), false);
                    self.input.advance(len);
                }
            }
        }
        None
    }

    /// The type and total length of the block that begins here.
    #[inline]
    fn block_header(&mut self) -> Result<(u32, u32), Broken> {
        let mut header = Cursor::new(self.input.rest());
        let kind = self.endian.u32(&mut header)?;
        if kind == SECTION_HEADER {
            // its byte order stands behind the length, and decides how the length is read
            let [_, _, _, _, magic @ ..] = header.array::<8>()?;
            self.endian = match *magic {
                [0x1a, 0x2b, 0x3c, 0x4d] => Endian::Big,
                [0x4d, 0x3c, 0x2b, 0x1a] => Endian::Little,
                other => {
                    let magic = u32::from_be_bytes(other);
                    return Err(Broken::Text(format!("a section of byte order {magic:#010x}")));
                }
            };
            header = Cursor::new(self.input.rest());
            header.take(4)?;
        }
        let len = self.endian.u32(&mut header)?;
        if (len as usize) < BLOCK_MIN || !len.is_multiple_of(4) {
            let what = format!("a block of type {kind:#x} claims to be {len} bytes long");
            return Err(Broken::Text(what));
        }
        Ok((kind, len))
    }

    /// Reads the block of `len` bytes that lies in memory and moves behind it. After an error it
    /// has not moved.
    #[inline]
    fn block(&mut self, kind: u32, len: usize) -> Result<Option<Record>, Broken> {
        let header = match kind {
            ENHANCED_PACKET => self.enhanced_packet(len)?,
            SIMPLE_PACKET => self.simple_packet(len)?,
            PACKET => self.obsolete_packet(len)?,
            _ => return self.other_block(kind, len),
        };
        self.packet(&header, len).map(Some)
    }

    /// What a block of `len` bytes holds between its lengths.
    #[inline]
    fn fields(&self, len: usize) -> Result<Cursor<'_>, Short> {
        let block = self.input.rest().get(..len.saturating_sub(4)).unwrap_or_default();
        let mut fields = Cursor::new(block);
        fields.take(8)?;
        Ok(fields)
    }

    /// Enhanced Packet Block (§4.3).
    #[inline]
    fn enhanced_packet(&self, len: usize) -> Result<PacketHeader, Short> {
        let mut fields = self.fields(len)?;
        let interface = self.endian.u32(&mut fields)?;
        let high = u64::from(self.endian.u32(&mut fields)?);
        let low = u64::from(self.endian.u32(&mut fields)?);
        let captured = self.endian.u32(&mut fields)?;
        let original = self.endian.u32(&mut fields)?;
        let data_at = fields.offset();
        Ok(PacketHeader { interface, ticks: Some(high << 32 | low), captured, original, data_at })
    }

    /// Simple Packet Block (§4.4): of the first interface, without a time. The snapped length is
    /// not written either: it follows from the interface's limit.
    fn simple_packet(&self, len: usize) -> Result<PacketHeader, Short> {
        let mut fields = self.fields(len)?;
        let original = self.endian.u32(&mut fields)?;
        let data_at = fields.offset();
        let room = u32::try_from(len.saturating_sub(data_at + 4)).unwrap_or(u32::MAX);
        let snaplen = self.interfaces.first().map_or(0, |interface| interface.snaplen);
        let snaplen = if snaplen == 0 { u32::MAX } else { snaplen };
        let captured = original.min(snaplen).min(room);
        Ok(PacketHeader { interface: 0, ticks: None, captured, original, data_at })
    }

    /// Packet Block (appendix A of the draft): obsolete, still in old files.
    fn obsolete_packet(&self, len: usize) -> Result<PacketHeader, Short> {
        let mut fields = self.fields(len)?;
        let interface = u32::from(self.endian.u16(&mut fields)?);
        fields.take(2)?; // packets dropped since the last one; interface statistics have the sum
        let high = u64::from(self.endian.u32(&mut fields)?);
        let low = u64::from(self.endian.u32(&mut fields)?);
        let captured = self.endian.u32(&mut fields)?;
        let original = self.endian.u32(&mut fields)?;
        let data_at = fields.offset();
        Ok(PacketHeader { interface, ticks: Some(high << 32 | low), captured, original, data_at })
    }

    /// Cuts the packet out of the block of `len` bytes and moves behind it.
    #[inline]
    fn packet(&mut self, header: &PacketHeader, len: usize) -> Result<Record, Broken> {
        let interface = *self.interface(header.interface)?;
        let captured = header.captured as usize;
        let room = len.saturating_sub(header.data_at + 4);
        if captured > room || header.captured > Limits::CAPTURED_PACKET {
            let what = format!("a packet of {captured} bytes in a block with room for {room}");
            return Err(Broken::Text(what));
        }
        self.check_end(len);
        let frame = FrameNo(self.frame.saturating_add(1));
        let options_at = header.data_at.saturating_add(captured.next_multiple_of(4));
        if options_at.saturating_add(4) < len {
            self.packet_options(options_at, len, frame);
        }
        self.frame = frame.0;
        if let Some(ticks) = header.ticks {
            self.last = interface.clock.at(ticks);
        }
        self.input.advance(header.data_at);
        let data = self.input.split(captured);
        self.input.advance(len.saturating_sub(header.data_at).saturating_sub(captured));
        Ok(Record::Packet(Packet {
            frame,
            at: self.last,
            link: interface.link,
            interface: self.base.saturating_add(interface.index),
            orig_len: header.original.max(header.captured),
            data,
        }))
    }

    #[cold]
    fn packet_options(&mut self, options_at: usize, len: usize, frame: FrameNo) {
        let options = self.input.rest().get(options_at..len.saturating_sub(4)).unwrap_or_default();
        let mut comments = Vec::new();
        let result = read_options(self.endian, Cursor::new(options), |code, value| {
            if code == OPT_COMMENT {
                comments.push(text(value));
            }
        });
        for comment in comments {
            self.keep_comment(Some(frame), comment);
        }
        if let Err(short) = result {
            self.damage(format!("options of a packet: {short}"), false);
        }
    }

    /// A block that is no packet.
    #[cold]
    fn other_block(&mut self, kind: u32, len: usize) -> Result<Option<Record>, Broken> {
        // a slice of its own, so that what it says can be stored in `self` while it is read
        let whole = self.input.peek(len);
        let mut body = Cursor::new(&whole);
        body.take(8)?;
        let mut body = body.sub(len.saturating_sub(BLOCK_MIN))?;
        let mut record = None;
        match kind {
            SECTION_HEADER => self.section(&mut body)?,
            INTERFACE => self.describe_interface(&mut body)?,
            NAMES => self.names(&mut body)?,
            STATISTICS => self.statistics(&mut body)?,
            SECRETS => record = Some(self.secrets(&mut body, &whole)?),
            _ => self.summary.skipped_blocks += 1,
        }
        self.check_end(len);
        self.input.advance(len);
        Ok(record)
    }

    fn interface(&self, id: u32) -> Result<&Interface, Broken> {
        self.interfaces.get(id as usize).ok_or_else(|| {
            let described = self.interfaces.len();
            Broken::Text(format!("interface {id} of a section that describes {described}"))
        })
    }

    /// A block ends with its length again (§3.1), for readers that go backwards.
    #[inline]
    fn check_end(&mut self, len: usize) {
        let end = self.input.rest().get(len.saturating_sub(4)..len).unwrap_or_default();
        let again = self.endian.u32(&mut Cursor::new(end)).unwrap_or(0);
        if again as usize != len {
            self.damage(format!("a block of {len} bytes ends as one of {again}"), false);
        }
    }

    /// Passes over a block that is too long to be held at once, where it truly is that long.
    #[cold]
    fn pass_over(&mut self, len: u32) {
        let at = self.input.offset();
        let whole = self.input.skip(u64::from(len).saturating_sub(4)) && self.input.ensure(4);
        let again = self.endian.u32(&mut Cursor::new(self.input.rest())).unwrap_or(0);
        self.summary.skipped_blocks += 1;
        let fatal = !whole || again != len;
        self.damage_at(at, format!("a block claims to be {len} bytes long"), fatal);
        self.at_end = fatal;
        self.input.advance(4);
    }

    /// The input ended where a block, or nothing, should be.
    #[cold]
    fn end_early(&mut self, wanted: &str, needed: usize) {
        let left = self.input.rest().len();
        if let Some(failure) = self.input.failure() {
            self.end_with(format!("reading stopped: {failure}"));
        } else if left > 0 {
            self.end_with(format!("cut short in {wanted}: {needed} bytes needed, {left} left"));
        }
        self.at_end = true;
    }
}

impl PacketSource for Reader {
    fn next_record(&mut self) -> Result<Option<Record>, CaptureError> {
        Ok(self.next())
    }

    fn summary(&self) -> CaptureSummary {
        self.summary.clone()
    }

    fn about(&self, packet: &Packet) -> About<'_> {
        let interface = packet.interface.saturating_sub(self.base);
        self.summary.about_last(packet, usize::try_from(interface).unwrap_or(usize::MAX))
    }

    /// Decryption Secrets Blocks should stand before what they open, and do not always.
    fn may_bring_secrets(&self) -> bool {
        true
    }
}

/// Type, length, length again.
const BLOCK_MIN: usize = 12;

#[cfg(test)]
mod tests;

//! pcapng: sections of blocks, each section with its byte order and its interfaces.
//!
//! Takes a file that begins with a section header, gives its packets and secrets; names, comments
//! and drop counters go to the summary. A block that cannot be read is stepped over, one whose
//! length cannot be ends the file; both are damage. Never looks inside a packet. The format:
//! draft-ietf-opsawg-pcapng (§3.5 options, §4 blocks).

use std::net::IpAddr;

use bytes::Bytes;

use crate::capture::block::BlockReader;
use crate::capture::clock::Clock;
use crate::capture::endian::Endian;
use crate::capture::format::{File, FileFormat};
use crate::capture::source::{
    CaptureError, CaptureSummary, Damage, FileInfo, InterfaceInfo, LinkType, Packet, PacketSource,
    Record, Secrets,
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

/// Reads one file.
struct Reader {
    input: BlockReader,
    endian: Endian,
    /// The interfaces of this section.
    interfaces: Vec<Interface>,
    /// Interfaces of the files before this one.
    base: u32,
    frame: u64,
    /// The time of the last packet that had one.
    last: Timestamp,
    /// Bytes of text kept in the summary.
    text: usize,
    at_end: bool,
    summary: CaptureSummary,
}

/// What every packet of an interface needs.
#[derive(Clone, Copy, Debug)]
struct Interface {
    link: LinkType,
    clock: Clock,
    snaplen: u32,
    /// Its index in this file's summary.
    index: u32,
}

/// What the three kinds of packet blocks have in common.
struct PacketHeader {
    interface: u32,
    ticks: Option<u64>,
    captured: u32,
    original: u32,
    /// Where its bytes begin, from the block's start.
    data_at: usize,
}

/// Why a block was stepped over.
enum Broken {
    Short(Short),
    Text(String),
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
            ENHANCED_PACKET => self.enhanced_packet()?,
            SIMPLE_PACKET => self.simple_packet(len)?,
            PACKET => self.obsolete_packet()?,
            _ => return self.other_block(kind, len),
        };
        self.packet(&header, len).map(Some)
    }

    /// Enhanced Packet Block (§4.3).
    #[inline]
    fn enhanced_packet(&self) -> Result<PacketHeader, Short> {
        let mut fields = Cursor::new(self.input.rest());
        fields.take(8)?;
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
        let mut fields = Cursor::new(self.input.rest());
        fields.take(8)?;
        let original = self.endian.u32(&mut fields)?;
        let data_at = fields.offset();
        let room = u32::try_from(len.saturating_sub(data_at + 4)).unwrap_or(u32::MAX);
        let snaplen = self.interfaces.first().map_or(0, |interface| interface.snaplen);
        let snaplen = if snaplen == 0 { u32::MAX } else { snaplen };
        let captured = original.min(snaplen).min(room);
        Ok(PacketHeader { interface: 0, ticks: None, captured, original, data_at })
    }

    /// Packet Block (appendix A of the draft): obsolete, still in old files.
    fn obsolete_packet(&self) -> Result<PacketHeader, Short> {
        let mut fields = Cursor::new(self.input.rest());
        fields.take(8)?;
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

    /// Section Header Block (§4.1); the byte order is known already.
    fn section(&mut self, body: &mut Cursor<'_>) -> Result<(), Broken> {
        self.interfaces.clear();
        body.take(4)?;
        let (major, minor) = (self.endian.u16(body)?, self.endian.u16(body)?);
        if major != 1 {
            self.damage(format!("a section of version {major}.{minor}, read as 1.0"), false);
        }
        body.take(8)?; // section length: often unknown, never needed
        self.comments_of(body)
    }

    /// Interface Description Block (§4.2).
    fn describe_interface(&mut self, body: &mut Cursor<'_>) -> Result<(), Broken> {
        let link = LinkType::from_dlt(self.endian.u16(body)?);
        body.take(2)?;
        let snaplen = self.endian.u32(body)?;
        if self.summary.interfaces.len() >= Limits::CAPTURE_INTERFACES {
            let what = format!("more than {} interfaces", Limits::CAPTURE_INTERFACES);
            return Err(Broken::Text(what));
        }
        let (mut name, mut resolution, mut offset) = (None, 6, 0);
        let mut comments = Vec::new();
        let endian = self.endian;
        let result = read_options(endian, *body, |code, value| match (code, value) {
            (OPT_COMMENT, _) => comments.push(text(value)),
            (IF_NAME, _) => name = Some(text(value)),
            (IF_TSRESOL, [byte]) => resolution = *byte,
            (IF_TSOFFSET, _) => offset = endian.i64(&mut Cursor::new(value)).unwrap_or(0),
            _ => {}
        });
        let index = u32::try_from(self.summary.interfaces.len()).unwrap_or(u32::MAX);
        self.interfaces.push(Interface {
            link,
            clock: Clock::new(resolution, offset),
            snaplen,
            index,
        });
        let name = name.filter(|name| self.has_room_for(name.len()));
        let info = InterfaceInfo { name, link, snaplen, received: None, dropped: None };
        self.summary.interfaces.push(info);
        for comment in comments {
            self.keep_comment(None, comment);
        }
        if let Err(short) = result {
            // it exists all the same: the packets behind it count on its number
            self.damage(format!("options of an interface: {short}"), false);
        }
        Ok(())
    }

    /// Name Resolution Block (§4.5): the names of addresses, as the capturing machine knew them.
    fn names(&mut self, body: &mut Cursor<'_>) -> Result<(), Broken> {
        loop {
            let kind = self.endian.u16(body)?;
            let len = usize::from(self.endian.u16(body)?);
            if kind == 0 {
                break;
            }
            let mut record = body.sub(len)?;
            body.take(len.next_multiple_of(4) - len)?;
            let address = match kind {
                1 => IpAddr::from(*record.array::<4>()?),
                2 => IpAddr::from(*record.array::<16>()?),
                _ => continue,
            };
            for name in record.rest().split(|byte| *byte == 0).filter(|name| !name.is_empty()) {
                let name = text(name);
                if self.has_room_for(name.len()) {
                    self.summary.names.push((address, name));
                }
            }
        }
        self.comments_of(body)
    }

    /// Interface Statistics Block (§4.6): counters since the capture began, so the last one holds.
    fn statistics(&mut self, body: &mut Cursor<'_>) -> Result<(), Broken> {
        let interface = self.endian.u32(body)?;
        let index = self.interface(interface)?.index;
        body.take(8)?;
        let endian = self.endian;
        let (mut received, mut device, mut system) = (None, None, None);
        // a comment here is dumpcap's "Counters provided by dumpcap": it says nothing
        read_options(endian, *body, |code, value| {
            let count = endian.u64(&mut Cursor::new(value)).ok();
            match code {
                ISB_IFRECV => received = count,
                ISB_IFDROP => device = count,
                ISB_OSDROP => system = count,
                _ => {}
            }
        })?;
        if let Some(info) = self.summary.interfaces.get_mut(index as usize) {
            info.received = received.or(info.received);
            if device.is_some() || system.is_some() {
                info.dropped = Some(device.unwrap_or(0).saturating_add(system.unwrap_or(0)));
            }
        }
        Ok(())
    }

    /// Decryption Secrets Block (§4.7).
    fn secrets(&mut self, body: &mut Cursor<'_>, whole: &Bytes) -> Result<Record, Broken> {
        let kind = self.endian.u32(body)?;
        let len = self.endian.u32(body)? as usize;
        let data = whole.slice_ref(body.take(len)?);
        Ok(Record::Secrets(Secrets { kind, data }))
    }

    fn interface(&self, id: u32) -> Result<&Interface, Broken> {
        self.interfaces.get(id as usize).ok_or_else(|| {
            let described = self.interfaces.len();
            Broken::Text(format!("interface {id} of a section that describes {described}"))
        })
    }

    /// Comments of the section, an interface or a list of names.
    fn comments_of(&mut self, options: &mut Cursor<'_>) -> Result<(), Broken> {
        let mut comments = Vec::new();
        let result = read_options(self.endian, *options, |code, value| {
            if code == OPT_COMMENT {
                comments.push(text(value));
            }
        });
        for comment in comments {
            self.keep_comment(None, comment);
        }
        Ok(result?)
    }

    fn keep_comment(&mut self, frame: Option<FrameNo>, comment: String) {
        if self.has_room_for(comment.len()) {
            self.summary.comments.push((frame, comment));
        }
    }

    /// Counts text against its bound; says once that the bound was reached.
    fn has_room_for(&mut self, len: usize) -> bool {
        if self.text > Limits::CAPTURE_TEXT {
            return false;
        }
        self.text = self.text.saturating_add(len).saturating_add(TEXT_COST);
        let room = self.text <= Limits::CAPTURE_TEXT;
        if !room {
            let bound = Limits::CAPTURE_TEXT >> 20;
            self.damage(format!("comments and names beyond {bound} MiB are left out"), false);
        }
        room
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

    fn end_with(&mut self, what: String) {
        self.at_end = true;
        self.damage(what, true);
    }

    fn damage(&mut self, what: String, fatal: bool) {
        self.damage_at(self.input.offset(), what, fatal);
    }

    #[cold]
    fn damage_at(&mut self, offset: u64, what: String, fatal: bool) {
        let file = self.summary.files.first().map(|file| file.name.clone()).unwrap_or_default();
        let after_frame = FrameNo(self.frame);
        self.summary.note_damage(Damage { file, offset, after_frame, what, fatal });
    }
}

impl PacketSource for Reader {
    fn next_record(&mut self) -> Result<Option<Record>, CaptureError> {
        Ok(self.next())
    }

    fn summary(&self) -> CaptureSummary {
        self.summary.clone()
    }
}

impl From<Short> for Broken {
    fn from(short: Short) -> Self {
        Self::Short(short)
    }
}

impl std::fmt::Display for Broken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Short(short) => write!(f, "a block is too short for what it holds: {short}"),
            Self::Text(text) => f.write_str(text),
        }
    }
}

/// Gives each option's code and value, up to the end mark or the end (§3.5).
fn read_options(
    endian: Endian,
    mut options: Cursor<'_>,
    mut each: impl FnMut(u16, &[u8]),
) -> Result<(), Short> {
    while !options.is_empty() {
        let code = endian.u16(&mut options)?;
        let len = usize::from(endian.u16(&mut options)?);
        if code == OPT_END {
            break;
        }
        each(code, options.take(len)?);
        options.take(len.next_multiple_of(4) - len)?;
    }
    Ok(())
}

/// UTF-8, some writers end it with zeros.
fn text(value: &[u8]) -> String {
    String::from_utf8_lossy(value).trim_end_matches('\0').to_owned()
}

pub(super) const SECTION_HEADER: u32 = 0x0a0d_0d0a;
pub(super) const INTERFACE: u32 = 1;
const PACKET: u32 = 2;
const SIMPLE_PACKET: u32 = 3;
pub(super) const NAMES: u32 = 4;
pub(super) const STATISTICS: u32 = 5;
pub(super) const ENHANCED_PACKET: u32 = 6;
pub(super) const SECRETS: u32 = 10;

const OPT_END: u16 = 0;
pub(super) const OPT_COMMENT: u16 = 1;
pub(super) const IF_NAME: u16 = 2;
pub(super) const SHB_USERAPPL: u16 = 4;
pub(super) const IF_TSRESOL: u16 = 9;
const IF_TSOFFSET: u16 = 14;
pub(super) const ISB_IFRECV: u16 = 4;
const ISB_IFDROP: u16 = 5;
pub(super) const ISB_OSDROP: u16 = 7;

/// Type, length, length again.
const BLOCK_MIN: usize = 12;

/// What a short comment or name costs beside its bytes.
const TEXT_COST: usize = 64;

#[cfg(test)]
mod tests;

//! Blocks and options that describe: sections, interfaces, names, counters, secrets, comments.

use std::net::IpAddr;

use bytes::Bytes;

use crate::capture::clock::Clock;
use crate::capture::endian::Endian;
use crate::capture::pcapng::codes::{
    IF_DESCRIBED, IF_NAME, IF_TSOFFSET, IF_TSRESOL, ISB_IFDROP, ISB_IFRECV, ISB_OSDROP,
    OPT_COMMENT, OPT_END,
};
use crate::capture::pcapng::reader::{Broken, Interface, Reader};
use crate::capture::source::{InterfaceInfo, LinkType, Record, Secrets};
use crate::cursor::{Cursor, Short};
use crate::limits::Limits;
use crate::time::FrameNo;

impl Reader {
    /// Section Header Block (§4.1); the byte order is known already.
    pub(super) fn section(&mut self, body: &mut Cursor<'_>) -> Result<(), Broken> {
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
    pub(super) fn describe_interface(&mut self, body: &mut Cursor<'_>) -> Result<(), Broken> {
        let link = LinkType::from_dlt(self.endian.u16(body)?);
        body.take(2)?;
        let snaplen = self.endian.u32(body)?;
        if self.summary.interfaces.len() >= Limits::CAPTURE_INTERFACES {
            let what = format!("more than {} interfaces", Limits::CAPTURE_INTERFACES);
            return Err(Broken::Text(what));
        }
        let (mut name, mut resolution, mut offset) = (None, 6, 0);
        let (mut comments, mut described) = (Vec::new(), Vec::new());
        let endian = self.endian;
        let result = read_options(endian, *body, |code, value| match (code, value) {
            (OPT_COMMENT, _) => comments.push(text(value)),
            (code, value) if IF_DESCRIBED.contains(&code) => described.push((code, value.into())),
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
        described.retain(|(_, value): &(u16, Box<[u8]>)| self.has_room_for(value.len()));
        let (received, dropped) = (None, None);
        let info = InterfaceInfo { name, link, snaplen, received, dropped, described };
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
    pub(super) fn names(&mut self, body: &mut Cursor<'_>) -> Result<(), Broken> {
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
    pub(super) fn statistics(&mut self, body: &mut Cursor<'_>) -> Result<(), Broken> {
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
    pub(super) fn secrets(
        &mut self,
        body: &mut Cursor<'_>,
        whole: &Bytes,
    ) -> Result<Record, Broken> {
        let kind = self.endian.u32(body)?;
        let len = self.endian.u32(body)? as usize;
        let data = whole.slice_ref(body.take(len)?);
        Ok(Record::Secrets(Secrets { kind, data }))
    }

    /// Comments of the section, an interface or a list of names.
    pub(super) fn comments_of(&mut self, options: &mut Cursor<'_>) -> Result<(), Broken> {
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

    pub(super) fn keep_comment(&mut self, frame: Option<FrameNo>, comment: String) {
        if self.has_room_for(comment.len()) {
            self.summary.comments.push((frame, comment));
        }
    }

    /// Counts text against its bound; says once that the bound was reached.
    pub(super) fn has_room_for(&mut self, len: usize) -> bool {
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
}

/// Gives each option's code and value, up to the end mark or the end (§3.5).
pub(super) fn read_options(
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
pub(super) fn text(value: &[u8]) -> String {
    String::from_utf8_lossy(value).trim_end_matches('\0').to_owned()
}

/// What a short comment or name costs beside its bytes.
const TEXT_COST: usize = 64;

//! Packets to a pcapng file: one section, an interface for each that a packet came from.
//!
//! Takes packets with their comments, secrets, and at the end the summary; gives a file that
//! Wireshark and [`pcapng`](crate::capture::pcapng) read. Times are whole nanoseconds since the
//! epoch; one before it is written as the epoch itself.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::capture::pcapng::codes::{
    ENHANCED_PACKET, IF_NAME, IF_TSRESOL, INTERFACE, ISB_IFRECV, ISB_OSDROP, NAMES, OPT_COMMENT,
    SECRETS, SECTION_HEADER, SHB_USERAPPL, STATISTICS,
};
use crate::capture::source::{
    CaptureError, CaptureSummary, InterfaceInfo, LinkType, Packet, Secrets,
};

/// Writes one file. Nothing is complete before [`Writer::finish`] or [`Writer::flush`].
#[derive(Debug)]
pub struct Writer<W> {
    out: W,
    file: PathBuf,
    /// What the packets came from, in the order of the file's interfaces.
    interfaces: Vec<(u32, LinkType)>,
    /// What is known about them, by the packets' own index.
    described: Vec<InterfaceInfo>,
}

impl Writer<BufWriter<Box<dyn Write + Send>>> {
    /// Creates the file; `-` is standard output.
    pub fn create(path: &Path) -> Result<Self, CaptureError> {
        let out: Box<dyn Write + Send> = if path == Path::new("-") {
            Box::new(io::stdout())
        } else {
            let file = File::create(path).map_err(|error| CaptureError::Write {
                file: path.to_owned(),
                source: Arc::new(error),
            })?;
            Box::new(file)
        };
        Self::new(BufWriter::with_capacity(BUFFER_LEN, out), path)
    }
}

impl<W: Write> Writer<W> {
    /// Writes to `out`, which errors call `file`.
    pub fn new(out: W, file: impl Into<PathBuf>) -> Result<Self, CaptureError> {
        Self::commented(out, file, [])
    }

    /// The same, with comments on the whole.
    pub fn commented<'c>(
        out: W,
        file: impl Into<PathBuf>,
        comments: impl IntoIterator<Item = &'c str>,
    ) -> Result<Self, CaptureError> {
        let mut writer =
            Self { out, file: file.into(), interfaces: Vec::new(), described: Vec::new() };
        let mut body = Vec::new();
        body.extend(0x1a2b_3c4d_u32.to_le_bytes());
        body.extend([1, 0, 0, 0]); // version 1.0
        body.extend(u64::MAX.to_le_bytes()); // length of the section: not known
        for comment in comments {
            option(&mut body, OPT_COMMENT, cut(comment).as_bytes());
        }
        option(&mut body, SHB_USERAPPL, b"urltrace");
        body.extend([0; 4]);
        writer.block(SECTION_HEADER, &body)?;
        Ok(writer)
    }

    /// Tells what the interfaces are, by the index that packets give. An interface whose first
    /// packet comes before this has no name in the file.
    pub fn describe(&mut self, interfaces: &[InterfaceInfo]) {
        interfaces.clone_into(&mut self.described);
    }

    /// Whether this packet's interface has been written or described.
    pub fn knows(&self, packet: &Packet) -> bool {
        self.interfaces.contains(&(packet.interface, packet.link))
            || self.described.len() > packet.interface as usize
    }

    /// Writes one packet, with comments that Wireshark shows.
    pub fn packet<'c>(
        &mut self,
        packet: &Packet,
        comments: impl IntoIterator<Item = &'c str>,
    ) -> Result<(), CaptureError> {
        let interface = self.interface(packet)?;
        let ticks = u64::try_from(packet.at.as_nanos()).unwrap_or(0);
        let mut options = Vec::new();
        for comment in comments {
            option(&mut options, OPT_COMMENT, cut(comment).as_bytes());
        }
        if !options.is_empty() {
            options.extend([0; 4]);
        }
        let captured = u32::try_from(packet.data.len()).unwrap_or(u32::MAX);
        let padding = padding(packet.data.len());
        let len = packet.data.len() + padding.len() + options.len() + PACKET_FRAME_LEN;
        let len = u32::try_from(len).unwrap_or(u32::MAX);
        let fields = [
            ENHANCED_PACKET,
            len,
            interface,
            (ticks >> 32) as u32,
            (ticks & 0xffff_ffff) as u32,
            captured,
            packet.orig_len,
        ];
        let write = |out: &mut W| {
            for field in fields {
                out.write_all(&field.to_le_bytes())?;
            }
            out.write_all(&packet.data)?;
            out.write_all(padding)?;
            out.write_all(&options)?;
            out.write_all(&len.to_le_bytes())
        };
        write(&mut self.out).map_err(|error| self.failed(error))
    }

    /// Writes secrets for the packets that follow.
    pub fn secrets(&mut self, secrets: &Secrets) -> Result<(), CaptureError> {
        let len = u32::try_from(secrets.data.len()).unwrap_or(u32::MAX);
        let mut body = Vec::new();
        body.extend(secrets.kind.to_le_bytes());
        body.extend(len.to_le_bytes());
        body.extend_from_slice(&secrets.data);
        body.extend(padding(secrets.data.len()));
        self.block(SECRETS, &body)
    }

    /// Hands what is buffered to the system, so that a reader sees whole packets.
    pub fn flush(&mut self) -> Result<(), CaptureError> {
        self.out.flush().map_err(|error| self.failed(error))
    }

    /// Writes drop counters and names, and flushes.
    pub fn finish(mut self, summary: &CaptureSummary) -> Result<W, CaptureError> {
        let interfaces = std::mem::take(&mut self.interfaces);
        for (id, (index, _)) in (0u32..).zip(&interfaces) {
            let Some(info) = summary.interfaces.get(*index as usize) else { continue };
            if info.received.is_none() && info.dropped.is_none() {
                continue;
            }
            let mut body = Vec::new();
            body.extend(id.to_le_bytes());
            body.extend([0; 8]);
            for (code, count) in [(ISB_IFRECV, info.received), (ISB_OSDROP, info.dropped)] {
                if let Some(count) = count {
                    option(&mut body, code, &count.to_le_bytes());
                }
            }
            body.extend([0; 4]);
            self.block(STATISTICS, &body)?;
        }
        if !summary.names.is_empty() {
            let mut body = Vec::new();
            for (address, name) in &summary.names {
                let (kind, mut value) = match address {
                    IpAddr::V4(address) => (1u16, address.octets().to_vec()),
                    IpAddr::V6(address) => (2u16, address.octets().to_vec()),
                };
                value.extend(cut(name).as_bytes());
                value.push(0);
                option(&mut body, kind, &value);
            }
            body.extend([0; 4]);
            self.block(NAMES, &body)?;
        }
        self.flush()?;
        Ok(self.out)
    }

    /// The number of the packet's interface in this file, written when first met.
    fn interface(&mut self, packet: &Packet) -> Result<u32, CaptureError> {
        let wanted = (packet.interface, packet.link);
        let known = self.interfaces.iter().position(|interface| *interface == wanted);
        if let Some(id) = known.and_then(|id| u32::try_from(id).ok()) {
            return Ok(id);
        }
        let info = self.described.get(packet.interface as usize);
        let mut body = Vec::new();
        body.extend(packet.link.0.to_le_bytes());
        body.extend([0; 2]);
        body.extend(info.map_or(0, |info| info.snaplen).to_le_bytes());
        if let Some(name) = info.and_then(|info| info.name.as_deref()) {
            option(&mut body, IF_NAME, cut(name).as_bytes());
        }
        for (code, value) in info.into_iter().flat_map(|info| &info.described) {
            option(&mut body, *code, value);
        }
        option(&mut body, IF_TSRESOL, &[9]);
        body.extend([0; 4]);
        self.block(INTERFACE, &body)?;
        self.interfaces.push(wanted);
        Ok(u32::try_from(self.interfaces.len().saturating_sub(1)).unwrap_or(u32::MAX))
    }

    /// A block whose body is a multiple of four bytes long.
    fn block(&mut self, kind: u32, body: &[u8]) -> Result<(), CaptureError> {
        let len = u32::try_from(body.len() + BLOCK_FRAME_LEN).unwrap_or(u32::MAX).to_le_bytes();
        let write = |out: &mut W| {
            out.write_all(&kind.to_le_bytes())?;
            out.write_all(&len)?;
            out.write_all(body)?;
            out.write_all(&len)
        };
        write(&mut self.out).map_err(|error| self.failed(error))
    }

    fn failed(&self, error: io::Error) -> CaptureError {
        CaptureError::Write { file: self.file.clone(), source: Arc::new(error) }
    }
}

/// Appends an option, or a record of names, which is written alike.
fn option(bytes: &mut Vec<u8>, code: u16, value: &[u8]) {
    let len = u16::try_from(value.len()).unwrap_or(u16::MAX);
    bytes.extend(code.to_le_bytes());
    bytes.extend(len.to_le_bytes());
    bytes.extend(value.iter().take(usize::from(len)));
    bytes.extend(padding(usize::from(len)));
}

/// As much of a text as an option holds beside an address, whole characters only.
fn cut(text: &str) -> &str {
    text.get(..text.floor_char_boundary(60_000)).unwrap_or_default()
}

/// Zeros up to the next multiple of four.
fn padding(len: usize) -> &'static [u8] {
    static ZEROS: [u8; 3] = [0; 3];
    ZEROS.get(..len.next_multiple_of(4).saturating_sub(len)).unwrap_or_default()
}

/// Type and both lengths.
const BLOCK_FRAME_LEN: usize = 12;
/// The same and the fields of an Enhanced Packet Block.
const PACKET_FRAME_LEN: usize = 32;
/// A few hundred packets for each system call.
const BUFFER_LEN: usize = 256 << 10;

#[cfg(test)]
mod tests;

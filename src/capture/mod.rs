//! A device or a file becomes packets.
//!
//! Takes names of files, a device, or packets in memory; gives [`Record`]s in capture order and a
//! summary. Never looks inside a packet: that is the next layer's work.
//!
//! A new file format is one file with a [`FileFormat`] and one row in [`SOURCES`]; whatever else
//! packets come from implements [`PacketSource`].

pub mod block;
mod chain;
mod clock;
mod endian;
pub mod filter;
mod foreign;
pub mod format;
pub mod keylog;
pub mod live;
pub mod memory;
pub mod pcap;
pub mod pcapng;
pub mod privilege;
pub mod source;
pub mod take;
pub mod tee;
pub mod write;

use std::fs;
use std::io;
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;

use block::{BlockReader, Progress};
pub use chain::Files;
use format::{Base, File, FileFormat};
use source::{CaptureError, CaptureSummary, Packet, PacketSource, Record};

/// The formats of capture files, found by their first four bytes (after decompression).
pub static SOURCES: &[&FileFormat] = &[&pcap::FORMAT, &pcapng::FORMAT];

/// Opens one capture file; `-` is standard input.
pub fn open(path: impl Into<PathBuf>) -> Result<Files, CaptureError> {
    open_all([path])
}

/// Opens several capture files as one capture.
///
/// A first file that cannot be read is an error; one behind it is damage in the summary.
pub fn open_all<P: Into<PathBuf>>(
    paths: impl IntoIterator<Item = P>,
) -> Result<Files, CaptureError> {
    Files::open(paths.into_iter().map(Into::into).collect(), open_file)
}

/// Reads a whole capture that is in memory; for tests and captures within the program.
pub fn read_all(bytes: Bytes) -> Result<(Vec<Packet>, CaptureSummary), CaptureError> {
    let mut source = open_memory(bytes)?;
    let mut packets = Vec::new();
    while let Some(record) = source.next_record()? {
        if let Record::Packet(packet) = record {
            packets.push(packet);
        }
    }
    Ok((packets, source.summary()))
}

/// Opens a capture file that is in memory.
pub fn open_memory(bytes: Bytes) -> Result<Box<dyn PacketSource>, CaptureError> {
    let size = bytes.len() as u64;
    let reader =
        BlockReader::from_bytes(bytes).map_err(|error| foreign::unreadable(MEMORY, error))?;
    recognize(MEMORY.to_owned(), Some(size), reader, Base::default())
}

/// Opens a capture file whose bytes come from anywhere.
pub fn open_reader(reader: BlockReader) -> Result<Box<dyn PacketSource>, CaptureError> {
    recognize(MEMORY.to_owned(), None, reader, Base::default())
}

/// What a capture is called that has no file.
const MEMORY: &str = "memory";

/// Opens a file and finds its format.
fn open_file(
    path: &Path,
    base: Base,
    progress: &Arc<Progress>,
) -> Result<Box<dyn PacketSource>, CaptureError> {
    let name = path.display().to_string();
    let opened = if path == Path::new("-") {
        // the descriptor itself: the standard library's reader would copy once more
        io::stdin().as_fd().try_clone_to_owned().map(fs::File::from)
    } else {
        fs::File::open(path)
    };
    let prepared = opened.and_then(|file| {
        let metadata = file.metadata()?;
        if metadata.is_dir() {
            return Err(io::ErrorKind::IsADirectory.into());
        }
        let size = metadata.is_file().then_some(metadata.len());
        Ok((size, BlockReader::from_file(file, progress)?))
    });
    let (size, reader) = prepared.map_err(|error| foreign::unreadable(&name, error))?;
    recognize(name, size, reader, base)
}

/// Finds the format that the first bytes name.
fn recognize(
    name: String,
    bytes: Option<u64>,
    mut reader: BlockReader,
    base: Base,
) -> Result<Box<dyn PacketSource>, CaptureError> {
    reader.ensure(4);
    if let Some(failure) = reader.failure()
        && reader.rest().is_empty()
    {
        let failure = io::Error::new(failure.kind(), failure.to_string());
        return Err(foreign::unreadable(&name, failure));
    }
    let magic = reader.rest().first_chunk::<4>();
    let format =
        SOURCES.iter().find(|format| magic.is_some_and(|magic| format.magics.contains(magic)));
    if let Some(format) = format {
        Ok((format.open)(File { name, bytes, reader, base }))
    } else {
        reader.ensure(foreign::LOOK_AT);
        Err(foreign::not_a_capture(name, reader.rest()))
    }
}

#[cfg(test)]
mod tests;

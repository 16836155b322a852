//! What the readers of capture files share: how one is opened, and what stands before it.

use crate::capture::block::BlockReader;
use crate::capture::source::PacketSource;

/// A format of capture files: a row of the table that [`open`](crate::capture::open) reads.
#[derive(Debug)]
pub struct FileFormat {
    /// Such as `pcapng`.
    pub name: &'static str,
    /// The first four bytes of a file, in any of these ways.
    pub magics: &'static [[u8; 4]],
    /// Makes a source of a file that begins so. Damage is in its summary, from the first byte on.
    pub open: fn(File) -> Box<dyn PacketSource>,
}

/// A capture file whose format is known and whose bytes have not been handed out.
pub struct File {
    /// As the user named it.
    pub name: String,
    /// Its size on disk where it has one.
    pub bytes: Option<u64>,
    /// What it holds.
    pub reader: BlockReader,
    /// What stands before it.
    pub base: Base,
}

/// What the files before this one have used up, so that numbers go on over all files of a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Base {
    /// Frames.
    pub frames: u64,
    /// Interfaces.
    pub interfaces: u32,
}

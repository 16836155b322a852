//! What is known of one file while it is read.

use crate::capture::block::BlockReader;
use crate::capture::clock::Clock;
use crate::capture::endian::Endian;
use crate::capture::source::{CaptureSummary, Damage, LinkType};
use crate::cursor::Short;
use crate::time::{FrameNo, Timestamp};

/// Reads one file.
pub(super) struct Reader {
    pub(super) input: BlockReader,
    pub(super) endian: Endian,
    /// The interfaces of this section.
    pub(super) interfaces: Vec<Interface>,
    /// Interfaces of the files before this one.
    pub(super) base: u32,
    pub(super) frame: u64,
    /// The time of the last packet that had one.
    pub(super) last: Timestamp,
    /// Bytes of text kept in the summary.
    pub(super) text: usize,
    pub(super) at_end: bool,
    pub(super) summary: CaptureSummary,
}

/// What every packet of an interface needs.
#[derive(Clone, Copy, Debug)]
pub(super) struct Interface {
    pub(super) link: LinkType,
    pub(super) clock: Clock,
    pub(super) snaplen: u32,
    /// Its index in this file's summary.
    pub(super) index: u32,
}

/// Why a block was stepped over.
pub(super) enum Broken {
    Short(Short),
    Text(String),
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

impl Reader {
    pub(super) fn end_with(&mut self, what: String) {
        self.at_end = true;
        self.damage(what, true);
    }

    pub(super) fn damage(&mut self, what: String, fatal: bool) {
        self.damage_at(self.input.offset(), what, fatal);
    }

    #[cold]
    pub(super) fn damage_at(&mut self, offset: u64, what: String, fatal: bool) {
        let file = self.summary.files.first().map(|file| file.name.clone()).unwrap_or_default();
        let after_frame = FrameNo(self.frame);
        self.summary.note_damage(Damage { file, offset, after_frame, what, fatal });
    }
}

//! Several capture files as one source: frames and interfaces are numbered on from file to file.
//!
//! Takes names, opens each file when the one before is at its end; never stops for a damaged or
//! missing file behind the first, but says so.

use std::path::PathBuf;
use std::sync::Arc;
use std::vec;

use crate::capture::block::Progress;
use crate::capture::format::Base;
use crate::capture::source::{
    About, CaptureError, CaptureSummary, Damage, FileInfo, Packet, PacketSource, Record,
};
use crate::time::FrameNo;

/// Capture files, one after the other.
pub struct Files {
    open: Open,
    current: Option<Box<dyn PacketSource>>,
    next: vec::IntoIter<PathBuf>,
    progress: Arc<Progress>,
    base: Base,
    /// What the files that have been read were.
    read: CaptureSummary,
}

/// How one file is opened.
pub(super) type Open =
    fn(&std::path::Path, Base, &Arc<Progress>) -> Result<Box<dyn PacketSource>, CaptureError>;

impl Files {
    /// Opens the first file; the others when their turn comes.
    pub(super) fn open(paths: Vec<PathBuf>, open: Open) -> Result<Self, CaptureError> {
        let sizes: Option<u64> = paths.iter().map(|path| size_of(path)).sum();
        let progress = Arc::new(Progress::of(sizes.unwrap_or(0)));
        let mut next = paths.into_iter();
        let base = Base::default();
        let current = next.next().map(|path| open(&path, base, &progress)).transpose()?;
        Ok(Self { open, current, next, progress, base, read: CaptureSummary::default() })
    }

    /// How far reading has come; counts on while packets are pulled.
    pub fn progress(&self) -> Arc<Progress> {
        Arc::clone(&self.progress)
    }

    /// Puts the finished file's summary to the others' and opens the next.
    #[cold]
    fn turn(&mut self) {
        if let Some(finished) = self.current.take() {
            self.read.append(finished.summary());
            self.base.interfaces = u32::try_from(self.read.interfaces.len()).unwrap_or(u32::MAX);
        }
        while self.current.is_none() {
            let Some(path) = self.next.next() else { return };
            match (self.open)(&path, self.base, &self.progress) {
                Ok(source) => self.current = Some(source),
                Err(error) => {
                    let file = path.display().to_string();
                    let format = "unreadable".to_owned();
                    self.read.files.push(FileInfo { name: file.clone(), format, bytes: None });
                    self.read.note_damage(Damage {
                        file,
                        offset: 0,
                        after_frame: FrameNo(self.base.frames),
                        what: error.to_string(),
                        fatal: true,
                    });
                }
            }
        }
    }
}

impl PacketSource for Files {
    fn next_record(&mut self) -> Result<Option<Record>, CaptureError> {
        while let Some(current) = &mut self.current {
            if let Some(record) = current.next_record()? {
                if let Record::Packet(packet) = &record {
                    self.base.frames = packet.frame.0;
                }
                return Ok(Some(record));
            }
            self.turn();
        }
        Ok(None)
    }

    fn summary(&self) -> CaptureSummary {
        let mut summary = self.read.clone();
        if let Some(current) = &self.current {
            summary.append(current.summary());
        }
        summary
    }

    fn about(&self, packet: &Packet) -> About<'_> {
        self.current.as_ref().map(|current| current.about(packet)).unwrap_or_default()
    }

    fn may_bring_secrets(&self) -> bool {
        // one that comes later may be another format
        let current = self.current.as_ref().is_some_and(PacketSource::may_bring_secrets);
        current || self.next.len() > 0
    }
}

/// The size of a regular file; a pipe has none.
fn size_of(path: &std::path::Path) -> Option<u64> {
    let metadata = path.metadata().ok()?;
    metadata.is_file().then_some(metadata.len())
}

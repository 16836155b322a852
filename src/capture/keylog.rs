//! Key logs beside a capture: read before its first packet, and while it is captured, as they grow.
//!
//! Takes the name of a file (what `SSLKEYLOGFILE` names, RFC 9850), gives its lines as
//! [`Record::Secrets`]. What the lines say is not this layer's business; what was read is wiped when
//! nobody needs it any more.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use zeroize::Zeroizing;

use crate::capture::source::{
    About, CaptureError, CaptureSummary, Packet, PacketSource, Record, Secrets,
};

/// Bytes read at once: what a log of hours may have, in parts that fit the caches.
const AT_ONCE: usize = 1 << 20;

/// Bytes that a reader looks for behind the end.
const SPARE: usize = 64;

/// Packets between two looks at a log that may have grown.
const BETWEEN_LOOKS: u32 = 64;

/// One key log.
pub struct KeyLog {
    path: PathBuf,
    file: Option<File>,
    /// Bytes read.
    read: u64,
    /// A line that is not whole yet.
    rest: Zeroizing<Vec<u8>>,
    follow: bool,
    is_over: bool,
}

impl KeyLog {
    /// A log that is complete.
    pub fn open(path: impl Into<PathBuf>) -> Result<Self, CaptureError> {
        let path = path.into();
        let file = open(&path).map_err(|error| error_of(&path, error))?;
        Ok(Self::of(path, Some(file), false))
    }

    /// A log that is being written, or will be: it need not be there yet.
    pub fn follow(path: impl Into<PathBuf>) -> Self {
        let path = path.into();
        // opened now, where it can be: root may be given up later
        let file = open(&path).ok();
        Self::of(path, file, true)
    }

    fn of(path: PathBuf, file: Option<File>, follow: bool) -> Self {
        Self { path, file, read: 0, rest: Zeroizing::default(), follow, is_over: false }
    }

    /// The lines that are new; nothing where there are none, or not yet.
    fn lines(&mut self) -> Result<Option<Bytes>, CaptureError> {
        if self.is_over {
            return Ok(None);
        }
        let (mut lines, at_end) = self.part().map_err(|error| error_of(&self.path, error))?;
        if !at_end || self.follow {
            // the last line may go on
            let whole = lines.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
            // a line of a key log has some 200 bytes: what goes on for ever is none
            if lines.len() - whole <= AT_ONCE {
                self.rest.extend_from_slice(lines.get(whole..).unwrap_or_default());
            }
            lines.truncate(whole);
        }
        self.is_over = at_end && !self.follow;
        Ok((!lines.is_empty()).then(|| Bytes::from_owner(lines)))
    }

    /// What was left of the part before, and the next one; true where there is nothing more.
    fn part(&mut self) -> io::Result<(Zeroizing<Vec<u8>>, bool)> {
        let mut rest = std::mem::take(&mut self.rest);
        if self.file.is_none() && self.follow {
            self.file = open(&self.path).ok();
        }
        let Some(file) = &mut self.file else { return Ok((rest, true)) };
        let length = file.metadata()?.len();
        if self.follow && length < self.read {
            // it was emptied, and begins anew
            file.seek(SeekFrom::Start(0))?;
            self.read = 0;
            rest.truncate(0);
        }
        // with room for all: what a buffer leaves behind as it grows nobody wipes
        let more = usize::try_from(length - self.read.min(length)).unwrap_or(AT_ONCE).min(AT_ONCE);
        let mut part = Zeroizing::new(Vec::with_capacity(rest.len() + more + SPARE));
        part.extend_from_slice(&rest);
        let read = file.take(AT_ONCE as u64).read_to_end(&mut part)?;
        self.read += read as u64;
        Ok((part, read == 0))
    }
}

/// Opens what can be read: of a folder that fails only later.
fn open(path: &Path) -> io::Result<File> {
    let file = File::open(path)?;
    if file.metadata()?.is_dir() { Err(io::ErrorKind::IsADirectory.into()) } else { Ok(file) }
}

fn error_of(path: &Path, error: io::Error) -> CaptureError {
    CaptureError::Read { file: path.display().to_string(), source: Arc::new(error) }
}

/// A source with key logs beside it.
pub struct Keyed<S> {
    source: S,
    logs: Vec<KeyLog>,
    /// Packets until the logs are looked at again.
    until_look: u32,
    /// All logs that are complete have been read.
    began: bool,
}

impl<S: PacketSource> Keyed<S> {
    /// The records of `source`, with those of `logs` before and between them.
    pub const fn new(source: S, logs: Vec<KeyLog>) -> Self {
        Self { source, logs, until_look: 0, began: false }
    }

    fn look(&mut self) -> Result<Option<Record>, CaptureError> {
        for log in &mut self.logs {
            if let Some(data) = log.lines()? {
                return Ok(Some(Record::Secrets(Secrets { kind: Secrets::TLS_KEY_LOG, data })));
            }
        }
        self.logs.retain(|log| !log.is_over);
        Ok(None)
    }
}

impl<S: PacketSource> PacketSource for Keyed<S> {
    fn next_record(&mut self) -> Result<Option<Record>, CaptureError> {
        if self.until_look == 0 && !self.logs.is_empty() {
            // all that is complete comes before the first packet
            loop {
                let secrets = self.look()?;
                if secrets.is_some() {
                    return Ok(secrets);
                }
                if self.began || self.logs.iter().all(|log| log.follow) {
                    break;
                }
            }
            self.began = true;
            self.until_look = BETWEEN_LOOKS;
        }
        let record = self.source.next_record()?;
        match record {
            // what was logged until the end opens what was captured until then
            None if !self.logs.is_empty() => {
                let last = self.look()?;
                if last.is_none() {
                    self.logs.clear();
                }
                return Ok(last);
            }
            Some(Record::Idle) => self.until_look = 0,
            _ => self.until_look = self.until_look.saturating_sub(1),
        }
        Ok(record)
    }

    fn summary(&self) -> CaptureSummary {
        self.source.summary()
    }

    fn about(&self, packet: &Packet) -> About<'_> {
        self.source.about(packet)
    }

    fn may_bring_secrets(&self) -> bool {
        self.logs.iter().any(|log| log.follow) || self.source.may_bring_secrets()
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;
    use crate::capture::memory::Memory;

    fn secrets(record: Option<Record>) -> String {
        match record {
            Some(Record::Secrets(secrets)) => String::from_utf8(secrets.data.to_vec()).unwrap(),
            Some(Record::Idle) => "idle".to_owned(),
            Some(Record::Packet(_)) => "packet".to_owned(),
            None => "end".to_owned(),
        }
    }

    #[test]
    fn a_whole_log_comes_first() {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(b"one\ntwo").unwrap();
        let log = KeyLog::open(file.path()).unwrap();
        let mut source = Keyed::new(Memory::new([Record::Idle]), vec![log]);
        assert!(!source.may_bring_secrets());
        let mut said = String::new();
        loop {
            match secrets(source.next_record().unwrap()).as_str() {
                "end" => break,
                part => said += part,
            }
        }
        assert_eq!(said, "one\ntwoidle");
        assert!(KeyLog::open("/no/such/file").is_err());
    }

    #[test]
    fn a_folder_is_no_log() {
        let folder = tempfile::tempdir().unwrap();
        assert!(KeyLog::open(folder.path()).is_err());
        let mut source = Keyed::new(Memory::new([]), vec![KeyLog::follow(folder.path())]);
        assert!(matches!(source.next_record(), Ok(None)), "it may become one");
    }

    #[test]
    fn what_goes_on_for_ever_is_no_line() {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(&vec![b'x'; 5 * AT_ONCE / 2]).unwrap();
        file.write_all(b"\nlast\n").unwrap();
        let log = KeyLog::open(file.path()).unwrap();
        let mut source = Keyed::new(Memory::new([]), vec![log]);
        let first = secrets(source.next_record().unwrap());
        assert!(first.len() < AT_ONCE && first.ends_with("x\nlast\n"), "{}", first.len());
        assert_eq!(secrets(source.next_record().unwrap()), "end");
    }

    #[test]
    fn a_log_that_grows_is_followed_line_by_line() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys");
        let log = KeyLog::follow(&path);
        let idle = std::iter::repeat_n(Record::Idle, 9);
        let mut source = Keyed::new(Memory::new(idle), vec![log]);
        assert!(source.may_bring_secrets());
        let mut next = move || secrets(source.next_record().unwrap());
        assert_eq!(next(), "idle");
        let mut file = File::create(&path).unwrap();
        file.write_all(b"one\ntw").unwrap();
        assert_eq!([next(), next()], ["one\n", "idle"]);
        file.write_all(b"o\nthree").unwrap();
        assert_eq!([next(), next()], ["two\n", "idle"]);
        // emptied and written anew
        file.set_len(0).unwrap();
        file.rewind().unwrap();
        file.write_all(b"a\n").unwrap();
        assert_eq!([next(), next()], ["a\n", "idle"]);
    }
}

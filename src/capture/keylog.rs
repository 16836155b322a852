//! Key logs beside a capture: read before its first packet, and while it is captured, as they grow.
//!
//! Takes the name of a file (what `SSLKEYLOGFILE` names, RFC 9850), gives its lines as
//! [`Record::Secrets`]. What the lines say is not this layer's business.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::PathBuf;
use std::sync::Arc;

use bytes::Bytes;

use crate::capture::source::{
    About, CaptureError, CaptureSummary, Packet, PacketSource, Record, Secrets,
};

/// Bytes read at once: what a log of hours may have, in parts that fit the caches.
const AT_ONCE: usize = 1 << 20;

/// Packets between two looks at a log that may have grown.
const BETWEEN_LOOKS: u32 = 64;

/// One key log.
#[derive(Debug)]
pub struct KeyLog {
    path: PathBuf,
    file: Option<File>,
    /// Bytes read.
    read: u64,
    /// A line that is not whole yet.
    rest: Vec<u8>,
    follow: bool,
    is_over: bool,
}

impl KeyLog {
    /// A log that is complete.
    pub fn open(path: impl Into<PathBuf>) -> Result<Self, CaptureError> {
        let path = path.into();
        let file = File::open(&path).map_err(|error| error_of(&path, error))?;
        Ok(Self::of(path, Some(file), false))
    }

    /// A log that is being written, or will be: it need not be there yet.
    pub fn follow(path: impl Into<PathBuf>) -> Self {
        let path = path.into();
        // opened now, where it can be: root may be given up later
        let file = File::open(&path).ok();
        Self::of(path, file, true)
    }

    const fn of(path: PathBuf, file: Option<File>, follow: bool) -> Self {
        Self { path, file, read: 0, rest: Vec::new(), follow, is_over: false }
    }

    /// The lines that are new; nothing where there are none, or not yet.
    fn lines(&mut self) -> Result<Option<Bytes>, CaptureError> {
        if self.is_over {
            return Ok(None);
        }
        let part = self.part().map_err(|error| error_of(&self.path, error))?;
        let at_end = part.is_empty();
        let mut lines = std::mem::take(&mut self.rest);
        lines.extend(part);
        if !at_end || self.follow {
            // the last line may go on
            let whole = lines.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
            self.rest = lines.split_off(whole);
            // a line of a key log has some 200 bytes: what goes on for ever is none
            if self.rest.len() > AT_ONCE {
                self.rest.clear();
            }
        }
        self.is_over = at_end && !self.follow;
        Ok((!lines.is_empty()).then(|| Bytes::from(lines)))
    }

    fn part(&mut self) -> io::Result<Vec<u8>> {
        if self.file.is_none() && self.follow {
            self.file = File::open(&self.path).ok();
        }
        let Some(file) = &mut self.file else { return Ok(Vec::new()) };
        if self.follow && file.metadata()?.len() < self.read {
            // it was emptied, and begins anew
            file.seek(SeekFrom::Start(0))?;
            self.read = 0;
            self.rest.clear();
        }
        let mut part = Vec::new();
        file.take(AT_ONCE as u64).read_to_end(&mut part)?;
        self.read += part.len() as u64;
        Ok(part)
    }
}

fn error_of(path: &std::path::Path, error: io::Error) -> CaptureError {
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
            if let Some(secrets) = self.look()? {
                return Ok(Some(secrets));
            }
            if !self.began && self.logs.iter().any(|log| !log.follow) {
                return self.next_record();
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

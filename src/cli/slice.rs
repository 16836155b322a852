//! Packets that are written once the whole trace is known: those of a visit, a host or a
//! connection, or all with comments.
//!
//! For this the packets are read a second time: files from where they are, and what can be read
//! only once (a device, standard input, a pipe) from a temporary file that nobody else sees and
//! that is gone when the program ends.

use std::fs::File;
use std::io::{self, BufWriter, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::capture;
use crate::capture::block::{BlockReader, Progress};
use crate::capture::source::{CaptureError, PacketSource};
use crate::capture::tee::Tee;
use crate::capture::write::Writer;
use crate::cli::args::Args;
use crate::cli::ending::Failure;
use crate::cli::settings::{self, Kind, Output, UsageError};
use crate::cli::source;
use crate::protocol::secrets::Secrets;
use crate::report::slice::Slice;
use crate::trace::Trace;

/// What is to be written in the end.
pub(super) struct Slices {
    files: Vec<Target>,
    /// All packets, where they can be read only once.
    spool: Option<File>,
}

/// Where to.
struct Target {
    name: String,
    out: Box<dyn Write>,
}

impl Slices {
    /// Where packets are to be written to in the end; the files are opened by
    /// [`open`](Self::open).
    pub(super) fn of(args: &Args, outputs: &[Output]) -> Result<Self, Failure> {
        let reads_once = args.iface.is_some()
            || args.files.iter().chain(&args.read).any(|path| !is_regular(path));
        let is_asked = !targets(args, outputs).is_empty();
        if args.embed_secrets && !is_asked {
            let message =
                "--embed-secrets needs a capture that is written: -w FILE, or -o FILE.pcapng";
            return Err(UsageError(message.to_owned()).into());
        }
        let spool = (is_asked && reads_once).then(tempfile::tempfile).transpose();
        let spool = spool.map_err(|source| failure("a temporary file", source))?;
        Ok(Self { files: Vec::new(), spool })
    }

    /// Packets on their way, kept for later where that is needed.
    pub(super) fn keep(
        &self,
        source: Box<dyn PacketSource>,
    ) -> Result<Box<dyn PacketSource>, CaptureError> {
        let Some(spool) = &self.spool else { return Ok(source) };
        let copy = spool.try_clone().map_err(|error| CaptureError::Write {
            file: PathBuf::from(TEMPORARY),
            source: Arc::new(error),
        })?;
        Ok(Box::new(Tee::new(source, Writer::new(BufWriter::new(copy), TEMPORARY)?)))
    }

    /// Opens what is written to, anew.
    pub(super) fn open(&mut self, args: &Args, outputs: &[Output]) -> Result<(), Failure> {
        for path in targets(args, outputs) {
            let target = match path {
                Some(path) => {
                    let name = path.display().to_string();
                    let file = File::create(path).map_err(|source| failure(&name, source))?;
                    Target { name, out: Box::new(BufWriter::with_capacity(BUFFER, file)) }
                }
                None => Target {
                    name: "standard output".to_owned(),
                    out: Box::new(BufWriter::with_capacity(BUFFER, io::stdout())),
                },
            };
            self.files.push(target);
        }
        Ok(())
    }

    /// Writes them; gives their names.
    pub(super) fn write(
        self,
        args: &Args,
        trace: &Trace,
        secrets: &Secrets,
    ) -> Result<Vec<String>, Failure> {
        let options = settings::for_file(args);
        let mut names = Vec::new();
        for Target { name, out } in self.files {
            let mut again = match &self.spool {
                Some(spool) => source::chosen(args, spooled(spool)?)?,
                None => source::saved(args, &Ok)?.source,
            };
            let mut slice = Slice::of(trace, &options);
            if args.embed_secrets {
                slice = slice.with_secrets(secrets);
            }
            slice.write(&mut again, out, &name)?;
            names.push(name);
        }
        Ok(names)
    }
}

/// Where packets are written to in the end: none for standard output.
fn targets<'a>(args: &'a Args, outputs: &'a [Output]) -> Vec<Option<&'a Path>> {
    let packets = outputs.iter().filter(|output| matches!(output.kind, Kind::Packets));
    let slices = packets.map(|output| output.file.as_deref());
    let in_the_end = args.embed_secrets || settings::for_file(args).selects();
    let part = args.write.as_deref().filter(|_| in_the_end);
    slices.chain(part.map(|path| Some(path).filter(|path| *path != Path::new("-")))).collect()
}

/// What was kept, from its beginning.
fn spooled(spool: &File) -> Result<Box<dyn PacketSource>, CaptureError> {
    let opened = spool.try_clone().and_then(|mut file| {
        file.seek(SeekFrom::Start(0))?;
        BlockReader::from_file(file, &Arc::new(Progress::default()))
    });
    let reader = opened.map_err(|error| CaptureError::Read {
        file: TEMPORARY.to_owned(),
        source: Arc::new(error),
    })?;
    capture::open_reader(reader)
}

fn is_regular(path: &Path) -> bool {
    path.metadata().is_ok_and(|metadata| metadata.is_file())
}

fn failure(what: &str, source: io::Error) -> Failure {
    Failure::Write { what: what.to_owned(), source }
}

/// What messages call the copy.
const TEMPORARY: &str = "the temporary copy";

/// A few hundred packets for each system call.
const BUFFER: usize = 256 << 10;

//! Where packets come from, as the command line asks.

use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;

use bytes::Bytes;

use crate::capture::block::Progress;
use crate::capture::filter::Filtered;
use crate::capture::keylog::{KeyLog, Keyed};
use crate::capture::memory::Memory;
use crate::capture::source::{CaptureError, PacketSource, Record};
use crate::capture::take::Take;
use crate::capture::tee::Tee;
use crate::capture::write::Writer;
use crate::capture::{self, live};
use crate::cli::args::Args;
use crate::cli::ending::Failure;
use crate::cli::settings;
use crate::report::text::escape::escape;

/// The recorded visit of `--demo`.
const DEMO: &[u8] = include_bytes!("../../testdata/visits/seed/capture.pcap");

/// Saved packets, and how far reading it has come.
pub(super) struct Saved {
    /// The packets.
    pub(super) source: Box<dyn PacketSource>,
    /// For files: how much has been read of how much.
    pub(super) progress: Option<Arc<Progress>>,
}

/// Opens the saved captures or the demo. `keep` may keep a copy of what passes.
pub(super) fn saved(args: &Args, keep: Keep<'_>) -> Result<Saved, CaptureError> {
    let (source, progress): (Box<dyn PacketSource>, _) = if args.demo {
        let (packets, mut summary) = capture::read_all(Bytes::from_static(DEMO))?;
        for file in &mut summary.files {
            "demo".clone_into(&mut file.name);
        }
        (Box::new(Memory::with_summary(packets.into_iter().map(Record::Packet), summary)), None)
    } else {
        let files = capture::open_all(args.files.iter().chain(&args.read))?;
        let progress = files.progress();
        (Box::new(files), Some(progress))
    };
    Ok(Saved { source: chosen(args, keep(source)?)?, progress })
}

/// What is done with packets before any of them is left out.
pub(super) type Keep<'a> =
    &'a dyn Fn(Box<dyn PacketSource>) -> Result<Box<dyn PacketSource>, CaptureError>;

/// Filters and counts the packets of a source, as asked.
pub(super) fn chosen(
    args: &Args,
    mut source: Box<dyn PacketSource>,
) -> Result<Box<dyn PacketSource>, CaptureError> {
    // A live capture filters in the kernel.
    if let (Some(filter), None) = (&args.filter, &args.iface) {
        source = Box::new(Filtered::new(source, filter)?);
    }
    if let Some(count) = args.count {
        source = Box::new(Take::new(source, count));
    }
    Ok(source)
}

/// Writes the packets of a source as they come, where that is asked for. A part of them is known
/// in the end only.
pub(super) fn written(
    args: &Args,
    source: Box<dyn PacketSource>,
) -> Result<Box<dyn PacketSource>, CaptureError> {
    let at_once = !args.embed_secrets && !settings::for_file(args).selects();
    let path = args.write.as_ref().filter(|_| at_once);
    Ok(match path {
        Some(path) => Box::new(Tee::new(source, Writer::create(path)?)),
        None => source,
    })
}

/// Adds the key logs: those that are named, else the one that browsers are told to write.
pub(super) fn keyed(
    args: &Args,
    source: Box<dyn PacketSource>,
) -> Result<Box<dyn PacketSource>, CaptureError> {
    let is_live = args.iface.is_some();
    let logs: Vec<KeyLog> = if args.keylog.is_empty() {
        let named = std::env::var_os("SSLKEYLOGFILE").filter(|name| !name.is_empty());
        let path = named.map(PathBuf::from);
        // nobody asked for it here: where it is not there, there are no keys
        let log = path.and_then(|path| {
            if is_live { Some(KeyLog::follow(path)) } else { KeyLog::open(path).ok() }
        });
        log.into_iter().collect()
    } else {
        let open = |path| if is_live { Ok(KeyLog::follow(path)) } else { KeyLog::open(path) };
        args.keylog.iter().map(open).collect::<Result<_, _>>()?
    };
    Ok(if logs.is_empty() { source } else { Box::new(Keyed::new(source, logs)) })
}

/// Prints the interfaces that can be captured on, one a line.
pub(super) fn list_interfaces(out: &mut impl Write) -> Result<(), Failure> {
    for device in live::devices()? {
        let addresses: Vec<String> = device.addresses.iter().map(ToString::to_string).collect();
        let mut notes = Vec::new();
        notes.extend((!device.running).then_some("down"));
        notes.extend(device.loopback.then_some("loopback"));
        notes.extend(device.wireless.then_some("wireless"));
        let about = device.description.unwrap_or_default();
        let line =
            format!("{:<16} {:<40} {} {about}", device.name, addresses.join(" "), notes.join(", "));
        writeln!(out, "{}", escape(line.trim_end()))?;
    }
    Ok(())
}

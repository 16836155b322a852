//! The command line resolved: what to do, with everything decided.

use std::ffi::OsStr;
use std::io::IsTerminal;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use crate::cli::args::{Args, Color, PCAPNG};
use crate::limits::Limits;
use crate::pipeline;
use crate::protocol::http::credentials::Credentials;
use crate::report::FORMATS;
use crate::report::format::{Format, Options};
use crate::trace::{ConnectionId, VisitId};

/// Columns a terminal is taken to have when it does not say.
const COLUMNS: usize = 120;

/// One `-o`.
#[derive(Clone)]
pub(super) struct Output {
    /// The file; none for standard output.
    pub(super) file: Option<PathBuf>,
    /// What is written.
    pub(super) kind: Kind,
}

/// What is written.
#[derive(Clone, Copy)]
pub(super) enum Kind {
    /// The trace, in a format.
    Report(&'static Format),
    /// Packets, with comments.
    Packets,
}

/// Why the command line cannot be carried out.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct UsageError(pub(super) String);

/// Finds the format of each `-o`.
pub(super) fn outputs(args: &Args) -> Result<Vec<Output>, UsageError> {
    let named = args.format.as_deref().and_then(|name| kind(name, |format| Some(format.name)));
    if let (Some(kind), true) = (named, args.output.is_empty()) {
        return Ok(vec![Output { file: None, kind }]);
    }
    let outputs = args.output.iter().map(|path| output(path, named)).collect::<Result<_, _>>()?;
    for path in args.output.iter().chain(&args.write) {
        if args.files.iter().chain(&args.read).any(|read| is_same(read, path)) {
            let message = format!("{} is read: it cannot be written too", path.display());
            return Err(UsageError(message));
        }
    }
    Ok(outputs)
}

/// What is called so.
fn kind(name: &str, called: fn(&Format) -> Option<&'static str>) -> Option<Kind> {
    let report = FORMATS.iter().find(|format| called(format) == Some(name)).map(Kind::Report);
    report.or_else(|| (name == PCAPNG).then_some(Kind::Packets))
}

fn output(path: &Path, named: Option<Kind>) -> Result<Output, UsageError> {
    if path == Path::new("-") {
        let kind = named.ok_or_else(|| {
            UsageError(format!("-o - needs --format, one of: {}", names().join(", ")))
        })?;
        return Ok(Output { file: None, kind });
    }
    let ending = path.extension().and_then(OsStr::to_str).map(str::to_ascii_lowercase);
    let by_ending = ending.and_then(|ending| kind(&ending, |format| format.extension));
    let kind = by_ending.or(named).ok_or_else(|| {
        let endings = FORMATS.iter().filter_map(|f| f.extension).chain([PCAPNG]);
        let endings: Vec<String> = endings.map(|ending| format!(".{ending}")).collect();
        UsageError(format!(
            "the ending of {} does not say how to write it; use {} or name one with --format",
            path.display(),
            endings.join(", ")
        ))
    })?;
    Ok(Output { file: Some(path.to_owned()), kind })
}

fn names() -> Vec<&'static str> {
    FORMATS.iter().map(|format| format.name).chain([PCAPNG]).collect()
}

/// True for two names of one file.
fn is_same(one: &Path, other: &Path) -> bool {
    let identity = |path: &Path| path.metadata().map(|file| (file.dev(), file.ino()));
    let is_file = one.metadata().is_ok_and(|file| file.is_file());
    is_file && matches!((identity(one), identity(other)), (Ok(one), Ok(other)) if one == other)
}

/// How the pipeline is to run.
pub(super) fn pipeline(args: &Args) -> pipeline::Settings {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let threads = args.threads.map_or_else(|| cores.min(8), usize::from);
    let usual = pipeline::Settings::new(threads);
    let outputs = outputs(args).unwrap_or_default();
    let needs_packets = outputs.iter().any(|output| match output.kind {
        Kind::Report(format) => format.reporter.needs_quic_packets(),
        Kind::Packets => false,
    });
    let quic_packets = if needs_packets { Limits::QUIC_PACKETS_ASKED_FOR } else { 0 };
    let limits = Limits { quic_packets, ..usual.limits };
    pipeline::Settings { credentials: credentials(args), limits, ..usual }
}

/// Whether credentials are shown and written.
pub(super) const fn credentials(args: &Args) -> Credentials {
    if args.keep_credentials { Credentials::Kept } else { Credentials::Blanked }
}

/// How text is written to standard output.
pub(super) fn options(args: &Args) -> Options {
    let terminal = std::io::stdout().is_terminal();
    let color = match args.color {
        Color::Always => true,
        Color::Never => false,
        Color::Auto => {
            anstream::AutoStream::choice(&std::io::stdout()) != anstream::ColorChoice::Never
        }
    };
    let width = terminal.then(|| {
        terminal_size::terminal_size().map_or(COLUMNS, |(columns, _)| usize::from(columns.0))
    });
    let ascii = args.ascii || (terminal && !speaks_utf8());
    Options { width, color, ascii, live: args.iface.is_some(), ..for_file(args) }
}

/// How text is written to a file: plain and complete.
pub(super) fn for_file(args: &Args) -> Options {
    let zone = if args.utc { jiff::tz::TimeZone::UTC } else { jiff::tz::TimeZone::system() };
    Options {
        width: None,
        color: args.color == Color::Always,
        ascii: args.ascii,
        zone,
        live: false,
        verbosity: args.verbose,
        visit: args.visit.map(|nth| VisitId(nth.saturating_sub(1))),
        host: args.host.clone(),
        connection: args.connection.map(ConnectionId),
    }
}

/// Whether the locale's character set is UTF-8 (locale(7): LC_ALL, then LC_CTYPE, then LANG).
/// Where none is set most terminals of today still speak it.
fn speaks_utf8() -> bool {
    let set = ["LC_ALL", "LC_CTYPE", "LANG"]
        .into_iter()
        .find_map(|name| std::env::var(name).ok().filter(|value| !value.is_empty()));
    set.is_none_or(|value| {
        let value = value.to_ascii_lowercase();
        value.contains("utf-8") || value.contains("utf8")
    })
}

//! The command line resolved: what to do, with everything decided.

use std::ffi::OsStr;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};

use crate::cli::args::{Args, Color};
use crate::pipeline;
use crate::protocol::http::credentials::Credentials;
use crate::report::FORMATS;
use crate::report::format::{Format, Options};
use crate::trace::VisitId;

/// Columns a terminal is taken to have when it does not say.
const COLUMNS: usize = 120;

/// One `-o`.
#[derive(Clone)]
pub(super) struct Output {
    /// The file; none for standard output.
    pub(super) file: Option<PathBuf>,
    /// How it is written.
    pub(super) format: &'static Format,
}

/// Why the command line cannot be carried out.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct UsageError(pub(super) String);

/// Finds the format of each `-o`.
pub(super) fn outputs(args: &Args) -> Result<Vec<Output>, UsageError> {
    let named = args.format.as_deref().and_then(|name| FORMATS.iter().find(|f| f.name == name));
    if let (Some(format), true) = (named, args.output.is_empty()) {
        return Ok(vec![Output { file: None, format }]);
    }
    args.output.iter().map(|path| output(path, named)).collect()
}

fn output(path: &Path, named: Option<&'static Format>) -> Result<Output, UsageError> {
    if path == Path::new("-") {
        let format = named.ok_or_else(|| {
            UsageError(format!("-o - needs --format, one of: {}", names().join(", ")))
        })?;
        return Ok(Output { file: None, format });
    }
    let ending = path.extension().and_then(OsStr::to_str).map(str::to_ascii_lowercase);
    let by_ending =
        FORMATS.iter().find(|f| f.extension.is_some() && f.extension == ending.as_deref());
    let format = by_ending.or(named).ok_or_else(|| {
        let endings: Vec<String> =
            FORMATS.iter().filter_map(|f| f.extension).map(|e| format!(".{e}")).collect();
        UsageError(format!(
            "the ending of {} does not say how to write it; use {} or name one with --format",
            path.display(),
            endings.join(", ")
        ))
    })?;
    Ok(Output { file: Some(path.to_owned()), format })
}

fn names() -> Vec<&'static str> {
    FORMATS.iter().map(|format| format.name).collect()
}

/// How the pipeline is to run.
pub(super) fn pipeline(args: &Args) -> pipeline::Settings {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let threads = args.threads.map_or_else(|| cores.min(8), usize::from);
    pipeline::Settings { credentials: credentials(args), ..pipeline::Settings::new(threads) }
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

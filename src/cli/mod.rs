//! The command line: arguments to settings, settings to work.

pub mod args;
mod live;
mod messages;
mod progress;
mod settings;
mod sink;
mod source;
mod work;

use std::io::{self, Write};
use std::process::ExitCode;

use clap::CommandFactory;

use crate::capture::source::CaptureError;
use crate::cli::args::Args;
use crate::cli::settings::UsageError;

/// How the program ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Everything was done.
    Done,
    /// Nothing could be read or captured, or the output could not be written.
    Failed,
    /// The command line makes no sense.
    Usage,
    /// The file is damaged or cut short; what could be read was shown.
    Damaged,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Done => 0,
            Exit::Failed => 1,
            Exit::Usage => 2,
            Exit::Damaged => 3,
        })
    }
}

/// Why the program could not do its work.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error(transparent)]
    Usage(#[from] UsageError),
    #[error(transparent)]
    Capture(#[from] CaptureError),
    #[error("cannot write {what}: {source}")]
    Write { what: String, source: io::Error },
    #[error(transparent)]
    Output(#[from] io::Error),
}

/// Does what the command line asks for.
pub fn run(args: &Args) -> Exit {
    match dispatch(args) {
        Ok(exit) => exit,
        // Who reads our output has seen enough.
        Err(Failure::Output(error)) if error.kind() == io::ErrorKind::BrokenPipe => Exit::Done,
        Err(Failure::Write { source, .. }) if source.kind() == io::ErrorKind::BrokenPipe => {
            Exit::Done
        }
        Err(failure) => {
            messages::error(&failure.to_string());
            if matches!(failure, Failure::Usage(_)) { Exit::Usage } else { Exit::Failed }
        }
    }
}

fn dispatch(args: &Args) -> Result<Exit, Failure> {
    let mut out = io::stdout().lock();
    if args.json_schema {
        writeln!(out, "{}", crate::report::json::json_schema())?;
    } else if args.man {
        clap_mangen::Man::new(Args::command()).render(&mut out)?;
    } else if let Some(shell) = args.completions {
        clap_complete::generate(shell, &mut Args::command(), "urltrace", &mut out);
    } else if args.list_interfaces {
        source::list_interfaces(&mut out)?;
    } else {
        drop(out);
        return work::run(args);
    }
    out.flush()?;
    Ok(Exit::Done)
}

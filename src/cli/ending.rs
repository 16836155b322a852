//! How the program ends, and why it could not do its work.

use std::io;
use std::process::ExitCode;

use crate::capture::source::CaptureError;
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
pub(super) enum Failure {
    #[error(transparent)]
    Usage(#[from] UsageError),
    #[error(transparent)]
    Capture(#[from] CaptureError),
    #[error("cannot write {what}: {source}")]
    Write { what: String, source: io::Error },
    #[error(transparent)]
    Output(#[from] io::Error),
}

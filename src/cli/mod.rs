//! The command line: arguments to settings, settings to work.

pub mod args;
mod ending;
mod follow;
mod live;
mod messages;
mod progress;
mod settings;
mod sink;
mod slice;
mod source;
mod work;

use std::io::{self, Write};

use clap::CommandFactory;

use crate::cli::args::Args;
use crate::cli::ending::Failure;

pub use ending::Exit;

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

//! The program: parses the command line, runs, turns the outcome into an exit code.

use std::process::ExitCode;

use clap::Parser;

use urltrace::cli;

/// Users of the library choose their own.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    cli::run(&cli::args::Args::parse()).into()
}

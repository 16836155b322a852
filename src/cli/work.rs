//! Reads, follows and writes: the main job, for files and live.

use std::io::{self, IsTerminal};
use std::path::PathBuf;

use crate::capture::source::CaptureSummary;
use crate::cli::args::{Args, PACKETS};
use crate::cli::ending::{Exit, Failure};
use crate::cli::settings::{self, Kind, Output, UsageError};
use crate::cli::sink::Sink;
use crate::cli::slice::Slices;
use crate::cli::{follow, live, messages, progress, source};
use crate::pipeline::{self, Outcome, RunError};
use crate::report::FORMATS;
use crate::trace::Trace;

/// Where packets come from.
enum Input {
    Saved(source::Saved),
    Live(live::Device),
}

/// Does the main job.
pub(super) fn run(args: &Args) -> Result<Exit, Failure> {
    if args.files.is_empty() && args.read.is_empty() && args.iface.is_none() && !args.demo {
        let hint = "nothing to read: name a capture file, an interface (-i eth0), or try --demo; \
                    --help says more";
        return Err(UsageError(hint.to_owned()).into());
    }
    let outputs = settings::outputs(args)?;
    let packets = args.view == PACKETS && outputs.is_empty();
    let mut slices = Slices::of(args, &outputs)?;
    let keep = |source| slices.keep(source);
    let mut input = if let Some(device) = &args.iface {
        Input::Live(live::open(args, device, &keep)?)
    } else {
        let mut saved = source::saved(args, &keep)?;
        saved.source = source::keyed(args, source::written(args, saved.source)?)?;
        Input::Saved(saved)
    };
    // What is written to is opened once there is something to read, so that no file is emptied
    // for nothing; and before the first packet: a typing error shows before an hour of capturing,
    // and a live capture gives up its rights.
    let mut sinks = open(args, &outputs)?;
    slices.open(args, &outputs)?;
    let view = if packets { None } else { view_of(args, &outputs) };
    let written: Vec<String> = sinks.iter().map(|sink| sink.name.clone()).collect();
    if let Some(view) = view {
        sinks.push(view);
    }
    let live = args.iface.is_some();
    let outcome = match &mut input {
        Input::Live(device) => live::watch(args, device, &mut sinks, packets)?,
        Input::Saved(saved) => {
            let settings = settings::pipeline(args);
            let bar = saved.progress.take().filter(|_| !args.quiet && io::stderr().is_terminal());
            progress::with(bar, || {
                let watch = follow::follow(args, &mut sinks, packets);
                pipeline::run(&mut saved.source, &settings, watch)
            })
        }
    };
    // What a source writes is complete once it is gone.
    drop(input);
    conclude(args, outcome, &mut sinks, (slices, written), live)
}

/// Opens what `-o` names.
fn open(args: &Args, outputs: &[Output]) -> Result<Vec<Sink>, Failure> {
    let options = settings::for_file(args);
    let reports = outputs.iter().filter_map(|output| match output.kind {
        Kind::Report(format) => Some((output.file.as_deref(), format)),
        Kind::Packets => None,
    });
    let open = |(file, format)| {
        Sink::open(file, format, &options).map_err(|(what, source)| Failure::Write { what, source })
    };
    reports.map(open).collect()
}

/// The view on standard output, unless files are written instead.
fn view_of(args: &Args, outputs: &[Output]) -> Option<Sink> {
    let format = FORMATS.iter().find(|format| format.name == args.view)?;
    outputs.is_empty().then(|| Sink::stdout(format, settings::options(args)))
}

/// Writes what the end of the capture brings, and says how it went.
fn conclude(
    args: &Args,
    outcome: Outcome,
    sinks: &mut [Sink],
    (slices, mut written): (Slices, Vec<String>),
    live: bool,
) -> Result<Exit, Failure> {
    let Outcome { trace, secrets, error } = outcome;
    match error {
        Some(RunError::Watch(error)) => return Err(error.into()),
        Some(RunError::Capture(error)) if trace.capture.packets == 0 => return Err(error.into()),
        Some(RunError::Capture(error)) => messages::error(&error.to_string()),
        None => {}
    }
    for sink in sinks.iter_mut() {
        let what = sink.name.clone();
        sink.finish(&trace).map_err(|source| Failure::Write { what, source })?;
    }
    let source = &trace.capture.source;
    messages::damage(source);
    let parts = slices.write(args, &trace, &secrets)?;
    written.extend(file_of(args.write.as_ref()).filter(|name| !parts.contains(name)));
    written.extend(parts);
    if !args.quiet && (live || !written.is_empty()) {
        messages::say(&messages::summary(&trace, &written));
    }
    let visits = trace.visits.len();
    if let Some(nth) = args.visit.filter(|nth| *nth as usize > visits) {
        messages::error(&format!("there is no visit {nth}: the capture has {visits}"));
        return Ok(Exit::Failed);
    }
    if let Some(number) = args.connection.filter(|n| *n as usize >= trace.connections.len()) {
        let count = trace.connections.len();
        let message = format!("there is no connection {number}: the capture has {count}, from 0");
        messages::error(&message);
        return Ok(Exit::Failed);
    }
    let exit = exit_of(source, &trace);
    // The process ends here: to take a large trace apart, box by box, would cost a tenth of the
    // time that it took to make.
    std::mem::forget(trace);
    Ok(exit)
}

fn file_of(path: Option<&PathBuf>) -> Option<String> {
    path.map(|path| path.display().to_string())
}

fn exit_of(source: &CaptureSummary, trace: &Trace) -> Exit {
    match source.damage.is_empty() {
        true => Exit::Done,
        false if trace.capture.packets == 0 => Exit::Failed,
        false => Exit::Damaged,
    }
}

//! Watches an interface until Ctrl-C, a time, or a number of packets.

use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;

use crate::capture::live::{self, Live, Stop};
use crate::capture::privilege;
use crate::capture::source::CaptureError;
use crate::cli::args::Args;
use crate::cli::ending::Failure;
use crate::cli::sink::Sink;
use crate::cli::{follow, messages, settings, source};
use crate::pipeline::{self, Outcome};

/// Captures and follows.
pub(super) fn watch(args: &Args, sinks: &mut [Sink], packets: bool) -> Result<Outcome, Failure> {
    let device = args.iface.clone().unwrap_or_default();
    let live = open(args, &device)?;
    let stop = live.stop_handle();
    let mut source = source::chosen(args, Box::new(live))?;
    let rights = if args.keep_privileges {
        String::new()
    } else {
        match privilege::give_up_root() {
            Ok(given_up) => given_up.to_string(),
            Err(error) => {
                return Err(CaptureError::Device {
                    device,
                    reason: format!("root could not be given up: {error}"),
                    advice: "--keep-privileges captures as root all the same".to_owned(),
                }
                .into());
            }
        }
    };
    end_on_signal(&stop)?;
    if !args.quiet {
        let rights = if rights.is_empty() { rights } else { format!("; {rights}") };
        messages::say(&format!("capturing on {device}{rights}; Ctrl-C ends"));
    }
    let settings = settings::pipeline(args);
    let (over, wait) = mpsc::channel::<()>();
    Ok(thread::scope(|scope| {
        if let Some(duration) = args.duration {
            scope.spawn(move || {
                if wait.recv_timeout(duration) == Err(RecvTimeoutError::Timeout) {
                    stop.stop();
                }
            });
        }
        let outcome = pipeline::run(&mut source, &settings, follow::follow(args, sinks, packets));
        drop(over);
        outcome
    }))
}

fn open(args: &Args, device: &str) -> Result<Live, CaptureError> {
    let mut settings = live::Settings::new(device);
    settings.snaplen = args.snaplen;
    settings.buffer = args.buffer_size << 20;
    settings.promiscuous = !args.no_promiscuous;
    settings.filter.clone_from(&args.filter);
    settings.count = args.count;
    Live::open(&settings)
}

/// Ctrl-C and SIGTERM end the capture, not the program.
fn end_on_signal(stop: &Stop) -> Result<(), Failure> {
    let stop = stop.clone();
    ctrlc::set_handler(move || stop.stop())
        .map_err(|error| Failure::Output(std::io::Error::other(error)))
}

//! Watches an interface until Ctrl-C, a time, or a number of packets.

use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;

use crate::capture::live::{self, Live, Stop};
use crate::capture::privilege;
use crate::capture::source::{CaptureError, PacketSource};
use crate::cli::args::Args;
use crate::cli::ending::Failure;
use crate::cli::sink::Sink;
use crate::cli::source::Keep;
use crate::cli::{follow, messages, settings, source};
use crate::pipeline::{self, Outcome};

/// An open device.
pub(super) struct Device {
    name: String,
    source: Box<dyn PacketSource>,
    stop: Stop,
}

/// Opens the device, and the file that its packets are written to.
pub(super) fn open(args: &Args, name: &str, keep: Keep<'_>) -> Result<Device, CaptureError> {
    let mut settings = live::Settings::new(name);
    settings.snaplen = args.snaplen;
    settings.buffer = args.buffer_size << 20;
    settings.promiscuous = !args.no_promiscuous;
    settings.filter.clone_from(&args.filter);
    settings.count = args.count;
    let live = Live::open(&settings)?;
    let stop = live.stop_handle();
    let source = source::chosen(args, keep(Box::new(live))?)?;
    let source = source::keyed(args, source::written(args, source)?)?;
    Ok(Device { name: name.to_owned(), source, stop })
}

/// Captures and follows.
pub(super) fn watch(
    args: &Args,
    device: &mut Device,
    sinks: &mut [Sink],
    packets: bool,
) -> Result<Outcome, Failure> {
    let Device { name, source, stop } = device;
    let rights = if args.keep_privileges {
        String::new()
    } else {
        match privilege::give_up_root() {
            Ok(given_up) => given_up.to_string(),
            Err(error) => {
                return Err(CaptureError::Device {
                    device: name.clone(),
                    reason: format!("root could not be given up: {error}"),
                    advice: "--keep-privileges captures as root all the same".to_owned(),
                }
                .into());
            }
        }
    };
    end_on_signal(stop)?;
    if !args.quiet {
        let rights = if rights.is_empty() { rights } else { format!("; {rights}") };
        messages::say(&format!("capturing on {name}{rights}; Ctrl-C ends"));
    }
    let settings = settings::pipeline(args);
    let (over, wait) = mpsc::channel::<()>();
    Ok(thread::scope(|scope| {
        if let Some(duration) = args.duration {
            let stop = stop.clone();
            scope.spawn(move || {
                if wait.recv_timeout(duration) == Err(RecvTimeoutError::Timeout) {
                    stop.stop();
                }
            });
        }
        let outcome = pipeline::run(source, &settings, follow::follow(args, sinks, packets));
        drop(over);
        outcome
    }))
}

/// Ctrl-C and SIGTERM end the capture, not the program.
fn end_on_signal(stop: &Stop) -> Result<(), Failure> {
    let stop = stop.clone();
    ctrlc::set_handler(move || stop.stop())
        .map_err(|error| Failure::Output(std::io::Error::other(error)))
}

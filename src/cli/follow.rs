//! Lets the outputs follow a run while it goes on.

use std::io;

use crate::cli::args::Args;
use crate::cli::settings;
use crate::cli::sink::Sink;
use crate::pipeline::Watch;
use crate::report::packets::{Detail, PacketsView};

/// What watches a run: the packets view, and the outputs that grow as things complete.
pub(super) fn follow<'a>(args: &Args, sinks: &'a mut [Sink], packets: bool) -> Watch<'a> {
    let mut watch = Watch::default();
    if packets {
        let options = settings::options(args);
        let detail = match args.verbose {
            0 => Detail::Line,
            1 => Detail::Layers,
            _ => Detail::Bytes,
        };
        let view = PacketsView::new(detail, options.ascii, options.zone);
        let mut view = view.with(settings::credentials(args));
        let mut out = io::BufWriter::with_capacity(1 << 16, io::stdout());
        watch.packet =
            Some(Box::new(move |packet, about| view.packet_telling(packet, about, &mut out)));
    }
    watch.completed = Some(Box::new(move |trace, all| {
        sinks.iter_mut().try_for_each(|sink| sink.completed(trace, all))
    }));
    watch
}

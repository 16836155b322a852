//! Every report of a trace: text is safe to print, JSON can be read again.

use jiff::tz::TimeZone;

use crate::capture::source::Record;
use crate::report::FORMATS;
use crate::report::format::Options;
use crate::report::packets::{Detail, PacketsView};
use crate::report::text::escape::escape;
use crate::trace::{EntityId, Trace};

/// Writes a trace in every format, and what was completed on the way.
pub(super) fn write_all(trace: &Trace, completed: &[EntityId]) {
    let plain = Options::default();
    let wordy = Options { verbosity: 2, width: Some(72), ascii: true, ..Options::default() };
    let live = Options { live: true, verbosity: 1, width: Some(120), ..Options::default() };
    for format in FORMATS {
        for options in [&plain, &wordy, &live] {
            let mut out = Vec::new();
            if options.live {
                for entity in completed {
                    assert!(format.reporter.completed(trace, *entity, options, &mut out).is_ok());
                }
                assert!(format.reporter.finish(trace, options, &mut out).is_ok());
            } else {
                assert!(format.reporter.write(trace, options, &mut out).is_ok());
            }
            check(format.name, &out);
        }
    }
}

/// Writes the view of packets, which remembers from one packet to the next.
pub(super) fn packets(records: &[Record]) {
    let mut view = PacketsView::new(Detail::Layers, false, TimeZone::UTC);
    for record in records {
        if let Record::Packet(packet) = record {
            let mut out = Vec::new();
            assert!(view.packet(packet, &mut out).is_ok());
            printable(&out);
        }
    }
}

fn check(format: &str, out: &[u8]) {
    match format {
        "json" | "har" => {
            let value: Result<serde_json::Value, _> = serde_json::from_slice(out);
            assert!(value.is_ok(), "{format} can be read again");
        }
        "ndjson" => {
            for line in out.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
                let value: Result<serde_json::Value, _> = serde_json::from_slice(line);
                assert!(value.is_ok(), "each line can be read again");
            }
        }
        "qlog" => {
            for record in out.split(|byte| *byte == 0x1e).filter(|record| !record.is_empty()) {
                let value: Result<serde_json::Value, _> = serde_json::from_slice(record);
                assert!(value.is_ok(), "each record can be read again");
            }
        }
        _ => printable(out),
    }
}

/// Text that a terminal shows as it is: UTF-8 without characters that do something else than show
/// themselves, but for line ends.
pub(super) fn printable(text: &[u8]) {
    let text = str::from_utf8(text);
    let odd = text.map(|text| text.split('\n').find(|line| escape(line) != *line));
    assert_eq!(odd, Ok(None), "a control character is printed");
}

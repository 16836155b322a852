//! The command line as typed.

use std::path::PathBuf;
use std::time::Duration;

use clap::builder::{PossibleValue, PossibleValuesParser};
use clap::{ArgAction, ArgGroup, Parser, ValueEnum};
use clap_complete::Shell;

use crate::report::FORMATS;

/// Turns captured packets into the story of a browser visit.
///
/// Reads a saved capture or a live interface, decodes it layer by layer, and prints the timeline:
/// who was asked for which MAC address, which name was looked up and who answered, which
/// handshakes opened which connection, which request got which response, and how it all was
/// closed, with the true time of every phase and the frames that prove it.
#[derive(Clone, Debug, Parser)]
#[command(
    name = "urltrace",
    version,
    max_term_width = 100,
    after_help = EXAMPLES,
    group = ArgGroup::new("input").args(["files", "read", "iface", "demo"]).multiple(true),
)]
pub struct Args {
    /// Saved captures (pcap or pcapng, also gzip or zstd); `-` is standard input
    #[arg(value_name = "FILE")]
    pub files: Vec<PathBuf>,

    /// Reads FILE, just as naming it without `-r` does
    #[arg(short, long, value_name = "FILE", help_heading = "Input")]
    pub read: Vec<PathBuf>,

    /// Captures on this interface until Ctrl-C
    #[arg(short, long, value_name = "NAME", help_heading = "Input", conflicts_with_all = SAVED)]
    pub iface: Option<String>,

    /// Reads a recorded visit that is part of the program: needs no root, network or file
    #[arg(long, help_heading = "Input", conflicts_with_all = ["files", "read"])]
    pub demo: bool,

    /// Lists the interfaces that can be captured on
    #[arg(short = 'D', long, help_heading = "Input")]
    pub list_interfaces: bool,

    /// Only packets that this BPF expression matches, such as 'tcp port 80' (see pcap-filter(7))
    #[arg(short, long, value_name = "BPF", help_heading = "Input")]
    pub filter: Option<String>,

    /// Reads TLS secrets from this key log, as browsers write it where SSLKEYLOGFILE names it; a
    /// live capture follows it as it grows. May be repeated [default: what SSLKEYLOGFILE names]
    #[arg(long, value_name = "FILE", help_heading = "Input")]
    pub keylog: Vec<PathBuf>,

    /// Stops after this many packets
    #[arg(long, value_name = "N", help_heading = "Input", value_parser = clap::value_parser!(u64).range(1..))]
    pub count: Option<u64>,

    /// Stops a live capture after this time, such as 30s or 2m; a plain number is in seconds
    #[arg(long, value_name = "TIME", help_heading = "Live capture", value_parser = duration, requires = "iface", conflicts_with_all = SAVED)]
    pub duration: Option<Duration>,

    /// Bytes kept of each packet; 0 keeps all
    #[arg(
        long,
        value_name = "BYTES",
        help_heading = "Live capture",
        default_value_t = 0,
        requires = "iface", conflicts_with_all = SAVED
    )]
    pub snaplen: u32,

    /// Size of the kernel's buffer in MiB
    #[arg(long, value_name = "MIB", help_heading = "Live capture", default_value_t = 64, requires = "iface", conflicts_with_all = SAVED, value_parser = clap::value_parser!(u32).range(1..=2047))]
    pub buffer_size: u32,

    /// Only packets from and to this machine
    #[arg(long, help_heading = "Live capture", requires = "iface", conflicts_with_all = SAVED)]
    pub no_promiscuous: bool,

    /// Stays root after the device is open; by default the program goes on as the user who ran
    /// sudo, or as nobody
    #[arg(long, help_heading = "Live capture", requires = "iface", conflicts_with_all = SAVED)]
    pub keep_privileges: bool,

    /// Writes the packets that were read (and passed the filter) to this pcapng file; with --visit,
    /// --host or --connection only those of that part, with comments, once all are read
    #[arg(short, long, value_name = "FILE", help_heading = "Output")]
    pub write: Option<PathBuf>,

    /// Puts the secrets that opened something into the pcapng that is written (`-w`, `-o`), before
    /// its packets: whoever has the file can read what they open, and Wireshark does
    #[arg(long, help_heading = "Output")]
    pub embed_secrets: bool,

    /// What is printed
    #[arg(long, value_name = "VIEW", help_heading = "Output", default_value = "timeline", value_parser = PossibleValuesParser::new(views()))]
    pub view: String,

    /// Writes FILE instead of printing a view; its ending names the format: .json, .ndjson, .har,
    /// .qlog (a file for each QUIC connection: FILE, FILE-2 and so on), or .pcapng for the packets
    /// with comments on what they mean. May be repeated. `-` is
    /// standard output and needs --format
    #[arg(short, long, value_name = "FILE", help_heading = "Output")]
    pub output: Vec<PathBuf>,

    /// The format of `-o -`, or of a FILE whose ending does not name it
    #[arg(long, value_name = "NAME", help_heading = "Output", value_parser = PossibleValuesParser::new(formats()))]
    pub format: Option<String>,

    /// Only the N-th visit, counted from 1 as the timeline does
    #[arg(long, value_name = "N", help_heading = "Output", value_parser = clap::value_parser!(u32).range(1..))]
    pub visit: Option<u32>,

    /// Only what concerns this host: a name, a name below it, or an address
    #[arg(long, value_name = "NAME", help_heading = "Output")]
    pub host: Option<String>,

    /// Shows and writes the values of Cookie, Set-Cookie, Authorization and Proxy-Authorization,
    /// and passwords in URLs; by default `***` stands for them. A pcapng that is written always
    /// has them: it has the packets as they were
    #[arg(long, help_heading = "Output")]
    pub keep_credentials: bool,

    /// Only the connection that has this number in the column `#`, and what belongs to it
    #[arg(long, value_name = "N", help_heading = "Output")]
    pub connection: Option<u32>,

    /// More detail. Timeline: the steps of handshakes and closes, header fields, the sum of the
    /// phases. Packets: the layers (-v), the layers and the bytes (-vv)
    #[arg(short, long, action = ArgAction::Count, help_heading = "Output")]
    pub verbose: u8,

    /// No messages but errors
    #[arg(short, long, help_heading = "Output")]
    pub quiet: bool,

    /// When to use colours; NO_COLOR is honoured
    #[arg(long, value_name = "WHEN", help_heading = "Output", default_value = "auto")]
    pub color: Color,

    /// Only ASCII characters
    #[arg(long, help_heading = "Output")]
    pub ascii: bool,

    /// Clock times in UTC instead of local time
    #[arg(long, help_heading = "Output")]
    pub utc: bool,

    /// Worker threads, by default one for each processor; changes the speed, never the output
    #[arg(long, value_name = "N", help_heading = "Output", value_parser = clap::value_parser!(u8).range(1..=64))]
    pub threads: Option<u8>,

    /// Prints the JSON Schema of `-o FILE.json`
    #[arg(long, help_heading = "About")]
    pub json_schema: bool,

    /// Prints the man page
    #[arg(long, help_heading = "About")]
    pub man: bool,

    /// Prints completions for this shell
    #[arg(long, value_name = "SHELL", help_heading = "About")]
    pub completions: Option<Shell>,
}

/// When to use colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Color {
    /// On a terminal.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// What packets come from where nothing is captured live. clap takes `requires = "iface"` for
/// granted where one of these forbids an interface, so that options for live captures name both.
const SAVED: [&str; 3] = ["files", "read", "demo"];

/// The view that follows packets, not the trace.
pub const PACKETS: &str = "packets";

/// The format that has packets, not the trace; also its ending.
pub const PCAPNG: &str = "pcapng";

const EXAMPLES: &str = "\
Examples:
  urltrace --demo                          a recorded visit; add -v to see it explained
  sudo urltrace -i eth0                    watch while you browse; Ctrl-C ends
  urltrace visit.pcapng                    the timeline of a saved capture
  urltrace visit.pcapng --view requests    every request in one table
  urltrace visit.pcapng -o visit.har       for any HAR viewer
  urltrace visit.pcap --keylog keys.log    with what TLS hides: see SSLKEYLOGFILE
  urltrace visit.pcapng --view packets -v  every packet, opened layer by layer
  urltrace day.pcapng --visit 2 -o visit.pcapng
                                           the packets of one visit, with comments, for Wireshark

Exit codes: 0 done; 1 could not read or capture, or there is no such visit; 2 wrong usage; 3 the
file is damaged or cut short (what could be read is shown).";

fn views() -> Vec<PossibleValue> {
    let packets = "every packet on one line; -v opens it layer by layer, -vv adds its bytes";
    let of_trace = FORMATS.iter().filter(|format| format.extension.is_none());
    of_trace
        .map(|format| PossibleValue::new(format.name).help(format.about))
        .chain([PossibleValue::new(PACKETS).help(packets)])
        .collect()
}

fn formats() -> Vec<&'static str> {
    FORMATS.iter().map(|format| format.name).chain([PCAPNG]).collect()
}

/// A time such as `30`, `30s`, `1.5m`, `2h`, `500ms`.
fn duration(text: &str) -> Result<Duration, String> {
    let digits = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let seconds = match unit {
        "" | "s" => 1.0,
        "ms" => 0.001,
        "m" | "min" => 60.0,
        "h" => 3600.0,
        _ => return Err(format!("`{unit}` is no unit of time; use ms, s, m or h")),
    };
    let number: f64 = number.parse().map_err(|_| format!("`{text}` is no time; try 30s or 2m"))?;
    Duration::try_from_secs_f64(number * seconds).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Args::command().debug_assert();
    }

    #[test]
    fn times_have_units() {
        assert_eq!(duration("30"), Ok(Duration::from_secs(30)));
        assert_eq!(duration("1.5m"), Ok(Duration::from_secs(90)));
        assert_eq!(duration("500ms"), Ok(Duration::from_millis(500)));
        assert!(duration("5 parsecs").is_err() && duration("").is_err() && duration("-1").is_err());
    }
}

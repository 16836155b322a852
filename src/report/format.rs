//! The seam of the outputs.

use std::io::{self, Write};

use crate::trace::{ConnectionId, EntityId, Trace, VisitId};

/// Writes a trace in one format.
///
/// A pure function of the trace and the options: no clock, no environment.
pub trait Reporter: Sync {
    /// Writes the whole trace.
    fn write(&self, trace: &Trace, options: &Options, out: &mut dyn Write) -> io::Result<()>;

    /// The connections that take a file each, in order; none for a format of one file, which is what
    /// all are but one. [`Options::connection`] then says whose file it is.
    fn files(&self, trace: &Trace, options: &Options) -> Option<Vec<ConnectionId>> {
        let _ = (trace, options);
        None
    }

    /// True where it tells of each packet of QUIC, which no trace holds unless it is asked to
    /// ([`Limits::quic_packets`](crate::limits::Limits::quic_packets)).
    fn needs_quic_packets(&self) -> bool {
        false
    }

    /// Writes what a completed entity adds, while the capture still runs. Formats that can only
    /// be written as a whole write nothing here.
    fn completed(
        &self,
        trace: &Trace,
        entity: EntityId,
        options: &Options,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        let _ = (trace, entity, options, out);
        Ok(())
    }

    /// Writes what is left once the capture is over and everything completed has been told. A
    /// format that adds nothing as things complete writes the whole trace.
    fn finish(&self, trace: &Trace, options: &Options, out: &mut dyn Write) -> io::Result<()> {
        self.write(trace, options, out)
    }
}

/// One row of the table of formats.
pub struct Format {
    /// What `--format` (and for views `--view`) calls it.
    pub name: &'static str,
    /// The ending of `-o FILE` that selects it; none for views.
    pub extension: Option<&'static str>,
    /// One line for `--help`.
    pub about: &'static str,
    /// Writes it.
    pub reporter: &'static dyn Reporter,
}

/// How to write.
#[derive(Clone, Debug)]
pub struct Options {
    /// Columns of the terminal; text keeps to them. None for a pipe or file: nothing is cut.
    pub width: Option<usize>,
    /// Colours may be used.
    pub color: bool,
    /// Only ASCII characters may be used.
    pub ascii: bool,
    /// Where the user's clock is; UTC by default.
    pub zone: jiff::tz::TimeZone,
    /// True while a device is watched: text views then print a row as soon as it is complete.
    pub live: bool,
    /// 0, or the number of `-v`.
    pub verbosity: u8,
    /// Only this visit.
    pub visit: Option<VisitId>,
    /// Only what concerns this host name (or a name below it) or address.
    pub host: Option<String>,
    /// Only this connection, and what belongs to it.
    pub connection: Option<ConnectionId>,
}

impl Options {
    /// True where only a part of the trace is asked for.
    pub const fn selects(&self) -> bool {
        self.visit.is_some() || self.host.is_some() || self.connection.is_some()
    }
}

impl Default for Options {
    fn default() -> Self {
        Self {
            width: None,
            color: false,
            ascii: false,
            zone: jiff::tz::TimeZone::UTC,
            live: false,
            verbosity: 0,
            visit: None,
            host: None,
            connection: None,
        }
    }
}

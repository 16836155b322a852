//! Where a format is written to: a file or standard output, opened before anything is read.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use crate::report::format::{Format, Options};
use crate::trace::{EntityId, Trace};

/// One format on its way to one place.
pub(super) struct Sink {
    format: &'static Format,
    options: Options,
    out: Box<dyn Write>,
    /// What messages call it.
    pub(super) name: String,
}

impl Sink {
    /// Opens the file of a `-o`, or standard output. It is written anew.
    pub(super) fn open(
        file: Option<&Path>,
        format: &'static Format,
        options: &Options,
    ) -> Result<Self, (String, io::Error)> {
        let Some(path) = file else { return Ok(Self::stdout(format, options.clone())) };
        let name = path.display().to_string();
        let file = File::create(path).map_err(|error| (name.clone(), error))?;
        let out = Box::new(BufWriter::with_capacity(1 << 16, file));
        Ok(Self { format, options: options.clone(), out, name })
    }

    /// Standard output.
    pub(super) fn stdout(format: &'static Format, options: Options) -> Self {
        let out = Box::new(BufWriter::with_capacity(1 << 16, io::stdout().lock()));
        Self { format, options, out, name: "standard output".to_owned() }
    }

    /// Tells what was completed.
    pub(super) fn completed(&mut self, trace: &Trace, all: &[EntityId]) -> io::Result<()> {
        for entity in all {
            self.format.reporter.completed(trace, *entity, &self.options, &mut self.out)?;
        }
        self.out.flush()
    }

    /// Tells that the capture is over.
    pub(super) fn finish(&mut self, trace: &Trace) -> io::Result<()> {
        self.format.reporter.finish(trace, &self.options, &mut self.out)?;
        self.out.flush()
    }
}

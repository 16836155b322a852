//! Where a format is written to: a file or standard output, opened before anything is read.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use crate::report::format::{Format, Options};
use crate::trace::{EntityId, Trace};

/// One format on its way to one place.
pub(super) struct Sink {
    format: &'static Format,
    options: Options,
    out: Box<dyn Write>,
    /// The file; none for standard output.
    file: Option<PathBuf>,
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
        let out = create(path).map_err(|error| (name.clone(), error))?;
        Ok(Self { format, options: options.clone(), out, file: Some(path.to_owned()), name })
    }

    /// Standard output.
    pub(super) fn stdout(format: &'static Format, options: Options) -> Self {
        let out = Box::new(BufWriter::with_capacity(1 << 16, io::stdout().lock()));
        Self { format, options, out, file: None, name: "standard output".to_owned() }
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
        let files = self.format.reporter.files(trace, &self.options);
        let Some(connections) = files.filter(|_| self.file.is_some()) else {
            self.format.reporter.finish(trace, &self.options, &mut self.out)?;
            return self.out.flush();
        };
        for (nth, connection) in (1..).zip(connections) {
            if let (2.., Some(first)) = (nth, &self.file) {
                self.out = create(&numbered(first, nth))?;
            }
            let options = Options { connection: Some(connection), ..self.options.clone() };
            self.format.reporter.finish(trace, &options, &mut self.out)?;
            self.out.flush()?;
        }
        Ok(())
    }
}

fn create(path: &Path) -> io::Result<Box<dyn Write>> {
    Ok(Box::new(BufWriter::with_capacity(1 << 16, File::create(path)?)))
}

/// The name of the n-th file: `visit-2.qlog` behind `visit.qlog`.
fn numbered(first: &Path, nth: usize) -> PathBuf {
    let stem = first.file_stem().unwrap_or_default().to_string_lossy();
    let ending = first.extension().unwrap_or_default().to_string_lossy();
    let dot = if ending.is_empty() { "" } else { "." };
    first.with_file_name(format!("{stem}-{nth}{dot}{ending}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn further_files_have_numbers() {
        let name = |path: &str, nth| numbered(Path::new(path), nth).display().to_string();
        assert_eq!(name("out/visit.qlog", 2), "out/visit-2.qlog");
        assert_eq!(name("visit", 12), "visit-12");
    }
}

//! Whose DATA the connection brings: a stream waits while the bytes of others come.

use crate::protocol::http::multiplex::Run;
use crate::time::Stamp;

/// The run that goes on.
#[derive(Default)]
pub struct Runs {
    last: Option<Run>,
}

impl Runs {
    /// DATA of a stream came: the run that it ends, which is another's.
    pub fn came(&mut self, stream: u64, at: Stamp) -> Option<Run> {
        if let Some(run) = self.last.as_mut().filter(|run| run.stream == stream) {
            run.to = at;
            return None;
        }
        let from = self.last.map_or(at, |run| run.to);
        self.last.replace(Run { stream, from, to: at }).filter(lasts)
    }

    /// Something other than DATA came of a stream, or it is over: what came until then. The next
    /// run begins where it ends.
    pub fn so_far(&mut self) -> Option<Run> {
        let run = self.last.filter(lasts)?;
        self.last = Some(Run { from: run.to, ..run });
        Some(run)
    }

    /// Nobody knows what came.
    pub const fn missed(&mut self) {
        self.last = None;
    }
}

fn lasts(run: &Run) -> bool {
    run.from.at < run.to.at
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::{FrameNo, Timestamp};

    fn at(frame: u64) -> Stamp {
        Stamp::new(Timestamp::from_nanos(frame.cast_signed()), FrameNo(frame))
    }

    fn run(stream: u64, from: u64, to: u64) -> Run {
        Run { stream, from: at(from), to: at(to) }
    }

    #[test]
    fn runs_follow_each_other() {
        let mut runs = Runs::default();
        assert_eq!((runs.came(1, at(1)), runs.came(1, at(4))), (None, None));
        assert_eq!(runs.came(3, at(6)), Some(run(1, 1, 4)));
        assert_eq!(runs.so_far(), Some(run(3, 4, 6)));
        assert_eq!(runs.so_far(), None);
        assert_eq!(runs.came(3, at(8)), None);
        assert_eq!(runs.came(5, at(8)), Some(run(3, 6, 8)));
        assert_eq!(runs.came(3, at(8)), None, "that of 5 took no time");
        runs.missed();
        assert_eq!(runs.came(5, at(9)), None);
    }
}

//! A progress bar on standard error, for files that take more than a second.

use std::sync::Arc;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use crate::capture::block::Progress;

/// How long a run may take before a bar is shown.
const PATIENCE: Duration = Duration::from_secs(1);

/// How often the bar is drawn.
const REDRAW: Duration = Duration::from_millis(100);

const STYLE: &str = "{spinner} {bytes} of {total_bytes} {wide_bar} {percent} %";

/// Does some work while a bar shows how far the reading has come.
pub(super) fn with<T>(progress: Option<Arc<Progress>>, work: impl FnOnce() -> T) -> T {
    let Some(progress) = progress else { return work() };
    thread::scope(|scope| {
        let (over, wait) = mpsc::channel::<()>();
        scope.spawn(move || show(&progress, &wait));
        let result = work();
        drop(over);
        result
    })
}

fn show(progress: &Progress, wait: &mpsc::Receiver<()>) {
    if wait.recv_timeout(PATIENCE) != Err(RecvTimeoutError::Timeout) {
        return;
    }
    let bar = progress.total().map_or_else(ProgressBar::new_spinner, ProgressBar::new);
    if let Ok(style) = ProgressStyle::with_template(STYLE) {
        bar.set_style(style);
    }
    while wait.recv_timeout(REDRAW) == Err(RecvTimeoutError::Timeout) {
        bar.set_position(progress.read());
    }
    bar.finish_and_clear();
}

//! Entries by several threads, written in their order.
//!
//! Entry after entry is independent of the others, and a large capture has a hundred thousand of
//! them: so each thread turns every n-th run of entries into text, and who writes takes the runs
//! in turn. What is written does not depend on how many threads there are.

use std::io::{self, Write};
use std::sync::mpsc;
use std::thread;

/// Entries in one run: enough that handing it over costs nothing, few enough to hold some.
const RUN: usize = 512;

/// More threads than this only wait for who writes.
const MOST_THREADS: usize = 4;

/// Writes the text of all items, separated by commas.
pub(super) fn write<T: Sync>(
    items: &[T],
    text: impl Fn(&T, &mut Vec<u8>) -> io::Result<()> + Sync,
    out: &mut dyn Write,
) -> io::Result<()> {
    let of_run = |nth: usize, run: &[T]| -> io::Result<Vec<u8>> {
        let mut written = Vec::new();
        for (place, item) in run.iter().enumerate() {
            if nth > 0 || place > 0 {
                written.push(b',');
            }
            text(item, &mut written)?;
        }
        Ok(written)
    };
    let threads = thread::available_parallelism().map_or(1, usize::from).min(MOST_THREADS);
    if threads == 1 || items.len() <= RUN {
        let mut runs = items.chunks(RUN).enumerate();
        return runs.try_for_each(|(nth, run)| out.write_all(&of_run(nth, run)?));
    }
    let of_run = &of_run;
    thread::scope(|scope| {
        let lanes: Vec<_> = (0..threads)
            .map(|lane| {
                // One run waits while the next is made: a bound on what is held.
                let (sender, receiver) = mpsc::sync_channel(1);
                scope.spawn(move || {
                    let runs = items.chunks(RUN).enumerate().skip(lane).step_by(threads);
                    // Nobody listens any more: the output failed, and that was told already.
                    let _ =
                        runs.map(|(nth, run)| sender.send(of_run(nth, run))).find(Result::is_err);
                });
                receiver
            })
            .collect();
        for lane in lanes.iter().cycle().take(items.len().div_ceil(RUN)) {
            out.write_all(&lane.recv().map_err(io::Error::other)??)?;
        }
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(items: &[usize]) -> String {
        let mut out = Vec::new();
        write(items, |item, out| write!(out, "{item}"), &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn items_keep_their_order_and_their_commas() {
        for count in [0, 1, RUN, RUN + 1, 2 * RUN, 11 * RUN + 7] {
            let items: Vec<usize> = (0..count).collect();
            let expected: Vec<String> = items.iter().map(usize::to_string).collect();
            assert_eq!(written(&items), expected.join(","), "{count}");
        }
    }

    #[test]
    fn a_failing_output_ends_it() {
        struct Full;
        impl Write for Full {
            fn write(&mut self, _: &[u8]) -> io::Result<usize> {
                Err(io::ErrorKind::BrokenPipe.into())
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let items: Vec<usize> = (0..20 * RUN).collect();
        let error = write(&items, |item, out| write!(out, "{item}"), &mut Full).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::BrokenPipe);
    }

    #[test]
    fn an_item_that_fails_ends_it() {
        let items: Vec<usize> = (0..20 * RUN).collect();
        let odd = |item: &usize, _: &mut Vec<u8>| match *item {
            5000 => Err(io::ErrorKind::InvalidData.into()),
            _ => Ok(()),
        };
        let error = write(&items, odd, &mut io::sink()).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::InvalidData);
    }
}

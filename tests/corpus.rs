//! Captures by others, read from where they are: no panic, no hang, and the same packets, DNS
//! messages and HTTP messages as tshark finds, but for differences that a list explains one by one
//! (`tests/corpus/differences.tsv`).
//!
//! Nothing of the collection is in the project; where it is not there, this test says so.

mod compare;
mod differences;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use crate::support::facts::{CorpusFile, corpus};
use crate::support::shared;
use compare::Difference;

/// What this phase of the program reads.
const TAGS: &[&str] =
    &["arp", "dns", "http", "tcp", "frags4", "frags6", "vlan", "qinq", "ipv6", "mdns", "llmnr"];

/// No capture of the collection is larger than a few megabytes.
const TIME_FOR_ONE: Duration = Duration::from_secs(30);

#[test]
fn captures_by_others_are_read_as_tshark_reads_them() {
    let Some(folder) = shared("corpus") else { return };
    let files = corpus(&folder, TAGS);
    assert!(files.len() > 1000, "only {} captures in {}", files.len(), folder.display());
    let (differences, failures) = read_all(files);
    assert!(failures.is_empty(), "{} failed:\n{}", failures.len(), failures.join("\n"));
    differences::explained(&differences);
}

/// Reads all of them, two at a time; gives the differences and what failed altogether.
fn read_all(files: Vec<CorpusFile>) -> (Vec<Difference>, Vec<String>) {
    let queue = Mutex::new(files.into_iter());
    let found = Mutex::new((Vec::new(), Vec::new()));
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                loop {
                    let Some(file) = queue.lock().unwrap().next() else { return };
                    match read_one(file) {
                        Ok(differences) => found.lock().unwrap().0.extend(differences),
                        Err(failure) => found.lock().unwrap().1.push(failure),
                    }
                }
            });
        }
    });
    let (mut differences, failures) = found.into_inner().unwrap();
    differences.sort();
    (differences, failures)
}

/// Reads one capture on a thread of its own, which is left behind where it hangs.
fn read_one(file: CorpusFile) -> Result<Vec<Difference>, String> {
    let name = file.name.clone();
    let (sender, receiver) = mpsc::channel();
    let reader = thread::spawn(move || {
        let outcome = catch_unwind(AssertUnwindSafe(|| compare::compare(&file)));
        let _ = sender.send(outcome);
    });
    match receiver.recv_timeout(TIME_FOR_ONE) {
        Ok(Ok(differences)) => {
            reader.join().unwrap();
            Ok(differences)
        }
        Ok(Err(_)) => Err(format!("{name}: panicked (see above)")),
        Err(_) => Err(format!("{name}: not done after {} s", TIME_FOR_ONE.as_secs())),
    }
}

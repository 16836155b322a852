//! Captures by others, read from where they are: no panic, no hang, and the same packets, layers,
//! ARP messages, TCP conversations, hellos of TLS, DNS, HTTP and WebSocket messages as tshark finds,
//! but for differences that a rule explains (`tests/corpus/rules.rs`) or a list one by one
//! (`tests/corpus/differences.tsv`), each with who is right. Prints how far both agree, class by
//! class, and how far what we find is as the RFC says. Both sides have the keys that lie beside a
//! capture, or in it; `keyed` compares what these open with tshark's of today, frame by frame.
//!
//! Nothing of the collection is in the project; where it is not there, this test says so.

mod agreement;
mod compare;
mod differences;
mod hellos;
mod http2;
mod ja4;
mod keyed;
mod layers;
mod opened;
mod quic;
mod rules;
mod tcp;
mod verdict;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use crate::support::facts::{CorpusFile, corpus};
use crate::support::shared;
use agreement::Agreement;
use compare::{Difference, Found};
use differences::List;
use rules::Ruled;

/// What this phase of the program reads.
const TAGS: &[&str] = &[
    "arp", "dns", "http", "http2", "tcp", "frags4", "frags6", "vlan", "qinq", "ipv6", "mdns",
    "llmnr", "quic",
];

/// No capture of the collection is larger than a few megabytes.
const TIME_FOR_ONE: Duration = Duration::from_secs(30);

/// The part of what everybody can see that must be as the RFC says.
const FLOOR: f64 = 0.99;

/// The classes that reach it. The counts of TCP segments are not among them: most have no RFC.
const HELD: &[&str] = &[
    "packets",
    "layers",
    "arp",
    "dns",
    "http-requests",
    "http-responses",
    "http2-heads",
    "websocket",
    "tls-client-hellos",
    "tls-server-hellos",
    "quic-ids",
    "quic-client-hellos",
    "quic-server-hellos",
    "tcp-conversations",
    "tcp-completeness",
];

#[test]
fn captures_by_others_are_read_as_tshark_reads_them() {
    let Some(folder) = shared("corpus") else { return };
    let files = corpus(&folder, TAGS);
    assert!(files.len() > 1000, "only {} captures in {}", files.len(), folder.display());
    let Read { differences, mut agreement, ruled, failures } = read_all(files);
    assert!(failures.is_empty(), "{} failed:\n{}", failures.len(), failures.join("\n"));
    let list = List::read("tests/corpus/differences.tsv");
    list.judge(&differences, &mut agreement);
    println!("{}\n{}", agreement.table(), rules::table(&ruled));
    rules::all_needed(&ruled);
    list.explains(&differences);
    for class in HELD {
        let part = agreement.as_the_rfc_says(class).unwrap();
        assert!(part >= FLOOR, "{class}: only {part} is as the RFC says");
    }
}

/// What came of all captures.
#[derive(Default)]
struct Read {
    differences: Vec<Difference>,
    agreement: Agreement,
    ruled: Ruled,
    failures: Vec<String>,
}

/// Reads all of them, two at a time.
fn read_all(files: Vec<CorpusFile>) -> Read {
    let queue = Mutex::new(files.into_iter());
    let read = Mutex::new(Read::default());
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                loop {
                    let Some(file) = queue.lock().unwrap().next() else { return };
                    let found = read_one(file);
                    let mut read = read.lock().unwrap();
                    match found {
                        Ok(found) => {
                            read.differences.extend(found.differences);
                            read.agreement.merge(&found.agreement);
                            for (rule, values) in found.ruled {
                                *read.ruled.entry(rule).or_default() += values;
                            }
                        }
                        Err(failure) => read.failures.push(failure),
                    }
                }
            });
        }
    });
    let mut read = read.into_inner().unwrap();
    read.differences.sort();
    read
}

/// Reads one capture on a thread of its own, which is left behind where it hangs.
fn read_one(file: CorpusFile) -> Result<Found, String> {
    let name = file.name.clone();
    let (sender, receiver) = mpsc::channel();
    let reader = thread::spawn(move || {
        let outcome = catch_unwind(AssertUnwindSafe(|| compare::compare(&file)));
        let _ = sender.send(outcome);
    });
    match receiver.recv_timeout(TIME_FOR_ONE) {
        Ok(Ok(found)) => {
            reader.join().unwrap();
            Ok(found)
        }
        Ok(Err(_)) => Err(format!("{name}: panicked (see above)")),
        Err(_) => Err(format!("{name}: not done after {} s", TIME_FOR_ONE.as_secs())),
    }
}

//! Writes where the fuzzer begins: `cargo run --example fuzz_seeds -- FOLDER [CAPTURES ...]`.
//!
//! The seeds of each target go to `FOLDER/TARGET`. Of capture files (folders are searched) the
//! first packets of each kind and the first DNS messages become seeds too.

#![expect(clippy::print_stderr, reason = "a tool that says what it does")]

use std::collections::HashMap;
use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};

use urltrace::capture;
use urltrace::capture::source::{Packet, PacketSource, Record};
use urltrace::fuzzing::TARGETS;
use urltrace::packet;

/// Packets taken of each stack of layers.
const OF_A_KIND: usize = 4;
/// Packets read of one file.
const OF_A_FILE: usize = 2000;
/// DNS messages taken in all.
const MESSAGES: usize = 1500;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1).map(PathBuf::from);
    let folder = arguments.next().ok_or("usage: fuzz_seeds FOLDER [CAPTURES ...]")?;
    for target in TARGETS {
        let own = folder.join(target.name);
        fs::create_dir_all(&own)?;
        for (nth, seed) in (target.seeds)().into_iter().enumerate() {
            fs::write(own.join(format!("seed-{nth:03}")), seed)?;
        }
    }
    let mut taken = Taken { folder, ..Taken::default() };
    for path in arguments {
        taken.of_path(&path)?;
    }
    eprintln!("{} packets, {} DNS messages", taken.packets, taken.messages);
    Ok(())
}

#[derive(Default)]
struct Taken {
    folder: PathBuf,
    kinds: HashMap<(u16, Vec<&'static str>), usize>,
    packets: usize,
    messages: usize,
}

impl Taken {
    fn of_path(&mut self, path: &Path) -> Result<(), Box<dyn Error>> {
        if path.is_dir() {
            let entries = fs::read_dir(path)?.map(|entry| entry.map(|entry| entry.path()));
            let mut inside = entries.collect::<Result<Vec<_>, _>>()?;
            inside.sort();
            return inside.iter().try_for_each(|path| self.of_path(path));
        }
        let Ok(mut source) = capture::open(path) else { return Ok(()) };
        for _ in 0..OF_A_FILE {
            let Ok(Some(record)) = source.next_record() else { break };
            if let Record::Packet(packet) = record {
                self.of_packet(&packet)?;
            }
        }
        Ok(())
    }

    fn of_packet(&mut self, packet: &Packet) -> Result<(), Box<dyn Error>> {
        let decoded = packet::decode(packet);
        let kind = (packet.link.0, packet::protocols(&decoded).collect());
        let count = self.kinds.entry(kind).or_default();
        *count += 1;
        if *count <= OF_A_KIND && packet.data.len() <= 2048 {
            // as `urltrace::fuzzing::decode` reads it
            let [high, low] = packet.link.0.to_be_bytes();
            let name = format!("decode/packet-{:05}", self.packets);
            fs::write(self.folder.join(name), [&[0xff, 0, high, low], &*packet.data].concat())?;
            self.packets += 1;
        }
        let is_dns =
            decoded.udp().is_some_and(|udp| udp.source_port().min(udp.destination_port()) == 53);
        if is_dns && self.messages < MESSAGES {
            let twice = |byte: &u8| vec![*byte; if *byte == 0xff { 2 } else { 1 }];
            let message: Vec<u8> = decoded.payload.iter().flat_map(twice).collect();
            let name = format!("dns/message-{:05}", self.messages);
            fs::write(self.folder.join(name), [&[0], &*message].concat())?;
            self.messages += 1;
        }
        Ok(())
    }
}

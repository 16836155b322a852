//! Makes a large capture out of a small one: the same visit by many clients, overlapping in time.
//!
//! `cargo run --release --example multiply -- IN.pcap OUT.pcap MEGABYTES`
//!
//! Every copy has a client address of its own (IPv4, Ethernet) with valid checksums, and starts
//! a little later than the one before, so that hundreds of visits are under way at once.

#![expect(
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a tool for benches: it reads our own fixtures and may stop where they are odd"
)]

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::error::Error;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::net::Ipv4Addr;

use urltrace::capture;
use urltrace::capture::source::{Packet, PacketSource, Record};

/// One visit begins this long after the one before.
const STAGGER_NS: i64 = 20_000_000;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [input, output, megabytes] = arguments.as_slice() else {
        return Err("usage: multiply IN OUT MEGABYTES".into());
    };
    let goal = megabytes.parse::<u64>()? * 1_000_000;
    let mut source = capture::open(input)?;
    let mut packets = Vec::new();
    while let Some(record) = source.next_record()? {
        if let Record::Packet(packet) = record {
            packets.push(packet);
        }
    }
    let client = client_of(&packets).ok_or("no IPv4 packet with a SYN in the capture")?;
    let size: u64 = packets.iter().map(|packet| 16 + packet.data.len() as u64).sum();
    let copies = goal.div_ceil(size);
    let mut out = BufWriter::with_capacity(1 << 20, File::create(output)?);
    // Classic pcap, nanoseconds, Ethernet.
    for word in [0xa1b2_3c4d_u32, 0x0004_0002, 0, 0, 262_144, 1] {
        out.write_all(&word.to_le_bytes())?;
    }
    write_all(&mut out, &packets, client, copies)?;
    out.flush()?;
    println!("{copies} visits, {} packets, {} bytes", copies * packets.len() as u64, copies * size);
    Ok(())
}

fn write_all(
    out: &mut impl Write,
    packets: &[Packet],
    client: Ipv4Addr,
    copies: u64,
) -> std::io::Result<()> {
    let Some(start) = packets.first().map(|packet| packet.at) else { return Ok(()) };
    let at = |copy: u64, nth: usize| {
        let own = packets[nth].at.since(start).as_nanos();
        start.as_nanos() + own + i64::try_from(copy).unwrap() * STAGGER_NS
    };
    // The next packet of every visit, earliest first.
    let mut next: BinaryHeap<_> = (0..copies).map(|copy| Reverse((at(copy, 0), copy, 0))).collect();
    while let Some(Reverse((time, copy, nth))) = next.pop() {
        let own = Ipv4Addr::from(0x0b00_0001 + u32::try_from(copy).unwrap());
        let mut data = packets[nth].data.to_vec();
        readdress(&mut data, client, own);
        let (seconds, nanos) = (time / 1_000_000_000, time % 1_000_000_000);
        let kept = i64::try_from(data.len()).unwrap();
        for word in [seconds, nanos, kept, i64::from(packets[nth].orig_len)] {
            out.write_all(&u32::try_from(word).unwrap().to_le_bytes())?;
        }
        out.write_all(&data)?;
        if nth + 1 < packets.len() {
            next.push(Reverse((at(copy, nth + 1), copy, nth + 1)));
        }
    }
    Ok(())
}

/// The sender of the first SYN.
fn client_of(packets: &[Packet]) -> Option<Ipv4Addr> {
    packets.iter().find_map(|packet| {
        let ip = packet.data.get(14..)?;
        let tcp = ip.get(usize::from(ip.first()? & 15) * 4..)?;
        let syn = packet.data.get(12..14)? == [8, 0] && ip.get(9)? == &6 && tcp.get(13)? == &2;
        syn.then(|| Ipv4Addr::new(ip[12], ip[13], ip[14], ip[15]))
    })
}

/// Puts `to` where `from` is an address of the packet, and keeps the checksums right.
fn readdress(data: &mut [u8], from: Ipv4Addr, to: Ipv4Addr) {
    let (from, to) = (from.octets(), to.octets());
    match data.get(12..14) {
        Some([8, 6]) => {
            for at in [28, 38] {
                if data.get(at..at + 4) == Some(&from) {
                    data[at..at + 4].copy_from_slice(&to);
                }
            }
        }
        Some([8, 0]) if data.len() >= 34 => {
            let header = usize::from(data[14] & 15) * 4;
            let checksum = match data[23] {
                6 => Some(14 + header + 16),
                17 => Some(14 + header + 6),
                _ => None,
            };
            for at in [26, 30] {
                if data[at..at + 4] == from {
                    data[at..at + 4].copy_from_slice(&to);
                    for place in [Some(24), checksum].into_iter().flatten() {
                        if data.len() >= place + 2 {
                            adjust(&mut data[place..place + 2], from, to);
                        }
                    }
                }
            }
        }
        _ => {}
    }
}

/// RFC 1624: HC' = ~(~HC + ~m + m').
fn adjust(checksum: &mut [u8], from: [u8; 4], to: [u8; 4]) {
    let word = |bytes: &[u8]| u32::from(u16::from_be_bytes([bytes[0], bytes[1]]));
    let mut sum = !word(checksum) & 0xffff;
    for half in [0, 2] {
        sum += (!word(&from[half..]) & 0xffff) + word(&to[half..]);
    }
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    checksum.copy_from_slice(&u16::try_from(!sum & 0xffff).unwrap().to_be_bytes());
}

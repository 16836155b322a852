//! Takes one packet apart, layer by layer: `cargo run --example decode_one_packet`
#![expect(clippy::print_stdout, reason = "an example shows what it found")]

use urltrace::packet::build::Capture;
use urltrace::packet::{self, describe};

fn main() {
    // A packet of a real capture would come from `capture::open(path)?.next_record()?`.
    let mut capture = Capture::new();
    capture
        .vlan(&[42])
        .tcp(([192, 0, 2, 2], 50_000), ([198, 51, 100, 80], 80))
        .handshake()
        .client(b"GET / HTTP/1.1\r\nHost: www.example.com\r\n\r\n");
    let packets = capture.packets();
    let Some(request) = packets.last() else { return };

    let decoded = packet::decode(request);
    println!("{} bytes in frame {}:", request.data.len(), request.frame);
    for layer in describe::layers(&decoded, request.orig_len, None) {
        println!(
            "{}: header {}, {} left; {}",
            layer.name, layer.header_len, layer.left, layer.summary
        );
        for (name, value) in &layer.fields {
            println!("    {name:<18} {value}");
        }
    }
    println!("payload: {:?}", String::from_utf8_lossy(decoded.payload));
    match decoded.stop {
        Some(stop) => println!("reading ended early: {stop:?}"),
        None => println!("every layer was whole"),
    }
}

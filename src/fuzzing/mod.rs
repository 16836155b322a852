//! What the fuzzer runs: one plain function a target, that takes any bytes and panics where a
//! rule is broken.
//!
//! The rules are those of every run (nothing panics, nothing hangs), and what each file says
//! beside them. `tests/fuzz` has the libFuzzer binaries, one line each; a test replays the seeds
//! and everything that was ever found (`testdata/fuzz/TARGET/`) on stable Rust.

pub mod analyzer;
pub mod assembler;
pub mod capture;
pub mod decode;
pub mod fragments;
pub mod handshake;
pub mod http2;
pub mod http3;
pub mod keylog;
pub mod pipeline;
mod plan;
pub mod quic;
mod reports;
mod seeds;
pub mod tcp;
pub mod tls;

/// One row of the table of targets.
#[derive(Debug)]
pub struct Target {
    /// What `tests/fuzz/run` calls it; the name of its binary and of its folder of findings.
    pub name: &'static str,
    /// What it does with bytes.
    pub fuzz: fn(&[u8]),
    /// Where the fuzzer begins: bytes that reach far into the code.
    pub seeds: fn() -> Vec<Vec<u8>>,
}

/// The targets.
pub static TARGETS: &[Target] = &[
    Target { name: "capture", fuzz: capture::fuzz, seeds: seeds::captures },
    Target { name: "decode", fuzz: decode::fuzz, seeds: seeds::packets },
    Target { name: "fragments", fuzz: fragments::fuzz, seeds: seeds::operations },
    Target { name: "assembler", fuzz: assembler::fuzz, seeds: seeds::operations },
    Target { name: "tcp", fuzz: tcp::fuzz, seeds: seeds::operations },
    Target { name: "dns", fuzz: analyzer::dns, seeds: seeds::dns },
    Target { name: "http1", fuzz: analyzer::http1, seeds: seeds::http1 },
    Target { name: "messages", fuzz: analyzer::messages, seeds: seeds::messages },
    Target { name: "handshake", fuzz: handshake::fuzz, seeds: handshake::seeds },
    Target { name: "tls", fuzz: tls::fuzz, seeds: tls::seeds },
    Target { name: "keylog", fuzz: keylog::fuzz, seeds: keylog::seeds },
    Target { name: "hpack", fuzz: http2::hpack, seeds: seeds::hpack },
    Target { name: "http2", fuzz: http2::http2, seeds: seeds::http2 },
    Target { name: "qpack", fuzz: http3::qpack, seeds: http3::qpack_seeds },
    Target { name: "http3", fuzz: http3::http3, seeds: http3::seeds },
    Target { name: "quic_packets", fuzz: quic::packets, seeds: quic::seeds::packets },
    Target { name: "quic_frames", fuzz: quic::frames, seeds: quic::seeds::frames },
    Target { name: "quic_connection", fuzz: quic::connection, seeds: quic::seeds::connections },
    Target { name: "quic_crypto", fuzz: quic::crypto, seeds: quic::seeds::crypto },
    Target { name: "analyzer", fuzz: analyzer::any, seeds: seeds::any },
    Target { name: "pipeline", fuzz: pipeline::fuzz, seeds: seeds::captures },
];

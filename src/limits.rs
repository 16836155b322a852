//! Every bound on what packets can make us hold, with its unit, default and reason.
//!
//! Bytes from the network are hostile: whatever grows with them has its bound here. Reaching one
//! is an [`Anomaly`](crate::anomaly::Anomaly) of class `Limit`, never silence. Bounds "per shard"
//! are shares: there are [`Limits::SHARDS`] shards whatever the number of threads, so that
//! output does not depend on it. With the defaults the worst of the floods that `tests/memory.rs`
//! tries takes under 1.5 GiB.

use crate::time::TimeDelta;

/// The bounds of one run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Flows followed at once, per shard. 64 shards of 2,048 follow 131,072; at two to four
    /// kilobytes each that is the largest part of what a flood can make us hold.
    pub flows_per_shard: usize,
    /// Bytes held for reassembly in one direction of one flow: a receive window of 4 MiB is
    /// what browsers reach; twice that may be in flight behind a hole.
    pub held_per_stream: usize,
    /// Bytes held for reassembly, per shard, in all.
    pub held_per_shard: usize,
    /// Ordered bytes that an analyzer may leave unread in one direction: more than any head.
    pub buffer_per_stream: usize,
    /// IP packets being put together from fragments, in all: at 10,000 packets a second of which
    /// one in a hundred is in fragments and all lose one, this is 40 s of them.
    pub fragmented_packets: usize,
    /// Bytes of fragments held, in all.
    pub fragment_bytes: usize,
    /// An incomplete fragmented packet is given up after this time (RFC 791 §3.2: 15 s at
    /// least; RFC 8200 §4.5: 60 s).
    pub fragment_timeout: TimeDelta,
    /// Bytes of one direction looked at to find out its protocol: more than any greeting needs.
    pub probe_bytes: usize,
    /// Datagrams of one flow looked at to find out its protocol: a few may be cut or strange.
    pub probe_datagrams: u8,
    /// Bytes of names kept of one DNS message: a full zone transfer message has about 150 KiB,
    /// while 64 KiB of compressed hostile ones unfold to 10 MiB.
    pub dns_names: usize,
    /// One message head (start line and fields): servers refuse more than 8 to 64 KiB.
    pub http_head: usize,
    /// Header fields in one head.
    pub http_fields: usize,
    /// Requests without an answer yet on one HTTP/1 connection.
    pub http_pipeline: usize,
    /// One chunk-size line with its extensions (RFC 9112 §7.1.1 asks for such a bound).
    pub http_chunk_line: usize,
    /// Streams of one HTTP/2 or HTTP/3 connection that are followed at once: servers allow 100 to
    /// 250.
    pub http_streams: usize,
    /// Streams of one direction of a QUIC connection that are followed at once, likewise.
    pub quic_streams: usize,
    /// Packets of one QUIC connection that are told with their frames: none, but for outputs that
    /// need them ([`Self::QUIC_PACKETS_ASKED_FOR`]).
    pub quic_packets: u32,
    /// Bytes kept of one direction's table of header fields (RFC 7541, RFC 9204): what browsers
    /// allow.
    pub hpack_table: usize,
    /// Bytes of one HTTP/3 connection that wait, behind a head, for entries of its table that have
    /// not come (RFC 9204 §2.1.2): what 100 Mbit/s bring in 80 ms, a round trip and some.
    pub http3_blocked: usize,
    /// Decoded bytes counted of one body: a zip bomb ends here.
    pub decoded_body: u64,
    /// Decoded bytes for each encoded byte of one body, once a MiB is decoded: deflate cannot
    /// do more than 1,032, and no page that people read does.
    pub decoded_ratio: u64,
    /// Bytes of window that one body's decoder may ask for: brotli's largest (RFC 7932 §9.1).
    /// Zstandard is held to 8 MiB at most (RFC 9659 §3).
    pub decoder_window: usize,
    /// One TLS handshake message: a chain of large certificates has tens of kilobytes, and no
    /// post-quantum one more than a hundred and some.
    pub tls_handshake: usize,
    /// Protected TLS records of one connection that wait for keys: what a page loads while its
    /// client is still to write its key log.
    pub tls_held_per_flow: usize,
    /// Likewise, per shard: 128 MiB in all.
    pub tls_held_per_shard: usize,
    /// Bytes of one shard that are not read yet, and what analyzers keep to read what follows
    /// (tables of header fields, heads and streams that have begun): 256 MiB in all. Beyond it the
    /// connection that asks for more is not read any further. A full shard has two kilobytes for
    /// each of its flows; a busy connection of HTTP/2 needs some ten, an idle one none.
    pub analyzers_per_shard: usize,
    /// Likewise of what is unpacked, bodies and messages of WebSockets: the largest window there is
    /// ([`Self::decoder_window`]) and what else it takes to fill it. Beyond it the decoded size is
    /// unknown.
    pub decoders_per_shard: usize,
    /// Bytes that values of one shard may have beyond those that said them: a field of a head may be
    /// a reference of one byte to 64 KiB (RFC 7541 §7.3), an event a thousandth of a packed body.
    /// A browser that asks for 200 things at once refers to 20 KiB in each.
    pub unfolded_at_once: usize,
    /// What of it each packet gives back: a head of usual size.
    pub unfolded_per_packet: usize,
    /// Records behind a hole for which it is tried whether a key opens them, of one direction: a
    /// few hundred are needed where megabytes are missing.
    pub tls_trials: u32,
    /// Secrets that are tried on connections whose ClientHello was not captured, per shard: each
    /// costs a few microseconds, so that all together are seconds at most.
    pub tls_searches: usize,
    /// A TCP flow without a packet for this long is over (longer than keep-alive intervals of
    /// common servers; RFC 5382 REQ-5 asks NATs for 2 h 4 min, which no visit needs).
    pub tcp_idle: TimeDelta,
    /// A TCP flow is kept this long after both ends closed it, for late retransmissions: a few
    /// retransmission time-outs (RFC 6298 §2.4: 1 s at least), far less than the 60 s of
    /// TIME-WAIT after which its ports may come again (RFC 9293 §3.6.1).
    pub tcp_closed: TimeDelta,
    /// Bytes that the receiver acknowledged and the capture does not have are given up this long
    /// after the acknowledgment: devices with several queues, and captures on several
    /// interfaces, show acknowledgments before what they acknowledge.
    pub tcp_ack_grace: TimeDelta,
    /// A UDP flow without a packet for this long is over (RFC 4787 REQ-5: 2 min).
    pub udp_idle: TimeDelta,
    /// Frame numbers listed for one entity; beyond it they are only counted.
    pub frames_listed: u64,
    /// Other things listed for one entity (SYNs, retransmissions, holes, attempts, replies,
    /// interim responses, messages): more than anybody reads, on the worst of connections.
    pub listed: usize,
    /// Connections kept in the model, a kilobyte each; beyond it they are only counted.
    /// A visit has some tens, a busy server a quarter of a million in hours.
    pub connections: usize,
    /// From so many connections on, those on which nobody answers (a SYN without a handshake, a
    /// UDP flow in one direction) are only counted: a scan shall not take the place of others.
    pub silent_connections: usize,
    /// Questions to DNS kept in the model, half a kilobyte each.
    pub lookups: usize,
    /// Questions to DNS that wait for their answer; the oldest wait no more.
    pub lookups_pending: usize,
    /// Questions of one DNS message that are followed: DNS has one (RFC 9619), mDNS some tens.
    pub dns_questions: usize,
    /// Requests kept in the model, one or two kilobytes each.
    pub exchanges: usize,
    /// Questions and answers of ARP and NDP kept in the model.
    pub neighbors: usize,
    /// What hosts were told of their network: a large one hands out some thousand addresses.
    pub configurations: usize,
    /// What protocols without entities of their own said.
    pub notes: usize,
    /// Anomalies of one kind that are listed; beyond it they are only counted.
    pub anomalies_of_a_kind: usize,
    /// Those that one packet says of one flow; beyond it they are only counted, for a packet has
    /// room for thousands.
    pub anomalies_of_a_packet: u32,
    /// Bytes of message heads, names and records kept in the model in all: ten times what a
    /// gigabyte of browsing has.
    pub model_text: usize,
}

impl Limits {
    /// Flows are spread over this many independent parts, for any number of threads.
    pub const SHARDS: usize = 64;
    /// Protocols inside one another that are followed: a proxy's tunnel in TLS, TLS in the tunnel,
    /// HTTP in it, and a WebSocket in that; nobody has more.
    pub const NESTING: u8 = 6;
    /// Connections whose TLS secrets are kept, some 300 bytes each: key logs of months.
    pub const SECRETS: usize = 1 << 17;
    /// Bytes captured of one packet; a file that claims more is damaged. It is libpcap's
    /// MAXIMUM_SNAPLEN and Wireshark's maximum too, four times the largest IPv4 packet.
    pub const CAPTURED_PACKET: u32 = 262_144;
    /// One pcapng block that is held at once (Wireshark's maximum); longer ones are skipped.
    pub const CAPTURE_BLOCK: u32 = 16 << 20;
    /// Window of a zstd capture file, as a power of two: what the zstd program reads without being
    /// told to (128 MiB, `--long=27`).
    pub const CAPTURE_WINDOW_LOG: u32 = 27;
    /// Interfaces of one capture file; each further one is damage. Real files have under 100.
    pub const CAPTURE_INTERFACES: usize = 1 << 16;
    /// Bytes of comments and names kept of one capture file: a book's worth, sixteen times.
    pub const CAPTURE_TEXT: usize = 16 << 20;
    /// Segments of one direction in which a slice looks for the bytes that are sent again: those
    /// that are in flight, and some.
    pub const SEGMENTS_REMEMBERED: usize = 4096;
    /// Directions of TCP flows in which the view of packets remembers whether a credential goes on
    /// in the next segment, and likewise of QUIC, and what each end is called there; beyond it all are forgotten. A busy visit has some hundred.
    pub const VEILED_WAYS: usize = 4096;
    /// Segments with payload that the view of packets remembers of all connections, 24 bytes each,
    /// and no more than [`Self::SEGMENTS_REMEMBERED`] of one direction; beyond it all are forgotten.
    pub const VIEWED_SEGMENTS: usize = 1 << 18;
    /// Questions (of DNS, ARP, NDP, DHCP, HTTP, echo) whose answers the view of packets waits for,
    /// and first fragments; the oldest wait no more. What is not answered soon never is.
    pub const VIEWED_QUESTIONS: usize = 1 << 14;
    /// Bytes of a handshake record of TLS that the view of packets keeps of each of
    /// [`Self::VEILED_WAYS`] directions until it is whole: a ClientHello with a post-quantum key
    /// has 1,800.
    pub const VIEWED_HELLO: usize = 4096;
    /// Reasons for which packets of one shard could not be decoded that are told apart: protocol
    /// numbers of 32 bits are among them.
    pub const UNDECODED_REASONS: usize = 256;
    /// Stalls listed of one connection: a download of a minute with one in each round trip of
    /// 15 ms. Of later times no cause is told.
    pub const STALLS_LISTED: usize = 4096;
    /// Round trips kept of each direction of a connection, for their median and 95th percentile:
    /// of more, an even choice is kept. Six of 128 lie above that percentile.
    pub const TIMES_KEPT: usize = 128;
    /// Names listed of one TLS message: protocols that are offered, those in all certificates of a
    /// chain. Certificates of content networks have a hundred names.
    pub const TLS_LISTED: usize = 256;
    /// Certificates listed of one TLS message: chains have three or four.
    pub const TLS_CHAIN: usize = 64;
    /// Bytes that the compressed certificates of one message may unfold to: chains have some
    /// thousand, and OpenSSL takes 100 KiB at most.
    pub const TLS_CERTIFICATES: u32 = 256 << 10;
    /// Packets of one QUIC connection that an output of packets asks for: a download of 100 MB, some
    /// hundred bytes each.
    pub const QUIC_PACKETS_ASKED_FOR: u32 = 100_000;
    /// Damaged places listed for one run; beyond them the last entry says that there are more.
    pub const DAMAGE_LISTED: usize = 100;
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            flows_per_shard: 2048,
            held_per_stream: 8 << 20,
            held_per_shard: 16 << 20,
            buffer_per_stream: 1 << 20,
            probe_bytes: 4 << 10,
            probe_datagrams: 8,
            dns_names: 1 << 20,
            fragmented_packets: 4096,
            fragment_bytes: 32 << 20,
            fragment_timeout: TimeDelta::from_secs(60),
            http_head: 256 << 10,
            http_fields: 1024,
            http_pipeline: 1024,
            http_chunk_line: 4096,
            http_streams: 4096,
            quic_streams: 4096,
            quic_packets: 0,
            hpack_table: 64 << 10,
            http3_blocked: 1 << 20,
            decoded_body: 1 << 30,
            decoded_ratio: 1100,
            decoder_window: 16 << 20,
            tls_handshake: 256 << 10,
            tls_held_per_flow: 2 << 20,
            tls_held_per_shard: 2 << 20,
            analyzers_per_shard: 4 << 20,
            decoders_per_shard: 18 << 20,
            unfolded_at_once: 4 << 20,
            unfolded_per_packet: 8 << 10,
            tls_trials: 4096,
            tls_searches: 1 << 14,
            tcp_idle: TimeDelta::from_secs(900),
            tcp_closed: TimeDelta::from_secs(15),
            tcp_ack_grace: TimeDelta::from_millis(3),
            udp_idle: TimeDelta::from_secs(120),
            frames_listed: 1 << 20,
            listed: 4096,
            connections: 1 << 18,
            silent_connections: 1 << 16,
            lookups: 1 << 17,
            lookups_pending: 1 << 15,
            dns_questions: 64,
            exchanges: 1 << 18,
            neighbors: 1 << 16,
            configurations: 1 << 14,
            notes: 1 << 16,
            anomalies_of_a_kind: 1 << 14,
            anomalies_of_a_packet: 64,
            model_text: 256 << 20,
        }
    }
}

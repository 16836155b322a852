//! urltrace turns captured packets into the story of a browser visit.
//!
//! Packets go in; out comes who was asked for which hardware address, which name was looked up,
//! which handshake opened which connection, which request got which response and how it all was
//! closed, with the time of every phase and the frames that prove it. The same library is behind
//! the `urltrace` program; this page is its map.
//!
//! # From bytes to HAR
//!
//! ```
//! use urltrace::capture::{memory::Memory, source::Record};
//! use urltrace::packet::build::Capture;
//! use urltrace::pipeline::{self, Settings, Watch};
//! use urltrace::report::{format::{Options, Reporter}, har::Har};
//!
//! // A capture in memory; `urltrace::capture::open(path)?` is a source just the same.
//! let mut capture = Capture::new();
//! capture
//!     .tcp(([192, 0, 2, 2], 50_000), ([198, 51, 100, 80], 80))
//!     .handshake()
//!     .client(b"GET /hello HTTP/1.1\r\nHost: www.example.com\r\n\r\n")
//!     .server(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello")
//!     .close();
//! let mut source = Memory::new(capture.packets().into_iter().map(Record::Packet));
//!
//! let settings = Settings::new(2);
//! let outcome = pipeline::run(&mut source, &settings, Watch::default());
//! assert!(outcome.error.is_none());
//! let [exchange] = outcome.trace.exchanges.as_slice() else { panic!("one request") };
//! assert_eq!(exchange.url.as_deref(), Some("http://www.example.com/hello"));
//! assert_eq!(exchange.status(), Some(200));
//! let connect = exchange.timings.connect.map(|time| time.as_millis_f64());
//! assert_eq!(connect, Some(2.0));
//!
//! let mut har = Vec::new();
//! Har.write(&outcome.trace, &Options::default(), &mut har)?;
//! assert!(har.starts_with(br#"{"log":{"version":"1.2""#));
//! # Ok::<(), std::io::Error>(())
//! ```
//!
//! `tests/examples` has four programs of under forty lines: one lists visits, one takes a packet
//! apart, one adds a protocol, one watches an interface.
//!
//! # The layers
//!
//! From the ground up. Each takes values of the layer below and gives values to the one above;
//! nobody calls back.
//!
//! | layer | takes → gives | begin to read at |
//! |---|---|---|
//! | [`time`], [`cursor`], [`address`], [`limits`], [`anomaly`] | words that all others share | [`time::Stamp`], [`limits::Limits`] |
//! | [`capture`] | a file or a device → [`Packet`](capture::source::Packet)s in capture order | [`capture::source::PacketSource`] |
//! | [`packet`] | one packet → its layers; keeps nothing, never fails | [`packet::decode`] |
//! | [`flow`] | packets → ordered byte streams, datagrams, the life of TCP | [`flow::event::FlowEvent`] |
//! | [`protocol`] | streams → what was said, in one total order | [`protocol::analyzer::Analyzer`], [`protocol::event::Event`] |
//! | [`trace`] | events → the model: lookups, connections, exchanges, visits | [`trace::Trace`] |
//! | [`report`] | the model → text, JSON, NDJSON, HAR | [`report::format::Reporter`] |
//! | [`pipeline`] | the one place that knows all of these; threads live here only | [`pipeline::run()`] |
//! | [`cli`] | arguments → settings → `pipeline` and `report` | [`cli::args::Args`] |
//!
//! ```text
//!  capture ──► packet ──► flow ──► protocol ──► trace ──► report
//!  frames      layers     streams  events       the       timeline,
//!                                               model     HAR, ...
//!     └────────────── pipeline: 64 shards on n threads ─────┘
//! ```
//!
//! # The rules
//!
//! - **A file imports only from layers above it in this table**, and `report` and `pipeline` do
//!   not know each other. Inside a folder, `mod.rs` names its children and they never name it, so
//!   there is no circle even between two files. A file has one subject, and 400 lines at most.
//!   `tests/layers.rs` reads every file and fails where this is broken.
//! - **What leaves is a pure function of the packets.** No clock below `cli` but that of the
//!   device, no output in the order of a hash map. [`Limits::SHARDS`](limits::Limits::SHARDS)
//!   sequential machines share the traffic by address pair, whatever the number of threads, and
//!   their events are merged by [`Order`](protocol::event::Order): so `--threads` changes the
//!   speed and never a byte.
//! - **Every byte has two stamps**: the packet that brought it (*arrived*) and the packet that
//!   closed the hole before it (*delivered*). Time to first byte needs the first, time to last
//!   byte the second.
//! - **What is not known is absent**, never zero and never guessed: a request without a response
//!   has no status, a phase that did not happen has no time, missing bytes are a
//!   [gap](flow::event::StreamEvent::Gap) with a reason.
//! - **Bytes are hostile.** Nothing panics, no code is unsafe, and whatever grows has its bound in
//!   [`limits`]; reaching one is an [`Anomaly`](anomaly::Anomaly), not silence. `src/fuzzing` lets
//!   a fuzzer at each layer.
//!
//! - **Credentials are not in the model.** [`trace::builder`] blanks them unless it is told to keep
//!   them, so that no report has to think of it; text from packets is escaped where it is printed.
//!
//! # Where things are added
//!
//! - **A protocol**: a folder in [`protocol`] with an [`Analyzer`](protocol::analyzer::Analyzer), a
//!   `mod` line and a row in [`PROTOCOLS`](protocol::PROTOCOLS).
//! - **An output**: a file in [`report`] with a [`Reporter`](report::format::Reporter) and a row in
//!   [`FORMATS`](report::FORMATS); `--format`, `--view` and the file endings follow.
//! - **A file format**: a file in [`capture`] and a row in [`SOURCES`](capture::SOURCES). Whatever
//!   else packets come from implements [`PacketSource`](capture::source::PacketSource).
//! - **A bound**: a field of [`Limits`](limits::Limits), with its unit and its reason.
//!
//! # One packet on its way
//!
//! Frame 812 carries the middle of a picture; the segment before it was lost and comes again as
//! frame 815. `capture::pcapng` cuts the packet from a block without a copy. `pipeline::dispatch`
//! hashes its address pair and puts it in a round; a worker gives it to the pair's shard.
//! [`packet::decode`] slices Ethernet, IPv4 and TCP. [`flow::table`] finds the flow, and the
//! connection turns the sequence number into an offset in the stream. [`flow::assembler`] holds the
//! bytes, for those before them are missing: no event yet. Frame 815 brings them, and two pieces
//! leave at once: one arrived and delivered at 815, one arrived at 812 and delivered at 815. The
//! hole leaves too, as a [`Stall`](flow::event::Stall) from 812 to 815, which
//! [`trace::attribution`] will take out of the time to receive. `protocol::session` adds the bytes
//! to the flow's buffer, [`protocol::http1`] counts them as body, and with the last one says that
//! the response is whole. The merge puts that event in its place among those of all other flows;
//! [`trace::builder`] completes the exchange and makes phases of its stamps ([`trace::timing`]),
//! [`trace::waterfall`] a row and a bar, and [`report`] draws it. Nothing asks the packet again.
//!
//! # What building taught
//!
//! The first plan was drawn before the first line. These things came out differently, and why:
//!
//! - **ARP and ICMP are flows too**, with ports of 0. They then share sharding, the clock, the
//!   table of protocols and the order of events; a path of their own would have doubled all four.
//! - **Four stamps for a run of bytes, not two.** A message has a first and a last byte, each with
//!   an arrival and a delivery ([`Span`](protocol::buffer::Span)). Two stamps cannot tell both the
//!   time to first byte and the end of the body once there is a hole in the middle.
//! - **Rounds instead of a watermark.** The merge was to follow the lowest frame that all shards
//!   have passed. Packets now travel in rounds that every worker answers, so merging is sorting
//!   one round: nothing to track, and a quiet shard holds nobody up.
//! - **An event's order has a phase** ([`Phase`](protocol::event::Phase)): deadlines that a frame's
//!   time stamp lets pass come before what the frame itself says, and what only the end of the
//!   capture decides comes last.
//! - **Lookups and resolutions are two things.** A browser asks for A, AAAA and HTTPS at once, and
//!   a connection waits for some of the answers. [`Lookup`](trace::Lookup) is one question,
//!   [`Resolution`](trace::Resolution) is the questions for one name that were asked together.
//! - **Formats grow.** A reporter may write each thing as it is complete
//!   ([`Reporter::completed`](report::format::Reporter::completed)); live rows and NDJSON are the
//!   same mechanism, and no second model for the screen was needed.
//! - **Filters, limits and copies of a capture are sources around a source**, not options of each
//!   source, so they work alike for files, devices and memory.
//! - **Two addresses decide the shard, not the whole 5-tuple**: streams that change ports stay
//!   together. Of QUIC the server's address does, for a client may move to another one and its
//!   connection goes on. ARP and ICMP, which are few and speak of others, share the first shard.
//! - **Fragments are put together before the shards**, not in them: a packet in a tunnel belongs to
//!   its inner addresses, and those are known only once it is whole.
//! - **What is inside a packet comes back out.** A layer cannot call the one above it, so who finds
//!   a packet within a packet hands it back, and [`packet::decode`] begins anew with it: no circle
//!   between files, no recursion, and one bound on all nesting.

pub mod address;
pub mod anomaly;
pub mod capture;
pub mod cli;
pub mod cursor;
pub mod flow;
#[doc(hidden)]
pub mod fuzzing;
pub mod limits;
pub mod packet;
pub mod pipeline;
pub mod protocol;
pub mod report;
pub mod time;
pub mod trace;

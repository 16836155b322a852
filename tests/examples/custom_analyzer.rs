//! A protocol of one's own, in a table of one's own: `cargo run --example custom_analyzer`
#![expect(clippy::print_stdout, reason = "an example shows what it found")]
use urltrace::packet::{self, build::Capture};
use urltrace::protocol::analyzer::{Analyzer, Context, Progress, Protocol, StreamKey, Verdict};
use urltrace::protocol::event::{EventBody, Phase};
use urltrace::protocol::{buffer::StreamBuffer, sessions::Sessions};
use urltrace::{flow::event::Transport, flow::table::FlowTable, limits::Limits};

struct Ssh;
impl Analyzer for Ssh {
    fn data(&mut self, _: StreamKey, buffer: &mut StreamBuffer, cx: &mut Context<'_>) -> Progress {
        let text = String::from_utf8_lossy(&buffer.peek(255)).into_owned();
        // Half a line stays in the buffer and comes again with more behind it.
        let Some((line, _)) = text.split_once("\r\n") else { return Progress::More };
        cx.emit(EventBody::Note { protocol: "ssh", text: line.to_owned() });
        Progress::Done
    }
}
static MINE: &[&Protocol] = &[&Protocol {
    name: "ssh",
    transports: &[Transport::Tcp],
    ports: &[22],
    alpn: &[],
    probe: |first| if first.bytes.starts_with(b"SSH-") { Verdict::Yes } else { Verdict::No },
    start: |_| Box::new(Ssh),
}];
fn main() {
    let mut capture = Capture::new();
    let mut ssh = capture.tcp(([192, 0, 2, 2], 50_000), ([192, 0, 2, 1], 22));
    ssh.handshake().server(b"SSH-2.0-Open").server(b"SSH_9.9\r\n");
    let (mut flows, mut said) = (FlowTable::new(&Limits::default()), Vec::new());
    let (mut sessions, mut events) = (Sessions::new(Limits::default(), MINE), Vec::new());
    for p in capture.packets() {
        flows.push(&p, &packet::decode(&p), &mut said);
        said.drain(..).for_each(|it| sessions.push((p.frame, Phase::Packet), it, &mut events));
    }
    events.retain(|event| matches!(event.body, EventBody::Note { .. }));
    println!("{events:?}");
}

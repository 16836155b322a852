//! A TCP connection in the making: what each end says becomes segments.

use std::net::SocketAddr;
use std::ops::Range;

use etherparse::{TcpHeader, TcpOptionElement};

use crate::packet::build::frame::Content;
use crate::packet::build::tape::Tape;
use crate::time::TimeDelta;

/// Both ends of a connection.
#[derive(Clone, Debug)]
pub(super) struct Ends {
    client: End,
    server: End,
    mss: u16,
    closed: bool,
    last: Side,
}

#[derive(Clone, Debug)]
struct End {
    address: SocketAddr,
    /// Initial sequence number: that of its SYN.
    isn: u32,
    /// Sequence number of its next byte.
    next: u32,
    window: u16,
    syn_options: Vec<TcpOptionElement>,
    /// Options of all other segments.
    options: Vec<TcpOptionElement>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Side {
    Client,
    Server,
}

#[derive(Clone, Copy, Debug, Default)]
struct Flags {
    syn: bool,
    fin: bool,
    rst: bool,
    psh: bool,
}

impl Ends {
    pub(super) fn new(client: SocketAddr, server: SocketAddr, nth: u32) -> Self {
        let end = |address, isn: u32| End {
            address,
            isn,
            next: isn.wrapping_add(1),
            window: 64_240,
            syn_options: vec![
                TcpOptionElement::MaximumSegmentSize(1460),
                TcpOptionElement::SelectiveAcknowledgementPermitted,
                TcpOptionElement::Noop,
                TcpOptionElement::WindowScale(7),
            ],
            options: Vec::new(),
        };
        Self {
            client: end(client, nth.wrapping_mul(100_000).wrapping_add(1_000_000)),
            server: end(server, nth.wrapping_mul(100_000).wrapping_add(5_000_000)),
            mss: 1460,
            closed: false,
            last: Side::Client,
        }
    }

    fn pair(&self, sender: Side) -> (&End, &End) {
        match sender {
            Side::Client => (&self.client, &self.server),
            Side::Server => (&self.server, &self.client),
        }
    }

    fn end_mut(&mut self, side: Side) -> &mut End {
        match side {
            Side::Client => &mut self.client,
            Side::Server => &mut self.server,
        }
    }
}

/// A TCP connection that is being recorded. Every call adds the segments it names; each but a
/// SYN acknowledges all that its sender could have received.
#[derive(Debug)]
pub struct Connection<'c> {
    tape: &'c mut Tape,
    ends: &'c mut Ends,
}

impl<'c> Connection<'c> {
    pub(super) fn new(tape: &'c mut Tape, ends: &'c mut Ends) -> Self {
        Self { tape, ends }
    }

    /// SYN, SYN-ACK, ACK.
    pub fn handshake(&mut self) -> &mut Self {
        self.syn().syn_ack().ack_client()
    }

    /// The client's SYN; after a close it begins a new connection with new sequence numbers.
    pub fn syn(&mut self) -> &mut Self {
        if self.ends.closed {
            let later = |isn: u32| isn.wrapping_add(0x0100_0000);
            self.isn(later(self.ends.client.isn), later(self.ends.server.isn));
        }
        let seq = self.ends.client.isn;
        self.segment(Side::Client, Flags { syn: true, ..Flags::default() }, seq, None, &[])
    }

    /// The server's SYN-ACK.
    pub fn syn_ack(&mut self) -> &mut Self {
        let (seq, ack) = (self.ends.server.isn, self.ends.client.next);
        self.segment(Side::Server, Flags { syn: true, ..Flags::default() }, seq, Some(ack), &[])
    }

    /// The client sends bytes, cut by the MSS.
    pub fn client(&mut self, bytes: &[u8]) -> &mut Self {
        self.send(Side::Client, bytes)
    }

    /// The server sends bytes, cut by the MSS.
    pub fn server(&mut self, bytes: &[u8]) -> &mut Self {
        self.send(Side::Server, bytes)
    }

    /// The client sends one segment whose first byte stands at `offset` of its stream, whatever
    /// it sent before: again, early, overlapping. Nothing else changes.
    pub fn client_at(&mut self, offset: u32, bytes: &[u8]) -> &mut Self {
        self.send_at(Side::Client, offset, bytes)
    }

    /// The server sends one segment whose first byte stands at `offset` of its stream.
    pub fn server_at(&mut self, offset: u32, bytes: &[u8]) -> &mut Self {
        self.send_at(Side::Server, offset, bytes)
    }

    /// The receiver of the last segment acknowledges it.
    pub fn ack(&mut self) -> &mut Self {
        match self.ends.last {
            Side::Client => self.ack_server(),
            Side::Server => self.ack_client(),
        }
    }

    /// The client acknowledges all.
    pub fn ack_client(&mut self) -> &mut Self {
        self.flagged(Side::Client, Flags::default(), 0)
    }

    /// The server acknowledges all.
    pub fn ack_server(&mut self) -> &mut Self {
        self.flagged(Side::Server, Flags::default(), 0)
    }

    /// The client acknowledges the server's stream up to `offset`.
    pub fn client_acks(&mut self, offset: u32) -> &mut Self {
        let ack = self.ends.server.isn.wrapping_add(1).wrapping_add(offset);
        let seq = self.ends.client.next;
        self.segment(Side::Client, Flags::default(), seq, Some(ack), &[])
    }

    /// The server acknowledges the client's stream up to `offset`.
    pub fn server_acks(&mut self, offset: u32) -> &mut Self {
        let ack = self.ends.client.isn.wrapping_add(1).wrapping_add(offset);
        let seq = self.ends.server.next;
        self.segment(Side::Server, Flags::default(), seq, Some(ack), &[])
    }

    /// The client acknowledges the server's stream up to `offset`, and reports these blocks of
    /// it beyond (RFC 2018), or as received twice (RFC 2883).
    pub fn client_sacks(&mut self, offset: u32, blocks: &[Range<u32>]) -> &mut Self {
        let first = self.ends.server.isn.wrapping_add(1);
        let before = self.ends.client.options.clone();
        self.ends.client.options.extend(sack(first, blocks));
        self.client_acks(offset);
        self.ends.client.options = before;
        self
    }

    /// The client's clock and its echo of the server's, in its segments from now on (RFC 7323).
    pub fn client_clock(&mut self, value: u32, echo: u32) -> &mut Self {
        self.ends.client.options = vec![TcpOptionElement::Timestamp(value, echo)];
        self
    }

    /// The server's clock and its echo of the client's, in its segments from now on.
    pub fn server_clock(&mut self, value: u32, echo: u32) -> &mut Self {
        self.ends.server.options = vec![TcpOptionElement::Timestamp(value, echo)];
        self
    }

    /// The client has no more to say.
    pub fn fin_client(&mut self) -> &mut Self {
        self.flagged(Side::Client, Flags { fin: true, ..Flags::default() }, 1)
    }

    /// The server has no more to say.
    pub fn fin_server(&mut self) -> &mut Self {
        self.flagged(Side::Server, Flags { fin: true, ..Flags::default() }, 1)
    }

    /// The client closes, then the server: FIN, ACK, FIN, ACK.
    pub fn close(&mut self) -> &mut Self {
        self.fin_client().ack_server().fin_server().ack_client()
    }

    /// The server closes, then the client: FIN, ACK, FIN, ACK.
    pub fn close_server(&mut self) -> &mut Self {
        self.fin_server().ack_client().fin_client().ack_server()
    }

    /// The client resets.
    pub fn rst_client(&mut self) -> &mut Self {
        self.flagged(Side::Client, Flags { rst: true, ..Flags::default() }, 0)
    }

    /// The server resets; right after the SYN it refuses the connection.
    pub fn rst_server(&mut self) -> &mut Self {
        if self.ends.last == Side::Client
            && self.ends.client.next == self.ends.client.isn.wrapping_add(1)
        {
            // RFC 9293 §3.5.2: an answer to a SYN has sequence number 0
            let ack = self.ends.client.next;
            let flags = Flags { rst: true, ..Flags::default() };
            return self.segment(Side::Server, flags, 0, Some(ack), &[]);
        }
        self.flagged(Side::Server, Flags { rst: true, ..Flags::default() }, 0)
    }

    /// The client asks whether the server is still there: an empty segment one byte back.
    pub fn keep_alive_client(&mut self) -> &mut Self {
        let (seq, ack) = (self.ends.client.next.wrapping_sub(1), self.ends.server.next);
        self.segment(Side::Client, Flags::default(), seq, Some(ack), &[])
    }

    /// The server asks whether the client is still there.
    pub fn keep_alive_server(&mut self) -> &mut Self {
        let (seq, ack) = (self.ends.server.next.wrapping_sub(1), self.ends.client.next);
        self.segment(Side::Server, Flags::default(), seq, Some(ack), &[])
    }

    /// Time passes before the next segment.
    pub fn wait(&mut self, millis: i64) -> &mut Self {
        self.tape.now = self.tape.now + TimeDelta::from_millis(millis);
        self
    }

    /// The next segment is this far from the start of the capture.
    pub fn at(&mut self, since_start: TimeDelta) -> &mut Self {
        self.tape.now = self.tape.start + since_start;
        self
    }

    /// Segments from now on carry at most this many bytes, and a SYN says so; 1460 unless set.
    pub fn mss(&mut self, bytes: u16) -> &mut Self {
        self.ends.mss = bytes.max(1);
        for end in [&mut self.ends.client, &mut self.ends.server] {
            for option in &mut end.syn_options {
                if let TcpOptionElement::MaximumSegmentSize(mss) = option {
                    *mss = bytes;
                }
            }
        }
        self
    }

    /// Both initial sequence numbers; what was sent so far belongs to another connection.
    pub fn isn(&mut self, client: u32, server: u32) -> &mut Self {
        for (end, isn) in [(&mut self.ends.client, client), (&mut self.ends.server, server)] {
            end.isn = isn;
            end.next = isn.wrapping_add(1);
        }
        self.ends.closed = false;
        self
    }

    /// The window field of the client's segments from now on.
    pub fn client_window(&mut self, window: u16) -> &mut Self {
        self.ends.client.window = window;
        self
    }

    /// The window field of the server's segments from now on.
    pub fn server_window(&mut self, window: u16) -> &mut Self {
        self.ends.server.window = window;
        self
    }

    /// The options of the SYN and of the SYN-ACK.
    pub fn syn_options(
        &mut self,
        client: &[TcpOptionElement],
        server: &[TcpOptionElement],
    ) -> &mut Self {
        self.ends.client.syn_options = client.to_vec();
        self.ends.server.syn_options = server.to_vec();
        self
    }

    /// The number of the last frame of the whole capture.
    pub fn frame(&self) -> usize {
        self.tape.frames.len()
    }

    fn send(&mut self, sender: Side, bytes: &[u8]) -> &mut Self {
        let mut chunks = bytes.chunks(usize::from(self.ends.mss)).peekable();
        while let Some(chunk) = chunks.next() {
            let (from, to) = self.ends.pair(sender);
            let (seq, ack) = (from.next, to.next);
            let flags = Flags { psh: chunks.peek().is_none(), ..Flags::default() };
            self.segment(sender, flags, seq, Some(ack), chunk);
            let length = u32::try_from(chunk.len()).unwrap_or(u32::MAX);
            self.ends.end_mut(sender).next = seq.wrapping_add(length);
        }
        self
    }

    fn send_at(&mut self, sender: Side, offset: u32, bytes: &[u8]) -> &mut Self {
        let (from, to) = self.ends.pair(sender);
        let (seq, ack) = (from.isn.wrapping_add(1).wrapping_add(offset), to.next);
        self.segment(sender, Flags { psh: true, ..Flags::default() }, seq, Some(ack), bytes)
    }

    /// An empty segment that takes `length` sequence numbers.
    fn flagged(&mut self, sender: Side, flags: Flags, length: u32) -> &mut Self {
        let (from, to) = self.ends.pair(sender);
        let (seq, ack) = (from.next, to.next);
        self.segment(sender, flags, seq, Some(ack), &[]);
        self.ends.end_mut(sender).next = seq.wrapping_add(length);
        self.ends.closed |= flags.fin || flags.rst;
        self
    }

    fn segment(
        &mut self,
        sender: Side,
        flags: Flags,
        seq: u32,
        ack: Option<u32>,
        bytes: &[u8],
    ) -> &mut Self {
        let (from, to) = self.ends.pair(sender);
        let mut header = TcpHeader::new(from.address.port(), to.address.port(), seq, from.window);
        header.syn = flags.syn;
        header.fin = flags.fin;
        header.rst = flags.rst;
        header.psh = flags.psh;
        header.ack = ack.is_some();
        header.acknowledgment_number = ack.unwrap_or_default();
        let options = if flags.syn { &from.syn_options } else { &from.options };
        if header.set_options(options).is_err() {
            // more than 40 bytes of options: the segment goes without
            header.options = etherparse::TcpOptions::default();
        }
        self.tape.send(from.address.ip(), to.address.ip(), Content::Tcp(header, bytes));
        self.ends.last = sender;
        self
    }
}

/// Blocks of a stream whose first byte has the sequence number `first`.
fn sack(first: u32, blocks: &[Range<u32>]) -> Option<TcpOptionElement> {
    let block =
        |range: &Range<u32>| (first.wrapping_add(range.start), first.wrapping_add(range.end));
    let (head, rest) = blocks.split_first()?;
    let mut more = [None; 3];
    for (slot, range) in more.iter_mut().zip(rest) {
        *slot = Some(block(range));
    }
    Some(TcpOptionElement::SelectiveAcknowledgement(block(head), more))
}

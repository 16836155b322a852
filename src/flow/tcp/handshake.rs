//! The three-way handshake (RFC 9293 §3.5), with its retries.
//!
//! Takes SYNs, SYN-ACKs and the client's first ACK; gives the events that tell of them. Which of
//! them belong to this connection is decided before they come here.

use crate::flow::event::{Ecn, FastOpen, Handshake, Multipath, TcpEvent, TcpOptions};
use crate::flow::piece::Segment;
use crate::flow::tcp::options::Options;
use crate::time::{Stamp, TimeDelta};

/// What was seen of a handshake.
#[derive(Debug, Default)]
pub(super) struct Opening {
    syn: Option<Syn>,
    /// The SYN-ACKs, and the acknowledgment number of the first.
    syn_ack: Option<(Syn, u32)>,
    /// The last SYN before the first SYN-ACK. An echoed timestamp does not tell it better: Linux
    /// goes on echoing the first SYN's when it answers a later one.
    answered: Option<Stamp>,
    acked: Option<Acked>,
    told: bool,
    /// The acknowledgment number of an ACK that answered the SYN in place of a SYN-ACK.
    challenge: Option<u32>,
}

/// SYNs of one direction.
#[derive(Debug)]
struct Syn {
    first: Stamp,
    seq: u32,
    attempts: u32,
    options: TcpOptions,
    last: Stamp,
}

/// The client's first segment with an acknowledgment.
#[derive(Debug)]
struct Acked {
    at: Stamp,
    seq: u32,
    ack: u32,
    /// The last SYN-ACK before it.
    answered: Option<Stamp>,
}

impl Opening {
    /// A SYN of the client.
    pub(super) fn syn(&mut self, segment: &Segment<'_>) -> TcpEvent {
        let options = options(segment);
        let syn = self.syn.get_or_insert_with(|| Syn::new(segment, options));
        syn.count(segment);
        TcpEvent::Syn { attempt: syn.attempts, seq: segment.seq, options, window: segment.window }
    }

    /// A SYN-ACK of the server.
    pub(super) fn syn_ack(&mut self, segment: &Segment<'_>, ack: u32) -> TcpEvent {
        let options = options(segment);
        if let Some(syn) = &self.syn {
            self.answered.get_or_insert(syn.last);
        }
        let (syn_ack, _) = self.syn_ack.get_or_insert_with(|| (Syn::new(segment, options), ack));
        syn_ack.count(segment);
        TcpEvent::SynAck {
            attempt: syn_ack.attempts,
            seq: segment.seq,
            ack,
            options,
            window: segment.window,
        }
    }

    /// The client acknowledges the server's SYN.
    pub(super) fn acked(&mut self, segment: &Segment<'_>, ack: u32) {
        let answered = self.syn_ack.as_ref().map(|(syn_ack, _)| syn_ack.last);
        let acked = Acked { at: segment.piece.stamp, seq: segment.seq, ack, answered };
        self.acked.get_or_insert(acked);
    }

    /// The whole handshake, once, when its last part is there.
    pub(super) fn whole(&mut self) -> Option<Handshake> {
        if self.told {
            return None;
        }
        let (syn, (syn_ack, syn_ack_ack)) = (self.syn.as_ref()?, self.syn_ack.as_ref()?);
        let acked = self.acked.as_ref()?;
        // in a simultaneous open the server's SYN-ACK comes last, and completes it
        let last = Acked { at: syn_ack.first, seq: syn_ack.seq, ack: *syn_ack_ack, answered: None };
        let last = if acked.at.frame < last.at.frame { &last } else { acked };
        self.told = true;
        Some(Handshake {
            syn: syn.first,
            syn_seq: syn.seq,
            syn_attempts: syn.attempts,
            syn_answered: self.answered.unwrap_or(syn.first),
            syn_ack: syn_ack.first,
            syn_ack_seq: syn_ack.seq,
            syn_ack_ack: *syn_ack_ack,
            syn_ack_attempts: syn_ack.attempts,
            syn_ack_answered: last.answered.unwrap_or(syn_ack.first),
            ack: last.at,
            ack_seq: last.seq,
            ack_ack: last.ack,
            client_options: syn.options,
            server_options: syn_ack.options,
        })
    }

    /// The round trips to the server and to the client, where it is known what answers what: not
    /// after a SYN or a SYN-ACK that was repeated (Karn's rule, RFC 6298 §3).
    pub(super) fn sides(&self) -> (Option<TimeDelta>, Option<TimeDelta>) {
        let Some((syn_ack, _)) = &self.syn_ack else { return (None, None) };
        let syn = self.syn.as_ref().filter(|syn| syn.attempts == 1);
        let server = syn.map(|syn| syn_ack.first.at.since(syn.first.at));
        let acked = self.acked.as_ref().filter(|_| syn_ack.attempts == 1);
        let client = acked.map(|acked| acked.at.at.since(syn_ack.first.at));
        (server, client)
    }

    /// An ACK answers the SYN that acknowledges something else.
    pub(super) const fn challenged(&mut self, ack: u32) {
        self.challenge = Some(ack);
    }

    /// True for the RST that answers such an ACK: it ends what the server still believed in, not
    /// this connection.
    pub(super) fn answers_challenge(&self, seq: u32) -> bool {
        self.challenge == Some(seq)
    }

    /// True where a SYN waits for its answer.
    pub(super) const fn is_waiting(&self) -> bool {
        self.syn.is_some() && self.syn_ack.is_none() && self.acked.is_none()
    }

    /// True where the client's SYN was seen, the whole handshake not: a SYN-ACK may follow that
    /// completes it.
    pub(super) const fn is_waiting_for_answer(&self) -> bool {
        self.syn.is_some() && !self.told
    }

    /// True where the client acknowledged the server's SYN.
    pub(super) const fn is_acked(&self) -> bool {
        self.acked.is_some()
    }
}

impl Syn {
    const fn new(segment: &Segment<'_>, options: TcpOptions) -> Self {
        let stamp = segment.piece.stamp;
        Self { first: stamp, seq: segment.seq, attempts: 0, options, last: stamp }
    }

    const fn count(&mut self, segment: &Segment<'_>) {
        self.attempts = self.attempts.saturating_add(1);
        self.last = segment.piece.stamp;
    }
}

/// The options of a SYN.
fn options(segment: &Segment<'_>) -> TcpOptions {
    let mut options = TcpOptions::default();
    for option in Options::new(segment.header.options()) {
        match option {
            (2, &[a, b]) => options.mss = Some(u16::from_be_bytes([a, b])),
            (3, &[shift]) => options.window_scale = Some(shift),
            (4, []) => options.sack_permitted = true,
            (8, &[_, _, _, _, _, _, _, _]) => options.timestamps = true,
            (30, &[subtype, ..]) => options.multipath = multipath(subtype >> 4),
            (34, cookie) => {
                let asks = cookie.is_empty();
                options.fast_open = Some(if asks { FastOpen::Asked } else { FastOpen::Cookie });
            }
            _ => {}
        }
    }
    options.ecn = ecn(segment);
    options.is_cut = segment.header.is_cut();
    options
}

/// The subtype of a Multipath TCP option that a SYN may have (RFC 8684 §3.1, §3.2).
const fn multipath(subtype: u8) -> Option<Multipath> {
    match subtype {
        0 => Some(Multipath::Capable),
        1 => Some(Multipath::Join),
        _ => None,
    }
}

/// What the flags of a SYN or SYN-ACK say of congestion marks (RFC 3168 §6.1.1, RFC 9768 §3.1.1).
fn ecn(segment: &Segment<'_>) -> Option<Ecn> {
    let header = segment.header;
    match (segment.ack.is_some(), header.ns(), header.cwr(), header.ece()) {
        (false, false, true, true) | (true, false, false, true) => Some(Ecn::Classic),
        (false, true, true, true) => Some(Ecn::Accurate),
        // a server that knows no such thing sends the client's flags back
        (true, true, true, true) => None,
        (true, ns, cwr, _) if ns || cwr => Some(Ecn::Accurate),
        _ => None,
    }
}

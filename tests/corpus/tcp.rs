//! TCP conversations, and what became of their segments.

use std::collections::BTreeMap;

use urltrace::address::Endpoint;
use urltrace::flow::event::{Counters, EndReason, Role, SegmentKind, Transport};
use urltrace::trace::{Connection, Trace};

use crate::corpus::agreement::Sight;
use crate::corpus::compare::Found;
use crate::corpus::rules::{CUT_BY_SILENCE, Case};
use crate::support::facts::{Facts, TcpRow};

/// What segments are counted as: the class, and the name in tshark's analysis.
const KINDS: [(&str, &str); 10] = [
    ("tcp-retransmission", "retransmission"),
    ("tcp-fast-retransmission", "fast_retransmission"),
    ("tcp-spurious-retransmission", "spurious_retransmission"),
    ("tcp-out-of-order", "out_of_order"),
    ("tcp-duplicate-ack", "duplicate_ack"),
    ("tcp-zero-window", "zero_window"),
    ("tcp-keep-alive", "keep_alive"),
    ("tcp-keep-alive-ack", "keep_alive_ack"),
    ("tcp-ack-lost-segment", "ack_lost_segment"),
    ("tcp-window-full", "window_full"),
];

/// What stands in the column of flags, in this order.
const FLAGS: [&str; 6] = ["S", "A", "fc", "fs", "rc", "rs"];

/// One conversation as one side sees it.
#[derive(Clone, Debug, Default)]
pub(super) struct Talk {
    first: u64,
    last: u64,
    client: String,
    server: String,
    /// True where a SYN or a SYN-ACK told who is the client.
    is_told: bool,
    /// From the client and from the server.
    pub(super) packets: [u64; 2],
    bytes: [u64; 2],
    /// Which of [`FLAGS`] were seen.
    flags: [bool; 6],
    completeness: u64,
    kinds: BTreeMap<&'static str, u64>,
    /// Packets captured twice; ours only.
    pub(super) copies: u64,
    /// The client's SYN and its ACK have one sequence number; ours only.
    pub(super) stands_still: bool,
    /// Whether there was an ACK alone is not known: there were only RSTs; ours only.
    is_ack_unsure: bool,
    /// Acknowledgments that tell of a retransmission before them that it was needless; ours only.
    pub(super) found_needless: u64,
    /// A RST ended it; ours only.
    pub(super) is_reset: bool,
    /// It ended of itself or by silence; ours only.
    is_over: bool,
}

/// Compares the conversations of one capture.
pub(super) fn compare(found: &mut Found, facts: &Facts, trace: &Trace) {
    let Some(rows) = facts.tcp() else { return };
    let theirs: BTreeMap<u64, Talk> = rows.iter().map(|row| (row.first, their_talk(row))).collect();
    let tcp = trace.connections.iter().filter(|c| c.transport == Transport::Tcp);
    let mut ours: BTreeMap<u64, Talk> =
        tcp.map(|connection| (connection.opened.frame.0, our_talk(connection))).collect();
    for ours in ours.values_mut() {
        let told = theirs.values().find(|theirs| ours.is_turned(theirs));
        if told.is_some() {
            ours.turn();
        }
    }
    let explained = joined(found, &mut ours, &theirs);
    let lines = |talks: &BTreeMap<u64, Talk>, without: &[u64]| {
        let talks = talks.iter().filter(|(first, _)| !without.contains(first));
        talks.map(|(_, talk)| talk.line()).collect::<Vec<_>>()
    };
    found.lists("tcp-conversations", &lines(&ours, &[]), &lines(&theirs, &explained));
    for (first, our_talk) in &ours {
        let their_talk = theirs.get(first).filter(|theirs| theirs.line() == our_talk.line());
        let Some(their_talk) = their_talk else { continue };
        let case = |ours, theirs| Case { ours, theirs, our_talk, their_talk };
        for (class, kind) in KINDS {
            let (ours, theirs) = (our_talk.count(kind), their_talk.count(kind));
            let equal = ours.min(theirs);
            found.numbers(class, *first, &case(ours, theirs), (ours.max(theirs), equal));
        }
        let unsure = if our_talk.is_ack_unsure { 4 } else { 0 };
        let (ours, theirs) = (our_talk.completeness, their_talk.completeness);
        let ours = ours & !unsure | theirs & unsure;
        let is_equal = u64::from(ours == theirs);
        found.numbers("tcp-completeness", *first, &case(ours, theirs), (1, is_equal));
    }
}

/// Takes conversations of tshark's that we have in several pieces out of `ours`, where each piece
/// but the last was over; gives the first frames of those conversations.
fn joined(
    found: &mut Found,
    ours: &mut BTreeMap<u64, Talk>,
    theirs: &BTreeMap<u64, Talk>,
) -> Vec<u64> {
    let mut explained = Vec::new();
    for (first, whole) in theirs {
        let pieces: Vec<&Talk> = ours
            .range(first..=&whole.last)
            .map(|(_, talk)| talk)
            .filter(|t| t.is_of(whole))
            .collect();
        let [earlier @ .., _] = &pieces[..] else { continue };
        // one after the other: pieces side by side are cut by something else, as by two VLANs
        let in_turn = pieces.windows(2).all(|two| two[0].last < two[1].first);
        if earlier.is_empty() || !in_turn || !earlier.iter().all(|piece| piece.is_over) {
            continue;
        }
        let sum = |of: fn(&Talk) -> [u64; 2]| {
            let turned = pieces.iter().map(|piece| {
                let [client, server] = of(piece);
                if piece.client == whole.client { [client, server] } else { [server, client] }
            });
            turned.fold([0, 0], |[a, b], [c, d]| [a + c, b + d])
        };
        if sum(|talk| talk.packets) == whole.packets && sum(|talk| talk.bytes) == whole.bytes {
            found.agreement.note("tcp-conversations", Sight::Open, 1, 0);
            found.ruled("tcp-conversations", &CUT_BY_SILENCE, 1);
            explained.push(*first);
            let firsts: Vec<u64> = pieces.iter().map(|piece| piece.first).collect();
            ours.retain(|first, _| !firsts.contains(first));
        }
    }
    explained
}

impl Talk {
    /// Ends, who is the client, packets and bytes each way, flags seen.
    fn line(&self) -> String {
        let Self { first, client, server, is_told, packets, bytes, .. } = self;
        let by = if *is_told { "" } else { " midway" };
        let ([a, b], [c, d]) = (packets, bytes);
        let flags = FLAGS.iter().zip(self.flags).filter(|(_, seen)| *seen).map(|(flag, _)| *flag);
        let flags = flags.collect::<Vec<_>>().join(" ");
        format!("{first}: {client} > {server}{by}, packets {a} {b}, bytes {c} {d}, flags {flags}")
    }

    /// True where both were met midway and take the ends the other way round.
    fn is_turned(&self, other: &Self) -> bool {
        self.first == other.first
            && !self.is_told
            && !other.is_told
            && (&self.client, &self.server) == (&other.server, &other.client)
    }

    /// The other end is the client.
    fn turn(&mut self) {
        std::mem::swap(&mut self.client, &mut self.server);
        self.packets.reverse();
        self.bytes.reverse();
        self.flags.swap(2, 3);
        self.flags.swap(4, 5);
    }

    fn is_of(&self, other: &Self) -> bool {
        let ends = |talk: &Self| {
            let mut ends = [talk.client.clone(), talk.server.clone()];
            ends.sort();
            ends
        };
        ends(self) == ends(other)
    }

    /// How often tshark's analysis, or ours, gave that name.
    pub(super) fn count(&self, kind: &str) -> u64 {
        self.kinds.get(kind).copied().unwrap_or(0)
    }

    /// Segments that are either late or sent again.
    pub(super) fn again_or_late(&self) -> u64 {
        self.count("retransmission") + self.count("out_of_order")
    }

    pub(super) fn has_fin(&self) -> bool {
        self.flags[2] || self.flags[3]
    }

    /// True where the conversation begins with a SYN.
    pub(super) fn has_syn_first(&self) -> bool {
        self.flags[0] && self.is_told
    }
}

fn our_talk(connection: &Connection) -> Talk {
    let end = |end: Endpoint| format!("{} {}", end.ip, end.port);
    let (to_server, to_client) = (&connection.counters.to_server, &connection.counters.to_client);
    let both = [to_server, to_client];
    let sum = |of: fn(&Counters) -> u64| of(to_server) + of(to_client);
    let noted = |is: fn(SegmentKind) -> bool| {
        connection.segments.iter().filter(|note| is(note.kind)).count() as u64
    };
    let kinds = [
        ("retransmission", sum(|c| c.retransmissions.into())),
        ("fast_retransmission", sum(|c| c.fast_retransmissions.into())),
        ("spurious_retransmission", sum(|c| c.spurious_retransmissions.into())),
        ("out_of_order", sum(|c| c.out_of_order.into())),
        ("duplicate_ack", sum(|c| c.duplicate_acks.into())),
        ("zero_window", sum(|c| c.zero_windows.into())),
        ("keep_alive", sum(|c| c.keep_alives.into())),
        ("keep_alive_ack", noted(|kind| kind == SegmentKind::KeepAliveAck)),
        ("ack_lost_segment", noted(|kind| kind == SegmentKind::AckedUnseen)),
        ("window_full", noted(|kind| kind == SegmentKind::WindowFull)),
    ];
    let flags = [
        sum(|c| c.syns.into()) > 0,
        sum(|c| c.syn_acks.into()) > 0,
        to_server.fins > 0,
        to_client.fins > 0,
        to_server.rsts > 0,
        to_client.rsts > 0,
    ];
    let opening = sum(|c| c.syns.into()) + sum(|c| c.syn_acks.into());
    let pure = sum(|c| c.packets).saturating_sub(sum(|c| c.segments) + opening);
    let bits = [
        (1, flags[0]),
        (2, flags[1]),
        (4, pure > 0),
        (8, sum(|c| c.segments) > 0),
        (16, sum(|c| c.fins.into()) > 0),
        (32, sum(|c| c.rsts.into()) > 0),
    ];
    let frames = &connection.frames;
    Talk {
        first: connection.opened.frame.0,
        last: frames.iter().last().map_or(0, |frame| frame.0),
        client: end(connection.client),
        server: end(connection.server),
        is_told: matches!(connection.role, Role::Syn | Role::SynAck),
        packets: both.map(|c| c.packets),
        bytes: both.map(|c| c.bytes),
        flags,
        completeness: bits.iter().filter(|(_, is)| *is).map(|(bit, _)| bit).sum(),
        kinds: kinds.into_iter().collect(),
        copies: sum(|c| c.capture_duplicates.into()),
        stands_still: connection
            .handshake
            .as_ref()
            .is_some_and(|handshake| handshake.ack_seq == handshake.syn_seq),
        is_ack_unsure: pure > 0 && pure <= sum(|c| c.rsts.into()),
        found_needless: noted(|kind| {
            matches!(kind, SegmentKind::DuplicateSack | SegmentKind::OriginalAcked)
        }),
        is_reset: connection.end == Some(EndReason::Rst),
        is_over: matches!(connection.end, Some(EndReason::Idle | EndReason::Fin | EndReason::Rst)),
    }
}

fn their_talk(row: &TcpRow) -> Talk {
    let analysis = |name: &'static str| (name, row.analysis.get(name).copied().unwrap_or(0));
    let flags: Vec<&str> = row.flags.split(' ').collect();
    Talk {
        first: row.first,
        last: row.last,
        client: row.client.clone(),
        server: row.server.clone(),
        is_told: row.is_told,
        packets: row.packets,
        bytes: row.bytes,
        flags: FLAGS.map(|flag| flags.contains(&flag)),
        completeness: row.completeness,
        kinds: KINDS.into_iter().map(|(_, name)| analysis(name)).collect(),
        ..Talk::default()
    }
}

//! Reads the source, counts what needs no decoding, and gives each packet to its shard.

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::SyncSender;

use crate::capture::source::{self, Packet, PacketSource, Record};
use crate::flow::event::{FlowEvent, FlowId};
use crate::flow::fragment::Fragments;
use crate::limits::Limits;
use crate::packet::{self, Ends};
use crate::pipeline::shard::{Item, Round};
use crate::pipeline::watch::{PacketWatch, RunError};
use crate::protocol::event::Phase;
use crate::protocol::secrets::Secrets;
use crate::time::{FrameNo, Stamp, TimeDelta, Timestamp};
use crate::trace::CaptureFacts;

/// Packets of one round: enough that a channel costs nothing, few enough that their blocks are
/// small beside the caches.
const ROUND_PACKETS: usize = 1024;

/// Bytes of one round, so that large packets do not pin many blocks.
const ROUND_BYTES: usize = 1 << 20;

/// At the end flows are over in the order in which they began: those of so many frames in one
/// round, of this many rounds. Room for a full table is never needed twice.
const LAST_FRAMES: u64 = 1 << 14;
const LAST_ROUNDS: u64 = 64;

/// How often the clock of the shards is set, in packet time.
const TICK: TimeDelta = TimeDelta::from_secs(1);

/// What reading gave.
pub(super) struct Read {
    /// What was counted.
    pub(super) facts: CaptureFacts,
    /// What opens TLS.
    pub(super) secrets: Secrets,
    /// Why it ended early.
    pub(super) error: Option<RunError>,
}

/// Reads until the end, an error, or `stop`.
pub(super) fn read(
    source: &mut dyn PacketSource,
    workers: Vec<SyncSender<Round>>,
    limits: &Limits,
    mut watch: Option<PacketWatch<'_>>,
    stop: &AtomicBool,
) -> Read {
    let mut dispatcher = Dispatcher::new(workers, limits);
    if source.may_bring_secrets() {
        dispatcher.secrets.expect_more();
        dispatcher.has_news = true;
    }
    let error = loop {
        if stop.load(Ordering::Relaxed) {
            break None;
        }
        match source.next_record() {
            Ok(Some(Record::Packet(packet))) => {
                if let Some(watch) = &mut watch
                    && let Err(error) = watch(&packet, &source.about(&packet))
                {
                    break Some(RunError::Watch(error));
                }
                dispatcher.packet(packet);
            }
            Ok(Some(Record::Idle)) => {
                dispatcher.share_secrets();
                dispatcher.flush();
            }
            Ok(Some(Record::Secrets(secrets))) => dispatcher.secrets(&secrets),
            Ok(None) => break None,
            Err(error) => break Some(RunError::Capture(error)),
        }
    };
    dispatcher.finish();
    let Dispatcher { mut facts, secrets, .. } = dispatcher;
    facts.source = source.summary();
    facts.keys = secrets.counted();
    Read { facts, secrets, error }
}

struct Dispatcher {
    fragments: Fragments,
    /// Each worker, and what it is given next.
    workers: Vec<(SyncSender<Round>, Round)>,
    /// Packets and bytes of the round, over all workers.
    packets: usize,
    bytes: usize,
    facts: CaptureFacts,
    secrets: Secrets,
    /// The shards do not know all secrets: they are told before the next packet.
    has_news: bool,
    /// The latest packet time so far: the clock never steps back.
    clock: Timestamp,
    next_tick: Timestamp,
    last_frame: FrameNo,
}

impl Dispatcher {
    fn new(workers: Vec<SyncSender<Round>>, limits: &Limits) -> Self {
        Self {
            fragments: Fragments::new(limits),
            workers: workers.into_iter().map(|worker| (worker, Round::default())).collect(),
            packets: 0,
            bytes: 0,
            facts: CaptureFacts::default(),
            secrets: Secrets::default(),
            has_news: false,
            clock: Timestamp::MIN,
            next_tick: Timestamp::MIN,
            last_frame: FrameNo(0),
        }
    }

    fn packet(&mut self, packet: Packet) {
        self.share_secrets();
        self.count(&packet);
        if self.clock >= self.next_tick {
            if self.facts.packets > 1 {
                let (frame, clock) = (packet.frame, self.clock);
                self.all(|| Item::Tick { frame, clock });
                let mut said = Vec::new();
                self.fragments.advance(Stamp::new(clock, frame), &mut said);
                self.said((frame, Phase::Tick), said);
            }
            self.next_tick = self.clock + TICK;
        }
        self.packets += 1;
        self.bytes += packet.data.len();
        self.last_frame = packet.frame;
        match packet::ends(&packet) {
            Ends::Fragment => self.fragment(packet),
            ends => {
                let shard = shard_of(ends);
                self.give(shard, Item::Packet { shard, packet });
            }
        }
        if self.packets >= ROUND_PACKETS || self.bytes >= ROUND_BYTES {
            self.flush();
        }
    }

    /// What opens TLS: for all that is held already too, where it can be opened now.
    fn secrets(&mut self, record: &source::Secrets) {
        self.has_news |=
            record.kind == source::Secrets::TLS_KEY_LOG && self.secrets.read(&record.data);
    }

    fn share_secrets(&mut self) {
        if !std::mem::take(&mut self.has_news) {
            return;
        }
        let secrets = Arc::new(self.secrets.share());
        let now = Stamp::new(self.clock, self.last_frame);
        self.all(|| Item::Secrets { now, secrets: Arc::clone(&secrets) });
    }

    /// A fragment is counted in the first shard; the packet that it completes goes to the shard of
    /// its own ends.
    #[cold]
    fn fragment(&mut self, packet: Packet) {
        let mut said = Vec::new();
        let whole = self.fragments.push(&packet, &packet::decode(&packet), &mut said);
        let turn = (packet.frame, Phase::Packet);
        self.give(0, Item::Packet { shard: 0, packet });
        self.said(turn, said);
        if let Some(whole) = whole {
            let shard = shard_of(packet::ends_of(&whole.decode()));
            self.give(shard, Item::Whole { shard, whole: Box::new(whole) });
        }
    }

    /// What fragments say that never became a packet.
    fn said(&mut self, turn: (FrameNo, Phase), said: Vec<FlowEvent>) {
        if !said.is_empty() {
            self.give(0, Item::Said { turn, said });
        }
    }

    fn give(&mut self, shard: usize, item: Item) {
        let worker = shard % self.workers.len().max(1);
        if let Some((_, round)) = self.workers.get_mut(worker) {
            round.push(item);
        }
    }

    fn count(&mut self, packet: &Packet) {
        let facts = &mut self.facts;
        facts.packets += 1;
        facts.bytes += u64::from(packet.orig_len);
        facts.captured_bytes += packet.data.len() as u64;
        facts.snapped += u64::from(packet.data.len() < packet.orig_len as usize);
        facts.backward += u64::from(packet.at < self.clock);
        facts.first = Some(facts.first.map_or(packet.at, |first| first.min(packet.at)));
        facts.last = Some(facts.last.map_or(packet.at, |last| last.max(packet.at)));
        self.clock = self.clock.max(packet.at);
    }

    /// Something for all shards, at this place among the packets.
    fn all(&mut self, item: impl Fn() -> Item) {
        for (_, round) in &mut self.workers {
            round.push(item());
        }
    }

    /// Gives every worker its part, though it be empty: what they give back is one round, too.
    fn flush(&mut self) {
        if self.workers.iter().all(|(_, round)| round.is_empty()) {
            return;
        }
        (self.packets, self.bytes) = (0, 0);
        for (worker, round) in &mut self.workers {
            let next = Vec::with_capacity(round.len());
            // A worker that is gone has panicked; joining the scope passes that on.
            let _ = worker.send(std::mem::replace(round, next));
        }
    }

    fn finish(&mut self) {
        self.share_secrets();
        let frame = self.last_frame;
        let mut said = Vec::new();
        self.fragments.finish(Stamp::new(self.clock, frame), &mut said);
        for left in (0..LAST_ROUNDS).rev() {
            let latest = FlowId(FrameNo(frame.0.saturating_sub(left * LAST_FRAMES)));
            if left == 0 || latest.0.0 > 0 {
                let (now, later) = said.into_iter().partition(|event| event.flow <= latest);
                said = later;
                self.said((frame, Phase::Finish), now);
                self.all(|| Item::Finish { frame, latest, is_last: left == 0 });
                self.flush();
            }
        }
        self.workers.clear();
    }
}

/// The shard of a packet: by its unordered pair of addresses, so that changes of port stay
/// together. Neighbours and ICMP, which are few and speak of others, share the first.
fn shard_of(ends: Ends) -> usize {
    let Ends::Pair(source, destination) = ends else { return 0 };
    let (lo, hi) = (source.min(destination), source.max(destination));
    let mixed = [lo, hi].into_iter().fold(0x9e37_79b9_7f4a_7c15, |mixed, ip| match ip {
        IpAddr::V4(ip) => mix(mixed ^ u64::from(ip.to_bits())),
        IpAddr::V6(ip) => {
            #[expect(clippy::cast_possible_truncation, reason = "one half after the other")]
            let (high, low) = ((ip.to_bits() >> 64) as u64, ip.to_bits() as u64);
            mix(mix(mixed ^ high) ^ low)
        }
    });
    usize::try_from(mixed % Limits::SHARDS as u64).unwrap_or(0)
}

/// The finalizer of splitmix64. Which shard holds a flow decides which flow is evicted at a
/// bound, so the hash must be the same in every run; an attacker who aims at one shard only
/// reaches that shard's budget.
const fn mix(value: u64) -> u64 {
    let value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}

//! The sequential machines: packets of some address pairs in, events out.
//!
//! There are always [`Limits::SHARDS`] of them; a worker thread owns every n-th.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender};

use crate::capture::source::Packet;
use crate::flow::event::{FlowEvent, FlowId};
use crate::flow::fragment::Whole;
use crate::flow::table::FlowTable;
use crate::limits::Limits;
use crate::packet;
use crate::pipeline::counts::{Counts, Reasons};
use crate::protocol::analyzer::Protocol;
use crate::protocol::event::{Event, Phase};
use crate::protocol::secrets::Secrets;
use crate::protocol::sessions::Sessions;
use crate::time::{FrameNo, Stamp, Timestamp};

/// What a worker is given at once, in capture order. All workers are given a round together.
pub(super) type Round = Vec<Item>;

/// One thing in a round.
pub(super) enum Item {
    /// A packet for one shard of the worker.
    Packet {
        /// Which.
        shard: usize,
        /// The packet.
        packet: Packet,
    },
    /// A packet for one shard of the worker that came in fragments.
    Whole {
        /// Which.
        shard: usize,
        /// The packet.
        whole: Box<Whole>,
    },
    /// For the first shard: what was said before any flow was known.
    Said {
        /// Its place among all that is said.
        turn: (FrameNo, Phase),
        /// What.
        said: Vec<FlowEvent>,
    },
    /// For all shards: the clock, before the packet of that frame.
    Tick {
        /// The frame.
        frame: FrameNo,
        /// Packet time.
        clock: Timestamp,
    },
    /// For all shards: what opens TLS from here on, with all that did before.
    Secrets {
        /// The frame behind which they came, and its time.
        now: Stamp,
        /// All secrets.
        secrets: Arc<Secrets>,
    },
    /// For all shards: the capture is over, and so are flows.
    Finish {
        /// The last frame.
        frame: FrameNo,
        /// Flows that began later are over in a later round.
        latest: FlowId,
        /// There is none.
        is_last: bool,
    },
}

/// What a worker gives back for a round.
pub(super) struct Done {
    /// The events of its shards, not in order.
    pub(super) events: Vec<Event>,
    /// What it counted, with the last round.
    pub(super) counts: Option<Counts>,
}

/// One thread's shards.
pub(super) struct Worker {
    threads: usize,
    shards: Vec<Shard>,
    counts: Counts,
}

struct Shard {
    table: FlowTable,
    sessions: Sessions,
    undecoded: Reasons,
    /// What the table said about one packet; empty between packets.
    said: Vec<FlowEvent>,
}

impl Worker {
    /// The `nth` of so many threads.
    pub(super) fn new(
        nth: usize,
        threads: usize,
        limits: &Limits,
        protocols: &'static [&'static Protocol],
    ) -> Self {
        let shards = (nth..Limits::SHARDS).step_by(threads).map(|_| Shard {
            table: FlowTable::new(limits),
            sessions: Sessions::new(limits.clone(), protocols),
            undecoded: Reasons::default(),
            said: Vec::new(),
        });
        Self { threads, shards: shards.collect(), counts: Counts::default() }
    }

    /// Works until there are no more rounds, or nobody takes the results.
    pub(super) fn run(mut self, rounds: &Receiver<Round>, results: &SyncSender<Done>) {
        while let Ok(round) = rounds.recv() {
            let mut events = Vec::new();
            let mut over = false;
            for item in round {
                over |= matches!(item, Item::Finish { is_last: true, .. });
                self.item(item, &mut events);
            }
            let counts = over.then(|| std::mem::take(&mut self.counts));
            if results.send(Done { events, counts }).is_err() {
                return;
            }
        }
    }

    fn item(&mut self, item: Item, events: &mut Vec<Event>) {
        match item {
            Item::Packet { shard, packet } => {
                if let Some(shard) = self.shards.get_mut(shard / self.threads) {
                    shard.packet(&packet, &mut self.counts, events);
                }
            }
            Item::Whole { shard, whole } => {
                if let Some(shard) = self.shards.get_mut(shard / self.threads) {
                    shard.table.push_whole(&whole, &mut shard.said);
                    shard.pass_on((whole.stamp.frame, Phase::Packet), events);
                }
            }
            Item::Said { turn, said } => {
                if let Some(shard) = self.shards.first_mut() {
                    shard.said.extend(said);
                    shard.pass_on(turn, events);
                }
            }
            Item::Tick { frame, clock } => {
                for shard in &mut self.shards {
                    shard.table.advance(Stamp::new(clock, frame), &mut shard.said);
                    shard.pass_on((frame, Phase::Tick), events);
                }
            }
            Item::Secrets { now, secrets } => {
                for shard in &mut self.shards {
                    let turn = (now.frame, Phase::Secrets);
                    shard.sessions.secrets(turn, now, Arc::clone(&secrets), events);
                }
            }
            Item::Finish { frame, latest, is_last: _ } => {
                for shard in &mut self.shards {
                    shard.table.finish(latest, &mut shard.said);
                    shard.pass_on((frame, Phase::Finish), events);
                    self.counts.undecoded(std::mem::take(&mut shard.undecoded));
                }
            }
        }
    }
}

impl Shard {
    fn packet(&mut self, packet: &Packet, counts: &mut Counts, events: &mut Vec<Event>) {
        let decoded = packet::decode(packet);
        counts.packet(packet, &decoded);
        if let Some(stop) = &decoded.stop {
            self.undecoded.count(stop, packet.frame);
        }
        self.table.push(packet, &decoded, &mut self.said);
        self.pass_on((packet.frame, Phase::Packet), events);
    }

    fn pass_on(&mut self, turn: (FrameNo, Phase), events: &mut Vec<Event>) {
        for event in self.said.drain(..) {
            self.sessions.push(turn, event, events);
        }
    }
}

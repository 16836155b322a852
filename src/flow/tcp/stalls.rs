//! What held up the bytes of a connection, both ways, told up to a bound.

use crate::flow::emit::Emit;
use crate::flow::event::{
    Direction, FlowBody, Handshake, PerDirection, RoundTrip, SegmentKind, Stall, StallCause,
};
use crate::flow::piece::Segment;
use crate::flow::tcp::options::timestamps;
use crate::flow::tcp::pace::Pace;
use crate::flow::tcp::watch::{Any, Found, Heard, Passed, Watch};
use crate::limits::Limits;
use crate::time::Stamp;

/// Looks for stalls. Nothing is kept of a connection that is not open and carries nothing.
#[derive(Debug, Default)]
pub(super) struct Stalls {
    watches: Option<Box<Watches>>,
    told: usize,
}

#[derive(Debug)]
struct Watches {
    pace: Pace,
    both: PerDirection<Watch>,
}

/// A payload that was put into its place.
pub(super) struct Taken {
    pub(super) passed: Passed,
    /// What it was, where it was more than the next bytes.
    pub(super) kind: Kind,
    /// It closed a hole, or a part of one.
    pub(super) filled: bool,
    /// Bytes wait behind a hole.
    pub(super) waits: bool,
    /// The stream can be read further than before.
    pub(super) went_on: bool,
}

/// What a payload was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// New bytes.
    New,
    /// Bytes below the highest, named.
    Named(SegmentKind),
    /// Bytes whose acknowledgment was captured before them: that is the capture's order.
    Late,
}

impl Stalls {
    /// The connection is open.
    #[cold]
    pub(super) fn established(&mut self, handshake: &Handshake) {
        self.watches().pace = Pace::of(handshake);
    }

    /// Any packet.
    #[inline]
    pub(super) fn passed(&mut self, segment: &Segment<'_>, opens_hole: bool) {
        if let Some(watches) = &mut self.watches {
            let packet = Any {
                at: segment.piece.stamp.at,
                id: (segment.piece.identification() & 0xffff) as u16,
                clock: timestamps(segment.header.options()).map(|of| of.value),
                opens_hole,
            };
            watches.both.of_mut(segment.piece.direction).passed(&packet);
        }
    }

    /// A payload.
    #[inline]
    pub(super) fn took(&mut self, direction: Direction, taken: &Taken, emit: &mut Emit<'_>) {
        let Watches { pace, both } = self.watches();
        let watch = both.of_mut(direction);
        let at = taken.passed.at;
        let by = match taken.kind {
            Kind::New => {
                let ended = watch.sent(&taken.passed, pace);
                let hole = watch.order(at, taken.waits, taken.went_on, None);
                if !ended.is_empty() || hole.is_some() {
                    self.tell(direction, ended.into_iter().chain(hole), emit);
                }
                return;
            }
            Kind::Named(kind) => Some(kind),
            Kind::Late => None,
        };
        let before = match by {
            Some(SegmentKind::SpuriousRetransmission) => None,
            Some(SegmentKind::OutOfOrder) | None => {
                watch.overtaken(at);
                None
            }
            Some(kind) => watch.sent_again(&taken.passed, kind, taken.filled),
        };
        let hole = watch.order(at, taken.waits, taken.went_on, by);
        self.tell(direction, before.into_iter().chain(hole), emit);
    }

    /// An acknowledgment of bytes of this direction.
    #[inline]
    pub(super) fn heard(&mut self, direction: Direction, heard: &Heard, emit: &mut Emit<'_>) {
        let Some(watches) = &mut self.watches else { return };
        let watch = watches.both.of_mut(direction);
        let found = watch.heard(heard, &watches.pace);
        if let Some(sent) = watch.answered(heard)
            && watches.pace.trips.shorten(direction, heard.at.at.since(sent.at))
            && direction == Direction::ToServer
        {
            emit.body(FlowBody::RoundTrip(RoundTrip { direction, sent, acked: heard.at }));
        }
        if found.is_some() {
            self.tell(direction, found.into_iter(), emit);
        }
    }

    /// A hole of this direction was given up; more may wait behind another one.
    #[cold]
    pub(super) fn gave_up(
        &mut self,
        direction: Direction,
        at: Stamp,
        waits: bool,
        emit: &mut Emit<'_>,
    ) {
        let Some(watches) = &mut self.watches else { return };
        let found = watches.both.of_mut(direction).gave_up(at, waits);
        self.tell(direction, found.into_iter(), emit);
    }

    #[inline]
    fn watches(&mut self) -> &mut Watches {
        self.watches.get_or_insert_with(|| {
            Box::new(Watches {
                pace: Pace::default(),
                both: PerDirection {
                    to_server: Watch::new(Direction::ToServer),
                    to_client: Watch::new(Direction::ToClient),
                },
            })
        })
    }

    #[cold]
    fn tell(
        &mut self,
        direction: Direction,
        found: impl Iterator<Item = Found>,
        emit: &mut Emit<'_>,
    ) {
        // a request waits for nothing but what is lost of it
        let is_told = |found: &Found| match found.cause {
            _ if found.from.at >= found.to.at => false,
            StallCause::Missing { .. } | StallCause::NotCaptured | StallCause::SentAgain { .. } => {
                true
            }
            _ => direction == Direction::ToClient,
        };
        for Found { from, to, cause } in found.filter(is_told) {
            if self.told >= Limits::STALLS_LISTED {
                return;
            }
            self.told += 1;
            if self.told == Limits::STALLS_LISTED {
                emit.limit(
                    "tcp.limit-stalls",
                    format!("{} stalls are listed; of later times no cause is told", self.told),
                );
            }
            emit.body(FlowBody::Stalled(Box::new(Stall { direction, from, to, cause })));
        }
    }
}

//! The stalls of TCP and of QUIC in the words of all transports.

use smallvec::smallvec;

use crate::flow::event::{self, SegmentKind, StallCause};
use crate::protocol::quic::event as quic;
use crate::time::Stamp;
use crate::trace::stall::{Cause, Proof, Repair, Stall};

impl From<(Stamp, event::Stall)> for Stall {
    fn from((told, stall): (Stamp, event::Stall)) -> Self {
        let event::Stall { direction, from, to, cause } = stall;
        let is_hole = matches!(cause, StallCause::Missing { .. } | StallCause::NotCaptured);
        let newest = match cause {
            StallCause::SentAgain { newest, .. } => newest.frame,
            _ => from.frame,
        };
        let mut frames: Proof = smallvec![from.frame];
        let (cause, is_inferred) = match cause {
            StallCause::Missing { by: SegmentKind::OutOfOrder } => (Cause::Reordering, false),
            StallCause::Missing { by }
            | StallCause::SentAgain { by, .. }
            | StallCause::Repair { by } => (Cause::Loss(repair(by)), false),
            StallCause::NotCaptured | StallCause::Unknown => (Cause::Unknown, false),
            StallCause::Window { closed, opened } => {
                frames.extend([closed, opened].into_iter().flatten().map(|stamp| stamp.frame));
                (Cause::ReceiveWindow, closed.is_none())
            }
            StallCause::Congestion { ack } => {
                frames.push(ack.frame);
                (Cause::CongestionWindow, true)
            }
            StallCause::Vanished => (Cause::Loss(Repair::Unnamed), true),
            StallCause::Idle => (Cause::Idle, true),
        };
        frames.push(to.frame);
        frames.sort_unstable();
        frames.dedup();
        let stream = None;
        Self { told, direction, stream, from, to, cause, is_hole, newest, is_inferred, frames }
    }
}

impl From<(Stamp, quic::Stall)> for Stall {
    fn from((told, stall): (Stamp, quic::Stall)) -> Self {
        use quic::StallCause;
        let quic::Stall { direction, stream, from, to, cause } = stall;
        let is_hole = matches!(cause, StallCause::Missing { .. } | StallCause::Reordered);
        let newest = match cause {
            StallCause::SentAgain { newest, .. } => newest.frame,
            _ => from.frame,
        };
        let mut frames: Proof = smallvec![from.frame];
        let (cause, is_inferred) = match cause {
            StallCause::Reordered => (Cause::Reordering, false),
            StallCause::Missing { by_ack } | StallCause::SentAgain { by_ack, .. } => {
                let repair = match by_ack {
                    Some(true) => Repair::Fast,
                    Some(false) => Repair::Timeout,
                    None => Repair::Unnamed,
                };
                (Cause::Loss(repair), false)
            }
            StallCause::FlowControl { opened } => {
                frames.extend(opened.map(|opened| opened.frame));
                (Cause::StreamWindow, opened.is_none())
            }
            StallCause::StreamLimit { opened } => {
                frames.extend(opened.map(|opened| opened.frame));
                (Cause::StreamLimit, opened.is_none())
            }
            StallCause::Congestion { ack } => {
                frames.push(ack.frame);
                (Cause::CongestionWindow, true)
            }
            StallCause::Idle => (Cause::Idle, true),
            StallCause::Unknown => (Cause::Unknown, false),
        };
        frames.push(to.frame);
        frames.sort_unstable();
        frames.dedup();
        Self { told, direction, stream, from, to, cause, is_hole, newest, is_inferred, frames }
    }
}

const fn repair(by: SegmentKind) -> Repair {
    match by {
        SegmentKind::FastRetransmission => Repair::Fast,
        SegmentKind::TimeoutRetransmission => Repair::Timeout,
        SegmentKind::TailLossProbe => Repair::Probe,
        _ => Repair::Unnamed,
    }
}

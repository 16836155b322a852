//! What the time of an exchange went to, in one line a phase.

use std::cmp::Reverse;

use crate::report::text::ink::Tone;
use crate::report::text::units;
use crate::report::timeline::detail::line::Line;
use crate::time::{FrameNo, TimeDelta};
use crate::trace::stall::{Cause, Part, Repair};
use crate::trace::{Attribution, Exchange, Trace};

/// Frames that are named of one cause: as many as one still reads.
const NAMED: usize = 4;

/// All parts of a phase that have one cause.
struct Sum<'p> {
    cause: Cause,
    is_inferred: bool,
    time: TimeDelta,
    parts: Vec<&'p Part>,
}

/// The lines below the phases.
pub(super) fn lines(trace: &Trace, exchange: &Exchange) -> Vec<Line> {
    let Attribution { wait, receive } = Attribution::of(trace, exchange);
    [("wait", &wait), ("receive", &receive)]
        .into_iter()
        .filter_map(|(name, parts)| line(name, parts))
        .collect()
}

/// A phase and what it went to, the longest first; none where it went to data alone.
fn line(name: &str, parts: &[Part]) -> Option<Line> {
    if parts.iter().all(|part| part.cause == Cause::Data) {
        return None;
    }
    let (first, last) = (parts.first()?, parts.last()?);
    let mut sums: Vec<Sum<'_>> = Vec::new();
    for part in parts {
        let time = part.to.since(part.from);
        let (cause, is_inferred) = (part.cause, part.is_inferred);
        let same = |sum: &&mut Sum<'_>| (sum.cause, sum.is_inferred) == (cause, is_inferred);
        match sums.iter_mut().find(same) {
            Some(sum) => {
                sum.time = sum.time + time;
                sum.parts.push(part);
            }
            None => sums.push(Sum { cause, is_inferred, time, parts: vec![part] }),
        }
    }
    sums.sort_by_key(|sum| Reverse(sum.time));
    let said: Vec<String> = sums.iter().map(Sum::said).collect();
    let whole = units::span(last.to.since(first.from));
    let line = Line::below(format!("{name} {whole}: {}", said.join(", ")));
    let is_loss = |sum: &Sum<'_>| matches!(sum.cause, Cause::Loss(_));
    Some(if sums.iter().any(is_loss) { line.in_tone(Tone::Warn) } else { line })
}

impl Sum<'_> {
    fn said(&self) -> String {
        let time = units::span(self.time);
        let times = self.parts.len() as u64;
        match self.cause {
            Cause::Network => format!("{time} network round trip (as {})", self.ways()),
            Cause::Server => format!("{time} server thinking"),
            Cause::Queued => format!("{time} behind the response before it"),
            Cause::Streams if self.is_inferred => {
                format!("{time} behind data of other streams (inferred)")
            }
            Cause::Streams => format!("{time} data of other streams"),
            Cause::Loss(_) if self.is_inferred => format!(
                "{time} recovering from loss (inferred: a packet of the sender never came; {})",
                self.ways()
            ),
            Cause::Loss(repair) => {
                format!("{time} recovering from loss ({}; {})", how(repair), self.ways())
            }
            Cause::Reordering => format!("{time} reordering ({})", self.ways()),
            Cause::ReceiveWindow if self.is_inferred => {
                format!("{time} receive window full ({})", self.ways())
            }
            Cause::ReceiveWindow => format!("{time} receive window closed ({})", self.ways()),
            Cause::StreamWindow => format!("{time} no flow-control window ({})", self.ways()),
            Cause::StreamLimit => format!("{time} no more streams allowed ({})", self.ways()),
            Cause::CongestionWindow => {
                let flights = units::count(times, "flight", "flights");
                format!("{time} limited by the congestion window ({flights})")
            }
            Cause::Idle => format!("{time} sender idle ({})", self.ways()),
            Cause::Data => format!("{time} data"),
            Cause::Unknown => format!("{time} unknown"),
        }
    }

    /// From which frame to which each part lasts, by which others where they are few.
    fn ways(&self) -> String {
        listed(self.parts.iter().map(|part| match part.frames.as_slice() {
            [first, _, .., last] if part.frames.len() > NAMED => format!("{first} → … → {last}"),
            frames => frames.iter().map(FrameNo::to_string).collect::<Vec<_>>().join(" → "),
        }))
    }
}

fn listed(words: impl Iterator<Item = String>) -> String {
    let words: Vec<String> = words.collect();
    let more = words.len().saturating_sub(NAMED);
    let shown: Vec<&str> = words.iter().take(NAMED).map(String::as_str).collect();
    let rest = if more > 0 { format!(", {more} more") } else { String::new() };
    shown.join(", ") + &rest
}

const fn how(repair: Repair) -> &'static str {
    match repair {
        Repair::Fast => "fast retransmit",
        Repair::Timeout => "RTO",
        Repair::Probe => "tail loss probe",
        Repair::Unnamed => "sent again",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Timestamp;

    fn part(cause: Cause, from: i64, to: i64, frames: &[u64]) -> Part {
        Part {
            cause,
            from: Timestamp::from_nanos(from * 1_000_000),
            to: Timestamp::from_nanos(to * 1_000_000),
            is_inferred: false,
            frames: frames.iter().map(|frame| FrameNo(*frame)).collect(),
        }
    }

    fn said(parts: &[Part]) -> Option<String> {
        line("receive", parts).map(|line| line.text)
    }

    #[test]
    fn the_longest_first_and_equal_causes_together() {
        let congestion = |from, to| part(Cause::CongestionWindow, from, to, &[2, 3, 4]);
        let parts = [
            part(Cause::Data, 0, 12, &[]),
            congestion(12, 72),
            part(Cause::Data, 72, 112, &[]),
            congestion(112, 172),
            part(Cause::Loss(Repair::Timeout), 172, 812, &[812, 845]),
        ];
        assert_eq!(
            said(&parts).unwrap(),
            "receive 812.0 ms: 640.0 ms recovering from loss (RTO; 812 → 845), 120.0 ms limited by \
             the congestion window (2 flights), 52.0 ms data"
        );
        assert_eq!(line("receive", &parts).unwrap().tone, Tone::Warn);
    }

    #[test]
    fn few_frames_are_all_named_and_many_are_not() {
        let of = |frames: &[u64]| said(&[part(Cause::Loss(Repair::Fast), 0, 5, frames)]).unwrap();
        assert!(of(&[1, 5, 9]).ends_with("(fast retransmit; 1 → 5 → 9)"));
        assert!(of(&[1, 2, 3, 4, 5]).ends_with("(fast retransmit; 1 → … → 5)"));
        let idle = |at| part(Cause::Idle, at, at + 1, &[at.unsigned_abs(), at.unsigned_abs() + 1]);
        let idle: Vec<Part> = (1..7).map(|at| idle(at * 2)).collect();
        assert!(said(&idle).unwrap().ends_with("(2 → 3, 4 → 5, 6 → 7, 8 → 9, 2 more)"));
    }

    #[test]
    fn what_is_concluded_is_told_apart_from_what_was_seen() {
        let seen = part(Cause::Loss(Repair::Unnamed), 0, 5, &[1, 2]);
        let concluded = Part { is_inferred: true, ..part(seen.cause, 5, 9, &[3, 4]) };
        assert_eq!(
            said(&[seen, concluded]).unwrap(),
            "receive 9.0 ms: 5.0 ms recovering from loss (sent again; 1 → 2), 4.0 ms recovering \
             from loss (inferred: a packet of the sender never came; 3 → 4)"
        );
    }

    #[test]
    fn data_alone_is_not_worth_a_line() {
        assert_eq!(said(&[part(Cause::Data, 0, 5, &[])]), None);
        assert_eq!(said(&[]), None);
    }
}

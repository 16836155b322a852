use proptest::prelude::*;

use super::*;
use crate::report::fixture::over_quic;
use crate::time::FrameNo;
use crate::trace::stall::Repair;

fn part(cause: Cause, from: i64, to: i64) -> Part {
    Part {
        cause,
        from: Timestamp::from_nanos(from),
        to: Timestamp::from_nanos(to),
        is_inferred: false,
        frames: smallvec![FrameNo(from.unsigned_abs()), FrameNo(to.unsigned_abs())],
    }
}

/// Cause, beginning, end and frames of each.
fn told(parts: &[Part]) -> Vec<String> {
    let line = |part: &Part| {
        let frames: Vec<u64> = part.frames.iter().map(|frame| frame.0).collect();
        format!("{:?} {}..{} {frames:?}", part.cause, part.from.as_nanos(), part.to.as_nanos())
    };
    parts.iter().map(line).collect()
}

#[test]
fn what_lies_above_hides_what_is_below() {
    let below = vec![part(Cause::Network, 10, 20), part(Cause::Server, 20, 40)];
    let over = vec![part(Cause::Idle, 0, 12), part(Cause::Reordering, 15, 25)];
    assert_eq!(
        told(&lay(below, over)),
        [
            "Idle 10..12 [0, 12]",
            "Network 12..15 [10, 20]",
            "Reordering 15..25 [15, 25]",
            "Server 25..40 [20, 40]",
        ]
    );
}

#[test]
fn a_cause_that_goes_on_is_one_part_with_all_its_frames() {
    let below = vec![part(Cause::Data, 0, 50)];
    let over = vec![part(Cause::Reordering, 5, 10), part(Cause::Reordering, 10, 30)];
    assert_eq!(
        told(&lay(below, over)),
        ["Data 0..5 [0, 50]", "Reordering 5..30 [5, 10, 30]", "Data 30..50 [0, 50]"]
    );
}

#[test]
fn what_ends_before_or_begins_after_changes_nothing() {
    let below = vec![part(Cause::Data, 10, 20)];
    let over = vec![part(Cause::Idle, 0, 10), part(Cause::Idle, 20, 30), part(Cause::Idle, 15, 15)];
    assert_eq!(lay(below.clone(), over), below);
}

#[test]
fn what_was_told_late_hides_from_its_beginning() {
    let below = vec![part(Cause::Data, 0, 50)];
    let over = vec![part(Cause::Idle, 20, 30), part(Cause::Reordering, 5, 40)];
    assert_eq!(
        told(&lay(below, over)),
        ["Data 0..5 [0, 50]", "Reordering 5..40 [5, 40]", "Data 40..50 [0, 50]"]
    );
}

fn any_part() -> impl Strategy<Value = Part> {
    let causes = vec![Cause::Idle, Cause::CongestionWindow, Cause::Reordering];
    (prop::sample::select(causes), -20..120_i64, -20..120_i64)
        .prop_map(|(cause, from, to)| part(cause, from, to))
}

proptest! {
    #[test]
    fn parts_tile_the_phase_whatever_is_laid_over_it(
        cuts in prop::collection::btree_set(0..100_i64, 2..6),
        layers in prop::collection::vec(prop::collection::vec(any_part(), 0..12), 0..4),
    ) {
        let cuts: Vec<i64> = cuts.into_iter().collect();
        let base = cuts.windows(2).map(|two| part(Cause::Data, two[0], two[1])).collect();
        let tiles = layers.iter().cloned().fold(base, lay);
        for over in layers.iter().flatten().filter(|part| part.from < part.to) {
            let is_hidden = |tile: &Part| tile.from < over.to && over.from < tile.to;
            prop_assert!(tiles.iter().filter(|t| is_hidden(t)).all(|t| t.cause != Cause::Data));
        }
        let (first, last) = (tiles.first().unwrap(), tiles.last().unwrap());
        prop_assert_eq!(first.from.as_nanos(), cuts[0]);
        prop_assert_eq!(last.to.as_nanos(), *cuts.last().unwrap());
        for tile in &tiles {
            prop_assert!(tile.from < tile.to);
        }
        for two in tiles.windows(2) {
            prop_assert_eq!(two[0].to, two[1].from);
        }
    }
}

#[test]
fn on_quic_a_lost_packet_holds_up_its_own_stream_only() {
    let mut trace = over_quic();
    let receive = |trace: &Trace| {
        let parts = Attribution::of(trace, &trace.exchanges[1]).receive;
        parts.iter().map(|part| part.cause).collect::<Vec<_>>()
    };
    let lost = Cause::Loss(Repair::Fast);
    assert_eq!(receive(&trace), [Cause::Data, lost, Cause::Data]);
    trace.exchanges[1].message.stream = 8;
    assert_eq!(receive(&trace), [Cause::Data]);
    trace.connections[0].stalls[0].stream = None;
    assert_eq!(receive(&trace), [Cause::Data, lost, Cause::Data], "all had to wait");
}

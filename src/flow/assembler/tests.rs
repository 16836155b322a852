use proptest::prelude::*;

use super::*;
use crate::time::{FrameNo, Timestamp};

fn stamp(frame: u64) -> Stamp {
    Stamp::new(Timestamp::from_nanos(frame.cast_signed() * 1000), FrameNo(frame))
}

/// One assembler and all that it gave.
struct Bench {
    assembler: Assembler,
    frame: u64,
    events: Vec<StreamEvent>,
}

impl Bench {
    fn new(budget: usize) -> Self {
        Self { assembler: Assembler::new(budget), frame: 0, events: Vec::new() }
    }

    fn insert(&mut self, offset: u64, bytes: &[u8]) -> Inserted {
        self.frame += 1;
        let events = &mut self.events;
        let bytes = Bytes::copy_from_slice(bytes);
        let allocated = bytes.len();
        self.assembler
            .insert(offset, bytes, stamp(self.frame), allocated, &mut |event| events.push(event))
    }

    fn cut(&mut self, offset: u64, length: u64) -> Inserted {
        self.frame += 1;
        let events = &mut self.events;
        self.assembler
            .insert_cut(offset, length, stamp(self.frame), &mut |event| events.push(event))
    }

    fn give_up(&mut self, upto: u64) {
        self.frame += 1;
        let events = &mut self.events;
        let at = stamp(self.frame);
        self.assembler.give_up(upto, GapReason::NotCaptured, at, &mut |event| events.push(event));
    }

    fn take(&mut self) -> Vec<StreamEvent> {
        std::mem::take(&mut self.events)
    }
}

fn data(offset: u64, bytes: &'static [u8], arrived: u64, delivered: u64) -> StreamEvent {
    StreamEvent::Data {
        offset,
        bytes: Bytes::from_static(bytes),
        arrived: stamp(arrived),
        delivered: stamp(delivered),
    }
}

fn gap(range: Range<u64>, reason: GapReason, delivered: u64) -> StreamEvent {
    StreamEvent::Gap { range, reason, delivered: stamp(delivered) }
}

#[test]
fn bytes_in_order_pass_through() {
    let mut bench = Bench::new(1000);
    assert_eq!(bench.insert(0, b"ab"), Inserted { fresh: 2, conflict: None });
    bench.insert(2, b"cd");
    assert_eq!(bench.take(), [data(0, b"ab", 1, 1), data(2, b"cd", 2, 2)]);
    assert_eq!(bench.insert(4, b"").fresh, 0);
    assert!(bench.take().is_empty());
}

#[test]
fn a_piece_behind_a_hole_waits_and_keeps_its_arrival() {
    let mut bench = Bench::new(1000);
    bench.insert(2, b"cd");
    assert!(bench.take().is_empty());
    assert_eq!(bench.assembler.overtaken_at(0), Some(stamp(1)));
    bench.insert(0, b"ab");
    assert_eq!(bench.take(), [data(0, b"ab", 2, 2), data(2, b"cd", 1, 2)]);
    assert_eq!(bench.assembler.held_cost(), 0);
}

#[test]
fn a_duplicate_gives_nothing() {
    let mut bench = Bench::new(1000);
    bench.insert(0, b"abcd");
    bench.take();
    assert_eq!(bench.insert(0, b"abcd"), Inserted::default());
    assert_eq!(bench.insert(2, b"cd"), Inserted::default());
    assert!(bench.take().is_empty());
}

#[test]
fn an_overlap_gives_only_what_is_new() {
    let mut bench = Bench::new(1000);
    bench.insert(0, b"abcd");
    assert_eq!(bench.insert(2, b"cdef").fresh, 2);
    assert_eq!(bench.take(), [data(0, b"abcd", 1, 1), data(4, b"ef", 2, 2)]);
}

#[test]
fn the_first_copy_wins_and_a_differing_one_is_told() {
    let mut bench = Bench::new(1000);
    bench.insert(2, b"cd");
    assert_eq!(bench.insert(1, b"bcd").conflict, None);
    assert_eq!(bench.insert(2, b"XY").conflict, Some(2..4));
    bench.insert(0, b"a");
    assert_eq!(bench.take(), [data(0, b"a", 4, 4), data(1, b"b", 2, 4), data(2, b"cd", 1, 4)]);
}

#[test]
fn one_insert_fills_several_holes() {
    let mut bench = Bench::new(1000);
    bench.insert(1, b"b");
    bench.insert(3, b"d");
    bench.insert(6, b"g");
    assert_eq!(bench.insert(0, b"abcdef").fresh, 4);
    assert_eq!(
        bench.take(),
        [
            data(0, b"a", 4, 4),
            data(1, b"b", 1, 4),
            data(2, b"c", 4, 4),
            data(3, b"d", 2, 4),
            data(4, b"ef", 4, 4),
            data(6, b"g", 3, 4),
        ]
    );
}

#[test]
fn a_cut_is_a_gap_when_its_turn_comes() {
    let mut bench = Bench::new(1000);
    bench.insert(0, b"ab");
    bench.cut(2, 3);
    assert_eq!(bench.take(), [data(0, b"ab", 1, 1), gap(2..5, GapReason::Truncated, 2)]);
    bench.cut(7, 1);
    bench.insert(5, b"fg");
    assert_eq!(bench.take(), [data(5, b"fg", 4, 4), gap(7..8, GapReason::Truncated, 4)]);
}

#[test]
fn holes_given_up_leave_the_rest_in_place() {
    let mut bench = Bench::new(1000);
    bench.insert(2, b"c");
    bench.insert(5, b"f");
    bench.give_up(4);
    assert_eq!(
        bench.take(),
        [
            gap(0..2, GapReason::NotCaptured, 3),
            data(2, b"c", 1, 3),
            gap(3..4, GapReason::NotCaptured, 3)
        ]
    );
    assert_eq!((bench.assembler.next(), bench.assembler.end()), (4, 6));
    assert_eq!(bench.insert(0, b"abcde").fresh, 1);
    assert_eq!(bench.take(), [data(4, b"e", 4, 4), data(5, b"f", 2, 4)]);
}

#[test]
fn a_full_budget_gives_up_the_first_hole() {
    let mut bench = Bench::new(2 * PIECE_COST + 2);
    bench.insert(2, b"c");
    bench.insert(4, b"e");
    assert!(bench.take().is_empty());
    bench.insert(6, b"g");
    assert_eq!(bench.take(), [gap(0..2, GapReason::OverBudget, 3), data(2, b"c", 1, 3)]);
    assert!(bench.assembler.held_cost() <= 2 * PIECE_COST + 2);
}

#[test]
fn waiting_bytes_leave_a_large_block() {
    let block = Bytes::from(vec![7; 4096]);
    let mut assembler = Assembler::new(10_000);
    let mut events = Vec::new();
    let mut sink = |event| events.push(event);
    assembler.insert(10, block.slice(0..10), stamp(1), 4096, &mut sink);
    assembler.insert(20, block.slice(0..4000), stamp(2), 4096, &mut sink);
    assembler.insert(0, block.slice(0..10), stamp(3), 4096, &mut sink);
    let inside = |bytes: &Bytes| block.as_ptr_range().contains(&bytes.as_ptr());
    let shares: Vec<bool> = events
        .iter()
        .map(|event| matches!(event, StreamEvent::Data { bytes, .. } if inside(bytes)))
        .collect();
    assert_eq!(shares, [true, false, true]);
}

#[test]
fn offsets_at_the_end_of_the_range_do_no_harm() {
    let mut bench = Bench::new(1000);
    assert_eq!(bench.insert(u64::MAX - 1, b"abc"), Inserted::default());
    bench.insert(u64::MAX - 3, b"abc");
    bench.give_up(u64::MAX);
    assert_eq!(bench.assembler.next(), u64::MAX);
}

/// Events start where the last ended, and `arrived <= delivered` in frames.
fn tile(events: &[StreamEvent]) -> Result<u64, TestCaseError> {
    let mut next = 0;
    for event in events {
        let (start, end) = match event {
            StreamEvent::Data { offset, bytes, arrived, delivered } => {
                prop_assert!(arrived.frame <= delivered.frame);
                (*offset, offset + bytes.len() as u64)
            }
            StreamEvent::Gap { range, .. } => (range.start, range.end),
            StreamEvent::End { .. } => return Err(TestCaseError::fail("an end")),
        };
        prop_assert_eq!(start, next);
        prop_assert!(end > start);
        next = end;
    }
    Ok(next)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_cut_order_and_duplication_is_the_stream(
        stream in prop::collection::vec(any::<u8>(), 1..400),
        cuts in prop::collection::vec((any::<prop::sample::Index>(), 1..60usize), 0..80),
        order in any::<u64>(),
    ) {
        let mut pieces: Vec<Range<usize>> = cuts
            .iter()
            .map(|(at, length)| {
                let start = at.index(stream.len());
                start..(start + length).min(stream.len())
            })
            .collect();
        // whatever the cuts left out comes once more in pieces of 7
        pieces.extend((0..stream.len()).step_by(7).map(|at| at..(at + 7).min(stream.len())));
        let mut key = order | 1;
        pieces.sort_by_cached_key(|piece| {
            key = key.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(piece.start as u64);
            key >> 33
        });
        let mut bench = Bench::new(usize::MAX);
        let mut fresh = 0;
        for piece in pieces {
            let inserted = bench.insert(piece.start as u64, &stream[piece]);
            prop_assert_eq!(inserted.conflict, None);
            fresh += inserted.fresh;
        }
        prop_assert_eq!(tile(&bench.events)?, stream.len() as u64);
        prop_assert_eq!(fresh, stream.len() as u64);
        let bytes: Vec<u8> = bench
            .events
            .iter()
            .flat_map(|event| match event {
                StreamEvent::Data { bytes, .. } => bytes.to_vec(),
                _ => Vec::new(),
            })
            .collect();
        prop_assert_eq!(bytes, stream);
        prop_assert_eq!(bench.assembler.held_cost(), 0);
    }

    #[test]
    fn any_operations_tile_the_offsets_within_the_budget(
        operations in prop::collection::vec((0..4u8, 0..300u64, 0..40u64), 0..120),
        budget in 0..2000usize,
    ) {
        let mut bench = Bench::new(budget);
        let zeros = [0; 40];
        for (operation, offset, length) in operations {
            match operation {
                0 | 1 => {
                    bench.insert(offset, &zeros[..usize::try_from(length).unwrap()]);
                }
                2 => {
                    bench.cut(offset, length);
                }
                _ => bench.give_up(offset),
            }
            prop_assert!(bench.assembler.held_cost() <= budget);
            prop_assert_eq!(bench.assembler.is_in_order(), bench.assembler.held_cost() == 0);
        }
        let end = bench.assembler.end();
        bench.give_up(end);
        prop_assert_eq!(tile(&bench.events)?, bench.assembler.next());
    }
}

#[test]
fn what_is_missing_is_found() {
    let mut assembler = Assembler::new(1 << 20);
    let mut put = |offset| {
        assembler.insert(offset, Bytes::from_static(b"abcd"), Stamp::default(), 0, &mut |_| {});
    };
    put(0);
    put(8);
    put(12);
    put(20);
    let missing = |range| assembler.missing_in(range);
    assert_eq!(missing(0..4), None);
    assert_eq!(missing(0..10), Some(4..8));
    assert_eq!(missing(6..7), Some(6..7));
    assert_eq!(missing(9..16), None);
    assert_eq!(missing(9..30), Some(16..20));
    assert_eq!(missing(22..30), Some(24..30));
}

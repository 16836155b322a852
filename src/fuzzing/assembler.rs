//! Reassembly against a model that knows every byte by itself: the first copy of a byte counts,
//! what was given out tiles the offsets, and no more is held than may be.

use bytes::Bytes;

use crate::flow::assembler::Assembler;
use crate::flow::event::{GapReason, StreamEvent};
use crate::fuzzing::plan::Plan;
use crate::time::{FrameNo, Stamp, Timestamp};

/// What came first at one offset.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Cell {
    Byte(u8, Stamp),
    Cut(Stamp),
}

/// Every byte of a stream.
#[derive(Default)]
struct Model {
    cells: Vec<Option<Cell>>,
    next: usize,
}

/// Each operation is a few bytes: insert, insert cut, give up.
pub fn fuzz(bytes: &[u8]) {
    let mut plan = Plan::new(bytes);
    let budget = usize::from(plan.u16());
    let mut assembler = Assembler::new(budget);
    let mut model = Model::default();
    let mut frame = 0;
    while !plan.is_over() && frame < 512 {
        frame += 1;
        let now = Stamp::new(Timestamp::from_nanos(frame), FrameNo(frame.cast_unsigned()));
        operation(&mut plan, &mut assembler, &mut model, now);
        assert!(assembler.held_cost() <= budget, "more is held than the budget");
        assert_eq!(assembler.next(), model.next as u64);
        assert!(model.at(model.next).is_none(), "a byte waits though nothing is missing before it");
    }
}

fn operation(plan: &mut Plan<'_>, assembler: &mut Assembler, model: &mut Model, now: Stamp) {
    let kind = plan.u8();
    let mut said = Vec::new();
    let mut sink = |event| said.push(event);
    match kind % 8 {
        0 => {
            let upto = u64::from(plan.u16() & 0xfff);
            assembler.give_up(upto, GapReason::NotCaptured, now, &mut sink);
        }
        1 => assembler.give_up_first(GapReason::NotCaptured, now, &mut sink),
        2 => {
            let (offset, length) = (plan.u16() & 0xfff, plan.u8());
            let cells = vec![Cell::Cut(now); usize::from(length)];
            let expected = model.insert(usize::from(offset), &cells);
            let inserted =
                assembler.insert_cut(u64::from(offset), u64::from(length), now, &mut sink);
            assert_eq!((inserted.fresh, inserted.conflict.is_some()), expected);
        }
        _ => {
            let (offset, length, salt) = (plan.u16() & 0xfff, plan.u8(), kind >> 6);
            let bytes: Bytes = (0..length).map(|nth| byte(offset, nth, salt)).collect();
            let cells: Vec<Cell> = bytes.iter().map(|byte| Cell::Byte(*byte, now)).collect();
            let expected = model.insert(usize::from(offset), &cells);
            let allocated = usize::from(kind) * 16;
            let inserted = assembler.insert(u64::from(offset), bytes, now, allocated, &mut sink);
            assert_eq!((inserted.fresh, inserted.conflict.is_some()), expected);
        }
    }
    for event in said {
        model.given_out(&event, now);
    }
}

/// The stream's own byte, or with salt another one.
const fn byte(offset: u16, nth: u8, salt: u8) -> u8 {
    let [_, at] = offset.wrapping_add(nth as u16).to_be_bytes();
    at.wrapping_mul(7).wrapping_add(salt / 3)
}

impl Model {
    fn at(&self, offset: usize) -> Option<Cell> {
        self.cells.get(offset).copied().flatten()
    }

    /// How many are fresh, and whether one differs from a byte that still waits.
    fn insert(&mut self, offset: usize, cells: &[Cell]) -> (u64, bool) {
        let (mut fresh, mut conflict) = (0, false);
        for (at, cell) in (offset..).zip(cells) {
            if at < self.next {
                continue;
            }
            if self.cells.len() <= at {
                self.cells.resize(at + 1, None);
            }
            let Some(place) = self.cells.get_mut(at) else { continue };
            match (*place, cell) {
                (None, _) => {
                    *place = Some(*cell);
                    fresh += 1;
                }
                (Some(Cell::Byte(ours, _)), Cell::Byte(theirs, _)) => conflict |= ours != *theirs,
                _ => {}
            }
        }
        (fresh, conflict)
    }

    /// Checks what was given out against what came.
    fn given_out(&mut self, event: &StreamEvent, now: Stamp) {
        match event {
            StreamEvent::Data { offset, bytes, arrived, delivered } => {
                assert_eq!(*offset, self.next as u64, "the pieces tile the offsets");
                assert!(!bytes.is_empty());
                assert_eq!(*delivered, now);
                for byte in bytes {
                    assert_eq!(self.at(self.next), Some(Cell::Byte(*byte, *arrived)));
                    self.next += 1;
                }
            }
            StreamEvent::Gap { range, reason, delivered } => {
                assert_eq!(range.start, self.next as u64, "the holes tile the offsets");
                assert!(range.start < range.end);
                assert_eq!(*delivered, now);
                for _ in range.clone() {
                    let cell = self.at(self.next);
                    let is_cut = matches!(cell, Some(Cell::Cut(_)));
                    assert_eq!(is_cut, *reason == GapReason::Truncated);
                    assert!(is_cut || cell.is_none(), "a byte that came is given up");
                    self.next += 1;
                }
            }
            StreamEvent::End { .. } => unreachable!("an assembler does not end a stream"),
        }
    }
}

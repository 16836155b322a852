//! Fragments against a model that knows every byte by itself: the first copy of a byte counts,
//! and a packet is there as soon as every byte up to its end is.

use std::collections::HashMap;

use bytes::Bytes;

use crate::capture::source::{LinkType, Packet};
use crate::flow::fragment::Fragments;
use crate::fuzzing::plan::Plan;
use crate::limits::Limits;
use crate::packet;
use crate::time::{FrameNo, Stamp, TimeDelta, Timestamp};

/// One fragment as the fuzzer chose it.
struct Choice {
    /// Which packet it is of.
    packet: u8,
    v6: bool,
    more: bool,
    /// In bytes.
    offset: u16,
    length: u8,
    /// Bytes of it that the snapshot length cut off.
    cut: u8,
    salt: u8,
}

/// What came first at one offset: a byte, or one that was cut off.
type Cell = Option<Option<u8>>;

#[derive(Default)]
struct Model {
    cells: Vec<Cell>,
    length: Option<usize>,
    first: bool,
    until: Timestamp,
}

/// The first byte chooses the bounds: odd ones are tight, and then only panics count.
pub fn fuzz(bytes: &[u8]) {
    let mut plan = Plan::new(bytes);
    let tight = plan.u8() & 1 == 1;
    let limits = if tight {
        Limits { fragmented_packets: 2, fragment_bytes: 1024, ..Limits::default() }
    } else {
        Limits::default()
    };
    let mut fragments = Fragments::new(&limits);
    let mut models: HashMap<(u8, bool), Model> = HashMap::new();
    let mut now = Stamp::new(Timestamp::from_nanos(0), FrameNo(0));
    let mut out = Vec::new();
    while !plan.is_over() && now.frame.0 < 512 {
        let choice = choose(&mut plan);
        let wait = TimeDelta::from_secs(i64::from(choice.salt & 3) * 10);
        now = Stamp::new(now.at + wait, FrameNo(now.frame.0 + 1));
        fragments.advance(now, &mut out);
        models.retain(|_, model| model.until > now.at);
        let packet = packet_of(&choice, now);
        let decoded = packet::decode(&packet);
        let whole = fragments.push(&packet, &decoded, &mut out);
        if tight || decoded.network.is_none_or(|network| network.fragment.is_none()) {
            continue;
        }
        let expected = expect(&mut models, &choice, now.at + limits.fragment_timeout);
        let got = whole.map(|whole| (whole.payload.to_vec(), whole.missing as usize));
        assert_eq!(got, expected);
    }
    fragments.finish(now, &mut out);
    assert!(fragments.is_empty(), "nothing waits after the end");
}

const fn choose(plan: &mut Plan<'_>) -> Choice {
    let (kind, offset, length, salt) = (plan.u8(), plan.u8(), plan.u8(), plan.u8());
    Choice {
        packet: kind & 3,
        v6: kind & 4 != 0,
        more: kind & 8 != 0,
        offset: (offset as u16) * 8,
        length: if kind & 16 != 0 { length & !7 } else { length },
        cut: if kind >> 5 == 7 { length / 2 } else { 0 },
        salt,
    }
}

fn packet_of(choice: &Choice, at: Stamp) -> Packet {
    let payload: Vec<u8> = (0..choice.length).map(|nth| byte(choice, nth)).collect();
    let length = u16::from(choice.length);
    let mut data = Vec::new();
    if choice.v6 {
        data.extend([0x60, 0, 0, 0]);
        data.extend((length + 8).to_be_bytes());
        data.extend([44, 64]);
        data.extend([0x20; 16]);
        data.extend([0x21; 16]);
        data.extend([17, 0]);
        data.extend((choice.offset | u16::from(choice.more)).to_be_bytes());
        data.extend([0, 0, 0, choice.packet]);
    } else {
        data.extend([0x45, 0]);
        data.extend((length + 20).to_be_bytes());
        data.extend([0, choice.packet]);
        data.extend(((choice.offset / 8) | (u16::from(choice.more) << 13)).to_be_bytes());
        data.extend([64, 17, 0, 0, 192, 0, 2, 1, 192, 0, 2, 2]);
    }
    data.extend(payload);
    let orig_len = u32::try_from(data.len()).unwrap_or(u32::MAX);
    data.truncate(data.len().saturating_sub(usize::from(choice.cut)));
    let (frame, at, link) = (at.frame, at.at, LinkType::RAW);
    Packet { frame, at, link, interface: 0, orig_len, data: Bytes::from(data) }
}

/// A byte of the packet, or with salt another one.
const fn byte(choice: &Choice, nth: u8) -> u8 {
    let [_, at] = choice.offset.wrapping_add(nth as u16).to_be_bytes();
    at.wrapping_mul(5).wrapping_add(choice.salt >> 7)
}

/// What the model says of one fragment: the payload of the packet that it completes, and how
/// many bytes of that are missing.
fn expect(
    models: &mut HashMap<(u8, bool), Model>,
    choice: &Choice,
    until: Timestamp,
) -> Option<(Vec<u8>, usize)> {
    if choice.length == 0 || choice.more && !choice.length.is_multiple_of(8) {
        return None;
    }
    let name = (choice.packet, choice.v6);
    let model = models.entry(name).or_insert_with(|| Model { until, ..Model::default() });
    let (start, length) = (usize::from(choice.offset), usize::from(choice.length));
    let end = start + length;
    if !choice.more {
        model.length.get_or_insert(end);
    }
    model.first |= start == 0;
    if model.cells.len() < end {
        model.cells.resize(end, None);
    }
    let known = length.saturating_sub(usize::from(choice.cut));
    for (nth, cell) in (0..=u8::MAX).zip(model.cells.iter_mut().skip(start).take(length)) {
        cell.get_or_insert((usize::from(nth) < known).then(|| byte(choice, nth)));
    }
    let whole = model.cells.get(..model.length?)?;
    if !model.first || whole.iter().any(Option::is_none) {
        return None;
    }
    let payload: Vec<u8> = whole.iter().map_while(|cell| cell.flatten()).collect();
    let missing = whole.len() - payload.len();
    models.remove(&name);
    Some((payload, missing))
}

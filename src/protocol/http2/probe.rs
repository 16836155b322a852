//! Is it HTTP/2?

use crate::flow::event::{Direction, Role};
use crate::protocol::analyzer::{Probe, Verdict};
use crate::protocol::http2::frame::{self, HEAD, Head, Kind};

/// What a client begins with (RFC 9113 §3.4).
pub(super) const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// Looks at the first bytes of a flow: the client's preface, or the server's, which is a SETTINGS
/// frame. Where the capture began later, two frames in a row will do, or one that is all of a
/// packet.
pub(super) fn probe(probe: &Probe<'_>) -> Verdict {
    let bytes = probe.bytes;
    if probe.direction == Direction::ToServer && bytes.starts_with(PREFACE) {
        return Verdict::Yes;
    }
    if probe.direction == Direction::ToServer && PREFACE.starts_with(bytes) {
        return Verdict::Unsure;
    }
    let midstream = matches!(probe.flow.role, Role::Port | Role::FirstSender);
    let settings = Head::of(bytes).is_some_and(|head| head.kind == Kind::SETTINGS);
    if !(midstream || (settings && probe.direction == Direction::ToClient)) {
        return Verdict::No;
    }
    match frames(bytes) {
        Frames::Whole => Verdict::Yes,
        Frames::Short => Verdict::Unsure,
        Frames::None => Verdict::No,
    }
}

/// What frames some bytes are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Frames {
    /// One that ends with them, or one and the head of another.
    Whole,
    /// One that goes on behind them, as far as they go.
    Short,
    /// Something else.
    None,
}

/// What frames some bytes begin with, for places where nobody knows.
pub(super) fn frames(bytes: &[u8]) -> Frames {
    let Some(head) = Head::of(bytes) else {
        return if bytes.first().is_none_or(|byte| *byte == 0) {
            Frames::Short
        } else {
            Frames::None
        };
    };
    if !frame::is_plausible(bytes) {
        return Frames::None;
    }
    let after = bytes.get(HEAD.saturating_add(head.length as usize)..);
    match after {
        None => Frames::Short,
        Some([]) => Frames::Whole,
        Some(next) if next.len() < HEAD => Frames::Short,
        Some(next) if frame::is_plausible(next) => Frames::Whole,
        Some(_) => Frames::None,
    }
}

//! Where and why decoding ended.

use std::borrow::Cow;

/// The reason why the layers of a packet end early.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stop {
    /// The layer that could not be read, such as `tcp`.
    pub layer: &'static str,
    /// Where it begins, in bytes from the packet's start.
    pub offset: usize,
    /// In words, such as `20 bytes needed, 8 captured`, or `EtherType 0x88cc is not decoded`.
    pub why: Cow<'static, str>,
    /// How it came to it.
    pub kind: StopKind,
}

/// What kind of end it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StopKind {
    /// The snapshot length cut the packet off: nobody's fault.
    Truncated,
    /// The packet breaks its protocol's rules.
    Malformed,
    /// A protocol that we do not decode: counted under its name, not an anomaly.
    Unknown,
}

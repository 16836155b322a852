//! Typed names of the entities: indices into the arenas of a trace, so that no two can be mixed up.

/// Index into [`Trace::neighbors`](crate::trace::Trace::neighbors).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NeighborId(pub u32);

/// Index into [`Trace::lookups`](crate::trace::Trace::lookups).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LookupId(pub u32);

/// Index into [`Trace::resolutions`](crate::trace::Trace::resolutions).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ResolutionId(pub u32);

/// Index into [`Trace::connections`](crate::trace::Trace::connections).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConnectionId(pub u32);

/// Index into [`Trace::exchanges`](crate::trace::Trace::exchanges).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ExchangeId(pub u32);

/// Index into [`Trace::visits`](crate::trace::Trace::visits).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct VisitId(pub u32);

/// The next index of an arena; arenas are bounded by memory, far below 2^32 entities.
pub(in crate::trace) fn next_index(len: usize) -> u32 {
    u32::try_from(len).unwrap_or(u32::MAX)
}

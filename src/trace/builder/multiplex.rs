//! Collects what is said of a connection of many streams.

use crate::protocol::http::multiplex as protocol;
use crate::trace::builder::bounds::{Bound, Bounds, Place};
use crate::trace::id::ConnectionId;
use crate::trace::model::Trace;
use crate::trace::multiplex::{Multiplex, Note, Settings};

/// Takes one thing that was said.
pub(super) fn event(
    trace: &mut Trace,
    bounds: &mut Bounds,
    connection: ConnectionId,
    place: Place<'_>,
    event: protocol::Multiplex,
) {
    let Some(connection) = trace.connections.get_mut(connection.0 as usize) else { return };
    let known = connection.multiplex.get_or_insert_default();
    if let Some(bound) = add(known, bounds, &place, event) {
        bounds.reached(trace, place, bound);
    }
}

/// Adds to what is known; the bound that leaves it out.
fn add(
    known: &mut Multiplex,
    bounds: &mut Bounds,
    place: &Place<'_>,
    event: protocol::Multiplex,
) -> Option<Bound> {
    let (at, most) = (place.at, bounds.limits.listed);
    let (listed, size) = match &event {
        protocol::Multiplex::Settings { settings, .. } => {
            (known.settings.len(), settings.len() * 16)
        }
        protocol::Multiplex::GoAway(said) => (known.go_aways.len(), said.text.len()),
        protocol::Multiplex::RoundTrip(_) => (known.round_trips.len(), 0),
        protocol::Multiplex::Blocked(_) => (known.blocked.len(), 0),
        protocol::Multiplex::Run(_) => (known.runs.len(), 0),
        protocol::Multiplex::Note { text, .. } => (known.notes.len(), text.len()),
    };
    if listed >= most {
        return Some(Bound::Listed);
    }
    if !bounds.keep(size.saturating_add(VALUES)) {
        return Some(Bound::Text);
    }
    match event {
        protocol::Multiplex::Settings { by, version, settings } => {
            known.settings.push(Settings { at, by, version, values: settings });
        }
        protocol::Multiplex::GoAway(said) => known.go_aways.push(said),
        protocol::Multiplex::RoundTrip(round_trip) => known.round_trips.push(round_trip),
        protocol::Multiplex::Blocked(blocked) => known.blocked.push(blocked),
        protocol::Multiplex::Run(run) => known.runs.push(run),
        protocol::Multiplex::Note { by, text } => known.notes.push(Note { at, by, text }),
    }
    None
}

/// Bytes that each takes beside its text.
const VALUES: usize = 64;

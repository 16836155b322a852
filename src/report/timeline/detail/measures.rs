//! What was measured of a connection: its round trips, and where it was captured.

use crate::flow::event::{Direction, RoundTrips};
use crate::report::text::units;
use crate::report::text::words;
use crate::report::timeline::detail::line::Line;
use crate::trace::connection::Connection;
use crate::trace::vantage::{Place, Vantage};

/// Where the capture was made, with the reason; nothing where nothing tells.
pub(super) fn vantage(connection: &Connection) -> Option<Line> {
    let Vantage { place, why } = Vantage::of(connection);
    (place != Place::Unknown).then(|| Line::new(format!("captured {place}: {why}")))
}

/// The round trips of each side, where more than the handshake's was measured.
pub(super) fn round_trips(connection: &Connection) -> Vec<Line> {
    let Some(measures) = &connection.measures else { return Vec::new() };
    let both = [Direction::ToServer, Direction::ToClient];
    let sides = both.into_iter().filter_map(|direction| {
        let times = measures.round_trips.of(direction).filter(|times| times.count > 1)?;
        Some(Line::new(side(direction, times)))
    });
    sides.collect()
}

fn side(direction: Direction, times: RoundTrips) -> String {
    let RoundTrips { count, min, median, p95 } = times;
    format!(
        "{} round trips to the {} and back: least {}, median {}, 95 of 100 within {}",
        units::grouped(count),
        words::sender(!direction),
        units::span(min),
        units::span(median),
        units::span(p95)
    )
}

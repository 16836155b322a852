//! What was measured of a connection: its round trips, and where it was captured.

use crate::flow::event::{Direction, RoundTrips};
use crate::report::text::ink::Tone;
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

/// What is special about the connection.
pub(super) fn traits(connection: &Connection) -> Vec<Line> {
    let mut lines = Vec::new();
    if let Some(handshake) = &connection.handshake {
        let early = handshake.early_data();
        if early > 0 {
            let early = units::count(early.into(), "byte", "bytes");
            lines.push(Line::new(format!("{early} came with the SYN: TCP Fast Open (RFC 7413)")));
        }
        if handshake.is_multipath() {
            lines.push(Line::new("both ends speak Multipath TCP (RFC 8684)".to_owned()));
        }
    }
    for direction in [Direction::ToServer, Direction::ToClient] {
        let counters = connection.counters.of(direction);
        let who = words::sender(direction);
        if counters.congestion_marks > 0 {
            let count = units::count(counters.congestion_marks.into(), "packet", "packets");
            let text =
                format!("{count} from the {who} marked for congestion on the way (CE, RFC 3168)");
            lines.push(Line::new(text).in_tone(Tone::Warn));
        }
        let handshake = connection.handshake.as_deref();
        let mss = handshake.and_then(|shaken| match direction {
            Direction::ToServer => shaken.server_options.mss,
            Direction::ToClient => shaken.client_options.mss,
        });
        if let Some(mss) = mss.filter(|mss| counters.largest > u32::from(*mss)) {
            let largest = units::grouped(counters.largest.into());
            lines.push(Line::new(format!(
                "the {who}'s largest segment, {largest} bytes, is beyond the MSS of {mss}: it is \
                 cut or joined by the device of the capturing machine (TSO, GRO), and was several \
                 on the wire"
            )));
        }
    }
    lines
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

//! What an estimate of closed requests is founded on.

use crate::protocol::tls::event::Burst;
use crate::report::text::{numbers, units};
use crate::report::timeline::detail::line::Line;
use crate::trace::connection::Connection;

/// The lines below its row.
pub(super) fn lines(connection: &Connection, nth: u32) -> Vec<Line> {
    let tls = connection.tls.as_deref();
    let Some(estimate) = tls.and_then(|tls| tls.estimates.get(nth as usize)) else {
        return Vec::new();
    };
    let is_quic = connection.quic.is_some();
    let (what, many) = if is_quic {
        ("sealed packets", "QUIC carries many streams")
    } else {
        ("encrypted records", "looks like HTTP/2")
    };
    let mut lines = vec![Line::new(format!(
        "estimated from the sizes, times and directions of {what}: nothing of it was read"
    ))];
    let units = if is_quic { ("packet", "packets") } else { ("record", "records") };
    lines.push(Line::below(burst("client", &estimate.sent, units)));
    let received = estimate.received.iter();
    lines.extend(received.map(|received| Line::below(burst("server", received, units))));
    if estimate.multiplexed {
        let text = format!("{many}: what the server sent may be for earlier requests, too");
        lines.push(Line::below(text));
    }
    lines
}

fn burst(who: &str, burst: &Burst, (one, several): (&str, &str)) -> String {
    format!(
        "{who} sent {}, about {} in them, within {}, frames {}",
        units::count(u64::from(burst.records), one, several),
        units::count(burst.bytes, "byte", "bytes"),
        units::span(burst.span.done.at.since(burst.span.first.at)),
        numbers::short(&burst.frames)
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::tls::event::Estimate;
    use crate::report::fixture::{over_quic, secured};

    #[test]
    fn estimates_are_founded_on_records_and_on_quic_on_packets() {
        let told = |mut connection: Connection| {
            let estimate = Estimate { multiplexed: true, ..Estimate::default() };
            let tls = connection.tls.as_mut().unwrap();
            tls.estimates = vec![estimate];
            let lines = lines(&connection, 0);
            lines.into_iter().map(|line| line.text).collect::<Vec<_>>().join("; ")
        };
        let of_tcp = told(secured().connections[4].clone());
        assert!(of_tcp.contains("directions of encrypted records"), "{of_tcp}");
        assert!(of_tcp.contains("client sent 0 records"), "{of_tcp}");
        assert!(of_tcp.contains("looks like HTTP/2: what the server sent may"), "{of_tcp}");
        let of_quic = told(over_quic().connections[0].clone());
        assert!(of_quic.contains("directions of sealed packets"), "{of_quic}");
        assert!(of_quic.contains("client sent 0 packets"), "{of_quic}");
        assert!(of_quic.contains("QUIC carries many streams: what the server sent"), "{of_quic}");
    }
}

//! The words of QUIC: how a connection was opened, why it was given up.

use crate::protocol::http::multiplex::ErrorCode;
use crate::protocol::quic::event::{Close, CloseError};
use crate::protocol::quic::frame::name_of;
use crate::protocol::quic::parameters::Parameters;
use crate::protocol::quic::version::Version;
use crate::report::text::escape::escape;
use crate::report::text::{units, words};
use crate::time::TimeDelta;
use crate::trace::Trace;
use crate::trace::race::Race;
use crate::trace::upgrade::Known;

/// Why a connection was given up: the name of the error.
pub fn error(error: CloseError) -> String {
    match error {
        CloseError::Transport { error, .. } => error.to_string(),
        CloseError::Application(code) => ErrorCode(code).to_string(),
    }
}

/// True where nothing is wrong: the connection is not needed any more.
pub fn is_usual(error: CloseError) -> bool {
    match error {
        CloseError::Transport { error, .. } => error.0 == 0,
        // H3_NO_ERROR (RFC 9114 §8.1); 0 is what those say that have no numbers of their own
        CloseError::Application(code) => matches!(code, 0 | 0x100),
    }
}

/// Versions, without those that nobody speaks.
pub fn listed(versions: &[Version]) -> String {
    let real = versions.iter().filter(|version| !version.is_grease());
    let names: Vec<String> = real.map(ToString::to_string).collect();
    if names.is_empty() { "none that is real".to_owned() } else { names.join(", ") }
}

/// A type of frame.
pub fn frame(kind: u64) -> String {
    name_of(kind).map_or_else(|| format!("frame type {kind:#x}"), str::to_owned)
}

/// What one end allows the other, as it said so; what it left to the defaults is left out.
pub fn parameters(said: &Parameters) -> Vec<String> {
    let millis = |millis: u64| units::span(TimeDelta::from_millis(millis.cast_signed()));
    let streams = |count: u64, of: &str| {
        units::count(count, &format!("{of} stream"), &format!("{of} streams"))
    };
    let mut parts = Vec::new();
    parts.extend(said.initial_max_data.map(|most| format!("{} of data", units::bytes(most))));
    let of_stream =
        said.initial_max_stream_data_bidi_remote.or(said.initial_max_stream_data_bidi_local);
    parts.extend(of_stream.map(|most| format!("{} on a stream", units::bytes(most))));
    parts.extend(said.initial_max_streams_bidi.map(|most| streams(most, "two-way")));
    parts.extend(said.initial_max_streams_uni.map(|most| streams(most, "one-way")));
    parts.extend(said.max_udp_payload_size.map(|most| format!("{} a packet", units::bytes(most))));
    parts.extend(match said.max_idle_timeout {
        None | Some(0) => None,
        Some(time) => Some(format!("{} of silence", millis(time))),
    });
    parts.extend(
        said.max_ack_delay.map(|most| format!("{} of delay of acknowledgments", millis(most))),
    );
    parts.extend(said.active_connection_id_limit.map(|most| format!("{most} connection IDs")));
    parts.extend(match said.max_datagram_frame_size {
        None | Some(0) => None,
        Some(_) => Some("datagrams".to_owned()),
    });
    parts.extend(said.disable_active_migration.then(|| "no migration".to_owned()));
    parts.extend(said.preferred_address.map(|_| "another address of the server".to_owned()));
    parts.extend(said.user_agent.as_deref().map(|agent| format!("user agent {}", escape(agent))));
    if parts.is_empty() {
        parts.push("nothing but the defaults".to_owned());
    }
    parts
}

/// Who gave a connection up, and why, with what else it says.
pub fn close(close: &Close) -> String {
    let (who, error) = (words::sender(close.by), error(close.error));
    let reason =
        if close.reason.is_empty() { String::new() } else { format!(": {}", reason(close)) };
    format!("closed by the {who}, {error}{reason}")
}

/// Likewise for a row: without what else it says where that is long, as the words of a TLS library
/// are.
pub fn close_in_short(close: &Close) -> String {
    let (who, error) = (words::sender(close.by), error(close.error));
    let reason = short_reason(close).map_or_else(String::new, |reason| format!(": {reason}"));
    format!("closed by the {who}, {error}{reason}")
}

/// What a close says in its own words, where that is something, and not long.
pub fn short_reason(close: &Close) -> Option<String> {
    (1..=SHORT).contains(&close.reason.len()).then(|| reason(close))
}

/// Bytes of a reason that still stands in a row.
const SHORT: usize = 48;

/// What a close says in its own words.
fn reason(close: &Close) -> String {
    escape(&close.reason).into_owned()
}

/// How the client knew that the server speaks HTTP/3.
pub fn known(trace: &Trace, known: Known) -> String {
    let inferred = |is_inferred| {
        if is_inferred { " (inferred: learnt over the other version of IP)" } else { "" }
    };
    match known {
        Known::Record { lookup, is_inferred } => {
            // the number that the question has where lookups are listed
            let number = trace.lookup(lookup).map(|lookup| lookup.resolution);
            let number = number.map_or_else(String::new, words::resolution_number);
            let inferred = inferred(is_inferred);
            format!("HTTP/3 because of the HTTPS record of lookup {number}{inferred}")
        }
        Known::AltSvc { exchange, is_inferred } => {
            let (number, inferred) = (words::exchange_number(exchange), inferred(is_inferred));
            format!("HTTP/3 because of Alt-Svc in the response to request {number}{inferred}")
        }
        Known::Earlier => {
            "HTTP/3 from earlier knowledge: neither an HTTPS record nor Alt-Svc that \
                           was read here offers it"
                .to_owned()
        }
    }
}

/// How it did beside its rival, the longest form first.
pub fn race(race: Race) -> Vec<String> {
    let number = words::connection_number(race.rival());
    let (short, after, spent) = match race {
        Race::Won { .. } => (format!("won the race against #{number}"), None, None),
        Race::Lost { spent, bytes, .. } => {
            let bytes = bytes.map(|bytes| format!(" and {}", units::bytes(bytes)));
            let cost = format!("{}{}", units::span(spent), bytes.unwrap_or_default());
            (format!("lost the race to #{number}"), None, Some(cost))
        }
        Race::FellBack { after, bytes, .. } => {
            let after = format!(" after {}", units::span(after));
            (format!("TCP #{number} used instead"), Some(after), Some(units::bytes(bytes)))
        }
        Race::StoodIn { after, .. } => {
            let after = format!(" {} after its first packet", units::span(after));
            (format!("used instead of QUIC #{number}"), Some(after), None)
        }
    };
    let with = |after: &str, spent: Option<&str>| {
        let spent = spent.map(|cost| format!("{cost} spent"));
        let estimated = race.is_inferred().then(|| "estimated".to_owned());
        let asides: Vec<String> = spent.into_iter().chain(estimated).collect();
        let asides =
            if asides.is_empty() { String::new() } else { format!(" ({})", asides.join(", ")) };
        format!("{short}{after}{asides}")
    };
    let long = with(after.as_deref().unwrap_or_default(), spent.as_deref());
    let is_long = after.is_some() || spent.is_some();
    [long].into_iter().chain(is_long.then(|| with("", None))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flow::event::Direction;
    use crate::protocol::quic::error::TransportError;
    use crate::report::fixture::at;
    use crate::time::TimeDelta;
    use crate::trace::ConnectionId;

    #[test]
    fn a_close_is_told_by_the_name_of_its_error() {
        let told = |error, reason: &str| {
            close(&Close { by: Direction::ToServer, at: at(0, 1), error, reason: reason.into() })
        };
        let transport = |code| CloseError::Transport { error: TransportError(code), frame: 6 };
        assert_eq!(told(transport(0), ""), "closed by the client, NO_ERROR");
        assert_eq!(
            told(transport(0x12a), "bad \u{1b} certificate"),
            "closed by the client, CRYPTO_ERROR (bad_certificate): bad \\x1b certificate"
        );
        assert!(is_usual(transport(0)) && is_usual(CloseError::Application(0x100)));
        assert!(!is_usual(transport(0x12a)) && !is_usual(CloseError::Application(0x101)));
    }

    #[test]
    fn what_a_library_says_at_length_is_not_said_in_a_row() {
        let told = |reason: &str| {
            let error = CloseError::Transport { error: TransportError(0x12a), frame: 6 };
            let by = Direction::ToServer;
            close_in_short(&Close { by, at: at(0, 1), error, reason: reason.into() })
        };
        let error = "closed by the client, CRYPTO_ERROR (bad_certificate)";
        assert_eq!(told("expired"), format!("{error}: expired"));
        assert_eq!(told(&"x".repeat(49)), error);
        assert_eq!(told(""), error);
    }

    #[test]
    fn a_race_is_told_with_what_it_cost() {
        let (rival, spent) = (ConnectionId(4), TimeDelta::from_millis(12));
        let is_inferred = false;
        let told = |bytes| race(Race::Lost { rival, spent, bytes, is_inferred });
        assert_eq!(
            told(Some(3_100)),
            ["lost the race to #4 (12.0 ms and 3.1 kB spent)", "lost the race to #4"]
        );
        assert_eq!(told(None)[0], "lost the race to #4 (12.0 ms spent)");
        let inferred = Race::Lost { rival, spent, bytes: None, is_inferred: true };
        let told = race(inferred);
        assert_eq!(
            told,
            ["lost the race to #4 (12.0 ms spent, estimated)", "lost the race to #4 (estimated)"]
        );
        let won = Race::Won { rival, is_inferred: true };
        assert_eq!(race(won), ["won the race against #4 (estimated)"]);
    }
}

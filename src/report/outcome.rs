//! How an exchange came out, in words: what is wrong where something is.

use crate::flow::event::{Direction, EndReason, GapReason};
use crate::protocol::http::multiplex::{ErrorCode, Reset};
use crate::trace::connection::Connection;
use crate::trace::exchange::State;
use crate::trace::quic::Quic;
use crate::trace::{Exchange, Trace};

/// What is wrong with an exchange; none where it was seen whole.
pub fn trouble(trace: &Trace, exchange: &Exchange) -> Option<&'static str> {
    Some(match exchange.state() {
        State::Whole => return None,
        State::Gap(reason) => gap(reason),
        State::Cut(reason) => cut(reason),
        State::Malformed => "breaks the rules of HTTP: the rest was not read",
        State::Reset(reset) => given_up(reset),
        State::NoResponse => {
            let connection = trace.connection(exchange.connection);
            no_response(connection.and_then(how_ended))
        }
        State::NoRequest => "the request is not in this capture",
        State::Open if exchange.response.is_some() => "not over yet when the capture ended",
        State::Open => "no response yet when the capture ended",
    })
}

fn given_up(reset: Reset) -> &'static str {
    match (reset.by, reset.code) {
        _ if reset.unprocessed => "not worked on: the connection was being closed",
        (Direction::ToServer, ErrorCode::CANCEL | ErrorCode::H3_REQUEST_CANCELLED) => {
            "the client cancelled it"
        }
        (Direction::ToServer, _) => "the client gave the stream up",
        (Direction::ToClient, ErrorCode::REFUSED_STREAM | ErrorCode::H3_REQUEST_REJECTED) => {
            "the server refused the stream before it worked on it"
        }
        (Direction::ToClient, _) => "the server gave the stream up",
    }
}

const fn gap(reason: GapReason) -> &'static str {
    match reason {
        GapReason::NotCaptured => "a piece of it was not captured",
        GapReason::Truncated => "cut off by the snapshot length of the capture",
        GapReason::OverBudget => "a piece of it did not come before too much was waiting for it",
        GapReason::NeverSent => "a piece of it never came",
    }
}

const fn cut(reason: EndReason) -> &'static str {
    match reason {
        EndReason::Fin => "cut short: the connection was closed",
        EndReason::Rst => "cut short: the connection was reset",
        EndReason::Idle => "cut short: nothing more came",
        EndReason::Evicted => "cut short: too many flows to follow them all",
        EndReason::CaptureEnd => "cut short: the capture ended",
        EndReason::Reused => "cut short: a new connection took its ports",
    }
}

/// How a connection ended; one over QUIC is closed by what its ends say, and its flow goes on for a
/// while.
fn how_ended(connection: &Connection) -> Option<EndReason> {
    let quic = connection.quic.as_deref();
    let Some((at, _)) = quic.and_then(Quic::given_up) else { return connection.end };
    let is_reset = quic.and_then(|quic| quic.reset).is_some_and(|reset| reset.at == at);
    Some(if is_reset { EndReason::Rst } else { EndReason::Fin })
}

const fn no_response(end: Option<EndReason>) -> &'static str {
    match end {
        Some(EndReason::Fin) => "no response: the connection was closed",
        Some(EndReason::Rst) => "no response: the connection was reset",
        Some(EndReason::Idle) => "no response: nothing more came",
        Some(EndReason::Evicted) => "no response: too many flows to follow them all",
        Some(EndReason::CaptureEnd) => "no response: the capture ended",
        Some(EndReason::Reused) => "no response: a new connection took its ports",
        None => "no response in this capture",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture::over_quic;

    #[test]
    fn a_request_over_quic_waits_in_vain_until_its_connection_is_given_up() {
        let mut trace = over_quic();
        let mut exchange = trace.exchanges[0].clone();
        (exchange.response, exchange.response_end, exchange.over) = (None, None, true);
        let of = |trace: &Trace| trouble(trace, &exchange);
        assert_eq!(of(&trace), Some("no response: the connection was closed"));
        let reset = trace.connections[6].quic.as_ref().unwrap().reset;
        let quic = trace.connections[0].quic.as_mut().unwrap();
        (quic.closes, quic.reset) = (Vec::new(), reset);
        assert_eq!(of(&trace), Some("no response: the connection was reset"));
        trace.connections[0].quic.as_mut().unwrap().reset = None;
        assert_eq!(of(&trace), Some("no response: nothing more came"));
    }
}

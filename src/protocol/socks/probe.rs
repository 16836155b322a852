//! Is it SOCKS?

use crate::flow::event::Direction;
use crate::protocol::analyzer::{Probe, Verdict};
use crate::protocol::socks::handshake::{Said, Step, of_client};

/// Looks at the first bytes of a flow: those of a client must be one whole message of SOCKS and
/// nothing else, since it waits for the answer. There is no magic number, so it must be sensible
/// throughout.
pub(super) fn probe(probe: &Probe<'_>) -> Verdict {
    match (probe.direction, probe.bytes) {
        (Direction::ToServer, [5, rest @ ..]) => methods(rest),
        (Direction::ToServer, [4, rest @ ..]) if is_four(rest) => four(probe.bytes),
        // the proxy's answer, where it was captured before the question
        (Direction::ToClient, [5] | [5, 0 | 2] | [0, 90..=93, ..]) if probe.port_matches => {
            Verdict::Unsure
        }
        _ => Verdict::No,
    }
}

/// The methods that a client of SOCKS 5 offers.
fn methods(rest: &[u8]) -> Verdict {
    match rest {
        [] => Verdict::Unsure,
        [1..=MOST, methods @ ..] if !methods.iter().all(|method| *method < ASSIGNED) => Verdict::No,
        [count @ 1..=MOST, methods @ ..] if methods.len() < usize::from(*count) => Verdict::Unsure,
        [count @ 1..=MOST, methods @ ..] if methods.len() == usize::from(*count) => Verdict::Yes,
        _ => Verdict::No,
    }
}

/// Behind the version of SOCKS 4: a command, a port and an address, and names in text.
fn is_four(rest: &[u8]) -> bool {
    let is_text = |byte: &u8| *byte == 0 || byte.is_ascii_graphic();
    rest.first().is_none_or(|command| matches!(command, 1 | 2))
        && rest.get(7..).unwrap_or_default().iter().all(is_text)
}

fn four(bytes: &[u8]) -> Verdict {
    match of_client(bytes, Step::First) {
        Ok((Said::Connect(target), length)) if length == bytes.len() && target.is_possible() => {
            Verdict::Yes
        }
        Err(_) => Verdict::Unsure,
        _ => Verdict::No,
    }
}

/// Clients offer few methods.
const MOST: u8 = 9;

/// The first number that IANA has not assigned to a method.
const ASSIGNED: u8 = 10;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::socks::tests::flow;

    fn ask(direction: Direction, bytes: &[u8], port_matches: bool) -> Verdict {
        probe(&Probe { flow: &flow(), direction, bytes, port_matches })
    }

    #[test]
    fn one_whole_and_sensible_message_on_any_port() {
        let up = |bytes: &[u8]| ask(Direction::ToServer, bytes, false);
        assert_eq!(up(&[5, 1, 0]), Verdict::Yes);
        assert_eq!(up(&[5, 3, 0, 1, 2]), Verdict::Yes);
        assert_eq!(up(&[5, 3, 0]), Verdict::Unsure);
        assert_eq!(up(&[5, 1, 0, 0]), Verdict::No, "it has to wait for the answer");
        assert_eq!(up(&[5, 0, 11, 3, 16]), Verdict::No, "DCE/RPC");
        assert_eq!(up(&[5, 2, 0, 200]), Verdict::No);
        assert_eq!(up(b"\x04\x01\x00\x50\xc0\x00\x02\x01me\0"), Verdict::Yes);
        assert_eq!(up(b"\x04\x01\x00\x50\xc0\x00\x02\x01me"), Verdict::Unsure);
        assert_eq!(up(b"\x04\x01\x00\x50\xc0\x00\x02\x01me\0\0"), Verdict::No);
        assert_eq!(up(b"\x04\x01\x00\x50\xc0\x00\x02\x01\xff\0"), Verdict::No);
        assert_eq!(up(b"\x04\x01\x00\x50\0\0\0\x01me\0h.example\0"), Verdict::Yes);
        assert_eq!(up(b"\x04\x01\x00\x50\0\0\0\0\0"), Verdict::No, "nobody");
        assert_eq!(up(&[4, 9, 0, 80]), Verdict::No);
        assert_eq!(up(b"GET / HTTP/1.1"), Verdict::No);
    }

    #[test]
    fn an_answer_alone_tells_nothing_without_the_port() {
        let down = |bytes: &[u8], port| ask(Direction::ToClient, bytes, port);
        assert_eq!(down(&[5, 0], true), Verdict::Unsure);
        assert_eq!(down(&[5, 0], false), Verdict::No);
        assert_eq!(down(b"SSH-2.0", true), Verdict::No);
    }
}

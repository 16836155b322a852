//! Is it HTTP/1?

use crate::flow::event::{Direction, Role};
use crate::protocol::analyzer::{Probe, Verdict};
use crate::protocol::http1::start::{
    Looks, begins_request, begins_response, is_request, is_response,
};

/// Looks at the first bytes of a flow. A request line is needed, or the beginning of a status
/// line. On a port of HTTP other bytes leave it open where the capture may have begun within a
/// body.
pub(super) fn probe(probe: &Probe<'_>) -> Verdict {
    let bytes = probe.bytes.trim_ascii_start();
    if bytes.is_empty() {
        return Verdict::Unsure;
    }
    // Which end is the client may have been guessed wrong: both are looked for.
    let looks = match probe.direction {
        Direction::ToServer => (is_request(bytes), is_response(bytes)),
        Direction::ToClient => (is_response(bytes), is_request(bytes)),
    };
    match looks {
        (Looks::Like, _) => Verdict::Yes,
        (_, Looks::Like) if midstream(probe) => Verdict::Yes,
        (Looks::Short, _) => short(probe, bytes),
        _ if probe.port_matches && simple(probe, bytes) => Verdict::Yes,
        _ if probe.port_matches && midstream(probe) && !foreign(bytes) => Verdict::Unsure,
        _ => Verdict::No,
    }
}

/// Where a long request line has no end yet, a port and a usual method must do.
fn short(probe: &Probe<'_>, bytes: &[u8]) -> Verdict {
    let usual = METHODS.iter().any(|m| bytes.starts_with(m.as_bytes()));
    if probe.port_matches && usual && begins_request(bytes) == Looks::Like {
        return Verdict::Yes;
    }
    Verdict::Unsure
}

/// On a port of HTTP: an HTTP/0.9 request, or a start line that is almost right.
fn simple(probe: &Probe<'_>, bytes: &[u8]) -> bool {
    match probe.direction {
        Direction::ToServer => {
            let line = bytes.split(|&b| b == b'\n').next().unwrap_or_default();
            let version = line.split(|&b| b == b' ').next_back().unwrap_or_default();
            let other = version.iter().position(|&b| b == b'/').is_some_and(|slash| slash > 0)
                && version.first().is_some_and(u8::is_ascii_uppercase)
                && !version.starts_with(b"HTTP/1");
            // a blank may be missing before it: `POST /HTTP/1.1`
            let http = version.strip_prefix(b"/").unwrap_or(version).starts_with(b"HTTP/1");
            let known = METHODS.iter().any(|m| bytes.starts_with(m.as_bytes()))
                || (http && begins_request(bytes) == Looks::Like);
            known && !other
        }
        Direction::ToClient => begins_response(bytes) == Looks::Like,
    }
}

fn midstream(probe: &Probe<'_>) -> bool {
    matches!(probe.flow.role, Role::Port | Role::FirstSender)
}

/// TLS and SSH stand on ports of HTTP now and then.
fn foreign(bytes: &[u8]) -> bool {
    matches!(bytes, [0x14..=0x17, 3, 0..=4, ..]) || bytes.starts_with(b"SSH-")
}

/// The methods of RFC 9110 §9.3 and RFC 5789, with their space.
const METHODS: [&str; 9] =
    ["GET ", "POST ", "HEAD ", "PUT ", "DELETE ", "OPTIONS ", "CONNECT ", "TRACE ", "PATCH "];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::http1::tests::flow;

    fn ask(role: Role, direction: Direction, bytes: &str, port_matches: bool) -> Verdict {
        let flow = flow(role);
        probe(&Probe { flow: &flow, direction, bytes: bytes.as_bytes(), port_matches })
    }

    #[test]
    fn http_is_known_on_any_port() {
        let up = |bytes| ask(Role::Syn, Direction::ToServer, bytes, false);
        assert_eq!(up("GET / HTTP/1.1\r\n"), Verdict::Yes);
        assert_eq!(up("\r\nXYZZY * HTTP/1.0\n"), Verdict::Yes);
        assert_eq!(up("GET /lon"), Verdict::Unsure);
        assert_eq!(up("GET /\r\n"), Verdict::No);
        assert_eq!(up("OPTIONS rtsp://h RTSP/1.0\r\n"), Verdict::No);
        assert_eq!(up("INVITE sip:a SIP/2.0\r\n"), Verdict::No);
        assert_eq!(up("PRI * HTTP/2.0\r\n"), Verdict::No);
        assert_eq!(up("\x16\x03\x01\x02"), Verdict::No);
        assert_eq!(up("HTTP/1.1 200 OK\r\n"), Verdict::No);
        let down = |bytes| ask(Role::Syn, Direction::ToClient, bytes, false);
        assert_eq!(down("HTTP/1.1 200 OK"), Verdict::Yes);
        assert_eq!(down("HTTP/1."), Verdict::Unsure);
        assert_eq!(down("ICY 200 OK\r\n"), Verdict::No);
        assert_eq!(down("RTSP/1.0 200 OK\r\n"), Verdict::No);
    }

    #[test]
    fn a_port_of_http_makes_it_laxer() {
        let up = |bytes: &str| ask(Role::Syn, Direction::ToServer, bytes, true);
        assert_eq!(up("GET /lon"), Verdict::Yes);
        assert_eq!(up("GET /\r\n"), Verdict::Yes);
        assert_eq!(up("XYZZY / HTTP/1.\r\n"), Verdict::Yes);
        assert_eq!(up("CCM_POST /HTTP/1.1\nHost: h\n"), Verdict::Yes);
        assert_eq!(up("DESCRIBE /stream RTSP/1.0\r\n"), Verdict::No);
        assert_eq!(up("OPTIONS rtsp://h RTSP/1.0\r\n"), Verdict::No);
        assert_eq!(up("\x16\x03\x01\x02"), Verdict::No);
        assert_eq!(up("tail of a body\r\n"), Verdict::No);
        for other in ["tail /of a body", "12345 /foo bar", "- /a", "LOGIN /home/x secret"] {
            assert_eq!(up(&format!("{other}\r\n")), Verdict::No, "{other}");
        }
        let midway = |bytes| ask(Role::Port, Direction::ToServer, bytes, true);
        assert_eq!(midway("tail of a body\r\n"), Verdict::Unsure);
        assert_eq!(midway("\x17\x03\x03\x01"), Verdict::No);
        assert_eq!(midway("HTTP/1.1 200 OK\r\n"), Verdict::Yes);
    }
}

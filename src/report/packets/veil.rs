//! Which bytes of packets are credentials, for who shows bytes.
//!
//! Takes packets in capture order. A head may go over several segments, so the line that a
//! segment stopped in is remembered for each direction of a TCP flow. Where it is not known how a
//! segment begins (what is before it was not captured, or comes later), what may be the end of a
//! field's value counts as one.

use std::collections::VecDeque;
use std::ops::Range;

use hashbrown::HashMap;
use memchr::memchr;

use crate::address::Endpoint;
use crate::capture::source::Packet;
use crate::limits::Limits;
use crate::packet::Decoded;
use crate::protocol::http::credentials;
use crate::protocol::http::passwords;

/// Finds credentials.
#[derive(Clone, Debug, Default)]
pub(super) struct Veil {
    ways: HashMap<(Endpoint, Endpoint), Way>,
}

/// One direction of a flow.
#[derive(Clone, Debug, Default)]
struct Way {
    /// The line at the first byte of each of the last segments, and behind the last one: what is
    /// sent again begins in one of them.
    starts: VecDeque<(u32, Line)>,
}

/// Where in a line of text.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Line {
    /// In what may be a field's name; what was read of it.
    Name(Vec<u8>),
    /// In a credential.
    Credential,
    /// At the line after a credential, which may go on there (RFC 9112 §5.2).
    After,
    /// In anything else.
    Other,
}

impl Veil {
    /// Where in a packet's bytes credentials are.
    pub(super) fn hidden(&mut self, packet: &Packet, decoded: &Decoded<'_>) -> Vec<Range<usize>> {
        let mut hidden = passwords::ranges(&packet.data);
        let offset = decoded.payload_offset;
        Line::Other.read(packet.data.get(..offset).unwrap_or_default(), 0, &mut hidden);
        let begun = self.begun(decoded);
        let line = begun.clone().unwrap_or_else(|| Line::unknown(decoded.payload));
        let end = line.read(decoded.payload, offset, &mut hidden);
        hidden.extend(proxy_password(decoded.payload, offset).filter(|_| decoded.tcp().is_some()));
        self.remember(decoded, end);
        hidden
    }

    /// The line that a TCP segment begins in, where that is known; a datagram begins one.
    fn begun(&self, decoded: &Decoded<'_>) -> Option<Line> {
        let Some((way, sequence)) = way_of(decoded) else { return Some(Line::begin()) };
        let starts = self.ways.get(&way).map(|way| &way.starts)?;
        starts.iter().find(|(start, _)| *start == sequence).map(|(_, line)| line.clone())
    }

    fn remember(&mut self, decoded: &Decoded<'_>, end: Line) {
        let (Some((way, sequence)), Some(tcp)) = (way_of(decoded), decoded.tcp()) else { return };
        if decoded.payload.is_empty() && !tcp.syn() {
            return;
        }
        if self.ways.len() >= Limits::VEILED_WAYS && !self.ways.contains_key(&way) {
            self.ways.clear();
        }
        let starts = &mut self.ways.entry(way).or_default().starts;
        let length = u32::try_from(decoded.payload.len()).unwrap_or(u32::MAX);
        let length = length.wrapping_add(decoded.missing).wrapping_add(u32::from(tcp.syn()));
        let next = sequence.wrapping_add(length);
        if starts.iter().any(|(start, _)| *start == next) {
            return;
        }
        let end = if decoded.missing > 0 { Line::Other } else { end };
        starts.push_back((next, if tcp.syn() { Line::begin() } else { end }));
        if starts.len() > SEGMENTS {
            starts.pop_front();
        }
    }
}

/// Starts of segments that are remembered: what is sent again was sent not long ago.
const SEGMENTS: usize = 32;

/// Bytes of a name that are remembered: one more than the longest of a credential has.
const NAME: usize = 20;

fn way_of(decoded: &Decoded<'_>) -> Option<((Endpoint, Endpoint), u32)> {
    let (network, tcp) = (decoded.network?, decoded.tcp()?);
    let from = Endpoint::new(network.source, tcp.source_port());
    let to = Endpoint::new(network.destination, tcp.destination_port());
    Some(((from, to), tcp.sequence_number()))
}

impl Line {
    const fn begin() -> Self {
        Self::Name(Vec::new())
    }

    /// The line of bytes whose beginning was not seen. Where fields follow it, or the end of a
    /// head, and it is no start line, it is the end of a field.
    fn unknown(payload: &[u8]) -> Self {
        let Some(end) = memchr(b'\n', payload) else { return Self::begin() };
        let (first, next) = payload.split_at(end);
        let next = next.split(|byte| *byte == b'\n').nth(1).unwrap_or_default();
        let next = next.strip_suffix(b"\r").unwrap_or(next);
        let is_name = |byte: &&u8| byte.is_ascii_alphanumeric() || **byte == b'-';
        let name = next.iter().take_while(is_name).count();
        let field = next.is_empty() || (name > 0 && next.get(name) == Some(&b':'));
        let words = first.split(u8::is_ascii_whitespace);
        let start_line = words.into_iter().any(|word| {
            let slash = word.iter().position(|byte| *byte == b'/');
            let slash = slash.filter(|at| *at > 1).and_then(|at| word.split_at_checked(at));
            slash.is_some_and(|(name, version)| {
                name.iter().all(u8::is_ascii_uppercase)
                    && version.get(1).is_some_and(u8::is_ascii_digit)
            })
        });
        if field && !start_line { Self::Credential } else { Self::begin() }
    }

    /// Reads on; adds where credentials are, counted from `offset`, and gives the line at the
    /// end.
    fn read(mut self, bytes: &[u8], offset: usize, hidden: &mut Vec<Range<usize>>) -> Self {
        let mut at = 0;
        while let Some(rest) = bytes.get(at..).filter(|rest| !rest.is_empty()) {
            let line_end = memchr(b'\n', rest);
            match &mut self {
                Self::Other => {
                    let Some(end) = line_end else { return self };
                    at += end + 1;
                    self = Self::begin();
                }
                Self::Credential => {
                    let value = rest.get(..line_end.unwrap_or(rest.len())).unwrap_or_default();
                    let value = value.strip_suffix(b"\r").unwrap_or(value);
                    if !value.is_empty() {
                        hidden.push(offset + at..offset + at + value.len());
                    }
                    let Some(end) = line_end else { return self };
                    at += end + 1;
                    self = Self::After;
                }
                Self::After => {
                    let goes_on = matches!(rest.first(), Some(b' ' | b'\t'));
                    self = if goes_on { Self::Credential } else { Self::begin() };
                }
                Self::Name(name) => {
                    let room = NAME.saturating_sub(name.len());
                    let ends = |byte: &u8| matches!(byte, b':' | b'\n');
                    let end = rest.iter().take(room + 1).position(ends);
                    let Some(more) = rest.get(..end.unwrap_or_else(|| rest.len().min(room))) else {
                        return Self::Other;
                    };
                    name.extend_from_slice(more);
                    at += more.len();
                    self = match end.and_then(|end| rest.get(end)) {
                        Some(b':') => {
                            at += 1;
                            let name = String::from_utf8_lossy(name.trim_ascii());
                            let line_end = line_end.unwrap_or(rest.len());
                            let value = rest.get(more.len() + 1..line_end);
                            hidden.extend(
                                password(&name, value.unwrap_or_default())
                                    .map(|len| offset + at..offset + at + len),
                            );
                            let is_one = credentials::is_credential(&name);
                            if is_one { Self::Credential } else { Self::Other }
                        }
                        Some(_) => Self::Other,
                        None if name.len() >= NAME => Self::Other,
                        None => return self,
                    };
                }
            }
        }
        self
    }
}

/// The password in a segment that says who asks a SOCKS proxy, and nothing else (RFC 1929 §2).
fn proxy_password(payload: &[u8], offset: usize) -> Option<Range<usize>> {
    let (1, rest) = payload.split_first().map(|(version, rest)| (*version, rest))? else {
        return None;
    };
    let (name, rest) = rest.split_first()?;
    let (length, password) = rest.get(usize::from(*name)..)?.split_first()?;
    let is_whole = password.len() == usize::from(*length) && !password.is_empty() && *name > 0;
    let end = offset + payload.len();
    is_whole.then(|| end - password.len()..end)
}

/// How far a password goes that may begin behind the first colon of a line: that of an authority
/// without a scheme, in `Host` or the target of CONNECT.
fn password(before: &str, value: &[u8]) -> Option<usize> {
    let (first, _) = before.split_once(' ').unwrap_or((before, ""));
    let is_one = ["host", "connect"].iter().any(|word| first.eq_ignore_ascii_case(word));
    value.iter().rposition(|byte| *byte == b'@').filter(|_| is_one)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::packet::build::Capture;
    use crate::packet::decode;

    /// The payloads with `*` for what is hidden.
    fn shown(capture: &Capture) -> Vec<String> {
        let mut veil = Veil::default();
        let mut all = Vec::new();
        for packet in capture.packets() {
            let decoded = decode(&packet);
            let mut bytes = packet.data.to_vec();
            for hidden in veil.hidden(&packet, &decoded) {
                bytes[hidden].fill(b'*');
            }
            let payload = String::from_utf8(bytes[decoded.payload_offset..].to_vec()).unwrap();
            all.extend((!decoded.payload.is_empty()).then_some(payload));
        }
        all
    }

    #[test]
    fn fields_are_hidden_wherever_segments_are_cut() {
        let head = "GET / HTTP/1.1\r\nA: b\r\nCookie: s3cr3t=s3cr3t\r\n s3cr3t\r\nB: c\r\n\r\n";
        for first in 1..head.len() {
            for second in first + 1..head.len() {
                let mut capture = Capture::new();
                let mut tcp = capture.tcp(([10, 0, 0, 2], 5000), ([10, 0, 0, 1], 80));
                tcp.handshake();
                for piece in [&head[..first], &head[first..second], &head[second..]] {
                    tcp.client(piece.as_bytes());
                }
                let all = shown(&capture).concat();
                let wanted =
                    head.replace(" s3cr3t=s3cr3t", "**************").replace(" s3cr3t", "*******");
                assert_eq!(all, wanted, "{first} {second}");
            }
        }
    }

    #[test]
    fn the_password_for_a_proxy_is_hidden() {
        let mut capture = Capture::new();
        let mut tcp = capture.tcp(([10, 0, 0, 2], 5000), ([10, 0, 0, 1], 1080));
        tcp.handshake().client(b"\x01\x04user\x06s3cr3t").client(b"\x01\x04user\x06s3cr3t!");
        let shown = shown(&capture);
        assert_eq!(shown, ["\x01\x04user\x06******", "\x01\x04user\x06s3cr3t!"]);
    }

    #[test]
    fn the_end_of_a_field_whose_beginning_is_missing_is_hidden() {
        let mut capture = Capture::new();
        let mut tcp = capture.tcp(([10, 0, 0, 2], 5000), ([10, 0, 0, 1], 80));
        tcp.client(b"cr3t\r\nB: c\r\n\r\n");
        capture
            .tcp(([10, 0, 0, 3], 5000), ([10, 0, 0, 1], 80))
            .client(b"GET / HTTP/1.0\r\nB: c\r\n");
        capture.tcp(([10, 0, 0, 4], 5000), ([10, 0, 0, 1], 80)).client(b"one\ntwo\n");
        capture.udp(([10, 0, 0, 2], 5000), ([10, 0, 0, 1], 80), b"N * H/1\r\nAUTHORIZATION:a\r\n");
        capture.udp(([10, 0, 0, 2], 5000), ([10, 0, 0, 1], 80), b"to http://u:p@h/");
        let connect = b"CONNECT u:p@h:443 HTTP/1.1\r\nHost: u:p@h:443\r\n";
        capture.udp(([10, 0, 0, 2], 5000), ([10, 0, 0, 1], 80), connect);
        assert_eq!(
            shown(&capture),
            [
                "****\r\nB: c\r\n\r\n",
                "GET / HTTP/1.0\r\nB: c\r\n",
                "one\ntwo\n",
                "N * H/1\r\nAUTHORIZATION:*\r\n",
                "to http://u:*@h/",
                "CONNECT u:*@h:443 HTTP/1.1\r\nHost:****@h:443\r\n",
            ]
        );
    }
}

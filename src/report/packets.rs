//! The packets view: one line for each packet, its layers as a tree, its bytes as they stand.
//!
//! Takes packets one by one in capture order, writes text; keeps nothing but the time of the
//! first one. What a payload means beyond the transport is told by the caller.

mod veil;

use std::fmt::{self, Write as _};
use std::io::{self, Write};

use jiff::tz::TimeZone;

use crate::capture::source::Packet;
use crate::packet::decode;
use crate::packet::describe::{LayerText, escape, hexdump, layers, line};
use crate::protocol::http::credentials::Credentials;
use crate::protocol::http::passwords::BLANK;
use crate::report::application;
use crate::report::packets::veil::Veil;
use crate::report::text::escape::to_ascii;
use crate::time::{Stamp, TimeDelta, Timestamp};

/// Writes packets as they come.
#[derive(Clone, Debug)]
pub struct PacketsView {
    detail: Detail,
    ascii: bool,
    zone: TimeZone,
    first: Option<Timestamp>,
    /// None where credentials are shown.
    veil: Option<Veil>,
}

/// How much is said of each packet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Detail {
    /// One line.
    #[default]
    Line,
    /// The line, and every layer with its fields.
    Layers,
    /// That, and a hex dump.
    Bytes,
}

impl PacketsView {
    /// A view of this detail; `ascii` does without arrows and lines from Unicode, `zone` is for
    /// the absolute time of a packet. It shows no credentials.
    pub fn new(detail: Detail, ascii: bool, zone: TimeZone) -> Self {
        Self { detail, ascii, zone, first: None, veil: Some(Veil::default()) }
    }

    /// The same view, that shows credentials or does not.
    #[must_use]
    pub fn with(mut self, credentials: Credentials) -> Self {
        self.veil = (credentials == Credentials::Blanked).then(Veil::default);
        self
    }

    /// Writes one packet.
    ///
    /// # Errors
    ///
    /// What writing to `out` gives.
    pub fn packet(&mut self, packet: &Packet, out: &mut dyn Write) -> io::Result<()> {
        self.packet_telling(packet, None, out)
    }

    /// Writes one packet whose payload the caller can tell more about: DNS, HTTP.
    ///
    /// # Errors
    ///
    /// What writing to `out` gives.
    pub fn packet_telling(
        &mut self,
        packet: &Packet,
        application: Option<&[LayerText]>,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        let mut text = String::with_capacity(160);
        self.compose(packet, application, &mut text).map_err(io::Error::other)?;
        let text = if self.ascii { to_ascii(&text) } else { text.into() };
        out.write_all(text.as_bytes())
    }

    fn compose(
        &mut self,
        packet: &Packet,
        application: Option<&[LayerText]>,
        text: &mut String,
    ) -> fmt::Result {
        let decoded = decode(packet);
        let hidden = self.veil.as_mut().map(|veil| veil.hidden(packet, &decoded));
        let shown = if hidden.is_some() { Credentials::Blanked } else { Credentials::Kept };
        let hidden = hidden.unwrap_or_default();
        let own = application
            .is_none()
            .then(|| application::layers(&decoded, Stamp::new(packet.at, packet.frame), shown));
        let application = application.or_else(|| own.as_deref().filter(|own| !own.is_empty()));
        let mut texts = layers(&decoded, packet.orig_len, application);
        if !hidden.is_empty() {
            without_line(&mut texts);
        }
        let line = line(&decoded, &texts);
        let first = *self.first.get_or_insert(packet.at);
        write!(text, "{:>5}  {:>10}", packet.frame.0, seconds(packet.at.since(first)))?;
        if !line.destination.is_empty() {
            write!(text, "  {} → {}", line.source, line.destination)?;
        } else if !line.source.is_empty() {
            write!(text, "  {}", line.source)?;
        }
        writeln!(text, "  {}  {}", line.protocol, line.info)?;
        if self.detail >= Detail::Layers {
            self.tree(packet, &texts, text)?;
        }
        if self.detail >= Detail::Bytes {
            writeln!(text)?;
            text.push_str(&hexdump(&packet.data, &hidden));
            if !hidden.is_empty() {
                writeln!(text, "** is a byte of a credential; --keep-credentials shows it")?;
            }
        }
        if self.detail >= Detail::Layers {
            writeln!(text)?;
        }
        Ok(())
    }

    /// The layers, each within the one before it.
    fn tree(&self, packet: &Packet, texts: &[LayerText], text: &mut String) -> fmt::Result {
        let (captured, on_wire) = (packet.data.len(), packet.orig_len);
        write!(text, "  frame of {on_wire} bytes")?;
        if u32::try_from(captured).is_ok_and(|captured| captured < on_wire) {
            write!(text, ", {captured} of them captured")?;
        }
        writeln!(text, ", {}", self.time(packet.at))?;
        let mut indent = "  ".to_owned();
        for layer in texts {
            let summary = escape(&layer.summary);
            writeln!(text, "{indent}└ {}: {}{summary}", layer.name, sizes(layer))?;
            indent.push_str("  ");
            let widest = layer.fields.iter().map(|field| field.0.len()).max().unwrap_or(0);
            for (name, value) in &layer.fields {
                writeln!(text, "{indent}│ {name:<widest$}  {}", escape(value))?;
            }
        }
        Ok(())
    }

    fn time(&self, at: Timestamp) -> String {
        match jiff::Timestamp::from_nanosecond(i128::from(at.as_nanos())) {
            Ok(time) => {
                time.to_zoned(self.zone.clone()).strftime("%Y-%m-%d %H:%M:%S%.9f %:z").to_string()
            }
            Err(_) => format!("{} ns since 1970", at.as_nanos()),
        }
    }
}

/// A payload's first line may be one of a credential.
fn without_line(texts: &mut [LayerText]) {
    let payload = texts.last_mut().filter(|last| last.name == "payload");
    if let Some((payload, end)) = payload.and_then(|p| p.summary.find(": ").map(|at| (p, at))) {
        payload.summary.truncate(end);
        payload.summary.push_str(": ");
        payload.summary.push_str(BLANK);
    }
}

/// Header length and bytes left of a layer that has a header.
fn sizes(layer: &LayerText) -> String {
    match (layer.header_len, layer.left) {
        (0, _) => String::new(),
        (header, 0) => format!("header {header}, nothing left; "),
        (header, left) => format!("header {header}, {left} left; "),
    }
}

/// Seconds with six digits; what is less than a microsecond is cut off.
fn seconds(since: TimeDelta) -> String {
    let nanos = since.as_nanos();
    let micros = nanos.unsigned_abs() / 1000;
    let sign = if nanos < 0 { "-" } else { "" };
    format!("{sign}{}.{:06}", micros / 1_000_000, micros % 1_000_000)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::packet::build::Capture;

    const CLIENT: ([u8; 4], u16) = ([10, 0, 0, 2], 50_000);
    const SERVER: ([u8; 4], u16) = ([10, 0, 0, 1], 80);

    fn written(mut view: PacketsView, capture: &Capture) -> String {
        let mut out = Vec::new();
        for packet in capture.packets() {
            view.packet(&packet, &mut out).unwrap();
        }
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn one_line_a_packet() {
        let mut capture = Capture::new();
        capture.arp_request([10, 0, 0, 2], [10, 0, 0, 1]).wait(121);
        capture.tcp(CLIENT, SERVER).isn(1, 2).client(b"x");
        capture.raw(&[1, 2, 3]).at(TimeDelta::from_nanos(-5_000_001_234)).raw(&[0; 60]);
        let expected = "    1    0.000000  02:00:0a:00:00:02 → ff:ff:ff:ff:ff:ff  ARP  who has 10.0.0.1? tell 10.0.0.2
    2    0.122000  10.0.0.2:50000 → 10.0.0.1:80  TCP  [PSH, ACK] seq=2 ack=3 win=64240 len=1
    3    0.123000  ETH  14 bytes needed, the packet has 3
    4   -5.000001  00:00:00:00:00:00 → 00:00:00:00:00:00  LLC  3 bytes needed, the packet has 0
";
        assert_eq!(
            written(PacketsView::new(Detail::Line, false, TimeZone::UTC), &capture),
            expected
        );
    }

    #[test]
    fn the_tree_and_the_bytes() {
        let mut capture = Capture::new();
        capture.udp(CLIENT, SERVER, b"ping\x1b[2J");
        let expected = "    1    0.000000  10.0.0.2:50000 -> 10.0.0.1:80  UDP  len=8
  frame of 50 bytes, 2001-09-09 01:46:40.000000000 +00:00
  + Ethernet II: header 14, 36 left; 02:00:0a:00:00:02 -> 02:00:0a:00:00:01, IPv4
    | destination  02:00:0a:00:00:01
    | source       02:00:0a:00:00:02
    | type         0x0800 IPv4
    + IPv4: header 20, 16 left; 10.0.0.2 -> 10.0.0.1, UDP, TTL 64
      | version          4
      | header length    20 bytes
      | service          DSCP 0 (default), ECN 0 (not ECN-capable)
      | total length     36 bytes
      | identification   0x0001 (1)
      | flags            don't fragment
      | fragment offset  0 bytes
      | time to live     64
      | protocol         17 UDP
      | header checksum  0x26c6 (ok)
      | source           10.0.0.2
      | destination      10.0.0.1
      + UDP: header 8, 8 left; len=8
        | source port       50000
        | destination port  80
        | length            16 bytes
        | checksum          0xfbb4 (ok)
        + payload: 8 bytes

0000  02 00 0a 00 00 01 02 00  0a 00 00 02 08 00 45 00  ..............E.
0010  00 24 00 01 40 00 40 11  26 c6 0a 00 00 02 0a 00  .$..@.@.&.......
0020  00 01 c3 50 00 50 00 10  fb b4 70 69 6e 67 1b 5b  ...P.P....ping.[
0030  32 4a                                             2J

";
        let view = PacketsView::new(Detail::Bytes, true, TimeZone::UTC);
        assert_eq!(written(view, &capture), expected);
    }

    #[test]
    fn what_the_caller_knows_is_told_and_escaped() {
        let mut capture = Capture::new();
        capture.udp(CLIENT, SERVER, b"...");
        let told = [LayerText {
            name: "DNS",
            header_len: 12,
            summary: "query for a\u{202e}b".to_owned(),
            fields: vec![("name", "\x07".to_owned())],
            left: 0,
        }];
        let zone = TimeZone::fixed(jiff::tz::offset(9));
        let mut view = PacketsView::new(Detail::Layers, false, zone);
        let mut out = Vec::new();
        view.packet_telling(&capture.packets()[0], Some(&told), &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert!(text.contains("10.0.0.1:80  DNS  query for a\\u{202e}b\n"), "{text}");
        assert!(text.contains("└ DNS: header 12, nothing left; query for a\\u{202e}b\n"), "{text}");
        assert!(text.contains("│ name  \\x07\n") && !text.contains("payload"), "{text}");
        assert!(text.contains("2001-09-09 10:46:40.000000000 +09:00"), "{text}");
    }

    #[test]
    fn ascii_is_all_ascii() {
        let mut capture = Capture::new();
        let request = "GET /ä HTTP/1.1\r\nHost: é.test\r\n\r\n";
        capture.tcp(CLIENT, SERVER).client(request.as_bytes());
        let text = written(PacketsView::new(Detail::Layers, true, TimeZone::UTC), &capture);
        assert!(text.is_ascii() && text.contains("\\xe9.test"), "{text}");
    }
}

//! The TLS records that a segment carries, for the packets view: what anyone can see of them.

use std::fmt::Write;

use crate::cursor::{Cursor, Short};
use crate::limits::Limits;
use crate::packet::describe::LayerText;
use crate::protocol::tls::alert::{Description, Level};
use crate::protocol::tls::handshake::{self, Settled};
use crate::protocol::tls::message::Body;
use crate::protocol::tls::names::{HandshakeType, Version};
use crate::report::text::escape::escape;
use crate::report::text::tls as words;

/// What the records before say of the next bytes of a direction.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Known {
    /// Bytes that still belong to the record before, and its name.
    pub left: usize,
    /// The name of the record that those belong to.
    pub name: &'static str,
    /// Bytes of a handshake message that goes on in the next record.
    pub message_left: usize,
    /// A short handshake record that is not whole: what has come of it, and what `message_left` was
    /// before it.
    pub begun: Option<(Vec<u8>, usize)>,
    /// True where the direction has changed to encrypted records.
    pub encrypted: bool,
    /// What the ServerHello settled.
    pub settled: Option<Settled>,
}

/// The records of a segment's payload, and what they say of the bytes behind; none where it has
/// no records. `known` is none where nothing is known of the bytes before.
pub fn layer(payload: &[u8], known: Option<Known>) -> Option<(LayerText, Known)> {
    let mut told = Told { known: known.unwrap_or_default(), ..Told::default() };
    let mut cursor = Cursor::new(payload);
    if told.known.left > 0 {
        told.rest_of_record(&mut cursor);
    } else if !is_head(payload) {
        return None;
    }
    while !cursor.is_empty() {
        if told.record(&mut cursor).is_err() {
            break;
        }
    }
    let rest = cursor.rest().len();
    if rest > 0 {
        let is_next = is_head(cursor.rest()) || rest < HEAD;
        told.names.push(if is_next { "the head of a record" } else { "no record" }.to_owned());
    }
    Some(told.text(payload.len()))
}

/// Bytes of a record's head.
const HEAD: usize = 5;

/// Names of records shown in a line: a segment of 64 KiB may have thousands.
const NAMES: usize = 16;

/// Whether a record can begin like this (RFC 8446 §5.1): type, version, length.
fn is_head(bytes: &[u8]) -> bool {
    match bytes {
        [20..=24, 3, 0..=4, high, low, ..] => {
            (1..=(1 << 14) + 2048).contains(&u16::from_be_bytes([*high, *low]))
        }
        _ => false,
    }
}

#[derive(Default)]
struct Told {
    known: Known,
    names: Vec<String>,
    fields: Vec<(&'static str, String)>,
}

impl Told {
    /// The bytes of a record that began in an earlier segment.
    fn rest_of_record(&mut self, cursor: &mut Cursor<'_>) {
        let there = cursor.rest().len().min(self.known.left);
        let more = cursor.take(there).unwrap_or_default();
        self.known.left -= there;
        if let Some((bytes, _)) = &mut self.known.begun {
            bytes.extend_from_slice(more);
        }
        if self.known.left == 0
            && let Some((bytes, message_left)) = self.known.begun.take()
        {
            self.known.message_left = message_left;
            self.messages(&bytes);
            if let Some(last) = self.names.last_mut() {
                last.push_str(" (ends)");
            }
            return;
        }
        let how = if self.known.left > 0 { "goes on" } else { "ends" };
        self.names.push(format!("{} ({how})", self.known.name));
    }

    /// The next record. Fails where its head is not whole, or none.
    fn record(&mut self, cursor: &mut Cursor<'_>) -> Result<(), Short> {
        let short = Short { offset: cursor.offset(), needed: HEAD, left: cursor.rest().len() };
        if !is_head(cursor.rest()) {
            return Err(short);
        }
        let (content, version, length) = (cursor.u8()?, cursor.u16()?, cursor.u16()?);
        let length = usize::from(length);
        let there = cursor.rest().len().min(length);
        let body = cursor.take(there)?;
        let (before, place) = (self.names.len(), self.fields.len());
        let message_left = self.known.message_left;
        let is_plain = content == 22 && !self.known.encrypted;
        self.known.begun = (is_plain && there < length && length <= Limits::VIEWED_HELLO)
            .then(|| (body.to_vec(), message_left));
        self.known.name = self.body(content, body, length);
        self.known.left = length - there;
        if self.known.left > 0
            && let Some(last) = self.names.last_mut()
        {
            last.push_str(" (goes on in the next segment)");
        }
        if before < NAMES {
            let names = self.names.get(before..).unwrap_or(&[]).join(", ");
            let what = format!("{}, {length} bytes: {names}", Version(version));
            self.fields.insert(place, ("record", what));
        }
        Ok(())
    }

    /// What a record has in it; gives the name for what follows of it.
    fn body(&mut self, content: u8, body: &[u8], length: usize) -> &'static str {
        let is_13 =
            self.known.settled.is_some_and(|settled| settled.version.settled() == Version::TLS_1_3);
        let name = match content {
            20 => {
                self.known.encrypted |= !is_13;
                "Change Cipher Spec"
            }
            21 => match body {
                [level, what] if !self.known.encrypted => {
                    let (level, what) = (Level(*level), Description(*what));
                    self.names.push(format!("Alert: {level} {what}"));
                    self.fields.extend(what.meaning().map(|m| ("meaning", m.to_owned())));
                    return "Alert";
                }
                _ if length == 2 && !self.known.encrypted => "Alert",
                _ => "Encrypted Alert",
            },
            22 if self.known.encrypted => "Encrypted Handshake Message",
            22 => return self.messages(body),
            23 => "Application Data",
            _ => "Heartbeat",
        };
        self.names.push(name.to_owned());
        name
    }

    /// The handshake messages of a record.
    fn messages(&mut self, body: &[u8]) -> &'static str {
        let mut cursor = Cursor::new(body);
        let (mut name, before) = ("Handshake", self.names.len());
        let going_on = self.known.message_left.min(body.len());
        if going_on > 0 {
            let _ = cursor.take(going_on);
            self.known.message_left -= going_on;
            self.names.push("a handshake message goes on".to_owned());
        }
        while let Ok(&[kind, a, b, c]) = cursor.array::<4>() {
            let kind = HandshakeType(kind);
            let length = u32::from_be_bytes([0, a, b, c]) as usize;
            let there = cursor.rest().len().min(length);
            let Some(known) = kind.name().filter(|_| length <= LONGEST) else {
                self.names.push("Encrypted Handshake Message".to_owned());
                return "Encrypted Handshake Message";
            };
            let Ok(body) = cursor.take(there) else { break };
            name = known;
            self.known.message_left = length - there;
            self.message(kind, known, body);
        }
        if self.names.len() == before {
            self.names.push(name.to_owned());
        }
        name
    }

    fn message(&mut self, kind: HandshakeType, name: &'static str, bytes: &[u8]) {
        let (body, _) = handshake::read(kind, bytes, self.known.settled);
        let mut shown = name.to_owned();
        match &body {
            Body::ClientHello(hello) => {
                if let Some(server) = &hello.server_name {
                    let _ = write!(shown, " (SNI={})", escape(server));
                }
                if self.known.message_left == 0 {
                    self.fields.push(("offers", words::offers(hello)));
                }
                if self.known.message_left == 0 && !hello.ja4.is_empty() {
                    let fingerprint = format!("JA4 {}, JA3 {}", hello.ja4, hello.ja3);
                    self.fields.push(("fingerprint", fingerprint));
                }
            }
            Body::ServerHello(hello) => {
                if hello.is_retry {
                    "Hello Retry Request".clone_into(&mut shown);
                } else {
                    let (version, cipher_suite) = (hello.version, hello.cipher_suite);
                    self.known.settled = Some(Settled { version, cipher_suite });
                }
                self.fields.push(("chooses", words::chose(hello)));
            }
            Body::Certificate(chain) => {
                self.fields
                    .extend(chain.iter().map(|one| ("certificate", words::certificate(one))));
            }
            _ => {}
        }
        self.names.push(shown);
    }

    fn text(self, payload: usize) -> (LayerText, Known) {
        let more = self.names.len().saturating_sub(NAMES);
        let mut summary =
            self.names.iter().take(NAMES).map(String::as_str).collect::<Vec<_>>().join(", ");
        if more > 0 {
            let _ = write!(summary, ", {more} more");
        }
        let version = self.known.settled.and_then(|settled| settled.version.settled().name());
        let layer = LayerText {
            name: version.unwrap_or("TLS"),
            header_len: payload,
            summary,
            fields: self.fields,
            left: 0,
        };
        (layer, self.known)
    }
}

/// A message that says to be longer is none, but what an encrypted one looks like.
const LONGEST: usize = 1 << 17;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::tls::vectors::{self, bytes};

    fn record(content: u8, body: &[u8]) -> Vec<u8> {
        let [high, low] = u16::try_from(body.len()).unwrap().to_be_bytes();
        [&[content, 3, 3, high, low], body].concat()
    }

    fn told(payload: &[u8], known: Known) -> (String, Known) {
        let (layer, known) = layer(payload, Some(known)).unwrap();
        (format!("{}: {}", layer.name, layer.summary), known)
    }

    #[test]
    fn records_of_one_segment_are_told_one_after_the_other() {
        let hello = record(22, &bytes(vectors::CLIENT_HELLO));
        let (text, known) = told(&hello, Known::default());
        assert_eq!(text, "TLS: Client Hello (SNI=server)");
        assert_eq!(known, Known { name: "Client Hello", ..Known::default() });
        let flight = [
            record(22, &bytes(vectors::SERVER_HELLO)),
            record(20, &[1]),
            record(23, &[0; 40]),
            record(21, &[0; 19]),
        ];
        let (text, known) = told(&flight.concat(), known);
        let names = "Server Hello, Change Cipher Spec, Application Data, Encrypted Alert";
        assert_eq!(text, format!("TLSv1.3: {names}"));
        assert_eq!(known.settled.map(|settled| settled.version), Some(Version::TLS_1_3));
        let (text, _) = told(&record(21, &[2, 48]), Known::default());
        assert_eq!(text, "TLS: Alert: fatal unknown_ca");
    }

    #[test]
    fn a_hello_in_two_segments_is_told_whole_with_the_second() {
        let hello = record(22, &bytes(vectors::CLIENT_HELLO));
        for cut in 5..hello.len() {
            let (first, second) = hello.split_at(cut);
            let (text, known) = told(first, Known::default());
            assert!(text.ends_with("(goes on in the next segment)"), "{cut}: {text}");
            let (text, known) = told(&[second, &record(23, &[7])].concat(), known);
            let whole = "TLS: Client Hello (SNI=server) (ends), Application Data";
            assert_eq!((text.as_str(), known.left), (whole, 0), "{cut}");
        }
    }

    #[test]
    fn what_is_encrypted_in_tls_1_2_is_told_so() {
        let server = [2, 0, 0, 0x26, 3, 3];
        let hello = [&server[..], &[9; 32], &[0, 0xc0, 0x2f, 0]].concat();
        let flight = [
            record(22, &[&hello[..], &[14, 0, 0, 0]].concat()),
            record(20, &[1]),
            record(22, &[0x55; 40]),
            record(21, &[0; 26]),
        ];
        let (text, known) = told(&flight.concat(), Known::default());
        let names = "Server Hello, Server Hello Done, Change Cipher Spec, \
                     Encrypted Handshake Message, Encrypted Alert";
        assert_eq!(text, format!("TLSv1.2: {names}"));
        assert!(known.encrypted);
    }

    #[test]
    fn other_bytes_are_not_taken_for_records() {
        assert!(layer(b"GET / HTTP/1.1\r\n\r\n", None).is_none());
        assert!(layer(&[22, 3, 1, 0], None).is_none());
        assert!(layer(&[22, 3, 9, 0, 5, 1], None).is_none());
        let (text, _) = told(&[&record(23, &[1])[..], b"hello"].concat(), Known::default());
        assert_eq!(text, "TLS: Application Data, no record");
        // every record of every length gives some text
        let hello = record(22, &bytes(vectors::CLIENT_HELLO));
        for cut in 0..hello.len() {
            let _ = layer(&hello[..cut], Some(Known { message_left: cut, ..Known::default() }));
        }
    }
}

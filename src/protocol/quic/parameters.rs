//! Transport parameters: what each side of a QUIC connection lets the other do (RFC 9000 §18).
//!
//! Takes the body of the quic_transport_parameters extension of TLS. What is whole before a fault
//! is kept as it was sent, and the first fault is said.

use std::collections::BTreeSet;
use std::net::{SocketAddrV4, SocketAddrV6};

use crate::anomaly::{Anomaly, Class};
use crate::cursor::{Cursor, Short};
use crate::protocol::quic::id::ConnectionId;

/// What one side says of itself. Absent is what it did not send: the defaults of the RFC are not
/// put in their place.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parameters {
    /// Server: where the client's first Initial went (RFC 9000 §18.2, 0x00).
    pub original_destination_connection_id: Option<ConnectionId>,
    /// Milliseconds of silence after which the connection is over; 0 is never (§18.2, 0x01).
    pub max_idle_timeout: Option<u64>,
    /// Server: by which a stateless reset is known (§18.2, 0x02).
    pub stateless_reset_token: Option<[u8; 16]>,
    /// Bytes of the largest UDP payload it takes (§18.2, 0x03).
    pub max_udp_payload_size: Option<u64>,
    /// Bytes that may be sent on all streams together at first (§18.2, 0x04).
    pub initial_max_data: Option<u64>,
    /// Bytes at first on each two-way stream that it opens (§18.2, 0x05).
    pub initial_max_stream_data_bidi_local: Option<u64>,
    /// Bytes at first on each two-way stream that the other side opens (§18.2, 0x06).
    pub initial_max_stream_data_bidi_remote: Option<u64>,
    /// Bytes at first on each one-way stream that the other side opens (§18.2, 0x07).
    pub initial_max_stream_data_uni: Option<u64>,
    /// Two-way streams that the other side may open at first (§18.2, 0x08).
    pub initial_max_streams_bidi: Option<u64>,
    /// One-way streams that the other side may open at first (§18.2, 0x09).
    pub initial_max_streams_uni: Option<u64>,
    /// Delays in its ACK frames are microseconds shifted right by this; 3 where absent (§18.2,
    /// 0x0a).
    pub ack_delay_exponent: Option<u64>,
    /// Milliseconds for which it holds an acknowledgment back at most; 25 where absent (§18.2,
    /// 0x0b).
    pub max_ack_delay: Option<u64>,
    /// The other side must not move to another address (§18.2, 0x0c).
    pub disable_active_migration: bool,
    /// Server: where it would like to be reached after the handshake (§18.2, 0x0d).
    pub preferred_address: Option<PreferredAddress>,
    /// Connection IDs that it keeps of the other side's; 2 where absent (§18.2, 0x0e).
    pub active_connection_id_limit: Option<u64>,
    /// The source of its first Initial (§18.2, 0x0f).
    pub initial_source_connection_id: Option<ConnectionId>,
    /// Server: the source of its Retry (§18.2, 0x10).
    pub retry_source_connection_id: Option<ConnectionId>,
    /// The version it speaks and those it could (RFC 9368 §3, 0x11).
    pub version_information: Option<VersionInformation>,
    /// Bytes of the largest DATAGRAM frame it takes; 0 is none (RFC 9221 §3, 0x20).
    pub max_datagram_frame_size: Option<u64>,
    /// The fixed bit of packets sent to it may be 0 (RFC 9287 §3, 0x2ab2).
    pub grease_quic_bit: bool,
    /// Microseconds for which it can hold an acknowledgment back at least: it knows ACK_FREQUENCY
    /// (draft-ietf-quic-ack-frequency-10 §3, 0xff04de1b, and the numbers of earlier drafts).
    pub min_ack_delay: Option<u64>,
    /// Google: microseconds of round trip that the client remembers (0x3127).
    pub initial_rtt: Option<u64>,
    /// Google: tags of four bytes that switch behaviour on (0x3128).
    pub google_connection_options: Vec<[u8; 4]>,
    /// Google: the client's program; what is not printable ASCII stands as `\xNN` (0x3129).
    pub user_agent: Option<Box<str>>,
    /// Google: the version it speaks (0x4752).
    pub google_version: Option<u32>,
    /// Others by number, with their bytes of value, as they came; no more than 32 are listed.
    pub unknown: Vec<(u64, usize)>,
    /// How many were there to be passed over: 27, and whatever is that modulo 31 (RFC 9000 §18.1).
    pub grease: usize,
}

/// Where a server would like to be reached (RFC 9000 §9.6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PreferredAddress {
    /// Over IPv4; none where all is zeros.
    pub v4: Option<SocketAddrV4>,
    /// Over IPv6, likewise.
    pub v6: Option<SocketAddrV6>,
    /// The connection ID to be used there.
    pub id: ConnectionId,
    /// By which a stateless reset is known there.
    pub token: [u8; 16],
}

/// Versions of QUIC (RFC 9368 §3).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VersionInformation {
    /// The version of the packet that says this.
    pub chosen: u32,
    /// Those that could be spoken instead; a client's begin with its first choice.
    pub available: Vec<u32>,
}

/// The transport parameters in the body of the extension, and the first fault.
pub fn read(body: &[u8]) -> (Parameters, Option<Anomaly>) {
    let (mut parameters, mut faults) = (Parameters::default(), Faults::default());
    let mut seen = BTreeSet::new();
    let mut cursor = Cursor::new(body);
    while !cursor.is_empty() {
        let (id, mut value) = match one(&mut cursor) {
            Ok(one) => one,
            Err(short) => {
                faults.say(format!("the transport parameters end early: {short}"), "RFC 9000 §18");
                break;
            }
        };
        if !seen.insert(id) {
            let text = format!("the transport parameter {} comes twice", shown(id));
            faults.say(text, "RFC 9000 §7.4");
            continue;
        }
        let how = match parameters.add(id, &mut value) {
            Ok(()) if value.is_empty() => continue,
            Ok(()) => format!("has {} bytes too many", value.rest().len()),
            Err(How::Short(short)) => format!("ends early: {short}"),
            Err(How::Value(how)) => how.to_owned(),
            Err(How::Full) => {
                faults.full();
                continue;
            }
        };
        faults.say(format!("the transport parameter {} {how}", shown(id)), section_of(id));
    }
    (parameters, faults.first)
}

fn one<'a>(cursor: &mut Cursor<'a>) -> Result<(u64, Cursor<'a>), Short> {
    let (id, length) = (cursor.varint()?, cursor.varint()?);
    Ok((id, cursor.sub(usize::try_from(length).unwrap_or(usize::MAX))?))
}

/// The name of a transport parameter; none where it has none.
pub const fn name_of(id: u64) -> Option<&'static str> {
    Some(match id {
        0x00 => "original_destination_connection_id",
        0x01 => "max_idle_timeout",
        0x02 => "stateless_reset_token",
        0x03 => "max_udp_payload_size",
        0x04 => "initial_max_data",
        0x05 => "initial_max_stream_data_bidi_local",
        0x06 => "initial_max_stream_data_bidi_remote",
        0x07 => "initial_max_stream_data_uni",
        0x08 => "initial_max_streams_bidi",
        0x09 => "initial_max_streams_uni",
        0x0a => "ack_delay_exponent",
        0x0b => "max_ack_delay",
        0x0c => "disable_active_migration",
        0x0d => "preferred_address",
        0x0e => "active_connection_id_limit",
        0x0f => "initial_source_connection_id",
        0x10 => "retry_source_connection_id",
        0x11 | 0x00ff_73db => "version_information",
        0x20 => "max_datagram_frame_size",
        0x2ab2 => "grease_quic_bit",
        0xde1a | 0xff02_de1a | 0xff03_de1a | 0xff04_de1b => "min_ack_delay",
        0x3127 => "initial_rtt",
        0x3128 => "google_connection_options",
        0x3129 => "user_agent",
        0x4752 => "google_version",
        _ => return None,
    })
}

const fn section_of(id: u64) -> &'static str {
    match id {
        0x11 | 0x00ff_73db => "RFC 9368 §3",
        0x20 => "RFC 9221 §3",
        0x2ab2 => "RFC 9287 §3",
        0xde1a | 0xff02_de1a | 0xff03_de1a | 0xff04_de1b => "draft-ietf-quic-ack-frequency-10 §3",
        _ => "RFC 9000 §18.2",
    }
}

fn shown(id: u64) -> String {
    name_of(id).map_or_else(|| format!("{id:#x}"), str::to_owned)
}

impl Parameters {
    fn add(&mut self, id: u64, value: &mut Cursor<'_>) -> Result<(), How> {
        match id {
            0x00 => self.original_destination_connection_id = Some(connection_id(value)?),
            0x01 => self.max_idle_timeout = Some(value.varint()?),
            0x02 => self.stateless_reset_token = Some(*value.array()?),
            0x03 => {
                let size = *self.max_udp_payload_size.insert(value.varint()?);
                check(size >= 1200, "is less than 1,200")?;
            }
            0x04 => self.initial_max_data = Some(value.varint()?),
            0x05 => self.initial_max_stream_data_bidi_local = Some(value.varint()?),
            0x06 => self.initial_max_stream_data_bidi_remote = Some(value.varint()?),
            0x07 => self.initial_max_stream_data_uni = Some(value.varint()?),
            0x08 => streams(self.initial_max_streams_bidi.insert(value.varint()?))?,
            0x09 => streams(self.initial_max_streams_uni.insert(value.varint()?))?,
            0x0a => {
                let exponent = *self.ack_delay_exponent.insert(value.varint()?);
                check(exponent <= 20, "is more than 20")?;
            }
            0x0b => {
                let delay = *self.max_ack_delay.insert(value.varint()?);
                check(delay < 1 << 14, "is more than 16,383")?;
            }
            0x0c => self.disable_active_migration = true,
            0x0d => {
                let preferred = self.preferred_address.insert(preferred_address(value)?);
                check(!preferred.id.is_empty(), "has no connection ID")?;
            }
            0x0e => {
                let limit = *self.active_connection_id_limit.insert(value.varint()?);
                check(limit >= 2, "is less than 2")?;
            }
            0x0f => self.initial_source_connection_id = Some(connection_id(value)?),
            0x10 => self.retry_source_connection_id = Some(connection_id(value)?),
            0x11 | 0x00ff_73db => versions(&mut self.version_information, value)?,
            0x20 => self.max_datagram_frame_size = Some(value.varint()?),
            0x2ab2 => self.grease_quic_bit = true,
            0xde1a | 0xff02_de1a | 0xff03_de1a | 0xff04_de1b => {
                self.min_ack_delay = Some(value.varint()?);
            }
            0x3127 => self.initial_rtt = Some(value.varint()?),
            0x3128 => {
                while !value.is_empty() {
                    self.google_connection_options.push(*value.array()?);
                }
            }
            0x3129 => self.user_agent = Some(text(rest(value)?)),
            0x4752 => {
                self.google_version = Some(value.u32()?);
                // a server goes on with those that it could speak
                rest(value)?;
            }
            id => return self.other(id, rest(value)?.len()),
        }
        Ok(())
    }

    fn other(&mut self, id: u64, length: usize) -> Result<(), How> {
        if id % 31 == 27 {
            self.grease += 1;
        } else if self.unknown.len() < MOST {
            self.unknown.push((id, length));
        } else {
            return Err(How::Full);
        }
        Ok(())
    }
}

fn connection_id(value: &mut Cursor<'_>) -> Result<ConnectionId, How> {
    ConnectionId::new(rest(value)?).ok_or(How::Value("is longer than 20 bytes"))
}

fn preferred_address(value: &mut Cursor<'_>) -> Result<PreferredAddress, How> {
    let v4 = SocketAddrV4::new((*value.array::<4>()?).into(), value.u16()?);
    let v6 = SocketAddrV6::new((*value.array::<16>()?).into(), value.u16()?, 0, 0);
    let length = value.u8()?;
    let id = ConnectionId::new(value.take(length.into())?);
    let token = *value.array()?;
    let id = id.ok_or(How::Value("has a connection ID that is longer than 20 bytes"))?;
    let v4 = (!v4.ip().is_unspecified() || v4.port() != 0).then_some(v4);
    let v6 = (!v6.ip().is_unspecified() || v6.port() != 0).then_some(v6);
    Ok(PreferredAddress { v4, v6, id, token })
}

/// Of two, one by its number in a draft, the first counts.
fn versions(into: &mut Option<VersionInformation>, value: &mut Cursor<'_>) -> Result<(), How> {
    let mut read = VersionInformation { chosen: value.u32()?, available: Vec::new() };
    let mut is_zero = read.chosen == 0;
    let end = loop {
        if value.is_empty() {
            break Ok(());
        }
        match value.u32() {
            Ok(version) => {
                is_zero |= version == 0;
                read.available.push(version);
            }
            Err(short) => break Err(short),
        }
    };
    into.get_or_insert(read);
    end?;
    check(!is_zero, "has a version 0")
}

/// RFC 9000 §4.6: IDs of streams have two bits beside their number.
fn streams(limit: &mut u64) -> Result<(), How> {
    check(*limit <= 1 << 60, "counts more than 2^60 streams")
}

fn rest<'a>(value: &mut Cursor<'a>) -> Result<&'a [u8], Short> {
    value.take(value.rest().len())
}

/// What is not printable ASCII stands as `\xNN`.
fn text(bytes: &[u8]) -> Box<str> {
    bytes.escape_ascii().to_string().into_boxed_str()
}

fn check(is_right: bool, how: &'static str) -> Result<(), How> {
    if is_right { Ok(()) } else { Err(How::Value(how)) }
}

/// What is wrong with a parameter.
enum How {
    /// Its value ends early.
    Short(Short),
    /// Its value cannot be, in words.
    Value(&'static str),
    /// It is one more than is listed.
    Full,
}

impl From<Short> for How {
    fn from(short: Short) -> Self {
        Self::Short(short)
    }
}

/// The first fault.
#[derive(Default)]
struct Faults {
    first: Option<Anomaly>,
}

impl Faults {
    fn say(&mut self, text: String, rule: &'static str) {
        let anomaly = || Anomaly::new("quic.parameters", Class::Malformed, text).citing(rule);
        self.first.get_or_insert_with(anomaly);
    }

    fn full(&mut self) {
        let text = "more unknown transport parameters than are listed";
        let anomaly = || Anomaly::new("quic.parameters-listed", Class::Limit, text);
        self.first.get_or_insert_with(anomaly);
    }
}

/// Unknown parameters that are listed: more than any client or server sends.
const MOST: usize = 32;

#[cfg(test)]
mod tests;

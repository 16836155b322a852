//! What one end of a QUIC connection allows the other, as the document has it.

use std::net::IpAddr;

use schemars::JsonSchema;
use serde::Serialize;

use crate::protocol::quic::id::ConnectionId;
use crate::protocol::quic::parameters as said;
use crate::protocol::quic::version::Version;
use crate::report::json::value::Text;

/// Transport parameters (RFC 9000 §18.2), by their names there. What an end did not send is
/// absent: it is as the RFC has it.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Parameters<'a> {
    /// Where the client's first packet went.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub original_destination_connection_id: Option<Text<ConnectionId>>,
    /// Milliseconds of silence after which the connection is over; 0 is never.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_idle_timeout: Option<u64>,
    /// Bytes of the largest packet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_udp_payload_size: Option<u64>,
    /// Bytes on all streams together.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub initial_max_data: Option<u64>,
    /// Bytes on a two-way stream that it opens.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub initial_max_stream_data_bidi_local: Option<u64>,
    /// Bytes on a two-way stream that the other end opens.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub initial_max_stream_data_bidi_remote: Option<u64>,
    /// Bytes on a one-way stream.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub initial_max_stream_data_uni: Option<u64>,
    /// Two-way streams that the other end may open.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub initial_max_streams_bidi: Option<u64>,
    /// One-way streams that the other end may open.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub initial_max_streams_uni: Option<u64>,
    /// Delays of its acknowledgments are microseconds shifted by this.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ack_delay_exponent: Option<u64>,
    /// Milliseconds for which it holds an acknowledgment back at most.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_ack_delay: Option<u64>,
    /// The other end must not move to another address.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub disable_active_migration: bool,
    /// Where the server would like to be reached.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub preferred_addresses: Vec<Address>,
    /// Connection IDs that it keeps of the other end's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub active_connection_id_limit: Option<u64>,
    /// The source of its first packet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub initial_source_connection_id: Option<Text<ConnectionId>>,
    /// The source of its Retry.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_source_connection_id: Option<Text<ConnectionId>>,
    /// The version that it speaks here (RFC 9368).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub chosen_version: Option<Text<Version>>,
    /// Those that it could speak (RFC 9368).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub available_versions: Vec<Text<Version>>,
    /// Bytes of the largest DATAGRAM frame (RFC 9221).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_datagram_frame_size: Option<u64>,
    /// The fixed bit may be 0 (RFC 9287).
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub grease_quic_bit: bool,
    /// Microseconds for which it can hold an acknowledgment back at least
    /// (draft-ietf-quic-ack-frequency).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_ack_delay: Option<u64>,
    /// Microseconds of round trip that the client remembers (Google's).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub initial_rtt: Option<u64>,
    /// The client's program (Google's).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_agent: Option<&'a str>,
    /// The numbers of others, in order, up to a bound.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub others: Vec<u64>,
}

/// An address.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
pub struct Address {
    /// The address.
    pub ip: IpAddr,
    /// The port.
    pub port: u16,
}

impl<'a> From<&'a said::Parameters> for Parameters<'a> {
    fn from(said: &'a said::Parameters) -> Self {
        let versions = said.version_information.as_ref();
        let preferred = said.preferred_address.iter().flat_map(|address| {
            let v4 = address.v4.map(|v4| Address { ip: (*v4.ip()).into(), port: v4.port() });
            let v6 = address.v6.map(|v6| Address { ip: (*v6.ip()).into(), port: v6.port() });
            v4.into_iter().chain(v6)
        });
        Self {
            original_destination_connection_id: said.original_destination_connection_id.map(Text),
            max_idle_timeout: said.max_idle_timeout,
            max_udp_payload_size: said.max_udp_payload_size,
            initial_max_data: said.initial_max_data,
            initial_max_stream_data_bidi_local: said.initial_max_stream_data_bidi_local,
            initial_max_stream_data_bidi_remote: said.initial_max_stream_data_bidi_remote,
            initial_max_stream_data_uni: said.initial_max_stream_data_uni,
            initial_max_streams_bidi: said.initial_max_streams_bidi,
            initial_max_streams_uni: said.initial_max_streams_uni,
            ack_delay_exponent: said.ack_delay_exponent,
            max_ack_delay: said.max_ack_delay,
            disable_active_migration: said.disable_active_migration,
            preferred_addresses: preferred.collect(),
            active_connection_id_limit: said.active_connection_id_limit,
            initial_source_connection_id: said.initial_source_connection_id.map(Text),
            retry_source_connection_id: said.retry_source_connection_id.map(Text),
            chosen_version: versions.map(|versions| Text(Version(versions.chosen))),
            available_versions: versions
                .map(|versions| versions.available.iter().map(|it| Text(Version(*it))).collect())
                .unwrap_or_default(),
            max_datagram_frame_size: said.max_datagram_frame_size,
            grease_quic_bit: said.grease_quic_bit,
            min_ack_delay: said.min_ack_delay,
            initial_rtt: said.initial_rtt,
            user_agent: said.user_agent.as_deref(),
            others: said.unknown.iter().map(|(number, _)| *number).collect(),
        }
    }
}

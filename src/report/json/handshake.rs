//! How a TCP connection was opened, as the document has it.

use schemars::JsonSchema;
use serde::Serialize;

use crate::flow::event;
use crate::report::json::value::{Millis, Nanos};
use crate::time::Stamp;

/// The three-way handshake (RFC 9293 §3.5).
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
pub struct Handshake {
    /// The first SYN, with sequence number n.
    pub syn: HandshakeStep,
    /// The first SYN-ACK, with sequence number m and acknowledgment number n+1 (more where the
    /// SYN carried data).
    pub syn_ack: HandshakeStep,
    /// The segment that completes it: the client's ACK of m+1 (more where the SYN-ACK carried
    /// data).
    pub ack: HandshakeStep,
    /// SYNs sent; 1 where none was repeated.
    pub syn_attempts: u32,
    /// SYN-ACKs sent; 1 where none was repeated.
    pub syn_ack_attempts: u32,
    /// Bytes that came with the SYN and that the server took (TCP Fast Open, RFC 7413).
    pub early_data_bytes: u32,
    /// What both ends agreed on about congestion marks.
    pub ecn: Option<Ecn>,
    /// True where both ends agreed on Multipath TCP (RFC 8684).
    pub multipath: bool,
    /// From the first SYN to the client's ACK: what the client waited.
    pub duration_ms: Millis,
}

/// One segment of the handshake.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
pub struct HandshakeStep {
    /// When.
    pub time: Nanos,
    /// In which frame.
    pub frame: u64,
    /// Its sequence number, as on the wire.
    pub seq: u32,
    /// Its acknowledgment number, as on the wire; null in a SYN.
    pub ack: Option<u32>,
}

/// The round trip as the handshake shows it, in the two halves around the capturing machine.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
pub struct Rtt {
    /// From the SYN that was answered to the SYN-ACK: the way from here to the server and back.
    pub server_half_ms: Millis,
    /// From the SYN-ACK that was answered to the ACK: the way from here to the client and back.
    pub client_half_ms: Millis,
    /// Both.
    pub total_ms: Millis,
}

/// What both ends offered.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
pub struct Options {
    /// In the SYN.
    pub client: TcpOptions,
    /// In the SYN-ACK.
    pub server: TcpOptions,
}

/// TCP options of a SYN or SYN-ACK.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
pub struct TcpOptions {
    /// Maximum segment size in bytes (RFC 9293 §3.7.1).
    pub mss: Option<u16>,
    /// Window scale as a shift (RFC 7323 §2).
    pub window_scale: Option<u8>,
    /// Selective acknowledgment permitted (RFC 2018 §2).
    pub sack_permitted: bool,
    /// Timestamps (RFC 7323 §3).
    pub timestamps: bool,
    /// TCP Fast Open (RFC 7413).
    pub fast_open: Option<FastOpen>,
    /// Multipath TCP (RFC 8684).
    pub multipath: Option<Multipath>,
    /// Explicit congestion notification.
    pub ecn: Option<Ecn>,
    /// The snapshot length cut some options off: what is not here may have been there.
    pub cut: bool,
}

/// What a SYN says of TCP Fast Open.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FastOpen {
    /// The client asks for a cookie.
    Asked,
    /// A cookie: the server's for the next time, or the client's from the last.
    Cookie,
}

/// What a SYN says of Multipath TCP.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Multipath {
    /// A new connection that may use several paths.
    Capable,
    /// A further path of another connection.
    Join,
}

/// How an end would tell of congestion that routers mark.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Ecn {
    /// Once in a round trip (RFC 3168).
    Classic,
    /// Each mark (RFC 9768).
    Accurate,
}

impl From<&event::Handshake> for Handshake {
    fn from(handshake: &event::Handshake) -> Self {
        let step =
            |at: Stamp, seq, ack| HandshakeStep { time: Nanos(at.at), frame: at.frame.0, seq, ack };
        let event::Handshake { syn_seq, syn_ack_seq, syn_ack_ack, ack_seq, ack_ack, .. } =
            *handshake;
        Self {
            syn: step(handshake.syn, syn_seq, None),
            syn_ack: step(handshake.syn_ack, syn_ack_seq, Some(syn_ack_ack)),
            ack: step(handshake.ack, ack_seq, Some(ack_ack)),
            syn_attempts: handshake.syn_attempts,
            syn_ack_attempts: handshake.syn_ack_attempts,
            early_data_bytes: handshake.early_data(),
            ecn: handshake.ecn().map(Ecn::from),
            multipath: handshake.is_multipath(),
            duration_ms: Millis(handshake.ack.at.since(handshake.syn.at).at_least_zero()),
        }
    }
}

impl From<&event::Handshake> for Rtt {
    fn from(handshake: &event::Handshake) -> Self {
        let (server, client) = (handshake.server_half(), handshake.client_half());
        Self {
            server_half_ms: Millis(server),
            client_half_ms: Millis(client),
            total_ms: Millis(server + client),
        }
    }
}

impl From<&event::Handshake> for Options {
    fn from(handshake: &event::Handshake) -> Self {
        Self { client: handshake.client_options.into(), server: handshake.server_options.into() }
    }
}

impl From<event::TcpOptions> for TcpOptions {
    fn from(options: event::TcpOptions) -> Self {
        Self {
            mss: options.mss,
            window_scale: options.window_scale,
            sack_permitted: options.sack_permitted,
            timestamps: options.timestamps,
            fast_open: options.fast_open.map(FastOpen::from),
            multipath: options.multipath.map(Multipath::from),
            ecn: options.ecn.map(Ecn::from),
            cut: options.is_cut,
        }
    }
}

impl From<event::FastOpen> for FastOpen {
    fn from(said: event::FastOpen) -> Self {
        match said {
            event::FastOpen::Asked => Self::Asked,
            event::FastOpen::Cookie => Self::Cookie,
        }
    }
}

impl From<event::Multipath> for Multipath {
    fn from(said: event::Multipath) -> Self {
        match said {
            event::Multipath::Capable => Self::Capable,
            event::Multipath::Join => Self::Join,
        }
    }
}

impl From<event::Ecn> for Ecn {
    fn from(said: event::Ecn) -> Self {
        match said {
            event::Ecn::Classic => Self::Classic,
            event::Ecn::Accurate => Self::Accurate,
        }
    }
}

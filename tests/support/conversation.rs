//! What clients say about their conversations: `facts.json` (tests/lab/README.md).

use std::collections::BTreeMap;
use std::fs::File;
use std::io::BufReader;
use std::net::{IpAddr, SocketAddr};
use std::path::Path;

use serde::Deserialize;

/// All of them, in their order.
#[derive(Deserialize)]
pub(crate) struct Facts {
    pub(crate) conversations: Vec<Fact>,
}

/// One run of a client. Each client says what it knows, in its own words.
#[derive(Deserialize)]
pub(crate) struct Fact {
    pub(crate) client: String,
    /// What it was made for.
    pub(crate) what: String,
    pub(crate) local: SocketAddr,
    pub(crate) remote: SocketAddr,
    /// `TLSv1.3`; `TLSv1` is 1.0, and kdig leaves the `v` out.
    pub(crate) version: Option<String>,
    /// OpenSSL's name.
    pub(crate) cipher: Option<String>,
    pub(crate) alpn: Option<String>,
    pub(crate) resumed: Option<bool>,
    /// `accepted`, `rejected` or `not sent`.
    pub(crate) early_data: Option<String>,
    /// The number of the alert that the server sent.
    pub(crate) alert: Option<String>,
    /// What it thought of the certificate.
    pub(crate) verification: Option<String>,
    /// Why curl gave up.
    pub(crate) error: Option<String>,
    /// Of each request in order.
    pub(crate) statuses: Option<Vec<u16>>,
    /// Those of nghttp and aioquic.
    pub(crate) streams: Option<Vec<Stream>>,
    /// Names that kdig asked for, and the addresses that it got.
    pub(crate) names: Option<Vec<String>>,
    pub(crate) addresses: Option<Vec<IpAddr>>,
    /// Of QUIC, the version that was agreed on: `0x1`.
    pub(crate) quic_version: Option<String>,
    /// The connection ID that the client made up for the server, and the server's own.
    pub(crate) original_dcid: Option<String>,
    pub(crate) server_cid: Option<String>,
    /// The addresses that the client went to.
    #[serde(default)]
    pub(crate) moves: Vec<SocketAddr>,
    /// The codes with which streams were given up, by their numbers.
    #[serde(default)]
    pub(crate) resets: BTreeMap<u64, u64>,
    /// With what the connection was given up.
    pub(crate) close: Option<Close>,
    /// Statuses of informational responses, by stream.
    #[serde(default)]
    pub(crate) informational: BTreeMap<u64, u16>,
    /// Fields behind bodies, by stream.
    #[serde(default)]
    pub(crate) trailers: BTreeMap<u64, BTreeMap<String, String>>,
    /// Paths that the server pushed.
    #[serde(default)]
    pub(crate) pushed: Vec<String>,
    /// Datagrams (RFC 9221) that the client got.
    #[serde(default)]
    pub(crate) datagrams: u64,
    /// The server knew nothing of the connection any more.
    #[serde(default)]
    pub(crate) stateless_reset: bool,
}

/// A CONNECTION_CLOSE of QUIC.
#[derive(Deserialize)]
pub(crate) struct Close {
    pub(crate) code: u64,
    pub(crate) reason: String,
    /// The protocol that QUIC carries gave it up.
    pub(crate) application: bool,
}

/// One stream of HTTP/2 or HTTP/3.
#[derive(Deserialize)]
pub(crate) struct Stream {
    #[serde(rename = "stream")]
    pub(crate) id: u64,
    pub(crate) path: Option<String>,
    pub(crate) status: Option<u16>,
    #[serde(default)]
    pub(crate) pushed: bool,
    /// Bytes of the body that came.
    pub(crate) size: Option<u64>,
}

impl Facts {
    pub(crate) fn read(path: &Path) -> Self {
        let file = File::open(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        let parsed = serde_json::from_reader(BufReader::new(file));
        parsed.unwrap_or_else(|e| panic!("{}: {e}", path.display()))
    }
}

impl Fact {
    /// The version as we name it.
    pub(crate) fn version(&self) -> Option<String> {
        let version = self.version.as_deref()?;
        let number = version.trim_start_matches("TLS").trim_start_matches('v');
        Some(format!("TLSv{number}{}", if number == "1" { ".0" } else { "" }))
    }

    /// True where a handshake of QUIC failed.
    pub(crate) fn shakes_no_hands(&self) -> bool {
        self.close.as_ref().is_some_and(|close| !close.application)
    }

    /// True where the client refused what the server showed.
    pub(crate) fn refused(&self) -> bool {
        let unhappy = self.verification.as_ref().is_some_and(|said| said != "OK");
        unhappy || self.error.as_ref().is_some_and(|error| error.contains("certificate"))
    }
}

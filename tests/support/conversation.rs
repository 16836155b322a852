//! What clients say about their conversations: `facts.json` (tests/lab/README.md).

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
    /// Those of nghttp.
    pub(crate) streams: Option<Vec<Stream>>,
    /// Names that kdig asked for, and the addresses that it got.
    pub(crate) names: Option<Vec<String>>,
    pub(crate) addresses: Option<Vec<IpAddr>>,
}

/// One stream of HTTP/2.
#[derive(Deserialize)]
pub(crate) struct Stream {
    #[serde(rename = "stream")]
    pub(crate) id: u64,
    pub(crate) path: Option<String>,
    pub(crate) status: Option<u16>,
    #[serde(default)]
    pub(crate) pushed: bool,
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

    /// True where the client refused what the server showed.
    pub(crate) fn refused(&self) -> bool {
        let unhappy = self.verification.as_ref().is_some_and(|said| said != "OK");
        unhappy || self.error.as_ref().is_some_and(|error| error.contains("certificate"))
    }
}

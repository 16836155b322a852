//! What the browser itself says about a visit: `truth.json` (tests/lab/README.md).

use std::collections::BTreeMap;
use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use serde::Deserialize;

/// All of it. Times are seconds since the epoch, durations milliseconds.
#[derive(Deserialize)]
pub(crate) struct Truth {
    pub(crate) pages: Vec<Page>,
    pub(crate) requests: Vec<Request>,
    pub(crate) connections: Vec<Connection>,
    pub(crate) dns: Vec<Lookup>,
    #[serde(default)]
    pub(crate) background: Vec<Background>,
}

/// One top-level navigation.
#[derive(Deserialize)]
pub(crate) struct Page {
    pub(crate) id: String,
}

/// One request of the browser.
#[derive(Deserialize)]
pub(crate) struct Request {
    /// `netlog` for what only the net log tells of: it knows of no page and no phases.
    pub(crate) source: String,
    #[serde(rename = "type")]
    pub(crate) kind: Option<String>,
    pub(crate) url: String,
    pub(crate) method: String,
    pub(crate) status: Option<u16>,
    pub(crate) protocol: Option<String>,
    pub(crate) remote_ip: Option<String>,
    pub(crate) page: Option<String>,
    pub(crate) start: Option<f64>,
    pub(crate) send_start: Option<f64>,
    pub(crate) end: Option<f64>,
    pub(crate) phases: BTreeMap<String, Option<f64>>,
    pub(crate) body_encoded: Option<u64>,
    pub(crate) body_decoded: Option<u64>,
    #[serde(default)]
    pub(crate) body_framed: bool,
    #[serde(default)]
    pub(crate) revalidated: bool,
    pub(crate) error: Option<String>,
    pub(crate) on_wire: bool,
    /// False where neither keys nor a handshake are there to read it by.
    pub(crate) readable: Option<bool>,
    /// The socket, as the browser numbers them.
    pub(crate) connection_id: Option<u64>,
}

impl Request {
    /// True where it went over HTTP/3.
    pub(crate) fn is_http3(&self) -> bool {
        self.protocol.as_deref() == Some("h3")
    }
}

/// One socket of the browser's net log.
#[derive(Deserialize)]
pub(crate) struct Connection {
    pub(crate) kind: String,
    pub(crate) local: Option<String>,
    pub(crate) remote: Option<String>,
    pub(crate) connect_start: Option<f64>,
    pub(crate) connect_end: Option<f64>,
    pub(crate) net_error: Option<i32>,
    pub(crate) ssl_start: Option<f64>,
    pub(crate) ssl_end: Option<f64>,
    pub(crate) ssl_error: Option<i32>,
    /// `TLS 1.3`, and the numbers of IANA's registries.
    pub(crate) tls: Option<String>,
    pub(crate) cipher: Option<u16>,
    pub(crate) group: Option<u16>,
    pub(crate) alpn: Option<String>,
    pub(crate) resumed: Option<bool>,
}

/// One lookup of the browser's net log.
#[derive(Deserialize)]
pub(crate) struct Lookup {
    pub(crate) host: String,
    pub(crate) start: f64,
    pub(crate) end: Option<f64>,
    pub(crate) net_error: Option<i32>,
}

/// A request of another program.
#[derive(Deserialize)]
pub(crate) struct Background {
    pub(crate) url: String,
    pub(crate) method: String,
    pub(crate) status: Option<u16>,
}

impl Request {
    /// False where the browser tells of no phases.
    pub(crate) fn has_phases(&self) -> bool {
        self.source != "netlog" && self.kind.as_deref() != Some("WebSocket")
    }
}

impl Truth {
    pub(crate) fn read(path: &Path) -> Self {
        let file = File::open(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        let parsed = serde_json::from_reader(BufReader::new(file));
        parsed.unwrap_or_else(|e| panic!("{}: {e}", path.display()))
    }
}

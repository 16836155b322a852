//! What clients say about their conversations: `facts.json` (tests/lab/README.md).

use std::fs::File;
use std::io::BufReader;
use std::net::SocketAddr;
use std::path::Path;

use serde::Deserialize;

/// All of them, in their order.
#[derive(Deserialize)]
pub(crate) struct Facts {
    pub(crate) conversations: Vec<Fact>,
}

/// One run of a client.
#[derive(Deserialize)]
pub(crate) struct Fact {
    /// What it was made for.
    pub(crate) what: String,
    pub(crate) local: SocketAddr,
    pub(crate) remote: SocketAddr,
}

impl Facts {
    pub(crate) fn read(path: &Path) -> Self {
        let file = File::open(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        let parsed = serde_json::from_reader(BufReader::new(file));
        parsed.unwrap_or_else(|e| panic!("{}: {e}", path.display()))
    }
}

//! Captures by others that have QUIC, with keys or without: no packet stays closed here that tshark
//! opens, and whom the clients ask for is known where tshark knows it.

use std::collections::BTreeSet;

use serde_json::Value;

use urltrace::trace::Trace;

use crate::support::facts::{CorpusFile, corpus};
use crate::support::tools::{has, tshark_trees};
use crate::support::{run, shared};

/// What one side makes of a capture.
#[derive(Debug, Default)]
struct Read {
    /// Packets that were opened.
    opened: u64,
    /// Whom the clients ask for.
    names: BTreeSet<String>,
}

#[test]
fn no_packet_of_quic_stays_closed_that_tshark_opens() {
    let Some(folder) = shared("corpus") else { return };
    if !has("tshark") {
        return;
    }
    let files = corpus(&folder, &["quic"]);
    assert!(files.len() >= 40, "only {} captures with QUIC", files.len());
    let (mut ours_in_all, mut theirs_in_all) = (0, 0);
    let mut worse = Vec::new();
    for file in &files {
        let Ok(mut source) = file.open() else { continue };
        let (ours, theirs) = (ours(&run(&mut source, 2).trace), theirs(file));
        ours_in_all += ours.opened;
        theirs_in_all += theirs.opened;
        if ours.opened < theirs.opened || !ours.names.is_superset(&theirs.names) {
            worse.push(format!("{}: ours {ours:?}, tshark's {theirs:?}", file.name));
        }
    }
    println!(
        "{} captures with QUIC: {ours_in_all} packets opened, {theirs_in_all} by tshark",
        files.len()
    );
    assert!(worse.is_empty(), "{}:\n{}", worse.len(), worse.join("\n"));
}

fn ours(trace: &Trace) -> Read {
    let mut read = Read::default();
    for connection in &trace.connections {
        let Some(quic) = &connection.quic else { continue };
        let ways = quic.measures.iter().flat_map(|it| [&it.ways.to_server, &it.ways.to_client]);
        let opened = ways.map(|way| way.packets.iter().sum::<u64>() - way.sealed);
        read.opened += opened.sum::<u64>();
        let name = connection.tls.as_ref().and_then(|tls| tls.server_name());
        read.names.extend(name.map(str::to_owned));
    }
    read
}

fn theirs(file: &CorpusFile) -> Read {
    let mut read = Read::default();
    // an ICMP error quotes a packet
    let filter = "quic and not icmp and not icmpv6";
    for layers in tshark_trees(&file.path, file.keys.as_deref(), filter, "quic") {
        let packets = match &layers["quic"] {
            Value::Array(packets) => packets.iter().collect(),
            packet => vec![packet],
        };
        // it tells a number of what it failed to open too, and never frames
        let opened: Vec<_> =
            packets.into_iter().filter(|packet| !packet["quic.frame"].is_null()).collect();
        read.opened += opened.len() as u64;
        for packet in opened {
            names(packet, &mut read.names);
        }
    }
    read
}

/// The names of hellos, wherever they stand in a packet.
fn names(tree: &Value, found: &mut BTreeSet<String>) {
    match tree {
        Value::Object(members) => {
            for (key, value) in members {
                match value.as_str() {
                    Some(name) if key == "tls.handshake.extensions_server_name" => {
                        found.insert(name.to_owned());
                    }
                    _ => names(value, found),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| names(item, found)),
        _ => {}
    }
}

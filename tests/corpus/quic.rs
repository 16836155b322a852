//! The beginnings of QUIC connections against tshark's table of Initial packets, Retries and words on
//! versions: which versions they have, and under which connection IDs; and the hellos within them.

use std::collections::BTreeSet;

use urltrace::protocol::tls::message::Body;
use urltrace::trace::Trace;

use crate::corpus::compare::Found;
use crate::corpus::hellos;
use crate::support::facts::Facts;

pub(super) fn compare(found: &mut Found, facts: &Facts, trace: &Trace) {
    let Some(rows) = facts.quic() else { return };
    let mut theirs = [(); 2].map(|()| BTreeSet::new());
    for row in &rows {
        let text = |name: &str| row[name].as_str().filter(|text| !text.is_empty());
        // in the facts, the packet of another protocol that is quoted by ICMP has no stream
        if row["udp_stream"].is_null() {
            continue;
        }
        let said =
            [&[text("version").filter(|_| row["type"] != "VN")][..], &[text("dcid"), text("scid")]];
        for (all, said) in theirs.iter_mut().zip(said) {
            all.extend(said.iter().flatten().map(|text| (*text).to_owned()));
        }
    }
    let mut ours = [(); 2].map(|()| BTreeSet::new());
    for connection in &trace.connections {
        let Some(quic) = connection.quic.as_deref() else { continue };
        ours[0].extend(quic.versions.iter().map(|version| format!("{:#010x}", version.0)));
        let ids = quic.ids.iter().map(|issued| issued.id.to_string());
        // others are given out under encryption
        ours[1].extend(ids.filter(|id| theirs[1].contains(id)));
    }
    let classes = ["quic-versions", "quic-ids"];
    for ((class, ours), theirs) in classes.into_iter().zip(ours).zip(theirs) {
        let [ours, theirs] = [ours, theirs].map(|all| all.into_iter().collect::<Vec<_>>());
        found.lists(class, &ours, &theirs);
    }
    messages(found, facts, trace);
}

fn messages(found: &mut Found, facts: &Facts, trace: &Trace) {
    let (mut clients, mut servers) = (Vec::new(), Vec::new());
    let within = trace.connections.iter().filter(|connection| connection.quic.is_some());
    for message in within.flat_map(|connection| &connection.tls).flat_map(|tls| &tls.messages) {
        match &message.body {
            Body::ClientHello(hello) => clients.push(hellos::client(hello)),
            Body::ServerHello(hello) => servers.push(hellos::server(hello)),
            _ => {}
        }
    }
    if let Some(theirs) = facts.tls_in_quic("tls_client_hellos", hellos::their_client) {
        found.lists("quic-client-hellos", &clients, &theirs);
    }
    if let Some(theirs) = facts.tls_in_quic("tls_server_hellos", hellos::their_server) {
        found.lists("quic-server-hellos", &servers, &theirs);
    }
}

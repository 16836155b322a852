//! Conversations of clients that are no browsers, against what those say about themselves.

use urltrace::address::Endpoint;

use crate::support::conversation::Facts;
use crate::support::{conversations, run_file};

#[test]
fn every_conversation_has_the_connection_that_its_client_names() {
    let mut seen = 0;
    for fixture in conversations() {
        let outcome = run_file(&fixture.capture, 2);
        assert!(outcome.error.is_none(), "{}: {:?}", fixture.name, outcome.error);
        for fact in Facts::read(&fixture.truth).conversations {
            let (local, remote) = (endpoint(fact.local), endpoint(fact.remote));
            let connections = &outcome.trace.connections;
            let found = connections.iter().filter(|connection| connection.client == local);
            // A client may have asked a resolver from the same port.
            let found: Vec<_> = found.filter(|found| found.server == remote).collect();
            let [connection] = found[..] else {
                panic!("{}, {}: {} connections", fixture.name, fact.what, found.len());
            };
            let midway = fixture.name.ends_with("midway");
            assert_eq!(connection.connect().is_none(), midway, "{}: {}", fixture.name, fact.what);
            seen += 1;
        }
    }
    assert!(seen > 60, "only {seen}");
}

fn endpoint(address: std::net::SocketAddr) -> Endpoint {
    Endpoint::new(address.ip(), address.port())
}

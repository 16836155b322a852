//! Comments on the packets of a QUIC connection.

use crate::report::text::{quic as words, units, words as common};
use crate::time::{FrameNo, Stamp};
use crate::trace::Connection;

/// What the packets say of how it was opened, where it went on and how it was closed; to whom it
/// leads is given.
pub(super) fn comments(connection: &Connection, to: &str) -> Vec<(FrameNo, String)> {
    let Some(quic) = connection.quic.as_deref() else { return Vec::new() };
    let name = format!("connection {}", common::connection_number(connection.id));
    let mut all = Vec::new();
    let mut say = |at: Stamp, text: String| all.push((at.frame, format!("{name}{text}")));
    let after = |from: Stamp, to: Stamp| units::span(to.at.since(from.at).at_least_zero());
    if let Some(first) = connection.attempted() {
        say(first, format!(" starts here: QUIC to {to}"));
    } else {
        let text = " goes on here: its beginning was not captured";
        say(connection.opened, format!("{text}; QUIC to {to}"));
    }
    for said in &quic.negotiations {
        let speaks = words::listed(&said.versions);
        say(said.at, format!(": the server does not speak that version, but {speaks}"));
    }
    if let Some(retry) = quic.retry {
        say(retry.at, ": Retry, the client shall show where it is".to_owned());
    }
    if let Some((first, done)) = connection.connect() {
        say(done, format!(": open, {} after its first packet", after(first, done)));
    }
    for (nth, path) in quic.paths.iter().enumerate() {
        say(path.at, format!(": the client goes on from {}", path.client));
        if let Some(proof) = quic.validated(nth) {
            say(proof.answered, format!(": the way from {} is proved", path.client));
        }
    }
    for update in &quic.key_updates {
        let who = common::sender(update.by);
        say(update.at, format!(": key update {} of the {who}", update.nth));
    }
    for close in &quic.closes {
        say(close.at, format!(": {}", words::close_in_short(close)));
    }
    if let Some(reset) = quic.reset {
        say(reset.at, format!(": stateless reset of the {}", common::sender(reset.by)));
    }
    for refusal in &connection.refusals {
        say(refusal.at, format!(": {}, says {}", refusal.reason, refusal.from));
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture::over_quic;

    #[test]
    fn each_step_is_told_at_its_packet() {
        let trace = over_quic();
        let told = |nth: usize| {
            let all = comments(&trace.connections[nth], "it");
            all.into_iter().map(|(frame, text)| format!("{frame} {text}")).collect::<Vec<_>>()
        };
        assert_eq!(
            told(0),
            [
                "5 connection 0 starts here: QUIC to it",
                "6 connection 0: Retry, the client shall show where it is",
                "9 connection 0: open, 41.9 ms after its first packet",
                "100 connection 0: the client goes on from 10.10.0.2:50900",
                "103 connection 0: the way from 10.10.0.2:50900 is proved",
                "130 connection 0: the client goes on from 10.10.0.2:50901",
                "150 connection 0: key update 1 of the client",
                "200 connection 0: closed by the client, NO_ERROR",
            ]
        );
        assert!(told(1).is_empty(), "it is TCP");
        let mut older = trace.connections[5].clone();
        older.tls = None;
        let told_of_older: Vec<String> = comments(&older, "it")
            .into_iter()
            .map(|(frame, text)| format!("{frame} {text}"))
            .collect();
        assert_eq!(
            told_of_older,
            [
                "230 connection 5 goes on here: its beginning was not captured; QUIC to it",
                "231 connection 5: closed by the server, CRYPTO_ERROR (no_application_protocol): no h3",
            ]
        );
        assert_eq!(told(4)[1], "221 connection 4: the server does not speak that version, but 2");
        assert_eq!(told(6).last().unwrap(), "250 connection 6: stateless reset of the server");
    }
}

//! The words of TLS: what was agreed, what was wrong.

use crate::flow::event::Direction;
use crate::protocol::tls::certificate::Certificate;
use crate::protocol::tls::event::{Alert, Keys};
use crate::protocol::tls::message::{Body, ClientHello, Ech, Kind, Message, ServerHello};
use crate::protocol::tls::names::{HandshakeType, Version};
use crate::report::text::escape::escape;
use crate::report::text::{quic, units, words};
use crate::trace::certificates::Doubt;
use crate::trace::resolver::{Over, Resolver};
use crate::trace::securing::Outcome;
use crate::trace::tls::{Renegotiation, Resumption, Tls};

/// What was agreed, the most telling first: version, protocol inside, resumption, round trips,
/// group, cipher suite.
pub fn agreed(tls: &Tls) -> Vec<String> {
    let mut parts: Vec<String> =
        tls.version().map(|version| version.to_string()).into_iter().collect();
    parts.extend(tls.alpn().map(|alpn| escape(alpn).into_owned()));
    parts.extend(tls.resumed().map(|how| resumption(how).to_owned()));
    parts.extend(tls.renegotiated().map(renegotiation));
    parts.extend(early(tls).map(str::to_owned));
    parts.extend(tls.round_trips().map(|count| format!("{count}-RTT")));
    parts.extend(tls.group().map(|group| group.to_string()));
    parts.extend(tls.cipher_suite().map(|suite| suite.to_string()));
    parts
}

/// How an earlier session is gone on with.
pub const fn resumption(how: Resumption) -> &'static str {
    match how {
        Resumption::PreSharedKey => "resumed",
        Resumption::SessionId => "resumed (session ID)",
        Resumption::Ticket => "resumed (ticket)",
    }
}

/// How keys were agreed on anew.
fn renegotiation(how: Renegotiation) -> String {
    match how {
        Renegotiation::Seen(1) => "renegotiated".to_owned(),
        Renegotiation::Seen(times) => format!("renegotiated {times} times"),
        Renegotiation::Inferred => "renegotiated (inferred)".to_owned(),
    }
}

/// A resolver, how it is asked and who runs it.
pub fn resolver(resolver: Resolver) -> String {
    let over = match resolver.over {
        Over::Tls => "DNS over TLS",
        Over::Quic => "DNS over QUIC",
        Over::Https => "DNS over HTTPS",
    };
    let of = resolver.operator.map_or_else(String::new, |who| format!(" of {who}"));
    format!("{over} resolver{of}")
}

/// What became of data that was sent early.
pub fn early(tls: &Tls) -> Option<&'static str> {
    let offered = tls.client_hello().is_some_and(|hello| hello.early_data);
    match (tls.early, tls.early_accepted()) {
        (Some(_), Some(true)) => Some("0-RTT data accepted"),
        (Some(_), Some(false)) => Some("0-RTT data rejected"),
        (Some(_), None) => Some("0-RTT data sent"),
        (None, _) if offered => Some("0-RTT offered"),
        (None, _) => None,
    }
}

/// How a handshake failed, the longest form first; none where it did not.
pub fn failure(outcome: &Outcome<'_>) -> Option<Vec<String>> {
    Some(match outcome {
        Outcome::Open(_) | Outcome::Unknown => return None,
        Outcome::Failed(sent) => {
            let short = alert(sent);
            let long = meaning(sent).map(|meaning| format!("{short} ({meaning})"));
            long.into_iter().chain([short, "failed".to_owned()]).collect()
        }
        Outcome::GivenUp(close) => {
            let long = quic::close_in_short(close);
            vec![long, quic::error(close.error), "closed".to_owned()]
        }
        Outcome::Reset(way, _) => {
            let who = words::sender(*way);
            vec![format!("reset by the {who} during the handshake (RST)"), "reset".to_owned()]
        }
        Outcome::Closed(way, _) => {
            let who = words::sender(*way);
            vec![format!("closed by the {who} during the handshake (FIN)"), "closed".to_owned()]
        }
        Outcome::Unanswered => {
            vec!["no answer to the ClientHello".to_owned(), "no answer".to_owned()]
        }
    })
}

/// Who sent which alert.
pub fn alert(alert: &Alert) -> String {
    let who = words::sender(alert.direction);
    match alert.said {
        Some((level, what)) => format!("{level} alert of the {who}: {what}"),
        None if alert.encrypted => format!("encrypted alert of the {who}"),
        None => format!("malformed alert of the {who}"),
    }
}

/// What an alert means.
pub fn meaning(alert: &Alert) -> Option<&'static str> {
    alert.said.and_then(|(_, what)| what.meaning())
}

/// What is doubtful about a certificate.
pub const fn doubt(doubt: Doubt) -> &'static str {
    match doubt {
        Doubt::Expired => "expired",
        Doubt::NotYetValid => "not valid yet",
        Doubt::OtherName => "not for the name that was asked for",
        Doubt::NoNames => "names nobody (no subjectAltName)",
        Doubt::WeakKey => "its key is too short",
        Doubt::WeakSignature => "its signature is by a broken hash",
        Doubt::SelfSigned => "signed by itself",
        Doubt::OutOfOrder => "the next certificate is not its issuer's",
    }
}

/// The name of a step of the handshake, as Wireshark has it.
pub fn step(message: &Message, tls: &Tls) -> String {
    match message.kind {
        Kind::Handshake(HandshakeType::SERVER_HELLO) if is_retry(message) => {
            "Hello Retry Request".to_owned()
        }
        Kind::Handshake(kind) => match kind.name() {
            Some(name) => name.to_owned(),
            None => format!("handshake message {kind}"),
        },
        Kind::ChangeCipherSpec => "Change Cipher Spec".to_owned(),
        Kind::Sealed => match tls.version() {
            Some(version) if version.settled() >= Version::TLS_1_3 => "encrypted".to_owned(),
            _ => "encrypted handshake message".to_owned(),
        },
    }
}

fn is_retry(message: &Message) -> bool {
    matches!(&message.body, Body::ServerHello(hello) if hello.is_retry)
}

/// What an encrypted ClientHello says to who has no keys.
pub fn ech(tls: &Tls) -> Option<&'static str> {
    let hello = tls.client_hello()?;
    let retry = tls.encrypted_extensions().is_some_and(|said| said.ech_retry);
    Some(match hello.ech? {
        Ech::Inner => "the inner ClientHello of ECH",
        Ech::Outer(_) if retry => "ECH not accepted, or GREASE: the server sent new configurations",
        // secrets are named by the ClientHello that counts
        Ech::Outer(_) if tls.keys == Some(Keys::Found) => {
            "GREASE, or ECH that was not accepted: the outer ClientHello counts"
        }
        Ech::Outer(_) => {
            "ECH, or GREASE that looks like it: only the server can tell; the name may be that of \
             the outer ClientHello"
        }
    })
}

/// What is known of the keys.
pub const fn keys(keys: Keys) -> &'static str {
    match keys {
        Keys::NoLog => "no key log",
        Keys::NotInLog => "the key log does not know it",
        Keys::NoHello => "its beginning was not captured: which keys are its own is not known",
        Keys::Found => "opened with the key log",
        Keys::Wrong => "the key log's secrets do not open it",
        Keys::Unsupported => "secrets are there, its version or cipher suite is not read",
        Keys::NotEncrypted => "its cipher suite does not encrypt",
    }
}

/// A date of a certificate, in UTC.
pub fn date(seconds: i64) -> String {
    let at = jiff::Timestamp::from_second(seconds);
    at.map_or_else(
        |_| format!("{seconds} s since 1970"),
        |at| at.strftime("%Y-%m-%d %H:%M:%SZ").to_string(),
    )
}

/// True where a certificate's doubts are worth a colour.
pub const fn is_grave(way: Direction, doubt: Doubt) -> bool {
    matches!(way, Direction::ToClient)
        && matches!(
            doubt,
            Doubt::Expired | Doubt::NotYetValid | Doubt::OtherName | Doubt::SelfSigned
        )
}

/// What a server chose.
pub fn chose(hello: &ServerHello) -> String {
    let mut parts = vec![hello.version.to_string(), hello.cipher_suite.to_string()];
    let ask = if hello.is_retry { "asks for " } else { "" };
    parts.extend(hello.group.map(|group| format!("{ask}{group}")));
    parts.extend(hello.psk.map(|nth| format!("pre-shared key {}", u32::from(nth) + 1)));
    parts.extend(hello.alpn.as_ref().map(|alpn| format!("protocol {}", escape(alpn))));
    parts.extend(hello.cookie.map(|size| format!("a cookie of {size} bytes")));
    if hello.downgraded {
        parts.push("says that it was asked for an older version than it speaks".to_owned());
    }
    parts.join(", ")
}

/// What a client offers.
pub fn offers(hello: &ClientHello) -> String {
    let mut versions: Vec<String> =
        hello.versions.iter().filter(|v| !v.is_grease()).map(ToString::to_string).collect();
    if versions.is_empty() {
        versions.push(format!("{} at most", hello.legacy_version));
    }
    if hello.ssl2 {
        versions.push("in the form of SSLv2".to_owned());
    }
    let mut parts = vec![versions.join(" ")];
    if !hello.alpn.is_empty() {
        let names: Vec<String> = hello.alpn.iter().map(|name| escape(name).into_owned()).collect();
        parts.push(names.join(" "));
    }
    let suites = hello.cipher_suites.iter().filter(|suite| !suite.is_grease()).count();
    parts.push(units::count(suites as u64, "cipher suite", "cipher suites"));
    let shares = hello.key_shares.iter().filter(|(group, _)| !group.is_grease());
    let shares: Vec<String> =
        shares.map(|(group, size)| format!("{group} ({size} bytes)")).collect();
    if !shares.is_empty() {
        parts.push(format!("key shares {}", shares.join(" ")));
    }
    if let Some(psk) = hello.psk {
        let count = u64::from(psk.identities);
        parts.push(units::count(count, "pre-shared key", "pre-shared keys"));
    }
    if hello.ticket.is_some_and(|size| size > 0) {
        parts.push("a ticket".to_owned());
    }
    if hello.early_data {
        parts.push("early data".to_owned());
    }
    parts.join(", ")
}

/// Whose a certificate is, and until when.
pub fn certificate(certificate: &Certificate) -> String {
    let whose = certificate.common_name.as_deref().unwrap_or(&certificate.subject);
    let issuer = certificate.issuer_name.as_deref().unwrap_or(&certificate.issuer);
    let bits = certificate.key_bits.map_or_else(String::new, |bits| format!(" {bits} bits"));
    let names: Vec<String> =
        certificate.names.iter().take(NAMES).map(|n| escape(n).into_owned()).collect();
    let more = certificate.names.len().saturating_sub(NAMES);
    let more = if more > 0 { format!(" +{more}") } else { String::new() };
    let names =
        if names.is_empty() { String::new() } else { format!(", for {}{more}", names.join(" ")) };
    format!(
        "{} by {}{names}, {} to {}, {}{bits}, {}",
        escape(whose),
        escape(issuer),
        date(certificate.not_before),
        date(certificate.not_after),
        certificate.key,
        certificate.signature
    )
}

/// Names of a certificate that are shown.
const NAMES: usize = 6;

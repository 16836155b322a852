//! What is doubtful about a chain of certificates, as far as it can be told from the packets.
//!
//! Whether a client trusts it is the client's question: it has a store of its own, and says no in
//! an alert. Here is what anyone can see.

use std::borrow::Borrow;
use std::net::IpAddr;

use crate::protocol::tls::certificate::Certificate;
use crate::time::Timestamp;

/// What is doubtful about a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Doubt {
    /// It was no longer valid when it was sent (RFC 5280 §4.1.2.5).
    Expired,
    /// It was not valid yet.
    NotYetValid,
    /// It is not for the name that was asked for (RFC 9525 §6.3).
    OtherName,
    /// It names nobody in its subjectAltName; browsers do not read the common name any more
    /// (RFC 9525 §6.3).
    NoNames,
    /// Its key is too short: RSA under 2,048 bits, curves under 224 (NIST SP 800-131A §3).
    WeakKey,
    /// It is signed with MD5 or SHA-1 (RFC 8446 §4.4.2.4).
    WeakSignature,
    /// It is signed by itself, and not by an authority.
    SelfSigned,
    /// The next certificate is not that of who signed it (RFC 8446 §4.4.2).
    OutOfOrder,
}

/// The doubts about each certificate of a chain, by its place, that was sent at a moment to a
/// client that asked for `name`.
pub fn doubts<C: Borrow<Certificate>>(
    chain: &[C],
    name: Option<&str>,
    at: Timestamp,
) -> Vec<(usize, Doubt)> {
    let now = at.as_nanos().div_euclid(1_000_000_000);
    let mut found = Vec::new();
    for (place, certificate) in chain.iter().map(Borrow::borrow).enumerate() {
        let mut doubt = |doubt| found.push((place, doubt));
        if now > certificate.not_after {
            doubt(Doubt::Expired);
        }
        if now < certificate.not_before {
            doubt(Doubt::NotYetValid);
        }
        if let (0, Some(name)) = (place, name) {
            if certificate.names.is_empty() {
                doubt(Doubt::NoNames);
            } else if !certificate.names.iter().any(|pattern| matches(pattern, name)) {
                doubt(Doubt::OtherName);
            }
        }
        let least = match &*certificate.key {
            "RSA" | "DSA" => 2048,
            _ => 224,
        };
        if certificate.key_bits.is_some_and(|bits| bits < least) {
            doubt(Doubt::WeakKey);
        }
        // nobody checks the signature of a root
        let is_weak = |name: &str| ["md2", "md5", "sha1", "SHA1"].iter().any(|w| name.contains(w));
        if is_weak(&certificate.signature) && !certificate.self_issued {
            doubt(Doubt::WeakSignature);
        }
        if place == 0 && certificate.self_issued {
            doubt(Doubt::SelfSigned);
        }
        if chain.get(place + 1).is_some_and(|next| next.borrow().subject != certificate.issuer) {
            doubt(Doubt::OutOfOrder);
        }
    }
    found
}

/// Whether a name of a certificate is for a host: a star stands for the whole first label
/// (RFC 9525 §6.3).
fn matches(pattern: &str, name: &str) -> bool {
    let name = name.strip_suffix('.').unwrap_or(name);
    if pattern.eq_ignore_ascii_case(name) {
        return true;
    }
    let (Some(domain), Some((_, rest))) = (pattern.strip_prefix("*."), name.split_once('.')) else {
        return false;
    };
    name.parse::<IpAddr>().is_err() && domain.eq_ignore_ascii_case(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn certificate(subject: &str, issuer: &str) -> Certificate {
        Certificate {
            subject: subject.into(),
            common_name: Some(subject.into()),
            names: vec!["www.example.com".into(), "*.example.org".into(), "192.0.2.1".into()],
            issuer: issuer.into(),
            issuer_name: Some(issuer.into()),
            serial: "01".into(),
            not_before: 1000,
            not_after: 2000,
            key: "RSA".into(),
            key_bits: Some(2048),
            signature: "sha256WithRSAEncryption".into(),
            is_authority: false,
            self_issued: subject == issuer,
            fingerprint: [0; 32],
            size: 900,
        }
    }

    fn alone(certificate: &Certificate, name: &str, second: i64) -> Vec<(usize, Doubt)> {
        of(std::slice::from_ref(certificate), name, second)
    }

    fn of(chain: &[Certificate], name: &str, second: i64) -> Vec<(usize, Doubt)> {
        doubts(chain, Some(name), Timestamp::from_nanos(second * 1_000_000_000))
    }

    #[test]
    fn a_good_chain_leaves_no_doubt() {
        let chain = [certificate("leaf", "ca"), certificate("ca", "root")];
        assert_eq!(of(&chain[..1], "www.example.com", 1000), []);
        assert_eq!(of(&chain, "WWW.example.com.", 2000), []);
    }

    #[test]
    fn each_doubt_has_its_cause() {
        let good = certificate("leaf", "ca");
        assert_eq!(alone(&good, "www.example.com", 2001), [(0, Doubt::Expired)]);
        assert_eq!(alone(&good, "www.example.com", 999), [(0, Doubt::NotYetValid)]);
        assert_eq!(alone(&good, "example.com", 1500), [(0, Doubt::OtherName)]);
        let nameless = Certificate { names: Vec::new(), ..good.clone() };
        assert_eq!(alone(&nameless, "www.example.com", 1500), [(0, Doubt::NoNames)]);
        let short = Certificate { key_bits: Some(1024), ..good.clone() };
        assert_eq!(alone(&short, "www.example.com", 1500), [(0, Doubt::WeakKey)]);
        let old = Certificate { signature: "sha1WithRSAEncryption".into(), ..good.clone() };
        assert_eq!(alone(&old, "www.example.com", 1500), [(0, Doubt::WeakSignature)]);
        let own = certificate("leaf", "leaf");
        assert_eq!(alone(&own, "www.example.com", 1500), [(0, Doubt::SelfSigned)]);
        let chain = [good, certificate("other", "root")];
        assert_eq!(of(&chain, "www.example.com", 1500), [(0, Doubt::OutOfOrder)]);
    }

    #[test]
    fn a_star_stands_for_one_label() {
        assert!(matches("*.example.org", "a.example.org"));
        assert!(!matches("*.example.org", "a.b.example.org"));
        assert!(!matches("*.example.org", "example.org"));
        assert!(!matches("*.2.0.192", "1.2.0.192"));
        assert!(matches("192.0.2.1", "192.0.2.1"));
    }
}

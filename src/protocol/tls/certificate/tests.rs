use super::*;
use crate::protocol::tls::vectors::{self, bytes};

#[test]
fn a_certificate_says_whose_it_is_and_until_when() {
    let certificate = read(&bytes(vectors::CERTIFICATE)).unwrap();
    assert_eq!(&*certificate.subject, "C=KR, O=Example Org, CN=www.example.com");
    assert_eq!(certificate.common_name.as_deref(), Some("www.example.com"));
    let names: Vec<&str> = certificate.names.iter().map(|name| &**name).collect();
    assert_eq!(names, ["www.example.com", "*.example.org", "192.0.2.1", "2001:db8::1"]);
    assert_eq!(certificate.issuer, certificate.subject);
    assert_eq!(&*certificate.serial, "1234abcd");
    // 2026-11-22 13:57:04 UTC, and a year
    assert_eq!(certificate.not_before, 1_795_355_824);
    assert_eq!(certificate.not_after - certificate.not_before, 365 * 86_400);
    assert_eq!((&*certificate.key, certificate.key_bits), ("EC P-256", Some(256)));
    assert_eq!(&*certificate.signature, "ecdsa-with-SHA256");
    assert!(certificate.is_authority && certificate.self_issued);
    assert_eq!(certificate.fingerprint[..4], [0x8f, 0x37, 0x56, 0x4f]);
    assert_eq!(certificate.size, 518);
}

#[test]
fn what_is_cut_is_no_certificate() {
    let whole = bytes(vectors::CERTIFICATE);
    for cut in 0..whole.len() {
        assert_eq!(read(&whole[..cut]), None, "cut at {cut}");
    }
}

#[test]
fn a_certificate_that_comes_again_is_kept_once() {
    let der = bytes(vectors::CERTIFICATE);
    let (first, again) = (read(&der).unwrap(), read(&der).unwrap());
    assert!(Arc::ptr_eq(&first, &again));
    // the last byte is of the signature, which nobody checks here
    let mut other = der.clone();
    *other.last_mut().unwrap() ^= 1;
    let other = read(&other).unwrap();
    assert_ne!(other.fingerprint, first.fingerprint);
    assert_eq!(other.serial, first.serial);
}

#[test]
fn names_are_shown_without_what_terminals_obey() {
    assert_eq!(&*printable("서울\x1b[2J"), "서울\\x1b[2J");
}

#[test]
fn sizes_are_in_bits_not_in_whole_bytes() {
    let oid = |arcs: &[u64]| Oid::from(arcs).unwrap();
    assert_eq!(named_curve(&oid(&[1, 3, 132, 0, 35])), ("P-521".to_owned(), Some(521)));
    assert_eq!(named_curve(&oid(&[1, 3, 132, 0, 33])), ("1.3.132.0.33".to_owned(), None));
    assert_eq!(length(&[0, 0x80, 0]), 16);
    assert_eq!(length(&[0x7f; 256]), 2047);
    assert_eq!((length(&[]), length(&[0])), (0, 0));
}

use super::*;
use crate::protocol::tls::message::{Ech, EchOuter};
use crate::protocol::tls::names::{Group, SignatureScheme};
use crate::protocol::tls::vectors::{self, bytes};

/// A vector of extensions, with their lengths.
fn extensions(list: &[(u16, &[u8])]) -> Vec<u8> {
    let mut all = Vec::new();
    for (kind, body) in list {
        all.extend(kind.to_be_bytes());
        all.extend(u16::try_from(body.len()).unwrap().to_be_bytes());
        all.extend_from_slice(body);
    }
    let mut out = u16::try_from(all.len()).unwrap().to_be_bytes().to_vec();
    out.extend(all);
    out
}

/// A ClientHello of TLS 1.2 with these extensions.
fn hello_with(list: &[(u16, &[u8])]) -> Vec<u8> {
    let mut body = vec![3, 3];
    body.extend([7; 32]);
    body.extend([0, 0, 4, 0x0a, 0x0a, 0xc0, 0x2f, 1, 0]);
    body.extend(extensions(list));
    body
}

#[test]
fn the_client_hello_of_rfc_8448_is_read_to_its_end() {
    let message = bytes(vectors::CLIENT_HELLO);
    let (hello, fault) = client(&message[4..]);
    assert_eq!(fault, None);
    assert_eq!(hello.legacy_version, Version::TLS_1_2);
    assert_eq!(hello.random[..4], [0xcb, 0x34, 0xec, 0xb1]);
    assert_eq!(hello.cipher_suites, [0x1301, 0x1303, 0x1302].map(CipherSuite));
    assert_eq!(&*hello.compression, [0]);
    assert_eq!(hello.server_name.as_deref(), Some("server"));
    assert_eq!(hello.versions, [Version::TLS_1_3]);
    assert_eq!(hello.groups.len(), 9);
    assert_eq!(hello.key_shares, [(Group::X25519, 32)]);
    assert_eq!(hello.signature_schemes[0], SignatureScheme::ECDSA_SECP256R1_SHA256);
    assert_eq!(hello.extensions.len(), 9);
    assert_eq!((hello.ticket, hello.psk, hello.early_data), (Some(0), None, false));
    assert!(hello.ja4.starts_with("t13d030900_"), "{}", hello.ja4);
    assert_eq!(hello.ja3.len(), 32);
}

#[test]
fn the_server_hello_of_rfc_8448_is_read_to_its_end() {
    let message = bytes(vectors::SERVER_HELLO);
    let (hello, fault) = server(&message[4..]);
    assert_eq!(fault, None);
    assert_eq!((hello.version, hello.legacy_version), (Version::TLS_1_3, Version::TLS_1_2));
    assert_eq!(hello.cipher_suite.to_string(), "TLS_AES_128_GCM_SHA256");
    assert_eq!(hello.group, Some(Group::X25519));
    assert!(!hello.is_retry && !hello.downgraded);
    let message = bytes(vectors::ENCRYPTED_EXTENSIONS);
    let (said, fault) = encrypted_extensions(&message[4..]);
    assert_eq!((said.groups.len(), said.alpn, fault), (9, None, None));
}

#[test]
fn at_every_length_what_is_whole_is_kept_and_the_rest_is_said() {
    let whole = bytes(vectors::CLIENT_HELLO)[4..].to_vec();
    for cut in 0..whole.len() {
        let (hello, fault) = client(&whole[..cut]);
        // without extensions it is whole: so old clients sent it
        assert_eq!(fault.is_none(), cut == 45, "cut at {cut}");
        assert_eq!(hello.cipher_suites.len(), cut.saturating_sub(37).min(6) / 2, "cut at {cut}");
        assert_eq!(hello.server_name.is_some(), cut >= 62, "cut at {cut}");
    }
    let whole = bytes(vectors::SERVER_HELLO)[4..].to_vec();
    for cut in 0..whole.len() {
        let (hello, fault) = server(&whole[..cut]);
        assert_eq!(fault.is_none(), cut == 38, "cut at {cut}");
        assert_eq!(hello.group.is_some(), cut >= 80, "cut at {cut}");
    }
    let whole = bytes(vectors::ENCRYPTED_EXTENSIONS)[4..].to_vec();
    for cut in 0..whole.len() {
        assert!(encrypted_extensions(&whole[..cut]).1.is_some(), "cut at {cut}");
    }
}

#[test]
fn each_extension_of_a_client_has_its_value() {
    let (hello, fault) = client(&hello_with(&[
        (0x1a1a, &[]),
        (16, b"\x00\x0c\x02h2\x08http/1.1"),
        (43, &[4, 0x2a, 0x2a, 3, 4]),
        (41, &[0, 10, 0, 4, 1, 2, 3, 4, 0, 0, 0, 9, 0, 3, 2, 5, 5]),
        (42, &[]),
        (35, &[1, 2, 3]),
        (44, &[0, 2, 8, 8]),
        (27, &[2, 0, 2]),
        (21, &[0; 30]),
        (11, &[1, 0]),
        (5, &[1, 0, 0, 0, 0]),
        (23, &[]),
        (22, &[]),
    ]));
    assert_eq!(fault, None);
    assert_eq!(hello.alpn, ["h2".into(), "http/1.1".into()]);
    assert_eq!(hello.versions.last(), Some(&Version::TLS_1_3));
    assert_eq!(hello.psk.map(|psk| psk.identities), Some(1));
    assert_eq!((hello.ticket, hello.cookie, hello.padding), (Some(3), Some(2), Some(30)));
    assert_eq!(hello.compress_certificate, [2]);
    assert!(hello.early_data && hello.status_request);
    assert!(hello.extended_master_secret && hello.encrypt_then_mac);
    assert!(hello.ja4.starts_with("t13i0112h2_"), "{}", hello.ja4);
}

#[test]
fn an_encrypted_client_hello_is_told_by_its_form() {
    let outer = [0, 0, 1, 0, 1, 77, 0, 2, 9, 9, 0, 3, 8, 8, 8];
    let (hello, fault) = client(&hello_with(&[(0xfe0d, &outer)]));
    let expected = EchOuter { kdf: 1, aead: 1, config_id: 77, enc: 2, payload: 3 };
    assert_eq!((hello.ech, fault), (Some(Ech::Outer(expected)), None));
    let (hello, _) = client(&hello_with(&[(0xfe0d, &[1])]));
    assert_eq!(hello.ech, Some(Ech::Inner));
}

#[test]
fn a_broken_extension_does_not_hide_the_next() {
    let (hello, fault) = client(&hello_with(&[(10, &[0, 9, 0, 29]), (0, b"\0\x04\0\0\x01a")]));
    let fault = fault.unwrap();
    assert_eq!(fault.id, "tls.malformed");
    assert!(fault.text.contains("supported_groups ends early"), "{}", fault.text);
    assert_eq!(fault.reference, Some("RFC 8446 §4.2.7"));
    assert_eq!(hello.groups, [Group::X25519]);
    assert_eq!(hello.server_name.as_deref(), Some("a"));
    assert!(hello.ja3.is_empty());
    // no fingerprint reads what is in this one
    let (hello, fault) = client(&hello_with(&[(41, &[])]));
    assert!(fault.is_some() && !hello.ja3.is_empty());
}

#[test]
fn names_of_hosts_are_shown_without_what_terminals_obey() {
    let (hello, _) = client(&hello_with(&[(0, b"\0\x07\0\0\x04a\x1b\xffb")]));
    assert_eq!(hello.server_name.as_deref(), Some("a\\x1b\\xffb"));
    // a server says that it took the name; several kinds of names may come before a host's
    let (hello, fault) = client(&hello_with(&[(0, b"\0\x08\x07\0\x01x\0\0\x01a")]));
    assert_eq!((hello.server_name.as_deref(), fault), (Some("a"), None));
}

#[test]
fn a_retry_and_a_downgrade_are_told_by_random_bytes() {
    let mut body = vec![3, 3];
    body.extend(RETRY);
    body.extend([0, 0x13, 1, 0]);
    body.extend(extensions(&[(51, &[0, 23]), (43, &[3, 4]), (44, &[0, 2, 1, 1])]));
    let (hello, fault) = server(&body);
    assert!(hello.is_retry && fault.is_none());
    assert_eq!((hello.group, hello.cookie), (Some(Group::SECP256R1), Some(2)));
    let mut body = vec![3, 3];
    body.extend([1; 24]);
    body.extend(b"DOWNGRD\x01");
    body.extend([0, 0xc0, 0x2f, 0]);
    assert!(server(&body).0.downgraded);
}

#[test]
fn the_form_of_ssl_2_offers_suites_of_ssl_3() {
    let mut message = vec![1, 3, 1, 0, 9, 0, 0, 0, 16];
    message.extend([0, 0, 5, 1, 0, 128, 0, 0, 10]);
    message.extend([6; 16]);
    let (hello, fault) = client_ssl2(&message);
    assert_eq!(fault, None);
    assert!(hello.ssl2);
    assert_eq!(hello.legacy_version, Version::TLS_1_0);
    assert_eq!(hello.cipher_suites, [5, 10].map(CipherSuite));
    assert_eq!((hello.random[15], hello.random[16]), (0, 6));
    for cut in 0..message.len() {
        assert!(client_ssl2(&message[..cut]).1.is_some(), "cut at {cut}");
    }
}

#[test]
fn what_follows_the_extensions_is_said_and_leaves_no_fingerprint() {
    let mut body = hello_with(&[]);
    assert!(!client(&body).0.ja4.is_empty());
    body.push(0);
    let (hello, fault) = client(&body);
    assert!(fault.unwrap().text.contains("goes on behind"));
    assert!(hello.ja3.is_empty() && hello.ja4.is_empty());
}

#[test]
fn early_drafts_of_tls_1_3_have_no_session() {
    let body = [&[3, 4][..], &[9; 32], &[0xc0, 0x2b, 0, 0]].concat();
    let (hello, fault) = server(&body);
    assert_eq!((hello.cipher_suite, fault), (CipherSuite(0xc02b), None));
}

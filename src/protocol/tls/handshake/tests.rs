use super::*;
use crate::protocol::tls::vectors::{self, bytes};

const TLS_1_3: Settled = Settled { version: Version::TLS_1_3, cipher_suite: CipherSuite(0x1301) };
const TLS_1_2: Settled = Settled { version: Version::TLS_1_2, cipher_suite: CipherSuite(0xc02f) };

fn u24(length: usize) -> [u8; 3] {
    let [_, a, b, c] = u32::try_from(length).unwrap().to_be_bytes();
    [a, b, c]
}

/// The Certificate message of each version.
fn certificates(is_13: bool) -> Vec<u8> {
    let der = bytes(vectors::CERTIFICATE);
    let mut entry = u24(der.len()).to_vec();
    entry.extend(&der);
    if is_13 {
        entry.extend([0, 0]);
    }
    let mut body = if is_13 { vec![0] } else { Vec::new() };
    body.extend(u24(entry.len()));
    body.extend(entry);
    body
}

fn chain_of(body: &Body) -> Vec<&str> {
    let Body::Certificate(chain) = body else { panic!("no certificates: {body:?}") };
    chain.iter().filter_map(|certificate| certificate.common_name.as_deref()).collect()
}

#[test]
fn certificates_are_read_in_both_forms_and_the_form_is_found_out() {
    for (is_13, settled) in
        [(true, Some(TLS_1_3)), (false, Some(TLS_1_2)), (true, None), (false, None)]
    {
        let (body, fault) = read(HandshakeType::CERTIFICATE, &certificates(is_13), settled);
        assert_eq!(chain_of(&body), ["www.example.com"], "{is_13} {settled:?}");
        assert_eq!(fault, None);
    }
}

#[test]
fn a_message_that_is_cut_says_so() {
    for (is_13, settled) in [(true, TLS_1_3), (false, TLS_1_2)] {
        let whole = certificates(is_13);
        for cut in 0..whole.len() {
            let (_, fault) = read(HandshakeType::CERTIFICATE, &whole[..cut], Some(settled));
            assert!(fault.is_some(), "cut at {cut}");
        }
    }
}

#[test]
fn packed_certificates_are_unfolded() {
    use std::io::Write as _;
    let whole = certificates(true);
    let mut zlib = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
    zlib.write_all(&whole).unwrap();
    let zlib = zlib.finish().unwrap();
    let zstd = zstd::encode_all(&*whole, 3).unwrap();
    for (algorithm, packed) in [(1, zlib), (3, zstd)] {
        let mut body = vec![0, algorithm];
        body.extend(u24(whole.len()));
        body.extend(u24(packed.len()));
        body.extend(packed);
        let kind = HandshakeType::COMPRESSED_CERTIFICATE;
        let (read_body, fault) = read(kind, &body, Some(TLS_1_3));
        assert_eq!(chain_of(&read_body), ["www.example.com"]);
        assert_eq!(fault, None);
        // a length that is not what comes out
        body[4] ^= 1;
        let (read_body, fault) = read(kind, &body, Some(TLS_1_3));
        assert!(matches!(read_body, Body::CompressedCertificate { .. }));
        assert!(fault.unwrap().text.contains("does not unfold"));
        for cut in 0..body.len() {
            assert!(read(kind, &body[..cut], Some(TLS_1_3)).1.is_some(), "cut at {cut}");
        }
    }
}

#[test]
fn a_bomb_of_certificates_is_told_by_its_size_only() {
    let body = [0, 2, 0xff, 0xff, 0xff, 0, 0, 1, 0];
    let (read_body, fault) = read(HandshakeType::COMPRESSED_CERTIFICATE, &body, Some(TLS_1_3));
    assert_eq!(read_body, Body::CompressedCertificate { algorithm: 2, unfolded: 0x00ff_ffff });
    assert_eq!(fault, None);
}

#[test]
fn the_group_of_an_exchange_stands_in_its_first_bytes() {
    let kind = HandshakeType::SERVER_KEY_EXCHANGE;
    let (body, _) = read(kind, &[3, 0, 29, 32], Some(TLS_1_2));
    assert_eq!(body, Body::ServerKeyExchange { group: Some(Group::X25519) });
    // finite fields have no group before TLS 1.3
    let dhe = Settled { cipher_suite: CipherSuite(0x009e), ..TLS_1_2 };
    let (body, _) = read(kind, &[3, 0, 29, 32], Some(dhe));
    assert_eq!(body, Body::ServerKeyExchange { group: None });
    assert_eq!(read(kind, &[], Some(TLS_1_2)).0, Body::ServerKeyExchange { group: None });
}

#[test]
fn tickets_have_two_forms() {
    let kind = HandshakeType::NEW_SESSION_TICKET;
    let old = [0, 0, 0x1c, 0x20, 0, 3, 1, 2, 3];
    let ticket = Ticket { lifetime: 7200, size: 3, early_data: None };
    assert_eq!(read(kind, &old, Some(TLS_1_2)), (Body::Ticket(ticket), None));
    let new = [
        &[0, 0, 0x1c, 0x20, 9, 9, 9, 9, 1, 0, 0, 3, 1, 2, 3][..],
        &[0, 8, 0, 42, 0, 4, 0, 0, 0x40, 0],
    ]
    .concat();
    let ticket = Ticket { early_data: Some(0x4000), ..ticket };
    assert_eq!(read(kind, &new, Some(TLS_1_3)), (Body::Ticket(ticket), None));
    for cut in 0..new.len() {
        assert!(read(kind, &new[..cut], Some(TLS_1_3)).1.is_some(), "cut at {cut}");
    }
}

#[test]
fn what_is_not_read_is_other_and_a_hello_is_read_whatever_was_settled() {
    assert_eq!(read(HandshakeType::FINISHED, &[1; 12], None), (Body::Other, None));
    let hello = bytes(vectors::CLIENT_HELLO);
    let (body, _) = read(HandshakeType::CLIENT_HELLO, &hello[4..], None);
    assert!(matches!(body, Body::ClientHello(hello) if hello.server_name.is_some()));
    let (body, _) = read(HandshakeType::KEY_UPDATE, &[1], None);
    assert_eq!(body, Body::KeyUpdate { requested: true });
}

#[test]
fn a_hello_without_random_bytes_is_none() {
    let (body, fault) = read(HandshakeType::SERVER_HELLO, &[3, 3, 1], None);
    assert_eq!(body, Body::Other);
    assert!(fault.unwrap().text.contains("3 bytes"));
}

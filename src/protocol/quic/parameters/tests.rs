use proptest::prelude::*;

use super::*;
use crate::protocol::quic::testing::{parameter, varint};

fn number(number: u64) -> Vec<u8> {
    let mut out = Vec::new();
    varint(number, &mut out);
    out
}

fn written(parameters: &[(u64, &[u8])]) -> Vec<u8> {
    let mut out = Vec::new();
    for (id, value) in parameters {
        parameter(*id, value, &mut out);
    }
    out
}

fn fault(parameters: &[(u64, &[u8])]) -> (String, Option<&'static str>) {
    let (_, fault) = read(&written(parameters));
    let Anomaly { id, text, reference, .. } = fault.unwrap();
    assert_eq!(id, "quic.parameters");
    (text.into_owned(), reference)
}

/// An address over IPv4 only, a connection ID of four bytes.
fn preferred() -> Vec<u8> {
    let v4 = [192, 0, 2, 1, 0x01, 0xbb];
    [&v4[..], &[0; 18], &[4, 1, 2, 3, 4], &[0xee; 16]].concat()
}

fn of_server() -> Vec<(u64, Vec<u8>)> {
    vec![
        (0x00, vec![1; 8]),
        (0x01, number(30_000)),
        (0x02, vec![2; 16]),
        (0x03, number(1_472)),
        (0x04, number(1 << 20)),
        (0x05, number(5)),
        (0x06, number(6)),
        (0x07, number(7)),
        (0x08, number(100)),
        (0x09, number(3)),
        (0x0a, number(10)),
        (0x0b, number(26)),
        (0x0c, vec![]),
        (0x0d, preferred()),
        (0x0e, number(4)),
        (0x0f, vec![]),
        (0x10, vec![3; 20]),
        (0x11, vec![0, 0, 0, 1, 0x6b, 0x33, 0x43, 0xcf, 0, 0, 0, 1]),
        (0x20, number(65_535)),
        (0x2ab2, vec![]),
        (0xff04_de1b, number(1_000)),
    ]
}

#[test]
fn all_of_the_rfcs_are_read() {
    let all = of_server();
    let all: Vec<_> = all.iter().map(|(id, value)| (*id, &value[..])).collect();
    let (parameters, fault) = read(&written(&all));
    let wanted = Parameters {
        original_destination_connection_id: ConnectionId::new(&[1; 8]),
        max_idle_timeout: Some(30_000),
        stateless_reset_token: Some([2; 16]),
        max_udp_payload_size: Some(1_472),
        initial_max_data: Some(1 << 20),
        initial_max_stream_data_bidi_local: Some(5),
        initial_max_stream_data_bidi_remote: Some(6),
        initial_max_stream_data_uni: Some(7),
        initial_max_streams_bidi: Some(100),
        initial_max_streams_uni: Some(3),
        ack_delay_exponent: Some(10),
        max_ack_delay: Some(26),
        disable_active_migration: true,
        preferred_address: Some(PreferredAddress {
            v4: Some("192.0.2.1:443".parse().unwrap()),
            v6: None,
            id: ConnectionId::new(&[1, 2, 3, 4]).unwrap(),
            token: [0xee; 16],
        }),
        active_connection_id_limit: Some(4),
        initial_source_connection_id: Some(ConnectionId::default()),
        retry_source_connection_id: ConnectionId::new(&[3; 20]),
        version_information: Some(VersionInformation {
            chosen: 1,
            available: vec![0x6b33_43cf, 1],
        }),
        max_datagram_frame_size: Some(65_535),
        grease_quic_bit: true,
        min_ack_delay: Some(1_000),
        ..Parameters::default()
    };
    assert_eq!((parameters, fault), (wanted, None));
}

#[test]
fn those_of_google_and_unknown_ones_are_read() {
    let (rtt, version) = (number(45_000), [0, 0, 0, 1, 4, 0, 0, 0, 1]);
    let (parameters, fault) = read(&written(&[
        (0x3127, &rtt),
        (0x3128, b"BBRSB2ON"),
        (0x3129, b"Chrome/80 Linux\xff"),
        (0x4752, &version),
        (0x26ab, b"abc"),
        (27, b"grease"),
        (31 * 1_000_000 + 27, b""),
    ]));
    assert_eq!(fault, None);
    assert_eq!(parameters.initial_rtt, Some(45_000));
    assert_eq!(parameters.google_connection_options, [*b"BBRS", *b"B2ON"]);
    assert_eq!(parameters.user_agent.as_deref(), Some("Chrome/80 Linux\\xff"));
    assert_eq!(parameters.google_version, Some(1));
    assert_eq!((&parameters.unknown[..], parameters.grease), (&[(0x26ab, 3)][..], 2));
}

#[test]
fn what_is_whole_before_a_cut_is_kept() {
    let all = of_server();
    let all: Vec<_> = all.iter().map(|(id, value)| (*id, &value[..])).collect();
    let bytes = written(&all);
    let mut ends = vec![0];
    ends.extend((1..=all.len()).map(|count| written(&all[..count]).len()));
    for length in 0..bytes.len() {
        let (parameters, fault) = read(&bytes[..length]);
        let whole = ends.iter().filter(|end| **end <= length).count() - 1;
        assert_eq!(parameters, read(&written(&all[..whole])).0);
        assert_eq!(fault.is_none(), ends.contains(&length), "{length}");
    }
}

#[test]
fn values_that_cannot_be_are_kept_and_said() {
    let most = number((1 << 62) - 1);
    let cases: [(u64, &[u8], &str); 17] = [
        (0x00, &[0; 21], "original_destination_connection_id is longer than 20 bytes"),
        (0x02, &[0; 15], "stateless_reset_token ends early: 16 bytes needed at offset 0, 15 left"),
        (0x02, &[0; 17], "stateless_reset_token has 1 bytes too many"),
        (0x03, &[0x44, 0xaf], "max_udp_payload_size is less than 1,200"),
        (0x04, &[], "initial_max_data ends early: 1 bytes needed at offset 0, 0 left"),
        (0x04, &[1, 2, 3], "initial_max_data has 2 bytes too many"),
        (0x08, &most, "initial_max_streams_bidi counts more than 2^60 streams"),
        (0x09, &most, "initial_max_streams_uni counts more than 2^60 streams"),
        (0x0a, &[21], "ack_delay_exponent is more than 20"),
        (0x0b, &[0x80, 0, 0x40, 0], "max_ack_delay is more than 16,383"),
        (0x0c, &[1], "disable_active_migration has 1 bytes too many"),
        (0x0d, &[0; 41], "preferred_address has no connection ID"),
        (0x0e, &[1], "active_connection_id_limit is less than 2"),
        (0x11, &[0, 0, 0, 1, 0, 0, 0, 0], "version_information has a version 0"),
        (
            0x11,
            &[0, 0, 0, 1, 9],
            "version_information ends early: 4 bytes needed at offset 4, 1 left",
        ),
        (0x2ab2, &[1], "grease_quic_bit has 1 bytes too many"),
        (
            0x3128,
            b"BBRS?",
            "google_connection_options ends early: 4 bytes needed at offset 4, 1 left",
        ),
    ];
    for (id, value, how) in cases {
        let (text, rule) = fault(&[(id, value), (0x01, &[9])]);
        assert_eq!(text, format!("the transport parameter {how}"));
        assert_eq!(rule, Some(section_of(id)));
        let (parameters, _) = read(&written(&[(id, value), (0x01, &[9])]));
        assert_eq!(parameters.max_idle_timeout, Some(9), "what follows is read");
    }
    let (parameters, _) = read(&written(&[(0x0a, &[21])]));
    assert_eq!(parameters.ack_delay_exponent, Some(21), "as it was sent");
}

#[test]
fn the_first_of_two_counts() {
    let twice: [(u64, &[u8]); 3] = [(0x01, &[1]), (0x01, &[2]), (0x04, &[3])];
    let text = "the transport parameter max_idle_timeout comes twice".to_owned();
    assert_eq!(fault(&twice), (text, Some("RFC 9000 §7.4")));
    let (parameters, _) = read(&written(&twice));
    assert_eq!((parameters.max_idle_timeout, parameters.initial_max_data), (Some(1), Some(3)));
    let text = "the transport parameter 0x1234 comes twice".to_owned();
    assert_eq!(fault(&[(0x1234, b""), (0x1234, b"")]), (text, Some("RFC 9000 §7.4")));
    let drafts: [(u64, &[u8]); 2] = [(0x11, &[0, 0, 0, 1]), (0xff_73db, &[0, 0, 0, 2])];
    let (parameters, fault) = read(&written(&drafts));
    assert_eq!(parameters.version_information.map(|versions| versions.chosen), Some(1));
    assert_eq!(fault, None);
}

#[test]
fn as_many_unknown_ones_are_listed_as_there_is_room_for() {
    let mut bytes = Vec::new();
    for nth in 0..40 {
        parameter(0x1_0000 + 31 * nth, b"", &mut bytes);
    }
    parameter(0x01, &[9], &mut bytes);
    let (parameters, fault) = read(&bytes);
    let fault = fault.unwrap();
    assert_eq!((fault.id, fault.class), ("quic.parameters-listed", Class::Limit));
    assert_eq!((parameters.unknown.len(), parameters.max_idle_timeout), (MOST, Some(9)));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn numbers_are_read_as_they_were_written(
        values in prop::array::uniform5(0..1u64 << 62),
        streams in 0..=1u64 << 60,
    ) {
        let ids = [0x01, 0x04, 0x05, 0x06, 0x07];
        let mut bytes = Vec::new();
        for (id, value) in ids.iter().zip(values) {
            parameter(*id, &number(value), &mut bytes);
        }
        parameter(0x09, &number(streams), &mut bytes);
        let (read, fault) = read(&bytes);
        let numbers = [
            read.max_idle_timeout,
            read.initial_max_data,
            read.initial_max_stream_data_bidi_local,
            read.initial_max_stream_data_bidi_remote,
            read.initial_max_stream_data_uni,
        ];
        prop_assert_eq!((numbers, fault), (values.map(Some), None));
        prop_assert_eq!(read.initial_max_streams_uni, Some(streams));
    }

    #[test]
    fn any_bytes_are_read(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let (parameters, _) = read(&bytes);
        prop_assert!(2 * (parameters.unknown.len() + parameters.grease) <= bytes.len());
    }
}

use super::*;
use crate::flow::event::Direction;
use crate::protocol::quic::Kind;
use crate::protocol::quic::seen::{Frame, Packet};
use crate::report::fixture::{at, over_quic};

/// The fixture, whose first connection has some packets.
fn packets() -> Trace {
    let mut trace = over_quic();
    let packet =
        |by, at, kind, number, frames| Packet { by, at, kind, number, size: 1_200, frames };
    let quic = trace.connections[0].quic.as_mut().unwrap();
    quic.packets = vec![
        packet(
            Direction::ToServer,
            at(22_000, 5),
            Kind::Initial,
            0,
            vec![Frame::Crypto { offset: 0, length: 517 }, Frame::Padding(600)],
        ),
        packet(
            Direction::ToClient,
            at(86_000, 14),
            Kind::OneRtt,
            7,
            vec![
                Frame::Ack { ranges: vec![(5, 9), (2, 3)], delay: 25, ecn: Some([1, 0, 2]) },
                Frame::Stream { id: 0, offset: 0, length: 900, fin: false },
            ],
        ),
        packet(
            Direction::ToServer,
            at(70_000, 11),
            Kind::OneRtt,
            3,
            vec![Frame::Stream { id: 4, offset: 0, length: 60, fin: true }],
        ),
    ];
    trace
}

fn records(text: &[u8]) -> Vec<Value> {
    let records = text.split(|byte| *byte == 0x1e).skip(1);
    let records = records.map(|record| {
        assert_eq!(record.last(), Some(&b'\n'));
        serde_json::from_slice(record).unwrap()
    });
    records.collect()
}

fn written(options: &Options) -> Vec<Value> {
    let mut out = Vec::new();
    Qlog.write(&packets(), options, &mut out).unwrap();
    records(&out)
}

#[test]
fn a_connection_is_one_sequence_that_begins_with_what_is_true_of_all() {
    let options = Options { connection: Some(ConnectionId(0)), ..Options::default() };
    let mut out = Vec::new();
    Qlog.write(&packets(), &options, &mut out).unwrap();
    insta::assert_snapshot!(String::from_utf8(out).unwrap().replace('\u{1e}', "RS "));
}

#[test]
fn events_are_in_order_of_time_whatever_was_opened_first() {
    let options = Options { connection: Some(ConnectionId(0)), ..Options::default() };
    let times: Vec<f64> =
        written(&options).iter().filter_map(|record| record["time"].as_f64()).collect();
    assert!(times.is_sorted(), "{times:?}");
    assert_eq!(times.first(), Some(&0.0));
}

#[test]
fn each_connection_takes_a_file_and_those_over_tcp_take_none() {
    let trace = packets();
    let all = Qlog.files(&trace, &Options::default()).unwrap();
    assert_eq!(all.iter().map(|id| id.0).collect::<Vec<_>>(), [0, 2, 4, 5, 6]);
    let headers = written(&Options::default());
    let headers = headers.iter().filter(|record| record.get("qlog_version").is_some());
    assert_eq!(headers.count(), 5);
    let tcp = Options { connection: Some(ConnectionId(1)), ..Options::default() };
    assert!(written(&tcp).is_empty());
}

#[test]
fn delays_of_acknowledgments_are_shifted_as_their_sender_said() {
    let mut trace = packets();
    let quic = trace.connections[0].quic.as_mut().unwrap();
    quic.parameters.to_client.as_mut().unwrap().ack_delay_exponent = Some(10);
    let mut out = Vec::new();
    Qlog.write(&trace, &Options::default(), &mut out).unwrap();
    let records = records(&out);
    let ack = records.iter().find(|record| record["data"]["frames"][0]["frame_type"] == "ack");
    assert_eq!(ack.unwrap()["data"]["frames"][0]["ack_delay"], 25.6);
}

#[test]
fn what_a_peer_says_is_written_so_that_it_may_be_printed() {
    let mut trace = packets();
    let head = trace.exchanges[0].response.as_mut().unwrap();
    head.fields.push(b"server", "\u{1b}[31m\u{202e}".as_bytes());
    let quic = trace.connections[0].quic.as_mut().unwrap();
    quic.closes[0].reason = "\u{1b}]0;x\u{7}".into();
    let mut out = Vec::new();
    Qlog.write(&trace, &Options::default(), &mut out).unwrap();
    let text = String::from_utf8(out).unwrap().replace('\u{1e}', "");
    assert!(text.contains("\\u001b[31m\\u202e") && text.contains("\\u001b]0;x\\u0007"));
    assert!(!text.contains(['\u{1b}', '\u{7}', '\u{202e}']));
}

#[test]
fn of_a_connection_that_is_older_than_the_capture_neither_start_nor_id_is_told() {
    let mut trace = packets();
    let older = &mut trace.connections[0];
    older.tls = None;
    let quic = older.quic.as_mut().unwrap();
    (quic.retry, quic.ids) = (None, Vec::new());
    let options = Options { connection: Some(ConnectionId(0)), ..Options::default() };
    let mut out = Vec::new();
    Qlog.write(&trace, &options, &mut out).unwrap();
    let records = records(&out);
    let fields = &records[0]["trace"]["common_fields"];
    assert!(fields.get("ODCID").is_none() && fields["group_id"].is_string(), "{fields}");
    let started = records.iter().find(|it| it["name"] == "connectivity:connection_started");
    assert_eq!(started, None);
}

#[test]
fn parameters_of_the_server_come_with_its_extensions() {
    let mut trace = packets();
    let messages = &mut trace.connections[0].tls.as_mut().unwrap().messages;
    messages[2].span = crate::protocol::buffer::Span::at(at(63_500, 9));
    let mut out = Vec::new();
    Qlog.write(&trace, &Options::default(), &mut out).unwrap();
    let records = records(&out);
    let mut set = records.iter().filter(|it| it["name"] == "transport:parameters_set");
    let server = set.find(|it| it["data"]["owner"] == "remote").unwrap();
    assert_eq!(server["time"], 41.5);
}

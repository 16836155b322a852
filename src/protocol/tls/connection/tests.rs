//! Whole connections: both ends in memory, cut and damaged as networks do.

mod before;
mod early;
mod play;
mod steps;
mod wire;

use crate::flow::event::Direction;
use crate::limits::Limits;
use crate::protocol::event::EventBody;
use crate::protocol::http::message::HttpEvent;
use crate::protocol::secrets::{Label, Secrets};
use play::Act::{self, Close, Down, Hole, Log, Up};
use play::{events, play};
use wire::{
    ALL, CHANGE, FINISHED, Old, REQUEST, RESPONSE, Sealer, client_hello, log, plain, server_hello,
};

/// A handshake of TLS 1.3, and those who send behind it.
fn handshake(suite: u16, sealer: fn(Label) -> Sealer) -> (Vec<Act>, Sealer, Sealer) {
    let mut server = sealer(Label::ServerHandshake);
    let flight = [
        plain(22, &server_hello(suite)),
        CHANGE.to_vec(),
        server.seal(22, &[&wire::extensions("http/1.1")[..], &FINISHED].concat(), 0),
    ];
    let client = sealer(Label::ClientHandshake).seal(22, &FINISHED, 3);
    let acts = vec![
        Up(plain(22, &client_hello())),
        Down(flight.concat()),
        Up([&CHANGE[..], &client].concat()),
    ];
    (acts, sealer(Label::ClientTraffic), sealer(Label::ServerTraffic))
}

/// Likewise with a request and its response in two records.
fn exchange(suite: u16, sealer: fn(Label) -> Sealer) -> Vec<Act> {
    let (mut acts, mut client, mut server) = handshake(suite, sealer);
    acts.push(Up(client.seal(23, REQUEST, 0)));
    acts.push(Down(server.seal(23, RESPONSE, 20)));
    acts.push(Down(server.seal(23, &[b'x'; 40], 0)));
    acts
}

const WHOLE: [&str; 15] = [
    "Client Hello",
    "Server Hello",
    "ChangeCipherSpec",
    "keys Found",
    "encrypted Encrypted Extensions",
    "encrypted Finished",
    "finished ToClient",
    "ChangeCipherSpec",
    "encrypted Finished",
    "finished ToServer",
    "data ToServer",
    "/a https",
    "data ToClient",
    "Some(200)",
    "end Whole 40",
];

#[test]
fn an_exchange_is_the_same_however_its_bytes_are_cut() {
    for (suite, sealer) in [(0x1301, Sealer::of as fn(Label) -> Sealer), (0x1303, Sealer::chacha)] {
        let acts = exchange(suite, sealer);
        for piece in (1..60).chain([100, 1000]) {
            assert_eq!(play(log(&ALL), &acts, piece), WHOLE, "{suite:#x}, {piece} bytes");
        }
    }
}

#[test]
fn every_byte_keeps_the_packet_that_carried_it() {
    let (mut acts, _, mut server) = handshake(0x1301, Sealer::of);
    acts.push(Down(server.seal(23, &[RESPONSE, &[b'x'; 40]].concat(), 0)));
    let frames = |piece: usize| {
        let said = events(log(&ALL), &acts, piece);
        said.into_iter().find_map(|body| match body {
            EventBody::Http(HttpEvent::ResponseEnd { end, .. }) => {
                let span = end.body.span?;
                let stamps = [span.first, span.ready, span.last, span.done];
                Some((stamps.map(|stamp| stamp.frame.0), end.frames.len()))
            }
            _ => None,
        })
    };
    // a record of 101 bytes in one packet, then in three of which the last has only the tag's end
    let all: usize = acts.len();
    let only = all as u64;
    assert_eq!(frames(1000), Some(([only; 4], 1)));
    let last = acts[..all - 1].iter().map(|act| match act {
        Up(bytes) | Down(bytes) => bytes.len().div_ceil(50),
        _ => 1,
    });
    let before = last.sum::<usize>() as u64;
    // the head is 5 + 38 bytes: the body begins in the first packet and ends in the second, and
    // could be read when the third was there
    assert_eq!(frames(50), Some(([before + 1, before + 3, before + 2, before + 3], 2)));
}

#[test]
fn nothing_of_the_application_is_read_under_the_keys_of_the_handshake() {
    let mut server = Sealer::of(Label::ServerHandshake);
    let early = server.seal(23, RESPONSE, 0);
    let mut later = Sealer::of(Label::ServerTraffic);
    let acts = [
        Up(plain(22, &client_hello())),
        Down(plain(22, &server_hello(0x1301))),
        Down(early),
        Down(server.seal(22, &[&wire::extensions("http/1.1")[..], &FINISHED].concat(), 0)),
        Down(later.seal(23, RESPONSE, 0)),
    ];
    let said = play(log(&ALL), &acts, 1000);
    let behind = ["tls.early-content", "encrypted Encrypted Extensions", "encrypted Finished"];
    assert_eq!(said[3..6], behind);
    assert_eq!(said[6..], ["finished ToClient", "data ToClient", "Some(200)"]);
}

#[test]
fn without_keys_the_shape_of_a_connection_is_told() {
    let said = play(Secrets::default(), &exchange(0x1301, Sealer::of), 1000);
    assert_eq!(
        said,
        [
            "Client Hello",
            "Server Hello",
            "keys NoLog",
            "ChangeCipherSpec",
            "encrypted Sealed",
            "ChangeCipherSpec",
            "encrypted Sealed",
            "finished ToServer inferred",
            "data ToServer",
            "data ToClient",
        ]
    );
}

#[test]
fn keys_that_come_late_open_what_was_held() {
    let acts = exchange(0x1301, Sealer::of);
    let mut early = Secrets::default();
    early.expect_more();
    for late in 1..=acts.len() {
        let mut acts = acts.clone();
        acts.insert(late, Log(log(&ALL)));
        let mut said = play(early.clone(), &acts, 7);
        said.retain(|line| line != "keys NoLog");
        let mut order = WHOLE;
        // what needs no key does not wait
        order.sort_unstable();
        said.sort_unstable();
        assert_eq!(said, order, "behind act {late}");
    }
    // never: it is told as without
    let mut closed = acts;
    closed.push(Close);
    let said = play(early, &closed, 7);
    assert_eq!(said.last().unwrap(), "data ToClient");
}

#[test]
fn a_message_that_is_too_long_is_passed_over() {
    let long = Limits::default().tls_handshake + 1;
    let mut server = Sealer::of(Label::ServerHandshake);
    let mut sent = vec![plain(22, &server_hello(0x1301))];
    let certificates =
        [&[11][..], &u32::try_from(long).unwrap().to_be_bytes()[1..], &vec![8; long]];
    let flight = [&wire::extensions("http/1.1")[..], &certificates.concat(), &FINISHED].concat();
    sent.extend(flight.chunks(16_000).map(|part| server.seal(22, part, 0)));
    let mut acts = vec![Up(plain(22, &client_hello())), Down(sent.concat())];
    acts.push(Up(Sealer::of(Label::ClientHandshake).seal(22, &FINISHED, 0)));
    acts.push(Up(Sealer::of(Label::ClientTraffic).seal(23, REQUEST, 0)));
    acts.push(Down(Sealer::of(Label::ServerTraffic).seal(23, RESPONSE, 0)));
    let said = play(log(&ALL), &acts, 1400);
    let expected =
        ["encrypted Encrypted Extensions", "tls.handshake-too-long", "encrypted Finished"];
    assert_eq!(said[3..6], expected, "{said:?}");
    assert_eq!(said.last().unwrap(), "Some(200)");
}

#[test]
fn empty_records_are_no_data() {
    let (mut acts, mut client, mut server) = handshake(0x1301, Sealer::of);
    acts.push(Up(client.seal(23, b"", 0)));
    acts.push(Down(server.seal(23, b"", 9)));
    let said = play(log(&ALL), &acts, 1000);
    assert_eq!(said.last().unwrap(), "finished ToServer");
    acts.push(Up(client.seal(23, REQUEST, 0)));
    assert_eq!(play(log(&ALL), &acts, 1000).last().unwrap(), "/a https");
}

#[test]
fn keys_of_one_direction_do_not_bring_it_before_the_other() {
    let acts = exchange(0x1301, Sealer::of);
    let mut early = Secrets::default();
    early.expect_more();
    let [client, server] = [&[0, 2], &[1, 3]].map(|of: &[usize; 2]| of.map(|at| ALL[at]));
    for first in [client, server] {
        for (one, both) in [(1, 4), (1, 6), (2, 6), (3, 5), (4, 6)] {
            let mut acts = acts.clone();
            let mut some = log(&first);
            some.expect_more();
            acts.insert(both, Log(log(&ALL)));
            acts.insert(one, Log(some));
            let mut said = play(early.clone(), &acts, 7);
            said.retain(|line| !line.starts_with("keys") && !line.contains("ChangeCipherSpec"));
            let order = WHOLE.iter().filter(|line| !line.starts_with("keys"));
            let order: Vec<_> = order.filter(|line| !line.contains("ChangeCipherSpec")).collect();
            assert_eq!(said.iter().collect::<Vec<_>>(), order, "{first:?} {one} {both}");
        }
    }
    // those of the other never: what is known is read when it is over
    let mut acts = acts;
    let mut some = log(&server);
    some.expect_more();
    acts.push(Close);
    let said = play(some, &acts, 7);
    assert_eq!(said[said.len() - 3..], ["data ToClient", "Some(200)", "end Whole 40"]);
}

#[test]
fn a_record_that_does_not_authenticate_is_never_read() {
    let (mut acts, mut client, mut server) = handshake(0x1301, Sealer::of);
    acts.push(Up(client.seal(23, REQUEST, 0)));
    let mut bad = server.seal(23, RESPONSE, 0);
    *bad.last_mut().unwrap() ^= 1;
    acts.push(Down(bad));
    acts.push(Down(server.seal(23, &[b'x'; 40], 0)));
    let said = play(log(&ALL), &acts, 1000);
    assert_eq!(said.last().unwrap(), "tls.bad-record-mac");
    // nor is what comes before it told as if that were all
    let (mut acts, mut client, mut server) = handshake(0x1301, Sealer::of);
    acts.push(Up(client.seal(23, REQUEST, 0)));
    acts.push(Down(server.seal(23, b"HTTP/1.1 200 OK\r\n\r\nbegun", 0)));
    let mut bad = server.seal(23, &[b'x'; 40], 0);
    *bad.last_mut().unwrap() ^= 1;
    acts.extend([Down(bad), Act::End]);
    let said = play(log(&ALL), &acts, 1000);
    assert_eq!(said[said.len() - 2..], ["tls.bad-record-mac", "end Gap(NotCaptured) 5"]);
    // keys of another connection
    let mut wrong = Secrets::default();
    let random = client_hello()[6..38].try_into().unwrap();
    for label in ALL {
        wrong.add(random, label, wire::secret(Label::ClientEarly));
    }
    let said = play(wrong, &exchange(0x1301, Sealer::of), 1000);
    assert!(said.contains(&"keys Wrong".to_owned()), "{said:?}");
    assert!(!said.iter().any(|line| line.contains("https") || line.contains("200")));
}

#[test]
fn holes_cost_the_records_in_them() {
    let (mut acts, mut client, mut server) = handshake(0x1301, Sealer::of);
    acts.push(Up(client.seal(23, REQUEST, 0)));
    acts.push(Down(server.seal(23, b"HTTP/1.1 200 OK\r\nContent-Length: 400\r\n\r\n", 0)));
    let records: Vec<Vec<u8>> = (0..10).map(|_| server.seal(23, &[b'x'; 40], 0)).collect();
    let stream = records.concat();
    // any bytes of the ten records, at any place
    for from in [0, 1, 4, 5, 30, 62, 63, 200] {
        for length in [1, 5, 57, 62, 63, 64, 126, 300] {
            let mut acts = acts.clone();
            acts.push(Down(stream[..from].to_vec()));
            acts.push(Hole(length as u64));
            acts.push(Down(stream[from + length..].to_vec()));
            acts.retain(|act| !matches!(act, Down(bytes) if bytes.is_empty()));
            let said = play(log(&ALL), &acts, 1000);
            let touched = (from + length).div_ceil(62) - from / 62;
            let left = 400 - 40 * touched;
            let end = said.last().unwrap();
            assert_eq!(*end, format!("end Gap(NotCaptured) {left}"), "{from} {length}: {said:?}");
        }
    }
}

#[test]
fn a_hole_in_the_servers_flight_costs_no_data() {
    let mut server = Sealer::of(Label::ServerHandshake);
    let mut sealed = |text: &[u8]| server.seal(22, text, 30);
    let (first, last) = (sealed(&wire::extensions("http/1.1")), sealed(&FINISHED));
    let stream = [first, last].concat();
    let finished = Sealer::of(Label::ClientHandshake).seal(22, &FINISHED, 0);
    let request = Sealer::of(Label::ClientTraffic).seal(23, REQUEST, 0);
    let response = Sealer::of(Label::ServerTraffic).seal(23, RESPONSE, 0);
    for from in [0, 3, 40, 70, 80] {
        for length in [1, 30, 62, stream.len() - from] {
            let Some(rest) = stream.get(from + length..) else { continue };
            let acts = [
                Up(plain(22, &client_hello())),
                Down([plain(22, &server_hello(0x1301)), stream[..from].to_vec()].concat()),
                Hole(length as u64),
                Down(rest.to_vec()),
                Up(finished.clone()),
                Up(request.clone()),
                Down(response.clone()),
            ];
            let acts =
                acts.into_iter().filter(|act| !matches!(act, Down(bytes) if bytes.is_empty()));
            let said = play(log(&ALL), &acts.collect::<Vec<_>>(), 1000);
            assert_eq!(said.last().unwrap(), "Some(200)", "{from} {length}: {said:?}");
        }
    }
}

#[test]
fn keys_are_updated_and_tickets_are_no_data() {
    let (mut acts, mut client, mut server) = handshake(0x1301, Sealer::of);
    acts.push(Down(server.seal(22, &wire::TICKET, 0)));
    acts.push(Up(client.seal(22, &wire::KEY_UPDATE, 0)));
    let mut client = client.update();
    acts.push(Up(client.seal(23, REQUEST, 0)));
    acts.push(Down(server.seal(22, &wire::KEY_UPDATE, 0)));
    let mut server = server.update();
    acts.push(Down(server.seal(23, RESPONSE, 0)));
    acts.push(Down(server.seal(21, &[1, 0], 0)));
    let said = play(log(&ALL), &acts, 1000);
    assert_eq!(
        said[10..],
        [
            "encrypted New Session Ticket",
            "encrypted Key Update",
            "data ToServer",
            "/a https",
            "encrypted Key Update",
            "data ToClient",
            "Some(200)",
            "alert Some(0)",
        ]
    );
}

#[test]
fn without_the_client_hello_the_secrets_are_tried() {
    // among those of others
    let among = |labels: &[Label]| {
        let mut secrets = log(labels);
        for other in 1..60 {
            for label in ALL.into_iter().chain([Label::Master]) {
                secrets.add([other; 32], label, wire::secret(Label::ClientEarly));
            }
        }
        secrets
    };
    let acts = exchange(0x1303, Sealer::chacha);
    for piece in [7, 1000] {
        let said = play(among(&ALL), &acts[1..], piece);
        assert_eq!(said, [&[WHOLE[1], "keys NoHello"], &WHOLE[2..]].concat(), "{piece}");
    }
    let mut client = Old::of(0x0302, 0x002f, Direction::ToServer, true);
    let mut server = Old::of(0x0302, 0x002f, Direction::ToClient, true);
    let acts = [
        Down(plain(22, &wire::old_server_hello(0x0302, 0x002f, true))),
        Up([CHANGE.to_vec(), client.seal(22, &FINISHED)].concat()),
        Down([CHANGE.to_vec(), server.seal(22, &FINISHED)].concat()),
        Up(client.seal(23, REQUEST)),
        Down([server.seal(23, RESPONSE), server.seal(23, &[b'x'; 40])].concat()),
    ];
    let said = play(among(&[Label::Master]), &acts, 1000);
    assert_eq!(said[said.len() - 5..][..2], ["data ToServer", "/a https"], "{said:?}");
    assert_eq!(said.last().unwrap(), "end Whole 40");
    // only as many as may be tried: a hundred here
    let mut many = among(&[Label::Master]);
    for other in 100..200 {
        many.add([other; 32], Label::Master, wire::secret(Label::ClientEarly));
    }
    let said = play(many, &acts, 1000);
    assert!(said.contains(&"tls.searched".to_owned()), "{said:?}");
    assert!(!said.iter().any(|line| line.contains("https")), "{said:?}");
}

#[test]
fn a_server_that_answers_in_the_clear_is_read() {
    let acts = [Up(plain(22, &client_hello())), Down([RESPONSE, &[b'x'; 40]].concat())];
    let said = play(Secrets::default(), &acts, 1000);
    assert_eq!(said, ["Client Hello", "tls.no-record", "Some(200)", "end Whole 40"]);
}

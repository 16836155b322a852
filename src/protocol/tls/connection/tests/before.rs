//! TLS 1.2 and the versions before it.

use crate::flow::event::Direction;
use crate::protocol::secrets::{Label, Secrets};
use crate::protocol::tls::connection::tests::play::Act::{self, Down, End, Hole, Up};
use crate::protocol::tls::connection::tests::play::play;
use crate::protocol::tls::connection::tests::wire::{
    CHANGE, FINISHED, Old, REQUEST, RESPONSE, client_hello, log, old_server_hello, plain,
};

/// A handshake of TLS 1.2 or before and a request; the server goes on.
fn exchange(version: u16, suite: u16, etm: bool) -> (Vec<Act>, Old) {
    let mut client = Old::of(version, suite, Direction::ToServer, etm);
    let mut server = Old::of(version, suite, Direction::ToClient, etm);
    let hello = old_server_hello(version, suite, etm);
    let acts = vec![
        Up(plain(22, &client_hello())),
        Down(plain(22, &[hello, vec![14, 0, 0, 0]].concat())),
        Up([plain(22, &[16, 0, 0, 0]), CHANGE.to_vec(), client.seal(22, &FINISHED)].concat()),
        Down([CHANGE.to_vec(), server.seal(22, &FINISHED)].concat()),
        Up(client.seal(23, REQUEST)),
    ];
    (acts, server)
}

#[test]
fn cbc_in_both_orders_of_the_mac() {
    for (version, etm) in [(0x0303, false), (0x0303, true), (0x0302, false), (0x0301, false)] {
        let (mut acts, mut server) = exchange(version, 0x002f, etm);
        acts.push(Down(server.seal(23, RESPONSE)));
        acts.push(Down(server.seal(23, &[b'x'; 40])));
        for piece in [1, 9, 1000] {
            let said = play(log(&[Label::Master]), &acts, piece);
            assert_eq!(
                said[4..],
                [
                    "ChangeCipherSpec",
                    "keys Found",
                    "encrypted Finished",
                    "finished ToServer",
                    "ChangeCipherSpec",
                    "encrypted Finished",
                    "finished ToClient",
                    "data ToServer",
                    "/a https",
                    "data ToClient",
                    "Some(200)",
                    "end Whole 40"
                ],
                "{version:#x} {etm} {piece}"
            );
        }
    }
}

#[test]
fn ciphers_of_before() {
    for suite in [0x0005, 0x0009, 0x000a, 0x0041] {
        for (version, etm) in [(0x0303, suite > 0x0005), (0x0302, false), (0x0301, false)] {
            let (mut acts, mut server) = exchange(version, suite, etm);
            acts.push(Down(server.seal(23, RESPONSE)));
            acts.push(Down(server.seal(23, &[b'x'; 40])));
            let said = play(log(&[Label::Master]), &acts, 9);
            let read = ["data ToServer", "/a https", "data ToClient", "Some(200)", "end Whole 40"];
            assert_eq!(said[said.len() - 5..], read, "{suite:#x} {version:#x}");
        }
    }
}

#[test]
fn holes_cost_the_records_in_them_and_the_next_where_its_first_block_depends_on_them() {
    for (version, etm) in [(0x0301, false), (0x0301, true), (0x0302, false)] {
        let (mut acts, mut server) = exchange(version, 0x002f, etm);
        acts.push(Down(server.seal(23, b"HTTP/1.1 200 OK\r\n\r\n")));
        let records: Vec<Vec<u8>> = (0..10).map(|_| server.seal(23, &[b'x'; 40])).collect();
        let (size, stream) = (records[0].len(), records.concat());
        // what has to be there of the record before: a block, and the MAC behind it
        let needed = if version == 0x0301 { 16 + if etm { 20 } else { 0 } } else { 0 };
        for from in [0, 1, 4, 5, 30, size - 1, size, 3 * size + 7] {
            for length in [1, 5, size - 20, size - 5, size, size + 1, 2 * size, 300] {
                let mut acts = acts.clone();
                let end = from + length;
                acts.push(Down(stream[..from].to_vec()));
                acts.push(Hole(length as u64));
                acts.push(Down(stream[end..].to_vec()));
                acts.push(End);
                acts.retain(|act| !matches!(act, Down(bytes) if bytes.is_empty()));
                let touched = end.div_ceil(size) - from / size;
                let has_next = end.div_ceil(size) * size - end >= needed;
                let read = 400 - 40 * (touched + usize::from(!has_next));
                for piece in [1000, 11] {
                    let said = play(log(&[Label::Master]), &acts, piece);
                    let what = format!("{version:#x} {etm} {from} {length} {piece}: {said:?}");
                    assert_eq!(
                        *said.last().unwrap(),
                        format!("end Gap(NotCaptured) {read}"),
                        "{what}"
                    );
                }
            }
        }
    }
}

#[test]
fn of_rc4_a_record_may_be_lost_and_no_more() {
    let (mut acts, mut server) = exchange(0x0303, 0x0005, false);
    acts.push(Down(server.seal(23, RESPONSE)));
    let [lost, next] = [(); 2].map(|()| server.seal(23, &[b'x'; 20]));
    // within a record, whose length its head tells
    let mut within = acts.clone();
    within.extend([Down(lost[..9].to_vec()), Hole(5), Down([&lost[14..], &next].concat())]);
    let said = play(log(&[Label::Master]), &within, 1000);
    assert_eq!(said.last().unwrap(), "end Gap(NotCaptured) 20", "{said:?}");
    // a whole one, and its head
    acts.extend([Hole(lost.len() as u64), Down(next)]);
    let said = play(log(&[Label::Master]), &acts, 1000);
    assert_eq!(said[said.len() - 2..], ["tls.out-of-step", "end Gap(NotCaptured) 0"], "{said:?}");
}

#[test]
fn what_a_suite_does_not_encrypt_needs_no_keys() {
    // TLS_RSA_WITH_NULL_SHA256: a MAC of 32 bytes behind the text, which only keys could check
    let bare = |kind: u8, text: &[u8]| plain(kind, &[text, &[0; 32]].concat());
    let acts = [
        Up(plain(22, &client_hello())),
        Down(plain(22, &old_server_hello(0x0303, 0x003b, false))),
        Up([&CHANGE[..], &bare(22, &FINISHED)].concat()),
        Down([&CHANGE[..], &bare(22, &FINISHED)].concat()),
        Up(bare(23, REQUEST)),
        Down([bare(23, RESPONSE), bare(23, &[b'x'; 10])].concat()),
        Hole(3),
        Down([bare(23, b"lost")[3..].to_vec(), bare(23, &[b'x'; 26]), bare(21, &[1, 0])].concat()),
    ];
    for secrets in [Secrets::default(), log(&[Label::ClientEarly])] {
        let said = play(secrets, &acts, 1000);
        assert_eq!(said[3], "keys NotEncrypted", "{said:?}");
        let read = ["data ToServer", "/a https", "data ToClient", "Some(200)"];
        assert_eq!(said[said.len() - 6..][..4], read, "{said:?}");
        assert_eq!(said[said.len() - 2..], ["end Gap(NotCaptured) 36", "alert Some(0)"]);
    }
    // where there are some, they check it
    let said = play(log(&[Label::Master]), &acts, 1000);
    assert!(said.contains(&"tls.bad-record-mac".to_owned()), "{said:?}");
}

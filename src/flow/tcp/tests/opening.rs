//! What is agreed on, or goes wrong, while a connection opens.

use super::*;
use crate::flow::event::{Ecn, FastOpen, Multipath};

/// Bytes of the frame before its TCP header, and the place of its flags.
const TCP: usize = 14 + 20;
const FLAGS: usize = TCP + 13;

/// The handshake of a connection whose SYN and SYN-ACK are changed.
fn shaken(syn: impl FnOnce(&mut Vec<u8>), syn_ack: impl FnOnce(&mut Vec<u8>)) -> Handshake {
    let mut capture = capture(|tcp| {
        let options = [TcpOptionElement::Timestamp(1, 0)];
        tcp.syn_options(&options, &options).handshake();
    });
    capture.edit(1, syn).edit(2, syn_ack);
    handshake(&capture)
}

#[test]
fn congestion_marks_are_agreed_on() {
    let flags = |syn: u16, syn_ack: u16| {
        let set = |flags: u16| {
            let [high, low] = flags.to_be_bytes();
            move |bytes: &mut Vec<u8>| {
                bytes[FLAGS] |= low;
                bytes[FLAGS - 1] |= high;
            }
        };
        shaken(set(syn), set(syn_ack)).ecn()
    };
    // AE 0x100, CWR 0x80, ECE 0x40
    let table = [
        (0x000, 0x000, None),
        (0x0c0, 0x000, None),
        (0x0c0, 0x040, Some(Ecn::Classic)),
        (0x1c0, 0x040, Some(Ecn::Classic)),
        (0x1c0, 0x080, Some(Ecn::Accurate)),
        (0x1c0, 0x0c0, Some(Ecn::Accurate)),
        (0x1c0, 0x100, Some(Ecn::Accurate)),
        (0x1c0, 0x180, Some(Ecn::Accurate)),
        (0x1c0, 0x1c0, None),
    ];
    for (syn, syn_ack, agreed) in table {
        assert_eq!(flags(syn, syn_ack), agreed, "{syn:#x} {syn_ack:#x}");
    }
}

#[test]
fn marked_packets_are_counted() {
    let mut capture = capture(|tcp| {
        tcp.handshake().client(b"GET").server(b"OK").ack();
    });
    capture.edit(5, |bytes| bytes[15] |= 3).edit(6, |bytes| bytes[15] |= 2);
    let both = counters(&capture);
    assert_eq!((both.to_server.congestion_marks, both.to_client.congestion_marks), (0, 1));
}

#[test]
fn multipath_and_fast_open_are_noted() {
    // the timestamps of 10 bytes become options of the same length
    let option = |kind: u8, first: u8| {
        move |bytes: &mut Vec<u8>| {
            bytes[TCP + 20] = kind;
            bytes[TCP + 22] = first;
        }
    };
    let capable = shaken(option(30, 0x01), option(30, 0x01));
    assert_eq!(capable.client_options.multipath, Some(Multipath::Capable));
    assert!(capable.is_multipath());
    let joined = shaken(option(30, 0x10), |_| ());
    assert_eq!(joined.client_options.multipath, Some(Multipath::Join));
    assert!(!joined.is_multipath());
    let cookie = shaken(option(34, 7), |_| ());
    assert_eq!(cookie.client_options.fast_open, Some(FastOpen::Cookie));
    let asked = shaken(
        |bytes| {
            bytes[TCP + 20..TCP + 32].fill(1);
            bytes[TCP + 20..TCP + 22].copy_from_slice(&[34, 2]);
        },
        |_| (),
    );
    assert_eq!(asked.client_options.fast_open, Some(FastOpen::Asked));
}

/// The segment in frame `n` becomes a SYN that carries its data.
fn becomes_syn(capture: &mut Capture, n: usize) {
    capture.edit(n, |bytes| {
        bytes[FLAGS] = 0x02;
        let seq = u32::from_be_bytes(bytes[38..42].try_into().unwrap()) - 1;
        bytes[38..42].copy_from_slice(&seq.to_be_bytes());
    });
}

#[test]
fn early_data_is_taken_or_comes_again() {
    let mut taken = capture(|tcp| {
        tcp.client(b"early").syn_ack().ack_client();
    });
    becomes_syn(&mut taken, 1);
    assert_eq!(handshake(&taken).early_data(), 5);
    assert_eq!(counters(&taken).to_server.retransmissions, 0);

    let mut refused = capture(|tcp| {
        tcp.client(b"early").syn_ack().ack_client().client_at(0, b"early");
    });
    becomes_syn(&mut refused, 1);
    // the server acknowledges the SYN alone
    refused.edit(2, |bytes| {
        let ack = u32::from_be_bytes(bytes[42..46].try_into().unwrap()) - 5;
        bytes[42..46].copy_from_slice(&ack.to_be_bytes());
    });
    assert_eq!(handshake(&refused).early_data(), 0);
    let lines = tell_but(&refused, &FRAME);
    assert_eq!(lines.last().unwrap(), "> Retransmission 0..5 @4", "refused, not lost");
}

#[test]
fn a_syn_with_another_number_sends_nothing_again() {
    let again = |number: u8| {
        let mut capture = capture(|tcp| {
            tcp.syn().syn_ack().syn_ack().ack_client();
        });
        capture.edit(3, |bytes| bytes[TCP + 4] = bytes[TCP + 4].wrapping_add(number));
        counters(&capture).to_client.retransmissions
    };
    assert_eq!((again(0), again(1)), (1, 0));
}

#[test]
fn the_server_still_knows_an_older_connection() {
    let mut capture = Capture::new();
    capture.tcp(CLIENT, SERVER).isn(100, 900).syn();
    // the server's acknowledgment of the older connection, the client's reset of that
    capture.tcp(CLIENT, SERVER).isn(0x4000_0000, 0x5000_0000).ack_server();
    capture.tcp(CLIENT, SERVER).rst_client();
    capture
        .tcp(CLIENT, SERVER)
        .isn(100, 900)
        .wait(1000)
        .syn()
        .syn_ack()
        .ack_client()
        .client(b"GET");
    assert_eq!(
        tell_but(&capture, &["open", "closed", "> end", "< end"]),
        [
            "syn 1 @1",
            "anomaly @2 tcp.half-open",
            "syn 2 @4",
            "syn-ack 1 @5",
            "established @4 @5 @6",
            "> 0..3 @7 @7",
        ]
    );
}

//! Servers that want something else first: a token back, or another version.

use super::play::{Play, with_handshake};
use super::visit;
use super::wire::{ALL, CLIENT, DOWN, ORIGINAL, SERVER, UP, Wire, last, log};
use crate::protocol::quic::event::QuicEvent;
use crate::protocol::quic::sealer;
use crate::protocol::quic::version::Version;

#[test]
fn a_retry_is_answered_with_its_token() {
    let mut wire = Wire::new(Version::V1);
    let mut play = Play::new(log(&ALL));
    play.up(&wire.hello());
    let chosen = [0x2e; 12];
    let retry = sealer::retry(Version::V1, ORIGINAL, (CLIENT, &chosen), b"token").unwrap();
    play.down(&retry);
    wire.original = chosen.to_vec();
    let rest = visit(&mut wire);
    play.all(&rest);
    let issued = play.quic(|event| match event {
        QuicEvent::Issued(issued) => Some((issued.by, issued.sequence, issued.id.bytes().to_vec())),
        _ => None,
    });
    let wanted = [
        (UP, Some(0), CLIENT),
        (DOWN, None, ORIGINAL),
        (DOWN, None, &chosen),
        (DOWN, Some(0), SERVER),
    ];
    assert_eq!(issued, wanted.map(|(by, sequence, id)| (by, sequence, id.to_vec())));
    assert_eq!(
        play.story(),
        with_handshake(
            &["version 1", ">Client Hello 1/1", "answered 2", "retry 5 Some(true)"],
            (4, 5),
            &[">data", ">0 ask 6/6", ">0 end Fin", "<data", "<0 answer 7/7", "<0 end Fin"]
        )
    );
}

/// RFC 9000 §17.2.5.3 wants the same one, and not all clients send it.
#[test]
fn keys_go_by_the_hello_behind_a_retry() {
    for (nth, hellos) in [(0, 1), (1, 2)] {
        let mut wire = Wire::new(Version::V1);
        let mut play = Play::new(log(&ALL));
        play.up(&wire.hello());
        let chosen = [0x2e; 12];
        play.down(&sealer::retry(Version::V1, ORIGINAL, (CLIENT, &chosen), b"token").unwrap());
        (wire.original, wire.nth) = (chosen.to_vec(), nth);
        play.all(&visit(&mut wire));
        let story = play.story();
        let told = story.iter().filter(|line| line.contains("Client Hello")).count();
        assert_eq!(told, hellos, "{story:?}");
        assert!(story.iter().any(|line| line == "keys Found"), "{story:?}");
        assert!(story.iter().any(|line| line.starts_with("<0 answer")), "{story:?}");
    }
}

#[test]
fn a_forged_retry_is_passed_over() {
    let mut wire = Wire::new(Version::V1);
    let mut play = Play::new(log(&ALL));
    play.up(&wire.hello());
    let chosen = [0x2e; 12];
    let mut retry = sealer::retry(Version::V1, ORIGINAL, (CLIENT, &chosen), b"token").unwrap();
    *retry.last_mut().unwrap() ^= 1;
    play.down(&retry);
    play.down(&wire.answer());
    play.up(&wire.done());
    assert_eq!(
        play.story(),
        with_handshake(
            &["version 1", ">Client Hello 1/1", "answered 2", "quic.retry", "retry 5 Some(false)"],
            (3, 4),
            &[]
        )
    );
}

#[test]
fn a_client_begins_anew_with_a_version_that_the_server_speaks() {
    let mut first = Wire::new(Version::V2);
    let mut play = Play::new(log(&ALL));
    play.up(&first.hello());
    let said =
        [&[0x80, 0, 0, 0, 0, 8][..], CLIENT, &[8], ORIGINAL, &[0, 0, 0, 1, 0x1a, 0x2a, 0x3a, 0x4a]];
    play.down(&said.concat());
    let mut second = Wire::new(Version::V1);
    (second.original, second.nth) = (vec![0x77; 9], 1);
    play.all(&visit(&mut second));
    assert_eq!(
        play.story(),
        with_handshake(
            &[
                "version 2",
                ">Client Hello 1/1",
                "answered 2",
                "negotiation 1, GREASE (0x1a2a3a4a)",
                "version 1",
                ">Client Hello 3/3"
            ],
            (4, 5),
            &[">data", ">0 ask 6/6", ">0 end Fin", "<data", "<0 answer 7/7", "<0 end Fin"]
        )
    );
}

/// RFC 9369 §4: the server goes on in version 2 with the keys of the same first ID.
#[test]
fn a_server_goes_on_in_a_compatible_version() {
    let (mut one, mut two) = (Wire::new(Version::V1), Wire::new(Version::V2));
    let mut play = Play::new(log(&ALL));
    play.up(&one.hello());
    two.next.to_server[0] = 1;
    play.down(&two.answer());
    play.up(&two.done());
    play.up(&two.one(UP, &last(0, 0, "ask")));
    assert_eq!(
        play.story(),
        with_handshake(
            &["version 1", ">Client Hello 1/1", "answered 2", "version 2"],
            (2, 3),
            &[">data", ">0 ask 4/4", ">0 end Fin"]
        )
    );
}

/// A client that sent its first packet twice is answered twice, and takes one of the answers.
#[test]
fn a_second_retry_is_not_forged() {
    let mut wire = Wire::new(Version::V1);
    let mut play = Play::new(log(&ALL));
    play.up(&wire.hello());
    for chosen in [[0x2e; 12], [0x3e; 12]] {
        let retry = sealer::retry(Version::V1, ORIGINAL, (CLIENT, &chosen), b"token").unwrap();
        play.down(&retry);
    }
    wire.original = vec![0x2e; 12];
    play.all(&visit(&mut wire));
    let retries = play.story().iter().filter(|line| line.starts_with("retry")).count();
    assert_eq!((retries, play.anomalies(), play.given().len()), (1, vec![], 4));
}

/// Before draft 25 a Retry has no tag.
#[test]
fn a_retry_of_old_drafts_is_taken_as_it_is() {
    let version = Version(0xff00_0018);
    let mut wire = Wire::new(version);
    let mut play = Play::new(log(&ALL));
    play.up(&wire.hello());
    let retry = sealer::retry(version, ORIGINAL, (CLIENT, &[0x2e; 12]), b"token").unwrap();
    play.down(&retry);
    wire.original = vec![0x2e; 12];
    play.all(&visit(&mut wire));
    assert_eq!(play.story()[3], "retry 5 None");
    assert_eq!((play.anomalies(), play.given().len()), (vec![], 4));
}

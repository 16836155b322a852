//! Secrets that come behind the packets that they open.

use super::play::Play;
use super::visit;
use super::wire::{ALL, DOWN, UP, Wire, data, last, log, more};
use crate::flow::event::Direction;
use crate::protocol::quic::version::Version;
use crate::protocol::secrets::{Label, Secrets};

/// A visit with more of each: (way, datagram).
fn datagrams() -> Vec<(Direction, Vec<u8>)> {
    let mut wire = Wire::new(Version::V1);
    let mut all = visit(&mut wire);
    let lost = wire.one(DOWN, &data(4, 0, "one "));
    all.push((UP, wire.one(UP, &last(4, 0, "ask"))));
    all.push((DOWN, wire.one(DOWN, &data(4, 4, "two"))));
    all.push((DOWN, wire.one(DOWN, &last(8, 0, "other"))));
    all.push((DOWN, lost));
    wire.update(DOWN);
    all.push((DOWN, wire.one(DOWN, &last(4, 7, ""))));
    all
}

/// What is said where the keys are there from the start; what is said of the keys apart.
fn wanted() -> Vec<String> {
    let mut play = Play::new(log(&ALL));
    play.all(&datagrams());
    play.close();
    without_keys(&play)
}

fn without_keys(play: &Play) -> Vec<String> {
    play.story().into_iter().filter(|line| !line.starts_with("keys ")).collect()
}

/// Messages of the handshake, whose order is that of their stamps, apart from all others.
fn apart(story: Vec<String>) -> (Vec<String>, Vec<String>) {
    let is_message =
        |line: &String| ["Hello", "Encrypted", "inished"].iter().any(|name| line.contains(name));
    let (mut messages, others): (Vec<String>, Vec<String>) =
        story.into_iter().partition(is_message);
    messages.sort_unstable();
    (messages, others)
}

#[test]
fn secrets_that_come_at_any_time_tell_the_same_story() {
    let (all, wanted) = (datagrams(), wanted());
    for when in 0..=all.len() {
        let mut secrets = Secrets::default();
        secrets.expect_more();
        let mut play = Play::new(secrets);
        play.all(&all[..when]);
        play.log(log(&ALL));
        play.all(&all[when..]);
        play.close();
        assert_eq!(without_keys(&play), wanted, "secrets behind datagram {when}");
    }
}

#[test]
fn secrets_that_come_one_by_one_tell_the_same_story() {
    let (all, wanted) = (datagrams(), wanted());
    let [a, b, c, d] = ALL;
    let orders: [[Label; 4]; 5] =
        [[a, b, c, d], [d, c, b, a], [b, a, d, c], [c, d, a, b], [a, c, b, d]];
    for order in orders {
        for step in 1..3 {
            let mut secrets = Secrets::default();
            secrets.expect_more();
            let mut play = Play::new(secrets);
            for (nth, datagram) in all.iter().enumerate() {
                play.all(std::slice::from_ref(datagram));
                let known = nth / step;
                if nth % step == 0 && (1..=4).contains(&known) {
                    play.log(more(&order[..known]));
                }
            }
            play.close();
            let (told, wanted) = (apart(without_keys(&play)), apart(wanted.clone()));
            assert_eq!(told, wanted, "{order:?}, one each {step}");
        }
    }
}

/// Nobody brings the server's: what the client sent is read all the same, in the end.
#[test]
fn what_never_comes_holds_nothing_up_for_ever() {
    let mut play = Play::new(more(&[Label::ClientHandshake, Label::ClientTraffic]));
    play.all(&datagrams());
    play.close();
    assert_eq!(
        play.story(),
        [
            "version 1",
            ">Client Hello 1/1",
            "answered 2",
            "<Server Hello 2/2",
            "keys NotInLog",
            "keys Found",
            ">Finished 3/3",
            ">finished",
            "<Sealed 2/2",
            ">data",
            ">0 ask 4/4",
            ">0 end Fin",
            ">4 ask 6/6",
            ">4 end Fin",
            "closed 4 6"
        ]
    );
}

//! Missing bytes.

use super::*;

/// The first so many bytes of a frame.
fn begin(step: Step, bytes: usize) -> Step {
    let Step::Say(way, mut said) = step else { panic!() };
    said.truncate(bytes);
    Step::Say(way, said)
}

#[test]
fn a_hole_within_a_payload_leaves_it_in_step() {
    check(
        "",
        &[begin(down(0x82, [0; 300]), 100), Step::Hole(ToClient, 204), down(0x81, "next")],
        &["<binary 304/300 unknown Gap(NotCaptured)", "<text 6/4"],
    );
    let rest = Step::Say(ToClient, vec![0; 104]);
    check(
        "",
        &[begin(down(0x82, [0; 300]), 100), Step::Hole(ToClient, 100), rest, down(0x81, "next")],
        &["<binary 304/300 unknown Gap(NotCaptured)", "<text 6/4"],
    );
    // What is compressed later may repeat what is missing.
    check(
        DEFLATE,
        &[begin(down(0xc1, HELLO), 4), Step::Hole(ToClient, 5), down(0xc1, HELLO), down(0x81, "a")],
        &["<text 9/7 unknown Gap(NotCaptured)", "<text 9/7 unknown", "<text 3/1"],
    );
}

#[test]
fn behind_a_hole_with_a_head_nothing_is_guessed() {
    let lost = ["<binary 304/300 unknown Gap(NotCaptured)", "websocket.lost", ">text 9/3"];
    check(
        "",
        &[
            begin(down(0x82, [0; 300]), 100),
            Step::Hole(ToClient, 205),
            down(0x81, "next"),
            up(0x81, "abc"),
            Step::End(ToClient, EndReason::CaptureEnd),
        ],
        &lost,
    );
    check(
        "",
        &[begin(down(0x81, "a"), 1), Step::Hole(ToClient, 2), down(0x81, "next")],
        &["websocket.lost"],
    );
    check(
        "",
        &[Step::Say(ToClient, vec![0x82, 127, 0xff, 0, 0, 0, 0, 0, 0, 1]), down(0x81, "next")],
        &["websocket.length"],
    );
}

//! What breaks the rules.

use super::*;

#[test]
fn what_cannot_be_decompressed_is_said_once_and_nothing_is_guessed() {
    check(
        DEFLATE,
        &[up(0xc2, [0xff; 9]), up(0xc2, HELLO), down(0xc2, HELLO)],
        &[">binary 15/9 unknown", "websocket.deflate", ">binary 13/7 unknown", "<binary 9/7=5"],
    );
    let forgets = "permessage-deflate; client_no_context_takeover";
    check(
        forgets,
        &[up(0xc2, [0xff; 9]), up(0xc2, HELLO)],
        &[">binary 15/9 unknown", "websocket.deflate", ">binary 13/7=5"],
    );
}

#[test]
fn a_close_that_says_nothing_valid_is_said() {
    let close = |code: u16, reason: &[u8]| [&code.to_be_bytes()[..], reason].concat();
    check(
        "",
        &[down(0x88, close(1006, b"")), up(0x88, [3])],
        &[
            "<close Some(1006)  4/2",
            "websocket.close-code",
            ">close None  7/1",
            "websocket.close-code",
        ],
    );
    check(
        "",
        &[down(0x88, close(1000, b"\xff")), down(0x81, "more")],
        &["<close Some(1000) \u{fffd} 5/3", "websocket.utf8", "websocket.after-close", "<text 6/4"],
    );
}

#[test]
fn an_end_without_a_close_is_said() {
    check(
        "",
        &[
            down(0x02, "begun"),
            Step::End(ToClient, EndReason::Rst),
            Step::End(ToServer, EndReason::Rst),
        ],
        &["<binary 7/5 unknown Cut(Rst)", "websocket.no-close"],
    );
    check("", &[Step::End(ToClient, EndReason::CaptureEnd)], &[]);
}

#[test]
fn what_breaks_the_rules_is_said_once_for_each_direction() {
    // reserved bits, reserved opcode, masks the wrong way round, long and fragmented control
    let unmasked = |first: u8| Step::Say(ToServer, vec![first, 1, b'a']);
    check(
        "",
        &[unmasked(0xa1), unmasked(0xa1), down(0x83, "x"), down(0x8b, "")],
        &[
            "websocket.reserved-bits",
            "websocket.mask",
            ">text 3/1",
            ">text 3/1",
            "websocket.opcode",
            "<unknown 3/1",
            "<unknown 2/0",
        ],
    );
    check(
        "",
        &[down(0x89, [0; 126]), down(0x09, "f"), down(0x81, "in step")],
        &["websocket.control-frame", "<ping 130/126", "<ping 3/1", "<text 9/7"],
    );
    check(
        "",
        &[Step::Say(ToClient, vec![0x82, 126, 0, 1, 7]), down(0x81, "in step")],
        &["websocket.length", "<binary 5/1", "<text 9/7"],
    );
}

#[test]
fn compression_without_agreement_is_not_undone() {
    check("", &[up(0xc1, HELLO)], &["websocket.reserved-bits", ">text 13/7 unknown"]);
    check("x-own", &[up(0xf1, HELLO)], &[">text 13/7 unknown"]);
    check(
        DEFLATE,
        &[up(0x41, HELLO), up(0xc0, "")],
        &["websocket.reserved-bits", ">text 19/7=5 in 2"],
    );
}

#[test]
fn messages_that_begin_too_early_or_never() {
    check(
        "",
        &[down(0x80, "?"), down(0x01, "a"), down(0x82, "b")],
        &["websocket.fragments", "<unknown 3/1", "<text 3/1 unknown Malformed", "<binary 3/1"],
    );
}

#[test]
fn text_is_utf8_across_fragments_and_compression() {
    let smile = "😀".as_bytes();
    check("", &[up(0x01, &smile[..1]), up(0x80, &smile[1..])], &[">text 16/4 in 2"]);
    check("", &[up(0x81, &smile[..3])], &[">text 9/3", "websocket.utf8"]);
    // a stored block with the byte ff
    let stored = [0x00, 0x01, 0x00, 0xfe, 0xff, 0xff, 0x00];
    check(DEFLATE, &[up(0xc1, stored)], &[">text 13/7=1", "websocket.utf8"]);
}

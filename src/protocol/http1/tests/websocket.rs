//! A WebSocket behind its opening handshake.

use super::*;

const ASKS: &str = "GET /ws HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
                    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
                    Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n";

fn agrees(more: &str) -> String {
    format!(
        "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: WebSocket\r\n\
         Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n{more}\r\n"
    )
}

/// "Hello", masked as in RFC 6455 §5.7, and a compressed one from the server.
const HELLO: &[u8] = b"\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58";
const DEFLATED: &[u8] = b"\xc1\x07\xf2\x48\xcd\xc9\xc9\x07\x00";

const OPENED: &str = "0> GET /ws, 0>|, 0< 101, 0! WebSocket, 0<|";

#[test]
fn its_messages_belong_to_the_exchange_that_opened_it() {
    let answer = agrees("Sec-WebSocket-Extensions: permessage-deflate\r\n");
    check(
        &[up(ASKS), down([answer.as_bytes(), DEFLATED].concat()), up(HELLO), down(DEFLATED)],
        &format!("{OPENED}, 0< text 7, 0> text 5, 0< text 7"),
    );
    // What was not agreed on is not believed.
    check(
        &[up(ASKS), down(agrees("")), down(DEFLATED)],
        &format!("{OPENED}, websocket.reserved-bits, 0< text 7"),
    );
}

#[test]
fn a_client_that_does_not_wait_for_the_answer_is_read_then() {
    check(
        &[up([ASKS.as_bytes(), HELLO].concat()), down(agrees("")), up(HELLO), fin(ToServer)],
        &format!("{OPENED}, 0> text 5, 0> text 5, websocket.no-close"),
    );
    check(
        &[up([ASKS.as_bytes(), HELLO].concat()), down(agrees("")), fin(ToServer)],
        &format!("{OPENED}, 0> text 5, websocket.no-close"),
    );
}

#[test]
fn the_answer_must_be_that_to_the_key() {
    let wrong = agrees("").replace("s3p", "S3P");
    check(
        &[up(ASKS), down(wrong), up(HELLO)],
        "0> GET /ws, 0>|, websocket.accept, 0< 101, 0! WebSocket, 0<|, 0> text 5",
    );
    // Without its request there is nothing to compare with.
    check_from(
        Role::FirstSender,
        &[down(agrees("")), up(HELLO)],
        "0< 101, 0! WebSocket, 0<|, 0> text 5",
    );
}

#[test]
fn a_hole_in_the_handshake_leaves_nothing_to_read() {
    let answer = agrees("");
    check(
        &[up(ASKS), down(&answer[..answer.len() - 4]), Step::Gap(ToClient, 100), down(DEFLATED)],
        "0> GET /ws, 0>|, http.head-cut, 0< 101, 0! WebSocket, 0<| Gap(NotCaptured)",
    );
}

#[test]
fn a_hole_between_messages_stops_one_direction() {
    check(
        &[up(ASKS), down(agrees("")), Step::Gap(ToClient, 9), down(DEFLATED), up(HELLO)],
        &format!("{OPENED}, websocket.lost, 0> text 5"),
    );
}

//! Missing bytes, and captures that begin midway.

use super::*;

#[test]
fn a_hole_in_a_body_of_known_length_does_not_lose_the_place() {
    let response = ok("0123456789");
    let (head, body) = response.split_at(response.len() - 10);
    check(
        &[
            up(GET),
            down(format!("{head}{}", &body[..2])),
            Step::Gap(ToClient, 5),
            down(&body[7..]),
            up(GET),
            down(ok("b")),
        ],
        "0> GET /, 0>|, 0< 200, 0<| Gap(NotCaptured) Length(10) 5 5 Some(5), 1> GET /, \
             1>|, 1< 200, 1<| Length(1)",
    );
    // The hole ends with the body; then it reaches into the next response.
    check(
        &[up(GET), down(head), Step::Gap(ToClient, 10), up(GET), down(ok("b"))],
        "0> GET /, 0>|, 0< 200, 0<| Gap(NotCaptured) Length(10) 0 0 Some(0), 1> GET /, \
             1>|, 1< 200, 1<| Length(1)",
    );
    check(
        &[
            up(GET),
            down(head),
            up(GET),
            Step::Gap(ToClient, 60),
            down("tail"),
            up(GET),
            down(ok("c")),
        ],
        "0> GET /, 0>|, 0< 200, 1> GET /, 1>|, \
             0<| Gap(NotCaptured) Length(10) 0 0 Some(0), 2> GET /, 2>|, http.response-lost, \
             2< 200, 2<| Length(1)",
    );
}

#[test]
fn a_lost_response_is_skipped() {
    check(
        &[up(GET), Step::Gap(ToClient, 200), up("GET /2 HTTP/1.1\r\n\r\n"), down(ok("b"))],
        "0> GET /, 0>|, 1> GET /2, 1>|, http.response-lost, 1< 200, 1<| Length(1)",
    );
}

#[test]
fn a_hole_in_a_chunk_does_not_lose_the_place_and_one_in_a_size_does() {
    let head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    check(
        &[
            up(GET),
            down(format!("{head}a\r\n01")),
            Step::Gap(ToClient, 8),
            down("\r\n0\r\n\r\n"),
            up(GET),
            down(ok("b")),
        ],
        "0> GET /, 0>|, 0< 200, 0<| Gap(NotCaptured) Chunked 12 2 Some(2), 1> GET /, \
             1>|, 1< 200, 1<| Length(1)",
    );
    check(
        &[
            up(GET),
            down(format!("{head}a\r\n01")),
            Step::Gap(ToClient, 9),
            down("\n0\r\n\r\n"),
            up(GET),
            down(ok("b")),
        ],
        "0> GET /, 0>|, 0< 200, 1> GET /, 1>|, \
             0<| Gap(NotCaptured) Chunked 11 2 Some(2), 1< 200, 1<| Length(1)",
    );
}

#[test]
fn a_hole_in_a_head_leaves_what_is_known() {
    let (start, _) = GET.split_at(20);
    check(
        &[up(start), Step::Gap(ToServer, 30), up("rest\r\n\r\n"), up(GET), down(ok("a"))],
        "http.head-cut, 0> GET /, 0>| Gap(NotCaptured), 1> GET /, 1>|, 0< 200, \
             0<| Length(1)",
    );
    check(
        &[
            up(GET),
            down("HTTP/1.1 200 OK\r\nServ"),
            Step::Gap(ToClient, 50),
            down("body"),
            fin(ToClient),
        ],
        "0> GET /, 0>|, http.head-cut, 0< 200, \
             0<| Gap(NotCaptured) UntilClose 4 0 Some(0)",
    );
}

#[test]
fn a_capture_that_begins_midway_finds_the_next_message() {
    check_from(
        Role::Port,
        &[
            down("tail of a body\nand more\n"),
            up("form=tail"),
            down(ok("x")),
            up(GET),
            down(ok("a")),
        ],
        "0< 200, 0<| Length(1), 1> GET /, 1>|, 1< 200, 1<| Length(1)",
    );
}

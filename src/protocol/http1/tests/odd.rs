//! Messages that are not as they should be.

use super::*;

#[test]
fn broken_messages_are_said_and_left() {
    let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n";
    check(
        &[up(GET), down(chunked)],
        "0> GET /, 0>|, 0< 200, http.chunk-broken, 0<| Malformed Chunked 0 0 Some(0)",
    );
    check(
        &[up("POST / HTTP/1.1\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n")],
        "0> POST /, http.content-length, 0>| Malformed",
    );
    check(
        &[
            up(
                "POST / HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            ),
            up(GET),
        ],
        "0> POST /, http.smuggling-length, 0>| Chunked 5 0 Some(0), 1> GET /, 1>|",
    );
    check(&[up("\x01\x02\x03 and so on\r\n"), up(GET)], "http.no-message, 0> GET /, 0>|");
}

#[test]
fn lone_line_feeds_and_blank_lines_are_accepted() {
    check(
        &[
            up("\r\n\nGET / HTTP/1.1\nHost: h\n\n"),
            down("HTTP/1.1 200 OK\nContent-Length: 2\n\nab"),
        ],
        "0> GET /, 0>|, 0< 200, 0<| Length(2)",
    );
}

#[test]
fn the_oldest_version_is_understood() {
    check(
        &[up("GET /a\r\n"), down("<html>\n"), down("</html>"), fin(ToClient)],
        "0> GET /a, 0>|, 0< 0, 0<| UntilClose 14 14 Some(14)",
    );
}

#[test]
fn a_head_has_its_bound() {
    let limits = Limits { http_head: 100, ..Limits::default() };
    let long = format!("GET / HTTP/1.1\r\nA: {}\r\nB: c", "x".repeat(200));
    let events = play_within(Role::Syn, &[up(&long)], 50, &limits);
    assert_eq!(
        brief(&events),
        ["http.head-too-long", "http.head-cut", "0> GET /", "0>| Gap(OverBudget)"]
    );
    let endless = [up("HTTP/1.1 200 "), down(format!("HTTP/1.1 200 {}", "x".repeat(500)))];
    assert!(brief(&play_within(Role::Port, &endless, 50, &limits)).len() < 20);
}

#[test]
fn events_of_a_stream_are_told_as_they_come() {
    let head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\
                Transfer-Encoding: chunked\r\n\r\n";
    check(
        &[
            up(GET),
            down(head),
            down("9\r\ndata: on\n\r\n3\r\ne\n\n\r\n"),
            down("12\r\nevent: x\ndata: two\r\n2\r\n\n\n\r\n0\r\n\r\n"),
            up(GET),
        ],
        "0> GET /, 0>|, 0< 200, 0< event 2, 0< event 3, 0<| Chunked 58 32 Some(32), 1> GET /, 1>|",
    );
}

#[test]
fn events_are_read_through_a_coding_and_behind_a_hole() {
    use std::io::Write;
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(b"data: one\n\n").unwrap();
    encoder.flush().unwrap();
    let first = std::mem::take(encoder.get_mut());
    encoder.write_all(b"data: three\n\n").unwrap();
    let rest = encoder.finish().unwrap();
    let length = first.len() + rest.len();
    let head = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\n\
         Content-Encoding: gzip\r\nContent-Length: {length}\r\n\r\n"
    );
    check(
        &[up(GET), down(&head), down(first), up(GET), down(rest)],
        &format!(
            "0> GET /, 0>|, 0< 200, 0< event 3, 1> GET /, 1>|, 0< event 5, \
             0<| Length({length}) {length} {length} Some(24)"
        ),
    );
    let plain = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n";
    check(
        &[up(GET), down(plain), down("data: a"), Step::Gap(ToClient, 5), down("b\n\ndata: c\n\n")],
        "0> GET /, 0>|, 0< 200, 0< event 2, 0< event 1",
    );
}

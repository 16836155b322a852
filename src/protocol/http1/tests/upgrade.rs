//! From HTTP/1 to HTTP/2 (RFC 7540 §3.2).

use super::*;

const REQUEST: &str = "GET /a HTTP/1.1\r\nHost: h\r\nConnection: Upgrade, HTTP2-Settings\r\n\
                       Upgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n";
const AGREED: &str =
    "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n";

#[test]
fn the_request_that_led_to_http2_is_answered_on_its_first_stream() {
    let answer = [
        AGREED.as_bytes(),
        b"\0\0\0\x04\0\0\0\0\0",
        // :status 200, and a body of two bytes
        b"\0\0\x01\x01\x04\0\0\0\x01\x88",
        b"\0\0\x02\0\x01\0\0\0\x01ok",
    ]
    .concat();
    let preface = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";
    // :method GET, :scheme http, :path /
    let next = b"\0\0\x03\x01\x05\0\0\0\x03\x82\x86\x84";
    let up_next = [&preface[..], next].concat();
    for piece in [usize::MAX, 7] {
        let steps = [up(REQUEST), down(&answer), up(&up_next)];
        let said = play(Role::Syn, &steps, piece);
        let http: Vec<String> = said
            .iter()
            .filter_map(|(_, body)| match body {
                EventBody::Http(HttpEvent::Request { id, head }) => {
                    Some(format!("{}.{} > {}", id.stream, id.nth, head.target.as_ref().unwrap()))
                }
                EventBody::Http(HttpEvent::Informational { id, head }) => {
                    Some(format!("{}.{} < ({})", id.stream, id.nth, head.status.unwrap()))
                }
                EventBody::Http(HttpEvent::Response { id, head }) => {
                    Some(format!("{}.{} < {}", id.stream, id.nth, head.status.unwrap()))
                }
                EventBody::Http(HttpEvent::ResponseEnd { id, end }) => {
                    Some(format!("{}.{} {} bytes", id.stream, id.nth, end.body.encoded))
                }
                EventBody::Http(HttpEvent::Switched { id, to }) => {
                    Some(format!("{}.{} now {to}", id.stream, id.nth))
                }
                _ => None,
            })
            .collect();
        let first = ["0.0 > /a", "0.0 < (101)", "0.0 now h2c", "0.0 < 200", "0.0 2 bytes"];
        assert_eq!(http[..5], first, "{piece}");
        assert_eq!(http[5..], ["3.0 > /"], "{piece}");
        let settings = said.iter().find_map(|(_, body)| match body {
            EventBody::Multiplex(said) => Some(format!("{said:?}")),
            _ => None,
        });
        let wanted = "Settings { by: ToServer, version: Http2, settings: [(3, 100), (4, 65535)] }";
        assert_eq!(settings.as_deref(), Some(wanted));
    }
}

#[test]
fn a_server_that_does_not_agree_answers_in_http1() {
    let steps = [up(REQUEST), down("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")];
    let said = brief(&play(Role::Syn, &steps, usize::MAX));
    assert!(said.iter().any(|said| said.contains("< 200")), "{said:?}");
}

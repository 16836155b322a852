//! What one connection makes us hold, and what a few bytes unfold to.

use crate::flow::event::{Direction, EndReason, Role};
use crate::protocol::analyzer::Analyzer as _;
use crate::protocol::http::message::HttpEvent;
use crate::protocol::http2::frame::{self, Kind};
use crate::protocol::http2::hpack::tests::{indexed, literal};
use crate::protocol::http2::tests::script::{Script, frame, get, preface, settings};

const END_HEADERS: u8 = frame::END_HEADERS;

#[test]
fn a_field_that_is_referred_to_again_and_again_unfolds_to_a_bound() {
    let mut script = Script::new(Role::Syn);
    script.limits.unfolded_at_once = 10_000;
    script.up(&[preface(), settings(&[])].concat());
    let block = [get_root(), literal("x", &"@".repeat(3000))].concat();
    script.up(&frame(Kind::HEADERS, END_HEADERS, 1, &block));
    assert_eq!(script.anomalies(), [""; 0], "what is written out costs nothing");
    let again = [get_root(), indexed(62).repeat(100)].concat();
    script.up(&frame(Kind::HEADERS, END_HEADERS, 3, &again));
    script.up(&frame(Kind::HEADERS, END_HEADERS, 5, &again));
    assert_eq!(script.anomalies(), ["http.head-too-long", "http.head-too-long"]);
    let fields = |nth| {
        let HttpEvent::Request { head, .. } = script.http(nth) else { panic!("a request") };
        head.fields.len()
    };
    assert_eq!(fields(0), 1);
    assert_eq!(fields(1), 3, "10,000 bytes, and sixteen for each that was written");
    assert_eq!(fields(2), 0, "nothing is left of them");
    assert_eq!(script.anomalies().len(), 2);
}

/// `GET https /`, by the static table.
fn get_root() -> Vec<u8> {
    [indexed(2), indexed(7), indexed(4)].concat()
}

#[test]
fn tables_blocks_and_streams_are_counted_as_held() {
    let mut script = Script::new(Role::Syn);
    script.up(&[preface(), settings(&[])].concat());
    let held = script.connection.held();
    assert!(held < 100, "{held}");
    let block = [get_root(), literal("x", &"@".repeat(3000))].concat();
    script.up(&frame(Kind::HEADERS, 0, 1, &block));
    assert!(script.connection.held() > held + 3000, "a block without its end");
    script.up(&frame(Kind::CONTINUATION, END_HEADERS, 1, b""));
    let held = script.connection.held();
    assert!(held > 3000 + 1000, "an entry of the table, and a stream");
    script.up(&get(3, "/"));
    assert!(script.connection.held() > held);
    for way in [Direction::ToServer, Direction::ToClient] {
        script.end(way, EndReason::Fin);
    }
    let held = script.connection.held();
    assert!(held < 3000, "streams without an answer, and nothing refers to a table: {held}");
}

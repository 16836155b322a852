//! What one connection makes us hold, and what a few bytes unfold to.

use crate::protocol::analyzer::Analyzer as _;
use crate::protocol::http::message::HttpEvent;
use crate::protocol::http::multiplex::Multiplex;
use crate::protocol::http3::frame::Kind;
use crate::protocol::http3::qpack::tests::{capacity, insert, references};
use crate::protocol::http3::tests::script::{
    CONTROL, ENCODER, SERVER_CONTROL, Script, data, frame, get, ok, promise, settings, varint,
};

#[test]
fn a_field_that_is_referred_to_again_and_again_unfolds_to_a_bound() {
    let mut script = Script::new();
    script.limits.unfolded_at_once = 10_000;
    script.begin();
    script.up(ENCODER, &insert("x", &"@".repeat(3000)));
    script.ask(0, &frame(Kind::HEADERS, &references(1, &[0; 100])));
    assert_eq!(script.anomalies(), ["http3.head-syntax", "http.head-too-long"]);
    let HttpEvent::Request { head, .. } = script.http(0) else { panic!("a request") };
    assert!(head.fields.len() < 10, "{}", head.fields.len());
}

#[test]
fn streams_beyond_the_bound_take_the_place_of_the_oldest() {
    let mut script = Script::begun();
    script.limits.http_streams = 4;
    for id in [0, 4, 8, 12, 16, 20] {
        script.ask(id, &get("/"));
    }
    assert_eq!(script.anomalies(), ["http3.streams-full"]);
    script.answer(0, &[ok(), data(b"late")].concat());
    script.answer(20, &ok());
    let said = script.brief();
    assert_eq!(said[12..], ["20< 200", "20<| none"], "{said:?}");
    // the same for those of one direction: further ones are passed over
    script.events.clear();
    script.up(14, &varint(0x77));
    script.up(18, &varint(0x77));
    assert_eq!(script.anomalies(), ["http3.streams-full"]);
}

#[test]
fn what_is_held_is_counted_and_given_back() {
    let mut script = Script::begun();
    let empty = script.connection.held();
    for id in (0..400).step_by(4) {
        script.up(id, &get("/"));
    }
    let open = script.connection.held();
    assert!(open > empty + 100 * 900, "{empty} {open}");
    for id in (0..400).step_by(4) {
        script.ask(id, b"");
        script.answer(id, &[frame(Kind::HEADERS, &references(1, &[0])), data(&[0; 900])].concat());
    }
    let waiting = script.connection.held();
    assert!(waiting > open + 100 * 900, "{open} {waiting}");
    script.down(crate::protocol::http3::tests::script::SERVER_ENCODER, &insert(":status", "200"));
    assert!(script.connection.held() < empty + 2000, "{empty} {}", script.connection.held());
}

#[test]
fn a_head_that_is_too_long_is_passed_over_and_its_body_told() {
    let mut script = Script::begun();
    script.limits.http_head = 100;
    script.ask(0, &get("/"));
    script.down(0, &frame(Kind::HEADERS, &[0; 101]));
    script.answer(0, &data(b"body"));
    assert_eq!(script.brief()[2..], ["0< ?", "0<| frames 6/4 7..7 Gap(OverBudget)"]);
    assert_eq!(script.anomalies(), ["http3.frame-too-long"]);
    // without a body, too
    script.ask(4, &frame(Kind::HEADERS, &[0; 101]));
    script.answer(4, &ok());
    assert_eq!(
        script.brief()[4..],
        ["4> ? ?", "4>| none Gap(OverBudget)", "4< 200", "4<| none"],
        "{:?}",
        script.brief()
    );
    assert_eq!(script.anomalies(), ["http3.frame-too-long"; 2]);
}

#[test]
fn many_streams_that_wait_keep_to_one_bound() {
    let mut script = Script::begun();
    script.limits.http3_blocked = 4000;
    for id in (0..400).step_by(4) {
        script.up(id, &frame(Kind::HEADERS, &references(1, &[0])));
    }
    assert_eq!(script.anomalies(), ["http3.blocked-full"]);
    let told = script.brief().len();
    assert!(told > 70, "{told} do not wait");
    script.up(ENCODER, &insert(":method", "GET"));
    assert_eq!(script.brief()[told], "0> GET ?");
    assert_eq!(script.brief().len(), 100);
}

#[test]
fn a_stream_that_is_given_up_for_others_waits_no_more() {
    let mut script = Script::begun();
    script.limits.http3_blocked = 4000;
    script.limits.http_streams = 4;
    for id in (0..400).step_by(4) {
        script.up(id, &frame(Kind::HEADERS, &references(1, &[0])));
    }
    assert_eq!(script.anomalies(), ["http3.streams-full"]);
    assert_eq!(script.brief().len(), 96, "it is told with what is known");
    script.up(ENCODER, &insert(":method", "GET"));
    assert_eq!(script.brief()[96..], ["384> GET ?", "388> GET ?", "392> GET ?", "396> GET ?"]);
}

#[test]
fn a_table_that_is_larger_than_is_kept_is_nobodys_fault() {
    let mut script = Script::new();
    script.down(SERVER_CONTROL, &[&[0][..], &settings(&[(1, 1 << 20)])].concat());
    script.up(ENCODER, &[&[2][..], &capacity(1 << 17), &insert(":method", "GET")].concat());
    assert_eq!(script.anomalies(), ["http3.table-too-large"]);
    script.ask(0, &frame(Kind::HEADERS, &references(1, &[0])));
    assert_eq!(script.brief(), ["0> ? ?", "0>| none"]);
}

#[test]
fn promises_beyond_the_bound_are_told_of() {
    let mut script = Script::begun();
    script.ask(0, &get("/"));
    for push in 0..70 {
        script.down(0, &promise(push, "/pushed"));
    }
    assert_eq!(script.anomalies(), ["http3.pushes-full"]);
}

#[test]
fn settings_that_are_left_out_take_no_memory() {
    let mut script = Script::new();
    let many: Vec<(u64, u64)> = (100..5000).map(|number| (number, 1)).collect();
    script.up(CONTROL, &[&[0][..], &settings(&many)].concat());
    let [Multiplex::Settings { settings, .. }] = script.multiplex()[..] else { panic!("settings") };
    assert!(settings.capacity() < 100, "{} for {}", settings.capacity(), settings.len());
}

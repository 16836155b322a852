use proptest::prelude::*;

use super::*;
use crate::report::fixture::{Story, at, over_quic, secured, shop};
use crate::report::text::escape::escape;
use crate::time::TimeDelta;
use crate::trace::scale::Scale;
use crate::trace::waterfall::{Piece, Subject};
use crate::trace::{ConnectionId, ExchangeId, NeighborId, ResolutionId, VisitId};

fn drawn(trace: &Trace, options: &Options) -> String {
    let mut out = Vec::new();
    Timeline.write(trace, options, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

fn at_width(width: usize) -> Options {
    Options { width: Some(width), ..Options::default() }
}

fn plain(text: &str) -> String {
    anstream::adapter::strip_str(text).to_string()
}

#[test]
fn shop_at_80_columns() {
    insta::assert_snapshot!(drawn(&shop(), &at_width(80)));
}

#[test]
fn shop_at_120_columns() {
    insta::assert_snapshot!(drawn(&shop(), &at_width(120)));
}

#[test]
fn shop_at_200_columns() {
    insta::assert_snapshot!(drawn(&shop(), &at_width(200)));
}

#[test]
fn shop_to_a_pipe() {
    insta::assert_snapshot!(drawn(&shop(), &Options::default()));
}

#[test]
fn shop_in_ascii() {
    let text = drawn(&shop(), &Options { ascii: true, ..at_width(120) });
    assert!(text.is_ascii());
    insta::assert_snapshot!(text);
}

#[test]
fn shop_in_detail() {
    insta::assert_snapshot!(drawn(&shop(), &Options { verbosity: 1, ..at_width(120) }));
}

#[test]
fn shop_in_colour() {
    let text = drawn(&shop(), &Options { color: true, ..at_width(120) });
    insta::assert_snapshot!(text.replace('\u{1b}', "␛"));
}

#[test]
fn only_one_host() {
    let options = Options { host: Some("third.test".into()), ..at_width(100) };
    insta::assert_snapshot!(drawn(&shop(), &options));
}

#[test]
fn only_one_visit() {
    let options = Options { visit: Some(VisitId(0)), ..at_width(100) };
    let text = drawn(&shop(), &options);
    assert!(text.contains("Visit 1  http://www.shop.test/"));
    assert!(!text.contains("Outside") && !text.contains("packets    "));
    let options = Options { visit: Some(VisitId(7)), ..at_width(100) };
    assert!(drawn(&shop(), &options).contains("There is no visit 8: the only one is 1."));
}

#[test]
fn an_empty_capture_says_so() {
    let text = drawn(&Trace::default(), &at_width(80));
    insta::assert_snapshot!(text, @"
    capture · 0 packets · 0 B

    No packets: the capture is empty.

    packets    0 packets · 0 bytes on the wire
    ");
}

#[test]
fn a_capture_without_pages_says_what_there_was() {
    let mut story = Story::default();
    story.neighbor(&[at(0, 1), at(1_000_000, 2)], None);
    story.trace.capture.packets = 2;
    story.trace.capture.bytes = 84;
    story.trace.capture.first = Some(at(0, 1).at);
    let text = drawn(&story.trace, &at_width(80));
    assert!(text.contains("no page was loaded in this capture"), "{text}");
    assert!(text.contains("no reply to 2 requests"), "{text}");
}

#[test]
fn what_a_packet_says_cannot_touch_the_terminal() {
    for verbosity in 0..2 {
        let options = Options { verbosity, ..Options::default() };
        let text = drawn(&shop(), &options);
        assert!(text.contains("\\x1b[31mcart\\u{202e}"));
        for line in text.lines() {
            assert_eq!(escape(line), line);
        }
    }
}

#[test]
fn each_thing_is_told_once() {
    let trace = shop();
    let waterfall = Waterfall::of(&trace);
    let rows = waterfall.visits.iter().flatten().chain(&waterfall.outside);
    let mut told: Vec<Subject> = rows.map(|row| row.subject).collect();
    told.sort_unstable();
    let count = told.len();
    told.dedup();
    assert_eq!(told.len(), count);
    let of = |wanted: fn(&Subject) -> bool| told.iter().filter(|s| wanted(s)).count();
    assert_eq!(of(|s| matches!(s, Subject::Neighbor(_))), trace.neighbors.len());
    assert_eq!(of(|s| matches!(s, Subject::Lookup(_))), trace.resolutions.len());
    assert_eq!(of(|s| matches!(s, Subject::Connect(_))), trace.connections.len());
    assert_eq!(of(|s| matches!(s, Subject::Exchange(_))), trace.exchanges.len());
    assert_eq!(of(|s| matches!(s, Subject::Close(_))), 1);
}

#[test]
fn rows_stand_in_order_of_time_with_what_belongs_to_them() {
    let trace = shop();
    let waterfall = Waterfall::of(&trace);
    let rows = waterfall.of_visit(VisitId(0));
    assert!(rows.is_sorted_by_key(|row| row.start.at));
    let subjects: Vec<Subject> = rows.iter().map(|row| row.subject).take(5).collect();
    assert_eq!(
        subjects,
        [
            Subject::Neighbor(NeighborId(0)),
            Subject::Lookup(ResolutionId(0)),
            Subject::Connect(ConnectionId(0)),
            Subject::Connect(ConnectionId(1)),
            Subject::Exchange(ExchangeId(0)),
        ]
    );
    // Refused, unanswered and unused connections and failed lookups belong to the page.
    for subject in [
        Subject::Connect(ConnectionId(3)),
        Subject::Connect(ConnectionId(4)),
        Subject::Connect(ConnectionId(5)),
        Subject::Lookup(ResolutionId(2)),
        Subject::Lookup(ResolutionId(3)),
    ] {
        assert!(rows.iter().any(|row| row.subject == subject), "{subject:?}");
    }
    let outside: Vec<Subject> = waterfall.outside.iter().map(|row| row.subject).collect();
    let background = [Subject::Connect(ConnectionId(6)), Subject::Exchange(ExchangeId(5))];
    assert_eq!(outside, background);
}

#[test]
fn live_rows_say_the_same() {
    let trace = shop();
    let options = Options { live: true, ..at_width(110) };
    let ids = [
        EntityId::Neighbor(NeighborId(0)),
        EntityId::Resolution(ResolutionId(0)),
        EntityId::Handshake(ConnectionId(0)),
        EntityId::Exchange(ExchangeId(0)),
        EntityId::Exchange(ExchangeId(3)),
        EntityId::Connection(ConnectionId(0)),
    ];
    let mut out = Vec::new();
    for id in ids {
        Timeline.completed(&trace, id, &options, &mut out).unwrap();
    }
    insta::assert_snapshot!(String::from_utf8(out).unwrap());
    assert_eq!(live_row(&trace, EntityId::Anomaly(0), &options), None);
    let other = Options { host: Some("other.test".into()), ..options };
    assert_eq!(live_row(&trace, EntityId::Exchange(ExchangeId(0)), &other), None);
}

#[test]
fn live_ends_with_headings_and_summary() {
    let mut out = Vec::new();
    Timeline.finish(&shop(), &Options { live: true, ..at_width(100) }, &mut out).unwrap();
    let text = String::from_utf8(out).unwrap();
    assert!(text.contains("Visit 1  http://www.shop.test/"));
    assert!(text.contains("2 packets lost before they could be captured"));
    assert!(!text.contains("who has"));
}

#[test]
fn a_bar_ends_where_its_time_does() {
    let ink = Ink { color: true, ascii: false };
    let row = |from: i64, to: i64| Row {
        subject: Subject::Exchange(ExchangeId(0)),
        start: at(from, 1),
        end: Some(at(to, 2)),
        pieces: [Piece { phase: Phase::Wait, from: at(from, 1).at, to: at(to, 2).at }]
            .into_iter()
            .collect(),
        frames: crate::time::Frames::default(),
    };
    let scale = Scale { from: at(0, 1).at, to: at(80, 1).at, columns: 10 };
    let drawn = |from, to| plain(&bar::bar(&row(from, to), &scale, ink));
    assert_eq!(drawn(0, 80), "██████████");
    assert_eq!(drawn(0, 20), "██▌");
    assert_eq!(drawn(8, 9), " ▏");
    // Inverted: the block is the empty part.
    assert_eq!(drawn(12, 24), " ▌█");
    assert_eq!(drawn(80, 80), "         ▉");
    assert_eq!(drawn(-50, -40), "‹");
    assert_eq!(drawn(90, 95), "         ›");
    let ink = Ink { color: false, ascii: true };
    let drawn = |from, to| bar::bar(&row(from, to), &scale, ink);
    assert_eq!(drawn(0, 20), "www");
    assert_eq!(drawn(8, 9), " w");
    assert_eq!(drawn(7, 10), " w");
    assert_eq!(drawn(6, 9), "w");
}

fn piece() -> impl Strategy<Value = (Phase, i64, i64)> {
    let phase = prop_oneof![
        Just(Phase::Blocked),
        Just(Phase::Dns),
        Just(Phase::Wait),
        Just(Phase::Receive),
        Just(Phase::Idle),
    ];
    (phase, -100i64..1100, 0i64..500)
}

#[test]
fn the_labels_of_the_shortest_scale_differ() {
    let origin = at(77_916, 1).at;
    let scale = Scale::fitting(origin, &[], 60);
    let axis = plain(&bar::axis(&scale, origin, Ink { color: false, ascii: true }));
    let labels: Vec<&str> = axis.trim_end_matches(" ms").split_whitespace().collect();
    let apart: std::collections::BTreeSet<&str> = labels.iter().copied().collect();
    assert!(labels.len() > 2 && apart.len() == labels.len(), "{axis}");
}

proptest! {
    #[test]
    fn bars_stay_within_their_columns_and_are_seen(
        pieces in prop::collection::vec(piece(), 1..5),
        columns in 1usize..60,
        color: bool,
        ascii: bool,
    ) {
        let stamp = |micros| at(micros, 1);
        let row = Row {
            subject: Subject::Exchange(ExchangeId(0)),
            start: stamp(0),
            end: None,
            pieces: pieces
                .iter()
                .map(|(phase, from, length)| Piece {
                    phase: *phase,
                    from: stamp(*from).at,
                    to: stamp(from + length).at,
                })
                .collect(),
            frames: crate::time::Frames::default(),
        };
        let scale = Scale { from: stamp(0).at, to: stamp(1000).at, columns };
        let text = plain(&bar::bar(&row, &scale, Ink { color, ascii }));
        prop_assert!(width(&text) <= columns);
        prop_assert!(ascii <= text.is_ascii());
        if pieces.iter().any(|(_, _, length)| *length > 0) {
            prop_assert!(!text.trim().is_empty(), "{:?}", text);
        }
    }

    #[test]
    fn ticks_rise_within_the_scale(
        lead in 0i64..1_000_000,
        span in 1_000i64..100_000_000_000,
        columns in 8usize..100,
    ) {
        let origin = at(5_000, 1).at;
        let scale = Scale {
            from: origin + TimeDelta::from_nanos(-lead),
            to: origin + TimeDelta::from_nanos(span),
            columns,
        };
        let ticks = scale.ticks(origin, columns / 7 + 1);
        prop_assert!(ticks.is_sorted());
        prop_assert!(ticks.iter().all(|(column, _)| *column <= columns));
        let ink = Ink { color: false, ascii: true };
        let axis = bar::axis(&scale, origin, ink);
        prop_assert!(width(&axis) <= columns);
    }

    #[test]
    fn no_line_is_wider_than_the_terminal(
        most in 40usize..240,
        color: bool,
        ascii: bool,
        verbosity in 0u8..2,
    ) {
        let options = Options { color, ascii, verbosity, ..at_width(most) };
        for line in drawn(&shop(), &options).lines() {
            let line = plain(line);
            prop_assert!(width(&line) <= most, "{} > {}: {}", width(&line), most, line);
            prop_assert!(!ascii || line.is_ascii());
        }
    }

    #[test]
    fn colours_change_nothing_but_bars(most in 40usize..200) {
        let words = |color| {
            let text = plain(&drawn(&shop(), &Options { color, ..at_width(most) }));
            let lines = text.lines().map(|line| {
                line.trim_end_matches(|c: char| !c.is_alphanumeric()).to_owned()
            });
            // The legend before the first empty line shows the signs themselves.
            lines.skip_while(|line| !line.is_empty()).collect::<Vec<_>>()
        };
        prop_assert_eq!(words(true), words(false));
    }
}

#[test]
fn each_handshake_of_tls_has_its_row_and_says_how_it_went() {
    let (trace, mut out) = (secured(), Vec::new());
    for verbosity in [0, 1] {
        let options = Options { verbosity, ..Options::default() };
        Timeline.write(&trace, &options, &mut out).unwrap();
    }
    insta::assert_snapshot!("secured", String::from_utf8(out).unwrap());
}

#[test]
fn quic_has_one_row_for_its_handshake_and_one_for_each_way() {
    let (trace, mut out) = (over_quic(), Vec::new());
    for verbosity in [0, 1] {
        let options = Options { verbosity, ..Options::default() };
        Timeline.write(&trace, &options, &mut out).unwrap();
    }
    insta::assert_snapshot!("quic", String::from_utf8(out).unwrap());
}

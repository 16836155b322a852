use proptest::prelude::*;

use super::*;
use crate::report::fixture::shop;
use crate::trace::model::EntityId;
use crate::trace::{ConnectionId, ExchangeId, VisitId};

fn drawn(trace: &Trace, options: &Options) -> String {
    let mut out = Vec::new();
    Timeline.write(trace, options, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

fn at_width(width: usize) -> Options {
    Options { width: Some(width), ..Options::default() }
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

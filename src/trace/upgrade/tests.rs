use super::*;
use crate::report::fixture::{at, over_quic};

fn known(trace: &Trace, nth: usize) -> Option<Known> {
    Known::of(trace, &trace.connections[nth])
}

const fn by_record(lookup: u32) -> Known {
    Known::Record { lookup: LookupId(lookup), is_inferred: false }
}

const fn by_field(exchange: u32) -> Known {
    Known::AltSvc { exchange: ExchangeId(exchange), is_inferred: false }
}

/// What the client of the last connection knew, where the response before it said this.
fn told(fields: &[&str]) -> Option<Known> {
    let mut trace = over_quic();
    let head = trace.exchanges[2].response.as_mut().unwrap();
    head.fields = fields.iter().map(|value| ("alt-svc", *value)).collect();
    known(&trace, 6)
}

#[test]
fn names_and_protocols_are_compared_as_they_are_meant() {
    assert!(is_http3("h3") && is_http3("h3-29"));
    assert!(!is_http3("h2") && !is_http3("h30") && !is_http3("h"));
    assert_eq!(port_of("www.Shop.test", "www.shop.test"), Some(443));
    assert_eq!(port_of("_8443._https.www.shop.test.", "www.shop.test"), Some(8443));
    assert_eq!(port_of("shop.test", "www.shop.test"), None);
    assert_eq!(port_of("x._https.www.shop.test", "www.shop.test"), None);
}

#[test]
fn the_record_comes_first_then_the_field_then_what_is_older() {
    let trace = over_quic();
    assert_eq!(known(&trace, 0), Some(by_record(1)));
    assert_eq!(known(&trace, 1), None, "it is TCP");
    assert_eq!(known(&trace, 2), Some(Known::Earlier), "the field came later");
    assert_eq!(known(&trace, 6), Some(by_field(2)));
    let mut later = trace.clone();
    let answer = later.lookups[1].answer.as_mut().unwrap();
    answer.at = later.connections[0].ready().unwrap();
    assert_eq!(known(&later, 0), Some(Known::Earlier));
    let mut other = trace;
    other.connections[6].server.port = 8443;
    assert_eq!(known(&other, 6), Some(Known::Earlier), "it was offered at another port");
}

#[test]
fn a_record_is_of_a_port_and_the_latest_counts() {
    let mut trace = over_quic();
    trace.connections[0].server.port = 8443;
    assert_eq!(known(&trace, 0), Some(Known::Earlier), "it is of the usual port");
    let records =
        |trace: &mut Trace| std::mem::take(&mut trace.lookups[1].answer.as_mut().unwrap().records);
    let [mut record] = <[_; 1]>::try_from(records(&mut trace)).unwrap();
    let RecordData::Svcb { params, .. } = &mut record.data else { panic!("a record of services") };
    params.push(("port".into(), "8443".into()));
    trace.lookups[1].answer.as_mut().unwrap().records.push(record);
    assert_eq!(known(&trace, 0), Some(by_record(1)));
    // asked again: there is none any more
    let mut again = trace.lookups[1].clone();
    again.id = LookupId(2);
    let answer = again.answer.as_mut().unwrap();
    (answer.at, answer.records) = (at(21_000, 4), Vec::new());
    trace.lookups.push(again);
    assert_eq!(known(&trace, 0), Some(Known::Earlier));
    // what went wrong says nothing
    trace.lookups[2].answer.as_mut().unwrap().rcode =
        crate::protocol::dns::message::Rcode::SERVFAIL;
    assert_eq!(known(&trace, 0), Some(by_record(1)));
}

#[test]
fn a_word_on_alternatives_makes_void_what_was_said_before() {
    assert_eq!(told(&["h2=\":443\"", "h3=\":443\"; ma=60"]), Some(by_field(2)));
    for void in ["clear", "h2=\":443\"", "h3=\":8443\"", "h3=\":443\"; ma=2"] {
        assert_eq!(told(&[void]), Some(Known::Earlier), "{void}");
    }
    // the origin offered it, and took it back before the client began
    let mut trace = over_quic();
    let mut back = trace.exchanges[2].clone();
    back.id = ExchangeId(3);
    back.response.as_mut().unwrap().fields = [("alt-svc", "clear")].into_iter().collect();
    trace.exchanges.push(back);
    assert_eq!(known(&trace, 6), Some(Known::Earlier));
    trace.exchanges[3].response.as_mut().unwrap().status = Some(421);
    assert_eq!(known(&trace, 6), Some(by_field(2)), "it came from the wrong server");
    trace.exchanges[3].url = Some("https://blocked.test:8443/".into());
    trace.exchanges[3].response.as_mut().unwrap().status = Some(200);
    assert_eq!(known(&trace, 6), Some(Known::Earlier), "whose origin it is, is not known");
    let page = trace.exchanges[2].id;
    trace.connections[6].exchanges.push(page);
    assert_eq!(known(&trace, 6), Some(by_field(2)), "it is another origin's");
}

#[test]
fn an_alternative_may_be_at_another_host() {
    let elsewhere = "h3=\"alt.test:443\"";
    assert_eq!(told(&[elsewhere]), Some(by_field(2)), "nobody knows whose address it is");
    assert_eq!(told(&["h3=\"10.20.0.20:443\""]), Some(by_field(2)));
    assert_eq!(told(&["h3=\"10.20.0.21:443\""]), Some(Known::Earlier));
    let mut trace = over_quic();
    let head = trace.exchanges[2].response.as_mut().unwrap();
    head.fields = [("alt-svc", elsewhere)].into_iter().collect();
    trace.connections[6].resolution = trace.connections[0].resolution;
    assert_eq!(known(&trace, 6), Some(Known::Earlier), "it is the address of www.shop.test");
    trace.resolutions[0].name = "alt.test".into();
    assert_eq!(known(&trace, 6), Some(by_field(2)));
}

#[test]
fn who_asks_over_one_version_of_ip_and_connects_over_the_other_is_concluded_to_be_one() {
    let mut trace = over_quic();
    trace.lookups[1].client = [10, 10, 0, 9].into();
    assert_eq!(known(&trace, 0), Some(Known::Earlier), "another client's question");
    trace.connections[0].client.ip = "2001:db8::2".parse().unwrap();
    let record = Known::Record { lookup: LookupId(1), is_inferred: true };
    assert_eq!(known(&trace, 0), Some(record));
    trace.connections[6].client.ip = "2001:db8::2".parse().unwrap();
    let field = Known::AltSvc { exchange: ExchangeId(2), is_inferred: true };
    assert_eq!(known(&trace, 6), Some(field));
}

#[test]
fn what_stays_closed_may_have_said_it() {
    let mut trace = over_quic();
    let mut closed = trace.connections[0].tls.clone().unwrap();
    closed.keys = Some(Keys::NoLog);
    closed.data.to_client = Some(at(900_000, 209));
    trace.connections[1].tls = Some(closed);
    trace.connections[1].server.port = 853;
    assert_eq!(known(&trace, 2), None, "a resolver over TLS");
    trace.connections[1].server.port = 443;
    assert_eq!(known(&trace, 2), Some(Known::Earlier), "a server of another name");
    let tls = trace.connections[2].tls.clone().unwrap();
    trace.connections[1].tls.as_mut().unwrap().messages = tls.messages;
    assert_eq!(known(&trace, 2), None, "the same server");
    let tls = trace.connections[1].tls.as_mut().unwrap();
    tls.data.to_client = Some(at(1_000_001, 211));
    assert_eq!(known(&trace, 2), Some(Known::Earlier), "it said nothing before");
    let tls = trace.connections[1].tls.as_mut().unwrap();
    tls.data.to_client = Some(at(900_000, 209));
    tls.keys = Some(Keys::Found);
    assert_eq!(known(&trace, 2), Some(Known::Earlier), "and it was read");
}

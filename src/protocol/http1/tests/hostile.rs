//! Any cut and any bytes.

use super::*;

/// Everything once, for cutting it short anywhere.
fn everything() -> Vec<Step> {
    let post =
        "POST /p HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nT: 1\r\n\r\n";
    let interim = "HTTP/1.1 100 Continue\r\n\r\n";
    let gzip = "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nnope";
    let connect = "CONNECT h:1 HTTP/1.1\r\n\r\n";
    let steps = [
        up(GET),
        down(ok("abc")),
        up(post),
        down(interim),
        down(gzip),
        up(connect),
        down("HTTP/1.1 200 OK\r\n\r\n"),
        up("tunnel"),
    ];
    steps.into()
}

#[test]
fn every_cut_ends_in_order_and_without_panic() {
    let whole = brief(&play(Role::Syn, &everything(), usize::MAX));
    assert_eq!(whole.last().map(String::as_str), Some("2<|"), "{whole:?}");
    let total: usize =
        everything().iter().map(|s| if let Step::Data(_, b) = s { b.len() } else { 0 }).sum();
    for end in 0..total {
        let (mut left, mut steps) = (end, Vec::new());
        for step in everything() {
            let Step::Data(way, mut bytes) = step else { continue };
            bytes.truncate(left);
            left -= bytes.len();
            steps.push(Step::Data(way, bytes));
        }
        steps.extend([
            Step::End(ToServer, EndReason::CaptureEnd),
            Step::End(ToClient, EndReason::CaptureEnd),
        ]);
        let events = brief(&play(Role::Syn, &steps, 9));
        let open = |mark: &str| events.iter().filter(|e| e.contains(mark)).count();
        assert_eq!(open("> "), open(">|"), "each request ends: {events:?}");
    }
}

fn hostile() -> impl Strategy<Value = Vec<Step>> {
    let piece = prop_oneof![
        Just(GET.to_string()),
        Just(ok("abc")),
        Just("HTTP/1.1 200 OK\r\n".to_string()),
        Just("Transfer-Encoding: chunked\r\n\r\n".to_string()),
        Just("Content-Length: 7\r\n\r\n".to_string()),
        Just("5\r\nhello\r\n".to_string()),
        Just("HTTP/1.1 200\x0bx\r\n\r\n".to_string()),
        Just("HTTP/1.1 200\r".to_string()),
        Just("0\r\n\r\n".to_string()),
        Just("\r\n".to_string()),
        Just("CONNECT a HTTP/1.1\r\n\r\n".to_string()),
        Just("HTTP/1.1 101 x\r\n\r\n".to_string()),
        "[ -~\r\n]{0,40}",
    ];
    let way = prop_oneof![Just(ToServer), Just(ToClient)];
    let step = prop_oneof![
        8 => (way.clone(), piece).prop_map(|(way, text)| Step::Data(way, text.into_bytes())),
        2 => (way.clone(), prop::collection::vec(any::<u8>(), 0..60)).prop_map(|(way, b)| Step::Data(way, b)),
        1 => (way.clone(), 1..80u64).prop_map(|(way, n)| Step::Gap(way, n)),
    ];
    prop::collection::vec(step, 0..30)
}

proptest! {
    /// Nothing panics or loops, each message ends at most once, and pieces change nothing where
    /// there is no hole.
    #[test]
    fn hostile_bytes_do_no_harm(steps in hostile(), piece in 1..20usize, midway: bool) {
        let role = if midway { Role::FirstSender } else { Role::Syn };
        let mut steps = steps;
        steps.extend([fin(ToServer), fin(ToClient)]);
        let events = brief(&play(role, &steps, piece));
        let mut ends: Vec<_> = events.iter().filter(|e| e.contains('|')).filter_map(|e| e.split(' ').next()).collect();
        let all = ends.len();
        ends.sort_unstable();
        ends.dedup();
        prop_assert_eq!(all, ends.len(), "{:?}", events);
    }
}

//! A segment that comes late but is not lost.

use urltrace::flow::event::SegmentKind;
use urltrace::time::TimeDelta;
use urltrace::trace::Attribution;
use urltrace::trace::stall::Cause;

use crate::support::{fixtures, run_file};

/// One segment came behind the next two, inside TLS: nothing is missing, and what it held up is said.
/// tshark takes it for sent again; by its IP identification it is the one that was sent before them.
#[test]
fn one_late_segment_is_named_and_costs_no_byte() {
    let visit = fixtures().into_iter().find(|visit| visit.name == "one-late-segment").unwrap();
    let trace = run_file(&visit.capture, 2).trace;
    let [_, file] = &trace.exchanges[..] else { panic!("{} exchanges", trace.exchanges.len()) };
    assert_eq!(file.response_end.as_ref().unwrap().body.decoded, Some(500_000));
    let connection = trace.connection(file.connection).unwrap();
    let late = connection.segments.iter().find(|note| note.kind == SegmentKind::OutOfOrder);
    let late = late.unwrap().at.frame;
    let Attribution { wait, receive } = Attribution::of(&trace, file);
    let held = [Cause::Reordering, Cause::Unknown];
    let stalls = wait.into_iter().chain(receive);
    let stalls: Vec<_> = stalls
        .filter(|part| held.contains(&part.cause) || matches!(part.cause, Cause::Loss(_)))
        .collect();
    let [stall] = &stalls[..] else { panic!("{stalls:?}") };
    assert_eq!(stall.cause, Cause::Reordering);
    assert_eq!(stall.frames.iter().last(), Some(&late));
    let took = stall.to.since(stall.from);
    assert!((TimeDelta::from_millis(1)..TimeDelta::from_millis(40)).contains(&took), "{took:?}");
}

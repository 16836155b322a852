//! Whole conversations: frames in, messages out, however they are cut.

mod holes;
mod rules;

use bytes::Bytes;
use proptest::prelude::*;

use super::conversation::Conversation;
use super::handshake::{Agreed, Offer};
use crate::flow::event::{
    Direction, EndReason, FlowId, FlowKey, GapReason, PerDirection, Role, Transport,
};
use crate::limits::Limits;
use crate::packet::Encapsulation;
use crate::protocol::analyzer::{Context, FlowInfo};
use crate::protocol::budget::Budgets;
use crate::protocol::buffer::StreamBuffer;
use crate::protocol::event::EventBody;
use crate::protocol::http::fields::Fields;
use crate::protocol::http::message::{Ending, HttpEvent, MessageId, MessageKind, StreamMessage};
use crate::protocol::routes::Routes;
use crate::protocol::secrets::Secrets;
use crate::time::{FrameNo, Stamp, Timestamp};
use Direction::{ToClient, ToServer};

enum Step {
    Say(Direction, Vec<u8>),
    Hole(Direction, u64),
    End(Direction, EndReason),
}

/// A frame: first byte, payload; masked where a client sends it.
fn frame(way: Direction, first: u8, payload: &[u8]) -> Step {
    let mut bytes = vec![first];
    let masked = if way == ToServer { 0x80 } else { 0 };
    let length = payload.len();
    if let Some(short) = u8::try_from(length).ok().filter(|length| *length < 126) {
        bytes.push(masked | short);
    } else if let Ok(long) = u16::try_from(length) {
        bytes.push(masked | 0x7e);
        bytes.extend(long.to_be_bytes());
    } else {
        bytes.push(masked | 0x7f);
        bytes.extend((length as u64).to_be_bytes());
    }
    let mask = [0x37, 0xfa, 0x21, 0x3d];
    if way == ToServer {
        bytes.extend(mask);
    }
    let mask = if way == ToServer { mask } else { [0; 4] };
    bytes.extend(payload.iter().zip(mask.iter().cycle()).map(|(byte, mask)| byte ^ mask));
    Step::Say(way, bytes)
}

fn up(first: u8, payload: impl AsRef<[u8]>) -> Step {
    frame(ToServer, first, payload.as_ref())
}

fn down(first: u8, payload: impl AsRef<[u8]>) -> Step {
    frame(ToClient, first, payload.as_ref())
}

fn agreed(extensions: &str) -> Agreed {
    let fields: Fields = [("Sec-WebSocket-Extensions", extensions)].into_iter().collect();
    Agreed::on(Some(&Offer::of(&fields)), &fields, |anomaly| panic!("{anomaly:?}"))
}

/// Plays steps, each packet with `piece` bytes at most; packets come a millisecond apart.
fn play(agreed: &Agreed, steps: &[Step], piece: usize) -> Vec<EventBody> {
    let flow = flow();
    let budgets = Budgets::new(&Limits::default());
    let id = MessageId { stream: 0, nth: 3 };
    let mut conversation = Conversation::new(id, agreed, &budgets.windows);
    let mut buffers: PerDirection<StreamBuffer> = PerDirection::default();
    let (limits, mut events) = (Limits::default(), Vec::new());
    for (nth, step) in (1u64..).zip(steps) {
        let now = Stamp::new(Timestamp::from_nanos(nth.cast_signed() * 1_000_000), FrameNo(nth));
        let mut cx = Context {
            now,
            flow: &flow,
            limits: &limits,
            protocols: &[],
            budgets: &budgets,
            routes: &Routes::default(),
            path: None,
            secrets: &Secrets::default(),
            depth: 0,
            secure: false,
            events: &mut events,
        };
        match step {
            Step::Say(way, bytes) => {
                let buffer = buffers.of_mut(*way);
                for part in bytes.chunks(piece) {
                    buffer.push(Bytes::copy_from_slice(part), now, now);
                    conversation.data(*way, buffer, &mut cx);
                }
            }
            Step::Hole(way, length) => {
                let buffer = buffers.of_mut(*way);
                conversation.gap(*way, *length, GapReason::NotCaptured, buffer, &mut cx);
            }
            Step::End(way, reason) => {
                conversation.end(*way, *reason, buffers.of_mut(*way), &mut cx);
            }
        }
    }
    events.into_iter().map(|(_, body)| body).collect()
}

fn flow() -> FlowInfo {
    let end = |n, port| crate::address::Endpoint::new([192, 0, 2, n].into(), port);
    let (client, server) = (end(1, 40_000), end(2, 80));
    let encapsulation = Encapsulation::default();
    let key = FlowKey { transport: Transport::Tcp, encapsulation, lo: client, hi: server };
    FlowInfo { id: FlowId(FrameNo(1)), key, client, server, role: Role::Syn }
}

/// One event in few words: direction and kind, wire, size and decoded size, fragments, and how it
/// ended where it is not whole.
fn brief(body: &EventBody) -> String {
    let message = match body {
        EventBody::Anomaly(anomaly) => return anomaly.id.to_owned(),
        EventBody::Http(HttpEvent::Message { id, message }) if id.nth == 3 => message,
        other => panic!("{other:?}"),
    };
    let StreamMessage { wire, size, decoded, fragments, .. } = **message;
    let way = if message.direction == ToServer { '>' } else { '<' };
    let kind = match &message.kind {
        MessageKind::Close { code, reason } => format!("close {code:?} {reason}"),
        MessageKind::Pong { round_trip: Some(time) } => format!("pong {}", time.as_millis_f64()),
        kind => kind.name().to_owned(),
    };
    let decoded = match decoded {
        Some(decoded) if decoded == size => String::new(),
        Some(decoded) => format!("={decoded}"),
        None => " unknown".to_owned(),
    };
    let fragments = if fragments == 1 { String::new() } else { format!(" in {fragments}") };
    let whole = message.how == Ending::Whole;
    let how = if whole { String::new() } else { format!(" {:?}", message.how) };
    format!("{way}{kind} {wire}/{size}{decoded}{fragments}{how}")
}

fn check(extensions: &str, steps: &[Step], wanted: &[&str]) {
    for piece in [usize::MAX, 1, 2, 3, 7] {
        let said = play(&agreed(extensions), steps, piece);
        assert_eq!(said.iter().map(brief).collect::<Vec<_>>(), wanted, "pieces of {piece}");
    }
}

const DEFLATE: &str = "permessage-deflate";

/// "Hello", compressed (RFC 7692 §7.2.3.1).
const HELLO: [u8; 7] = [0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00];

#[test]
fn messages_of_both_directions_in_all_lengths() {
    check(
        "",
        &[
            up(0x81, "Hello"),
            down(0x81, "Hello"),
            down(0x82, [0; 256]),
            up(0x82, vec![0; 70_000]),
            down(0x82, ""),
        ],
        &[">text 11/5", "<text 7/5", "<binary 260/256", ">binary 70014/70000", "<binary 2/0"],
    );
}

#[test]
fn fragments_are_one_message_and_control_frames_stand_between() {
    check(
        "",
        &[
            down(0x01, "Hel"),
            down(0x89, "?"),
            down(0x00, ""),
            up(0x8a, "?"),
            down(0x80, "lo"),
            up(0x8a, "unasked"),
        ],
        &["<ping 3/1", ">pong 2 7/1", "<text 11/5 in 3", ">pong 13/7"],
    );
}

#[test]
fn the_last_ping_of_a_payload_is_answered() {
    let steps = [
        down(0x89, "a"),
        down(0x89, "b"),
        down(0x89, "c"),
        up(0x8a, "b"),
        up(0x8a, "a"),
        up(0x8a, "c"),
    ];
    check(
        "",
        &steps,
        &["<ping 3/1", "<ping 3/1", "<ping 3/1", ">pong 2 7/1", ">pong 7/1", ">pong 3 7/1"],
    );
}

#[test]
fn compressed_messages_are_counted_as_sent_and_as_meant() {
    check(
        DEFLATE,
        &[
            up(0xc1, HELLO),
            down(0xc1, HELLO),
            down(0x89, ""),
            up(0x41, &HELLO[..3]),
            up(0x80, &HELLO[3..]),
            down(0x81, "plain"),
            down(0xc1, [0xf2, 0x00, 0x11, 0x00, 0x00]),
        ],
        &[
            ">text 13/7=5",
            "<text 9/7=5",
            "<ping 2/0",
            ">text 19/7=5 in 2",
            "<text 7/5",
            "<text 7/5",
        ],
    );
}

#[test]
fn both_say_why_they_close() {
    let away = [&1001u16.to_be_bytes()[..], b"bye"].concat();
    check(
        "",
        &[
            up(0x88, &away),
            down(0x88, &away[..2]),
            Step::End(ToClient, EndReason::Fin),
            Step::End(ToServer, EndReason::Fin),
        ],
        &[">close Some(1001) bye 11/5", "<close Some(1001)  4/2"],
    );
    check("", &[down(0x88, ""), Step::End(ToClient, EndReason::Fin)], &["<close None  2/0"]);
}

#[test]
fn times_are_those_of_the_first_and_last_frame() {
    let steps = [down(0x01, "a"), down(0x89, ""), down(0x80, "b")];
    let said = play(&Agreed::default(), &steps, 1);
    let EventBody::Http(HttpEvent::Message { message, .. }) = &said[1] else { panic!() };
    let frames = |stamp: Stamp| stamp.frame.0;
    assert_eq!((frames(message.span.first), frames(message.span.done)), (1, 3));
    assert_eq!(message.frames.iter().map(|frame| frame.0).collect::<Vec<_>>(), [1, 3]);
}

proptest! {
    /// Any bytes: nothing panics, and where they are cut changes nothing.
    #[test]
    fn cuts_do_not_matter(
        said in proptest::collection::vec((any::<bool>(), proptest::collection::vec(
            prop_oneof![any::<u8>(), Just(0x81), Just(0xc1), Just(0x02), Just(0)], 0..40)), 0..8),
        piece in 1usize..9,
    ) {
        let step = |(up, bytes): &(bool, Vec<u8>)| {
            Step::Say(if *up { ToServer } else { ToClient }, bytes.clone())
        };
        let steps: Vec<Step> = said.iter().map(step).collect();
        let agreed = agreed(DEFLATE);
        prop_assert_eq!(play(&agreed, &steps, piece), play(&agreed, &steps, usize::MAX));
    }
}

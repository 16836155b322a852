//! HPACK and whole conversations of HTTP/2.

use crate::anomaly::Class;
use crate::flow::event::Transport;
use crate::fuzzing::analyzer::{Step, converse, play, said, steps};
use crate::fuzzing::plan::Plan;
use crate::protocol;
use crate::protocol::analyzer::{Protocol, Verdict};
use crate::protocol::event::EventBody;
use crate::protocol::http2::hpack::Decoder;

/// Bytes of table at most: small, so that entries have to go.
const TABLE: usize = 200;

/// Header blocks of one direction: `FF` is followed by what happens between them: `00` a block
/// ends, `01` a block was lost, `02 n` the other side allows n bytes of table; else it stands for
/// itself. A block has no more fields than bytes, none longer than the block can make it, and what
/// is known of fields without a table is the same for whoever saw nothing before.
pub fn hpack(bytes: &[u8]) {
    let mut plan = Plan::new(bytes);
    let mut decoder = Decoder::new(TABLE);
    let mut block = Vec::new();
    loop {
        let is_over = plan.is_over();
        let byte = plan.u8();
        let next = if byte == 0xff { Some(plan.u8()) } else { None };
        match next {
            None if !is_over => block.push(byte),
            Some(0xff) => block.push(0xff),
            _ => {
                read(&mut decoder, &std::mem::take(&mut block));
                match next {
                    Some(1) => decoder.forget(),
                    Some(2) => decoder.allow(u64::from(plan.u8())),
                    _ => {}
                }
            }
        }
        if is_over {
            return;
        }
    }
}

fn read(decoder: &mut Decoder, block: &[u8]) {
    let mut known = Vec::new();
    let read = decoder.decode(block, |name, value| {
        // the shortest code has five bits
        let most = TABLE.max(64) + block.len() * 8 / 5;
        let length = name.map_or(0, <[u8]>::len) + value.map_or(0, <[u8]>::len);
        assert!(length <= most, "{length} bytes of {}", block.len());
        known.push((name.map(<[u8]>::to_vec), value.map(<[u8]>::to_vec)));
    });
    assert!(known.len() <= block.len(), "{} fields of {} bytes", known.len(), block.len());
    let mut newcomer = Decoder::new(TABLE);
    newcomer.forget();
    let mut nth = known.iter();
    let same = newcomer.decode(block, |name, value| {
        let Some((known_name, known_value)) = nth.next() else { return };
        let fits = |told: Option<&[u8]>, known: &Option<Vec<u8>>| {
            told.is_none() || known.is_none() || told == known.as_deref()
        };
        assert!(fits(name, known_name) && fits(value, known_value), "a newcomer knows otherwise");
    });
    assert!(read.is_err() || same.is_ok(), "a newcomer refuses what is right");
}

/// HTTP/2. What is understood of a conversation does not depend on where it is cut, as long as it
/// is HTTP/2: behind bytes that are not, and behind holes, what a packet brings tells where to go
/// on.
pub fn http2(bytes: &[u8]) {
    converse(Transport::Tcp, 8080, bytes);
    if bytes.len() > 2048 || !bytes.starts_with(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n") {
        return;
    }
    let mut steps = steps(bytes);
    let is_hole = |step: &Step| matches!(step, Step::Hole(_) | Step::Cut(_));
    steps.truncate(steps.iter().position(is_hole).unwrap_or(steps.len()));
    let [pieces, single] =
        [false, true].map(|single| play(Transport::Tcp, 8080, HTTP2, &steps, single));
    let is_plain = pieces.iter().chain(&single).all(|event| match &event.body {
        EventBody::Anomaly(anomaly) => anomaly.class != Class::Malformed,
        _ => true,
    });
    if is_plain {
        assert_eq!(said(&pieces), said(&single), "where a stream is cut changes what was said");
    }
}

/// HTTP/2 without a doubt: how soon a protocol is recognised does depend on the cuts.
static HTTP2: &[&Protocol] = &[&Protocol {
    name: "http2",
    transports: &[Transport::Tcp],
    ports: &[],
    alpn: &[],
    probe: |_| Verdict::Yes,
    start: |flow| (protocol::http2::PROTOCOL.start)(flow),
}];

//! QPACK and whole connections of HTTP/3.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use bytes::Bytes;

use crate::address::Endpoint;
use crate::flow::event::{Direction, EndReason, FlowId, FlowKey, GapReason, Role, Transport};
use crate::fuzzing::plan::Plan;
use crate::limits::Limits;
use crate::packet::Encapsulation;
use crate::protocol::analyzer::{Analyzer, Context, FlowInfo, StreamKey, StreamReset};
use crate::protocol::budget::Budgets;
use crate::protocol::buffer::StreamBuffer;
use crate::protocol::event::EventBody;
use crate::protocol::http3;
use crate::protocol::http3::qpack::{self, Decoder, Need};
use crate::protocol::routes::Routes;
use crate::protocol::secrets::Secrets;
use crate::time::{FrameNo, Stamp, Timestamp};

/// Bytes of table at most: small, so that entries have to go.
const TABLE: usize = 200;

/// The two streams of an encoder, and what happens between them: `FF` is followed by `00` a section
/// ends, `01` instructions do, `02` a piece of them is missing, `03 n` the other side allows n bytes
/// of table; else it stands for itself. A section has no more fields than bytes, none longer than it
/// can make it; one that needs nothing refers to nothing that is not there; and what is known of it
/// without a table is the same for whoever saw no instruction.
pub fn qpack(bytes: &[u8]) {
    let mut plan = Plan::new(bytes);
    let mut decoder = Decoder::new(TABLE);
    let mut part = Vec::new();
    loop {
        let is_over = plan.is_over();
        let byte = plan.u8();
        let next = if byte == 0xff { Some(plan.u8()) } else { None };
        match next {
            None if !is_over => part.push(byte),
            Some(0xff) => part.push(0xff),
            Some(1) => instruct(&mut decoder, &std::mem::take(&mut part)),
            Some(2) => decoder.forget(),
            Some(3) => decoder.allow(u64::from(plan.u8())),
            _ => read(&mut decoder, &std::mem::take(&mut part)),
        }
        if is_over {
            return;
        }
    }
}

fn instruct(decoder: &mut Decoder, mut stream: &[u8]) {
    while let Ok(length) = qpack::measure(stream, TABLE) {
        assert!(length > 0, "an instruction of no bytes");
        let Some((instruction, rest)) = stream.split_at_checked(length) else { return };
        let before = decoder.inserted();
        if decoder.instruct(instruction).is_ok() && decoder.is_known() {
            assert!(decoder.inserted() <= before + 1, "an instruction makes one entry");
        }
        assert!(decoder.held() < 64 * TABLE, "{} bytes are held", decoder.held());
        stream = rest;
    }
}

fn read(decoder: &mut Decoder, section: &[u8]) {
    let mut known = Vec::new();
    let need = decoder.need(section);
    let read = decoder.decode(section, |name, value| {
        // the shortest code has five bits, the longest field of the static table 76 bytes
        let most = TABLE.max(76) + section.len() * 8 / 5;
        let length = name.map_or(0, <[u8]>::len) + value.map_or(0, <[u8]>::len);
        assert!(length <= most, "{length} bytes of {}", section.len());
        known.push((name.map(<[u8]>::to_vec), value.map(<[u8]>::to_vec)));
    });
    assert!(known.len() <= section.len(), "{} fields of {} bytes", known.len(), section.len());
    let is_all_known = known.iter().all(|(name, value)| name.is_some() && value.is_some());
    // without settings, and with a table that is lost, nothing is waited for
    let is_waiting = need != Need::Nothing;
    let mut newcomer = Decoder::new(TABLE);
    newcomer.forget();
    assert!(newcomer.need(section) == Need::Nothing, "a newcomer waits for nothing");
    assert!(!is_waiting || is_all_known || !decoder.is_known() || Decoder::is_dynamic(section));
    let mut nth = known.iter();
    let same = newcomer.decode(section, |name, value| {
        let Some((known_name, known_value)) = nth.next() else { return };
        let fits = |told: Option<&[u8]>, known: &Option<Vec<u8>>| {
            told.is_none() || known.is_none() || told == known.as_deref()
        };
        assert!(fits(name, known_name) && fits(value, known_value), "a newcomer knows otherwise");
    });
    assert!(read.is_err() || same.is_ok(), "a newcomer refuses what is right");
}

/// What happens on the streams of a connection.
#[derive(Clone, Debug)]
enum Step {
    Say(Vec<u8>),
    /// What follows is of this stream.
    Turn(StreamKey),
    Hole(u8),
    End,
    Reset(u8),
    Datagram(Vec<u8>),
}

/// HTTP/3. Bytes are of the stream that was named last: `FF` is followed by `00 n` stream n, of the
/// client, `01 n` stream n, of the server, `02 n` n bytes are missing, `03` the stream ends, `04 n` it
/// is given up, `05` what was said since is a datagram; else it stands for itself and what follows it.
/// What is understood does not depend on where streams are cut.
pub fn http3(bytes: &[u8]) {
    let steps = steps(bytes);
    let whole = play(&steps, usize::MAX);
    if bytes.len() <= 2048 {
        assert_eq!(whole, play(&steps, 1), "where a stream is cut changes what was said");
    }
}

fn steps(bytes: &[u8]) -> Vec<Step> {
    let mut plan = Plan::new(bytes);
    let (mut steps, mut saying) = (Vec::new(), Vec::new());
    while !plan.is_over() {
        let byte = plan.u8();
        if byte != 0xff {
            saying.push(byte);
            continue;
        }
        let step = match plan.u8() {
            which @ (0 | 1) => {
                let direction = if which == 0 { Direction::ToServer } else { Direction::ToClient };
                Step::Turn(StreamKey { id: u64::from(plan.u8()), direction })
            }
            2 => Step::Hole(plan.u8()),
            3 => Step::End,
            4 => Step::Reset(plan.u8()),
            5 => Step::Datagram(std::mem::take(&mut saying)),
            other => {
                saying.push(0xff);
                saying.extend((other != 0xff).then_some(other));
                continue;
            }
        };
        if !saying.is_empty() {
            steps.push(Step::Say(std::mem::take(&mut saying)));
        }
        steps.push(step);
    }
    if !saying.is_empty() {
        steps.push(Step::Say(saying));
    }
    steps
}

/// Gives the steps to an analyzer, in pieces of so many bytes; gives what was said of HTTP.
fn play(steps: &[Step], piece: usize) -> Vec<EventBody> {
    let limits = Limits { http3_blocked: usize::MAX, ..Limits::default() };
    let mut stage = Stage {
        analyzer: Box::new(http3::Connection::new()),
        flow: flow(),
        budgets: Budgets::new(&limits),
        limits,
        open: BTreeMap::new(),
        events: Vec::new(),
        now: 0,
    };
    let mut from = StreamKey { id: 0, direction: Direction::ToServer };
    for step in steps {
        stage.now += 1;
        match step {
            Step::Say(bytes) => {
                for part in bytes.chunks(piece) {
                    stage.say(from, part);
                }
            }
            Step::Turn(to) => from = *to,
            Step::Hole(length) => stage.hole(from, u64::from(*length)),
            Step::End => stage.end(from, None),
            Step::Reset(code) => stage.end(from, Some(u64::from(*code))),
            Step::Datagram(bytes) => stage.datagram(from.direction, bytes),
        }
    }
    stage.now += 1;
    stage.call(|analyzer, cx| analyzer.close(cx));
    let http = |body: &EventBody| matches!(body, EventBody::Http(_));
    stage.events.into_iter().map(|(_, body)| body).filter(http).collect()
}

/// A connection between what is said and its analyzer.
struct Stage {
    analyzer: Box<dyn Analyzer>,
    flow: FlowInfo,
    limits: Limits,
    budgets: Budgets,
    /// What is unread of each stream, and how far it is; none where it is over.
    open: BTreeMap<StreamKey, Option<(StreamBuffer, u64)>>,
    events: Vec<(Stamp, EventBody)>,
    now: u64,
}

impl Stage {
    fn say(&mut self, from: StreamKey, bytes: &[u8]) {
        let Some((mut buffer, offset)) = self.take(from) else { return };
        let now = self.stamp();
        buffer.push(Bytes::copy_from_slice(bytes), now, now);
        self.call(|analyzer, cx| {
            analyzer.data(from, &mut buffer, cx);
        });
        let held = self.analyzer.held();
        assert!(held < 64 << 20, "{held} bytes are held");
        self.open.insert(from, Some((buffer, offset.saturating_add(bytes.len() as u64))));
    }

    fn hole(&mut self, from: StreamKey, length: u64) {
        if length == 0 {
            return;
        }
        let Some((mut buffer, offset)) = self.take(from) else { return };
        let end = offset.saturating_add(length);
        self.call(|analyzer, cx| {
            analyzer.gap(from, offset..end, GapReason::NotCaptured, &mut buffer, cx);
        });
        self.open.insert(from, Some((buffer, end)));
    }

    fn end(&mut self, from: StreamKey, code: Option<u64>) {
        let Some((mut buffer, _)) = self.take(from) else { return };
        self.call(|analyzer, cx| match code {
            None => analyzer.end(from, EndReason::Fin, &mut buffer, cx),
            Some(code) => {
                let by = if code & 1 == 0 { from.direction } else { !from.direction };
                analyzer.reset(from, StreamReset { by, code }, &mut buffer, cx);
            }
        });
        self.open.insert(from, None);
    }

    fn datagram(&mut self, direction: Direction, bytes: &[u8]) {
        let bytes = Bytes::copy_from_slice(bytes);
        self.call(|analyzer, cx| {
            analyzer.datagram(direction, &bytes, 0, cx);
        });
    }

    /// What is unread of a stream; none where it is over, or there is none that goes this way.
    fn take(&mut self, from: StreamKey) -> Option<(StreamBuffer, u64)> {
        let goes = match from.id & 3 {
            2 => from.direction == Direction::ToServer,
            3 => from.direction == Direction::ToClient,
            _ => true,
        };
        let open = self.open.entry(from).or_insert_with(|| Some((StreamBuffer::default(), 0)));
        open.take().filter(|_| goes)
    }

    fn call(&mut self, what: impl FnOnce(&mut dyn Analyzer, &mut Context<'_>)) {
        let mut cx = Context {
            now: self.stamp(),
            flow: &self.flow,
            path: None,
            limits: &self.limits,
            protocols: &[],
            budgets: &self.budgets,
            routes: &Routes::default(),
            secrets: &Secrets::default(),
            depth: 1,
            secure: true,
            events: &mut self.events,
        };
        what(&mut *self.analyzer, &mut cx);
    }

    const fn stamp(&self) -> Stamp {
        Stamp::new(Timestamp::from_nanos(self.now.cast_signed() * 1000), FrameNo(self.now))
    }
}

fn flow() -> FlowInfo {
    let client = Endpoint::new(Ipv4Addr::new(192, 0, 2, 1).into(), 40_000);
    let server = Endpoint::new(Ipv4Addr::new(192, 0, 2, 2).into(), 443);
    let (lo, hi) = (client.min(server), client.max(server));
    let key =
        FlowKey { transport: Transport::Udp, encapsulation: Encapsulation::default(), lo, hi };
    FlowInfo { id: FlowId(FrameNo(1)), key, client, server, role: Role::FirstSender }
}

/// Sections and instructions: the examples of the RFC, a table that is not known, entries that come
/// late.
pub(super) fn qpack_seeds() -> Vec<Vec<u8>> {
    let rfc = b"\xff\x03\xdc\x00\x00\x51\x0b/index.html\xff\x00\x3f\xa9\x01\xc0\x0fwww.example.com\
        \xc1\x0c/sample/path\xff\x01\x03\x81\x10\x11\xff\x00\x4acustom-key\x0ccustom-value\xff\x01\
        \x02\xff\x01\x05\x00\x80\xc1\x81\xff\x00\x81\x0dcustom-value2\xff\x01";
    let lost = b"\xff\x03\xc8\x3f\xa9\x01\x43abc\x01d\xff\x01\x02\x00\x80\xff\x00\xff\x02\x02\x00\
        \x80\x41\x01v\x10\x00\x01w\x23xyz\x01u\xff\x00";
    let late =
        b"\x04\x82\x80\x11\x12\xff\x00\xff\x03\xc8\x05\x00\x80\xff\x00\x3f\xa9\x01\x43abc\x01d\
        \x00\x00\xff\x01\x04\x00\x80\x81\x82\xff\x00";
    vec![rfc.to_vec(), lost.to_vec(), late.to_vec()]
}

/// Connections: requests at once, sections that wait, trailers, a push, a reset, holes, datagrams.
pub(super) fn seeds() -> Vec<Vec<u8>> {
    let begin: &[u8] = b"\xff\x00\x02\x00\x04\x06\x01\x40\xc8\x07\x40\x64\x08\x01\
        \xff\x01\x03\x00\x04\x06\x01\x40\xc8\x07\x40\x64\x08\x01\xff\x00\x06\x02\x3f\xa9\x01\
        \xff\x01\x07\x02\x3f\xa9\x01\xff\x00\x0a\x03\xff\x01\x0b\x03";
    let get: &[u8] = b"\x01\x08\0\0\xd1\xd7\x51\x02/a\xff\x03";
    let plain = [
        begin,
        b"\xff\x00\x00",
        get,
        b"\xff\x00\x04",
        get,
        b"\xff\x01\x04\x01\x03\0\0\xd9\x00\x05hello\x21\x01g\x01\x06\0\0\x21t\x011\xff\x03",
        b"\xff\x01\x00\x01\x03\0\0\xd8\x01\x03\0\0\xd9\x00\x03abc\xff\x04\x0c",
        b"\xff\x01\x03\x07\x01\x04\xff\x00\x02\x80\x0f\x07\0\x05\x08u=1,i",
    ];
    let blocked = [
        begin,
        b"\xff\x00\x00\x01\x04\x03\x00\x80\x81\x00\x02hi\xff\x03",
        b"\xff\x00\x06\xc1\x02/b\x43abc\x01d\xff\x01\x00\x01\x03\x02\x00\x80\x00\x02yo\xff\x03",
        b"\xff\x01\x07\xd9\x03201\xff\x00\x0a\x80\xff\x01\x0b\x80\x01\x44",
    ];
    let holed = [
        begin,
        b"\xff\x00\x00",
        get,
        b"\xff\x01\x00\x01\x03\0\0\xd9\x00\x20some\xff\x02\x10more\x00\x00\xff\x02\x03abc\xff\x03",
        b"\xff\x00\x06\xff\x02\x05\xff\x00\x08\x01\x04\x03\x00\x80\x81\xff\x03\xff\x01\x2c\xff\x02\x40data",
    ];
    let others = [
        begin,
        b"\xff\x00\x00",
        get,
        b"\xff\x01\x00\x05\x05\x00\0\0\xd1\xd7\xff\x01\x0f\x01\x00\x01\x03\0\0\xd9\x00\x01x\xff\x03",
        b"\xff\x00\x10\x01\x1d\0\0\xcf\xd7\x27\x02:protocol\x09websocket\x51\x01/\xff\x01\x10",
        b"\x01\x03\0\0\xd9\x00\x04\x81\x02hi\xff\x00\x10\x04data\xff\x05\xff\x00\x14\x40\x41\x00raw",
        b"\xff\x00\x12\x40\x54\x00raw",
    ];
    vec![plain.concat(), blocked.concat(), holed.concat(), others.concat()]
}

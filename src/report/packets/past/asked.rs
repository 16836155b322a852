//! What was asked and not answered yet, and what goes on: questions of all kinds, by frame.

use std::collections::VecDeque;
use std::net::IpAddr;

use hashbrown::HashMap;

use crate::flow::event::{Direction, FlowId};
use crate::flow::fragment::Whole;
use crate::flow::table::Taken;
use crate::limits::Limits;
use crate::packet::describe::LayerText;
use crate::packet::{Decoded, Layer};
use crate::protocol::dns::message::Message;
use crate::protocol::http::message::{Ending, HttpEvent, MessageId, Version};
use crate::report::packets::past::add::{field, since};
use crate::report::text::numbers;
use crate::time::Stamp;

/// Questions that wait for an answer.
#[derive(Debug, Default)]
pub(super) struct Asked {
    at: HashMap<Question, Stamp>,
    /// The oldest first; those that were answered may still be in it.
    order: VecDeque<(Question, Stamp)>,
    /// Responses that have begun, each with its first frame.
    responses: HashMap<FlowId, Stamp>,
}

/// What an answer says to be found by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Question {
    /// DNS: the transaction.
    Lookup(FlowId, u16),
    /// HTTP: the exchange.
    Exchange(FlowId, MessageId),
    /// ARP and NDP: who asks for whom.
    Neighbor(IpAddr, IpAddr),
    /// Echo: who asks whom, identifier and number.
    Echo(IpAddr, IpAddr, u32),
    /// DHCP and DHCPv6: the transaction.
    Transaction(bool, u32),
    /// Not asked but begun: source, destination and identification of a packet in fragments.
    Fragments(IpAddr, IpAddr, u32),
}

impl Asked {
    fn ask(&mut self, question: Question, at: Stamp) {
        // asked again: the first time counts
        if self.at.contains_key(&question) {
            return;
        }
        if self.order.len() >= Limits::VIEWED_QUESTIONS
            && let Some((oldest, asked)) = self.order.pop_front()
            && self.at.get(&oldest) == Some(&asked)
        {
            self.at.remove(&oldest);
        }
        self.at.insert(question, at);
        self.order.push_back((question, at));
    }

    /// ARP, NDP, DHCP and echo.
    pub(super) fn packet(&mut self, at: Stamp, decoded: &Decoded<'_>, texts: &mut [LayerText]) {
        let Some((question, is_answer)) = question(decoded) else { return };
        if !is_answer {
            self.ask(question, at);
        } else if let Some(asked) = self.at.remove(&question) {
            asked_in(texts, &["DHCP", "DHCPv6", "ARP", "ICMP", "ICMPv6"], asked, at);
        }
    }

    /// DNS.
    pub(super) fn lookup(&mut self, flow: FlowId, message: &Message, texts: &mut [LayerText]) {
        let question = Question::Lookup(flow, message.id);
        let at = message.span.first;
        if !message.flags.response {
            self.ask(question, at);
        } else if let Some(asked) = self.at.remove(&question) {
            asked_in(texts, &["DNS", "LLMNR"], asked, at);
        }
    }

    /// HTTP.
    pub(super) fn http(
        &mut self,
        flow: FlowId,
        at: Stamp,
        event: &HttpEvent,
        texts: &mut [LayerText],
    ) {
        let head = |texts: &mut [LayerText], first: Stamp| {
            if first.frame != at.frame {
                let text = format!("of the head that frame {} began", first.frame);
                field(texts, &["payload"], "end", text);
            }
        };
        match event {
            HttpEvent::Request { id, head: request } => {
                let first = request.span.first;
                self.ask(Question::Exchange(flow, *id), first);
                head(texts, first);
            }
            HttpEvent::Informational { id, head: response } => {
                let first = response.span.first;
                if let Some(asked) = self.at.get(&Question::Exchange(flow, *id)) {
                    asked_in(texts, &["HTTP", "payload"], *asked, first);
                }
                head(texts, first);
            }
            HttpEvent::Response { id, head: response } => {
                let first = response.span.first;
                if let Some(asked) = self.at.remove(&Question::Exchange(flow, *id)) {
                    asked_in(texts, &["HTTP", "payload"], asked, first);
                }
                head(texts, first);
                // of many streams nobody knows whose the next bytes are
                if response.version < Version::Http2 {
                    self.responses.insert(flow, first);
                }
            }
            HttpEvent::ResponseEnd { end, .. } => {
                let first = self.responses.remove(&flow);
                if let (Some(first), Ending::Whole) = (first, end.how)
                    && end.done == at
                {
                    let body = end.body.wire;
                    let frames = end.frames.len();
                    let text = if first.frame == at.frame {
                        format!("of the response: body of {body} bytes")
                    } else {
                        let (began, took) = (first.frame, since(first, at));
                        format!(
                            "of the response that frame {began} began, {took}: \
                             body of {body} bytes, {frames} frames in all"
                        )
                    };
                    field(texts, &["HTTP", "payload"], "end", text);
                }
            }
            HttpEvent::RequestEnd { .. }
            | HttpEvent::Prioritized { .. }
            | HttpEvent::Queued { .. }
            | HttpEvent::Early { .. }
            | HttpEvent::Switched { .. }
            | HttpEvent::Message { .. } => {}
        }
    }

    /// The middle of a response.
    pub(super) fn content(
        &self,
        taken: Taken,
        at: Stamp,
        decoded: &Decoded<'_>,
        texts: &mut [LayerText],
    ) {
        let first = self.responses.get(&taken.flow).filter(|first| first.frame != at.frame);
        if let (Some(first), Direction::ToClient, false) =
            (first, taken.direction, decoded.payload.is_empty())
        {
            let text = format!("the response that frame {} began", first.frame);
            field(texts, &["payload"], "content of", text);
        }
    }

    /// A fragment, and the packet that it completes.
    pub(super) fn fragment(
        &mut self,
        at: Stamp,
        decoded: &Decoded<'_>,
        whole: Option<&Whole>,
        texts: &mut [LayerText],
    ) {
        let Some(network) = decoded.network.filter(|network| network.fragment.is_some()) else {
            return;
        };
        let id = network.identification.unwrap_or(0);
        let question = Question::Fragments(network.source, network.destination, id);
        let piece = ["piece of a fragmented packet"];
        if let Some(whole) = whole {
            self.at.remove(&question);
            let frames = numbers::short(&whole.frames);
            let bytes = whole.payload.len();
            let text = format!("the packet of frames {frames}: {bytes} bytes, opened below");
            field(texts, &piece, "completes", text);
        } else if let Some(first) = self.at.get(&question) {
            let text = format!("frame {}, {}", first.frame, since(*first, at));
            field(texts, &piece, "begun in", text);
        } else {
            self.ask(question, at);
        }
    }

    /// A flow is over: nothing of it is answered any more.
    pub(super) fn closed(&mut self, flow: FlowId) {
        self.responses.remove(&flow);
    }
}

fn asked_in(texts: &mut [LayerText], layers: &[&str], asked: Stamp, at: Stamp) {
    let text = format!("frame {}, {}", asked.frame, since(asked, at));
    field(texts, layers, "asked in", text);
}

/// What a message of a link, of ICMP or of DHCP asks, or answers.
fn question(decoded: &Decoded<'_>) -> Option<(Question, bool)> {
    if let Some(arp) = decoded.arp() {
        let ip = |bytes: &[u8]| <[u8; 4]>::try_from(bytes).ok().map(IpAddr::from);
        let (sender, target) = (ip(arp.sender_protocol_addr())?, ip(arp.target_protocol_addr())?);
        return match arp.operation().0 {
            1 if sender != target => Some((Question::Neighbor(sender, target), false)),
            2 => Some((Question::Neighbor(target, sender), true)),
            _ => None,
        };
    }
    if let Some(udp) = decoded.udp() {
        let (first, second) = decoded.payload.first_chunk::<8>()?.split_at(4);
        let [first, second] = [first, second].map(|it| it.first_chunk().copied());
        let (first, second) = (u32::from_be_bytes(first?), u32::from_be_bytes(second?));
        let kind = first >> 24;
        return match (udp.source_port(), udp.destination_port()) {
            (67 | 68, 67 | 68) => Some((Question::Transaction(false, second), kind == 2)),
            (546 | 547, 546 | 547) => {
                let transaction = first & 0xff_ffff;
                Some((Question::Transaction(true, transaction), matches!(kind, 2 | 7)))
            }
            _ => None,
        };
    }
    let network = decoded.network?;
    let (source, destination) = (network.source, network.destination);
    let message = match decoded.layers.last()? {
        Layer::Icmpv4(message) => message.slice(),
        Layer::Icmpv6(message) => message.slice(),
        _ => return None,
    };
    let (head, rest) = message.split_first_chunk::<8>()?;
    let [kind, _, _, _, a, b, c, d] = *head;
    let number = u32::from_be_bytes([a, b, c, d]);
    let target = || rest.first_chunk::<16>().map(|ip| IpAddr::from(*ip));
    match (network.source.is_ipv4(), kind) {
        (true, 8) | (false, 128) => Some((Question::Echo(source, destination, number), false)),
        (true, 0) | (false, 129) => Some((Question::Echo(destination, source, number), true)),
        (false, 135) => Some((Question::Neighbor(source, target()?), false)),
        (false, 136) => Some((Question::Neighbor(destination, target()?), true)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::buffer::Span;
    use crate::protocol::http::fields::Fields;
    use crate::protocol::http::message::ResponseHead;
    use crate::time::{FrameNo, Timestamp};

    #[test]
    fn only_where_one_response_is_sent_at_a_time_the_next_bytes_are_its() {
        let at = Stamp::new(Timestamp::from_nanos(0), FrameNo(7));
        let goes_on = |version| {
            let head = ResponseHead {
                status: Some(200),
                reason: "".into(),
                version,
                fields: Fields::default(),
                unknown_fields: 0,
                span: Span { first: at, ready: at, last: at, done: at },
                size: 9,
            };
            // HTTP/3's first request is on stream 0, too
            let id = MessageId { stream: 0, nth: 0 };
            let mut asked = Asked::default();
            let event = HttpEvent::Response { id, head: head.into() };
            asked.http(FlowId(FrameNo(1)), at, &event, &mut []);
            !asked.responses.is_empty()
        };
        assert!(goes_on(Version::Http11));
        assert!(!goes_on(Version::Http2) && !goes_on(Version::Http3));
    }

    #[test]
    fn the_oldest_questions_wait_no_more() {
        let mut asked = Asked::default();
        let at = |frame| Stamp::new(Timestamp::from_nanos(0), FrameNo(frame));
        let most = u32::try_from(Limits::VIEWED_QUESTIONS).unwrap();
        for n in 0..=most {
            asked.ask(Question::Transaction(false, n), at(u64::from(n)));
            // again, which changes nothing
            asked.ask(Question::Transaction(false, n), at(0));
        }
        assert_eq!((asked.at.len(), asked.order.len()), (Limits::VIEWED_QUESTIONS, asked.at.len()));
        assert_eq!(asked.at.get(&Question::Transaction(false, 0)), None);
        assert_eq!(asked.at.get(&Question::Transaction(false, 1)), Some(&at(1)));
    }
}

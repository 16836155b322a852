//! The same said again and again of one packet: an empty frame has nine bytes, what is said of it
//! twenty times as many.

use crate::anomaly::Anomaly;
use crate::flow::event::FlowId;

/// How often each kind of anomaly was said of a flow by one packet.
#[derive(Default)]
pub struct Repeated {
    flow: Option<FlowId>,
    /// The kinds; few, for they are the words of our own analyzers.
    kinds: Vec<(&'static str, u32)>,
}

impl Repeated {
    /// Another packet says something.
    pub fn clear(&mut self) {
        self.flow = None;
    }

    /// Whether an anomaly is one of the first `most` of its kind; the others are counted.
    pub fn is_listed(&mut self, flow: FlowId, anomaly: &Anomaly, most: u32) -> bool {
        if self.flow != Some(flow) {
            self.flow = Some(flow);
            self.kinds.clear();
        }
        let kinds = &mut self.kinds;
        let nth = kinds.iter().position(|(id, _)| *id == anomaly.id).unwrap_or_else(|| {
            kinds.push((anomaly.id, 0));
            kinds.len() - 1
        });
        let Some((_, said)) = kinds.get_mut(nth) else { return false };
        *said = said.saturating_add(1);
        *said <= most
    }

    /// How many of each kind were only counted since this was asked.
    pub fn unlisted(&mut self, most: u32) -> impl Iterator<Item = (&'static str, u32)> {
        self.kinds.iter_mut().filter_map(move |(id, said)| {
            let more = said.saturating_sub(most);
            *said -= more;
            (more > 0).then_some((*id, more))
        })
    }
}

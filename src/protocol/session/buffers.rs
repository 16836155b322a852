//! The unread bytes of a session's streams.

use std::collections::BTreeMap;

use crate::flow::event::PerDirection;
use crate::protocol::analyzer::StreamKey;
use crate::protocol::buffer::StreamBuffer;

/// The unread bytes of each stream; stream 0, the only one of TCP, without a search.
#[derive(Default)]
pub(super) struct Buffers {
    zero: PerDirection<StreamBuffer>,
    /// The others, and what each took when it was last weighed.
    numbered: BTreeMap<StreamKey, (StreamBuffer, usize)>,
    /// The sum of that.
    weight: usize,
}

impl Buffers {
    pub(super) fn of(&mut self, key: StreamKey) -> &mut StreamBuffer {
        if key.id == 0 {
            self.zero.of_mut(key.direction)
        } else {
            &mut self.numbered.entry(key).or_default().0
        }
    }

    pub(super) fn held(&self) -> usize {
        self.zero.to_server.held() + self.zero.to_client.held() + self.weight
    }

    /// A stream may take more now, or less.
    pub(super) fn weigh(&mut self, key: StreamKey) {
        if let Some((buffer, weighed)) = self.numbered.get_mut(&key) {
            self.weight = self.weight.saturating_add(buffer.held()).saturating_sub(*weighed);
            *weighed = buffer.held();
        }
    }

    pub(super) fn forget(&mut self, key: StreamKey) {
        if key.id == 0 {
            *self.zero.of_mut(key.direction) = StreamBuffer::default();
        } else if let Some((_, weighed)) = self.numbered.remove(&key) {
            self.weight = self.weight.saturating_sub(weighed);
        }
    }
}

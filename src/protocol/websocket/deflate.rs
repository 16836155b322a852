//! Undoes permessage-deflate (RFC 7692 §7.2.2) to count what comes out.
//!
//! Takes the payload of compressed messages of one direction, unmasked and in order, gives the
//! decompressed bytes piece by piece. Keeps none of them but what the next message may repeat.

use std::cell::Cell;

use flate2::{Decompress, FlushDecompress, Status};

use crate::limits::Limits;
use crate::protocol::budget::Share;

/// Why a message could not be decompressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// It is no deflate.
    Broken,
    /// More came out than is counted, or the ratio is a bomb's.
    TooLarge,
    /// Bytes of it, or of what it repeats, are missing.
    Missing,
    /// So many others are decompressed at once that there is no room.
    NoRoom,
}

/// The compressed messages of one direction.
pub(super) struct Inflater {
    /// None between messages where the window is not kept.
    inflate: Option<Decompress>,
    keeps: bool,
    /// What is wrong: with this message, and where the window is kept with all that follow.
    fault: Option<Fault>,
    /// This message had a last block.
    is_over: bool,
    taken: u64,
    made: u64,
    /// What the window takes.
    share: Share,
}

impl Inflater {
    /// For a direction that keeps its window from message to message, or does not.
    pub(super) const fn new(keeps: bool, share: Share) -> Self {
        Self { inflate: None, keeps, fault: None, is_over: false, taken: 0, made: 0, share }
    }

    /// More of a message; what comes out goes to `each`.
    pub(super) fn push(&mut self, mut input: &[u8], limits: &Limits, mut each: impl FnMut(&[u8])) {
        if self.fault.is_none() && self.inflate.is_none() && !self.share.resize(WINDOW) {
            self.fault = Some(Fault::NoRoom);
        }
        self.taken = self.taken.saturating_add(input.len() as u64);
        let most = self.taken.saturating_mul(limits.decoded_ratio).max(FREE);
        let most = most.min(limits.decoded_body);
        let mut scratch = SPARE.take().unwrap_or_else(|| vec![0; SCRATCH].into());
        while self.fault.is_none() && !self.is_over {
            let inflate = self.inflate.get_or_insert_with(|| Decompress::new(false));
            let (before_in, before_out) = (inflate.total_in(), inflate.total_out());
            let Ok(status) = inflate.decompress(input, &mut scratch, FlushDecompress::None) else {
                self.fault = Some(Fault::Broken);
                break;
            };
            let used = usize::try_from(inflate.total_in() - before_in).unwrap_or(input.len());
            let wrote = usize::try_from(inflate.total_out() - before_out).unwrap_or(SCRATCH);
            input = input.get(used..).unwrap_or_default();
            each(scratch.get(..wrote).unwrap_or_default());
            self.made = self.made.saturating_add(wrote as u64);
            if self.made > most {
                self.fault = Some(Fault::TooLarge);
            }
            // A last block is allowed (§7.2.3.4), and what follows it is empty.
            self.is_over = status == Status::StreamEnd;
            if (input.is_empty() && wrote < SCRATCH) || (used == 0 && wrote == 0) {
                break;
            }
        }
        SPARE.set(Some(scratch));
    }

    /// Bytes of a compressed message are missing.
    pub(super) const fn gap(&mut self) {
        if self.fault.is_none() {
            self.fault = Some(Fault::Missing);
        }
    }

    /// A message is over: its decompressed size. What comes out at last goes to `each`.
    pub(super) fn finish(
        &mut self,
        limits: &Limits,
        each: impl FnMut(&[u8]),
    ) -> Result<u64, Fault> {
        self.push(&TAIL, limits, each);
        let result = self.fault.map_or(Ok(self.made), Err);
        (self.taken, self.made) = (0, 0);
        let is_over = std::mem::take(&mut self.is_over);
        if !self.keeps {
            self.fault = None;
            self.inflate = None;
        } else if is_over || self.fault.is_some() {
            // What follows repeats what is not known: no fault of its own. Nor does zlib keep its
            // window behind a last block.
            self.fault = Some(Fault::Missing);
            self.inflate = None;
        }
        if self.inflate.is_none() {
            self.share.resize(0);
        }
        result
    }
}

/// What every sender leaves out at the end of a message (§7.2.1): an empty block.
const TAIL: [u8; 4] = [0, 0, 0xff, 0xff];

/// What decompressing takes: a window of 32 KiB, and tables.
const WINDOW: usize = 48 << 10;

/// Decompressed bytes at a time.
const SCRATCH: usize = 32 << 10;

/// Decompressed bytes of a message for which no ratio is asked.
const FREE: u64 = 1 << 20;

thread_local! {
    /// One scratch buffer is kept for the next message.
    static SPARE: Cell<Option<Box<[u8]>>> = const { Cell::new(None) };
}

#[cfg(test)]
mod tests {
    use flate2::{Compress, Compression, FlushCompress};

    use super::*;
    use crate::protocol::budget::Budget;

    fn inflater(keeps: bool) -> Inflater {
        Inflater::new(keeps, Budget::new(1 << 20).share())
    }

    fn count(
        inflater: &mut Inflater,
        message: &[u8],
        limits: &Limits,
    ) -> (Result<u64, Fault>, Vec<u8>) {
        let mut out = Vec::new();
        for piece in message.chunks(3) {
            inflater.push(piece, limits, |bytes| out.extend_from_slice(bytes));
        }
        (inflater.finish(limits, |bytes| out.extend_from_slice(bytes)), out)
    }

    /// Messages of one sender that keeps its window, without their tails.
    fn deflated(messages: &[&[u8]]) -> Vec<Vec<u8>> {
        let mut compress = Compress::new(Compression::default(), false);
        let one = |message: &&[u8]| {
            let mut out = Vec::with_capacity(message.len() + 100);
            compress.compress_vec(message, &mut out, FlushCompress::Sync).unwrap();
            out.truncate(out.len() - TAIL.len());
            out
        };
        messages.iter().map(one).collect()
    }

    #[test]
    fn the_examples_of_the_rfc() {
        let limits = Limits::default();
        // RFC 7692 §7.2.3.1, §7.2.3.2
        let hello = [0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00];
        let again = [0xf2, 0x00, 0x11, 0x00, 0x00];
        let mut keeps = inflater(true);
        assert_eq!(count(&mut keeps, &hello, &limits), (Ok(5), b"Hello".to_vec()));
        assert_eq!(count(&mut keeps, &again, &limits), (Ok(5), b"Hello".to_vec()));
        let mut forgets = inflater(false);
        for _ in 0..2 {
            assert_eq!(count(&mut forgets, &hello, &limits), (Ok(5), b"Hello".to_vec()));
        }
        assert_eq!(count(&mut forgets, &again, &limits).0, Err(Fault::Broken));
        assert_eq!(count(&mut forgets, &hello, &limits).0, Ok(5), "each message for itself");
        // §7.2.3.3: not compressed, §7.2.3.4: a last block, §7.2.3.5: two blocks, and nothing
        let plain = [0x00, 0x05, 0x00, 0xfa, 0xff, 0x48, 0x65, 0x6c, 0x6c, 0x6f, 0x00];
        let last = [0xf3, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00, 0x00];
        let two = [0xf2, 0x48, 0x05, 0x00, 0x00, 0x00, 0xff, 0xff, 0xca, 0xc9, 0xc9, 0x07, 0x00];
        for message in [&plain[..], &last, &two] {
            assert_eq!(count(&mut inflater(false), message, &limits), (Ok(5), b"Hello".to_vec()));
        }
        assert_eq!(count(&mut inflater(true), &[0x00], &limits), (Ok(0), vec![]));
    }

    #[test]
    fn what_repeats_the_missing_is_unknown() {
        let limits = Limits::default();
        let text: Vec<u8> =
            (0..500u32).flat_map(|n| (n * n % 251).to_string().into_bytes()).collect();
        let messages = deflated(&[&text, &text, &text]);
        assert!(messages[1].len() < messages[0].len() / 4, "it repeats");
        let mut keeps = inflater(true);
        for message in &messages {
            assert_eq!(count(&mut keeps, message, &limits), (Ok(text.len() as u64), text.clone()));
        }
        let mut holed = inflater(true);
        holed.gap();
        for message in &messages {
            assert_eq!(count(&mut holed, message, &limits).0, Err(Fault::Missing));
        }
        let mut forgets = inflater(false);
        forgets.gap();
        assert_eq!(count(&mut forgets, &messages[0], &limits).0, Err(Fault::Missing));
        assert_eq!(count(&mut forgets, &messages[0], &limits).0, Ok(text.len() as u64));
    }

    #[test]
    fn a_bomb_ends_at_the_bound() {
        let bomb = deflated(&[&vec![0; 4 << 20]]).remove(0);
        let limits = Limits { decoded_body: 2 << 20, ..Limits::default() };
        assert_eq!(count(&mut inflater(true), &bomb, &limits).0, Err(Fault::TooLarge));
        let limits = Limits { decoded_ratio: 100, ..Limits::default() };
        assert_eq!(count(&mut inflater(true), &bomb, &limits).0, Err(Fault::TooLarge));
        assert_eq!(count(&mut inflater(true), &bomb, &Limits::default()).0, Ok(4 << 20));
    }

    #[test]
    fn where_there_is_no_room_a_message_is_not_decompressed_and_later_ones_may_be() {
        let hello = [0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00];
        let (budget, limits) = (Budget::new(WINDOW), Limits::default());
        let mut first = Inflater::new(true, budget.share());
        let mut second = Inflater::new(false, budget.share());
        assert_eq!(count(&mut first, &hello, &limits).0, Ok(5));
        assert_eq!(count(&mut second, &hello, &limits).0, Err(Fault::NoRoom));
        drop(first);
        assert_eq!(count(&mut second, &hello, &limits).0, Ok(5));
        assert_eq!(budget.left(), WINDOW, "no window is kept from message to message");
    }
}

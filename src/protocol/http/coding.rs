//! Undoes content codings (RFC 9110 §8.4.1) to count what comes out.
//!
//! Takes the bytes of an encoded body as they come, gives the number of decoded bytes. It keeps
//! none of them: each decoder writes into a scratch buffer that is overwritten at once.

mod names;
mod whole;

pub(super) use names::{Coding, codings};

use std::cell::Cell;

use arrayvec::ArrayVec;
use brotli_decompressor::{BrotliDecompressStream, BrotliResult, BrotliState, StandardAlloc};
use flate2::{Decompress, FlushDecompress, Status};
use zstd::stream::raw;

use crate::limits::Limits;
use crate::protocol::budget::{Budget, Share};
use crate::protocol::http::coding::names::{Codings, MAX_CODINGS};

/// Why decoding ended early.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// The bytes are not of that coding, or end too early.
    Broken(Coding),
    /// More came out than is counted, or the ratio is a bomb's.
    TooLarge,
    /// It asks for a larger window than is given.
    Window(Coding),
    /// So many others are decoded at once that there is no room.
    NoRoom,
}

/// The decoders of one body.
///
/// Bytes wait until there is a batch of them: decoders are several times as fast on long runs,
/// and a body of ordinary size needs a decoder for an instant only, however slowly it came.
pub(super) struct Decoder {
    /// In the order in which they were applied.
    codings: Codings,
    /// In the order in which they are undone: the last coding first; none before the first batch.
    layers: Option<Layers>,
    waiting: Vec<u8>,
    batch: usize,
    window: usize,
    taken: u64,
    made: u64,
    most: u64,
    ratio: u64,
    /// What all of this takes.
    share: Share,
}

type Layers = ArrayVec<Codec, MAX_CODINGS>;

impl Decoder {
    /// Decoders for some codings; none where there are none.
    pub(super) fn new(codings: Codings, limits: &Limits, room: &Budget) -> Option<Self> {
        let (most, ratio) = (limits.decoded_body, limits.decoded_ratio);
        let window = limits.decoder_window;
        let (layers, waiting, batch) = (None, Vec::new(), BATCH);
        let (taken, made) = (0, 0);
        let share = room.share();
        let decoder =
            Self { codings, layers, waiting, batch, window, taken, made, most, ratio, share };
        (!decoder.codings.is_empty()).then_some(decoder)
    }

    /// Makes room for bytes that are there already, before they come in pieces.
    pub(super) fn reserve(&mut self, n: usize) {
        self.waiting.reserve(n.min(self.batch));
    }

    /// Takes what came.
    pub(super) fn push(&mut self, bytes: &[u8]) -> Result<(), Fault> {
        self.waiting.extend_from_slice(bytes);
        if self.waiting.len() >= self.batch {
            self.batch(&mut |_| {})?;
        }
        self.account()
    }

    /// Takes what came, and gives at once what it decodes to.
    pub(super) fn push_into(
        &mut self,
        bytes: &[u8],
        mut each: impl FnMut(&[u8]),
    ) -> Result<(), Fault> {
        self.waiting.extend_from_slice(bytes);
        self.batch(&mut each)?;
        self.account()
    }

    /// Decodes all that came; gives the number of decoded bytes so far.
    pub(super) fn made(&mut self) -> Result<u64, Fault> {
        self.batch(&mut |_| {})?;
        Ok(self.made)
    }

    /// No more will come: is that the end of the encoded data, too?
    pub(super) fn finish(&mut self) -> Result<u64, Fault> {
        if let (None, [Coding::Gzip]) = (&self.layers, self.codings.as_slice())
            && let Some(made) = whole::gzip(&self.waiting, self.most_for(self.waiting.len()))
        {
            return Ok(made);
        }
        self.batch(&mut |_| {})?;
        let mut open = self.layers.iter().flatten().filter(|codec| !codec.at_end());
        open.next().map_or(Ok(self.made), |codec| Err(Fault::Broken(codec.coding())))
    }

    /// Takes what is held from here on to the next packet from the budget of all.
    fn account(&mut self) -> Result<(), Fault> {
        let layers = self.layers.as_deref().unwrap_or_default();
        // what a layer above the last one made nobody has counted
        let made = if layers.len() == 1 { self.made } else { u64::MAX };
        let made = usize::try_from(made).unwrap_or(usize::MAX);
        let held = layers.iter().map(|codec| codec.held(made, self.window));
        let held = held.fold(self.waiting.capacity(), usize::saturating_add);
        if self.share.resize(held) { Ok(()) } else { Err(Fault::NoRoom) }
    }

    /// Decoded bytes that are allowed once so many more encoded ones have been taken.
    fn most_for(&self, more: usize) -> u64 {
        let taken = self.taken.saturating_add(more as u64);
        self.most.min(taken.saturating_mul(self.ratio).max(FREE))
    }

    fn batch(&mut self, each: &mut dyn FnMut(&[u8])) -> Result<(), Fault> {
        if self.waiting.is_empty() {
            return Ok(());
        }
        let most = self.most_for(self.waiting.len());
        self.taken = self.taken.saturating_add(self.waiting.len() as u64);
        if self.layers.is_none() {
            let window = self.window;
            let layers = self.codings.iter().rev().map(|coding| Codec::new(*coding, window));
            self.layers = layers.collect();
        }
        // Only where memory is short.
        let Some(layers) = &mut self.layers else { return Err(Fault::TooLarge) };
        let result = run(layers, &self.waiting, (&mut self.made, most), each);
        self.waiting.clear();
        result
    }
}

fn run(
    layers: &mut [Codec],
    bytes: &[u8],
    (made, most): (&mut u64, u64),
    each: &mut dyn FnMut(&[u8]),
) -> Result<(), Fault> {
    let Some((first, rest)) = layers.split_first_mut() else {
        *made = made.saturating_add(bytes.len() as u64);
        each(bytes);
        return if *made > most { Err(Fault::TooLarge) } else { Ok(()) };
    };
    let mut scratch = SPARE.take().unwrap_or_else(|| vec![0; SCRATCH].into());
    let mut input = bytes;
    let result = loop {
        let (used, wrote) = match first.step(input, &mut scratch) {
            Ok(done) => done,
            Err(fault) => break Err(fault),
        };
        input = input.get(used..).unwrap_or_default();
        let decoded = scratch.get(..wrote).unwrap_or_default();
        if let Err(fault) = run(rest, decoded, (made, most), each) {
            break Err(fault);
        }
        let flushed = wrote < scratch.len();
        if (input.is_empty() && flushed) || (used == 0 && wrote == 0) {
            break Ok(());
        }
    };
    SPARE.set(Some(scratch));
    result
}

thread_local! {
    /// One scratch buffer is kept for the next batch: the system clears what it hands out.
    static SPARE: Cell<Option<Box<[u8]>>> = const { Cell::new(None) };
}

enum Codec {
    Gzip { inflate: Decompress, member: Member },
    Deflate(Deflate),
    Brotli { state: Box<Brotli>, window: usize, begun: bool, over: bool },
    Zstd { decoder: raw::Decoder<'static>, at_end: bool },
}

type Brotli = BrotliState<StandardAlloc, StandardAlloc, StandardAlloc>;

/// Where in a gzip file we are: members may follow each other (RFC 1952 §2.2).
#[derive(Clone, Copy, PartialEq, Eq)]
enum Member {
    Within,
    /// One is over; another begins if these are its first bytes.
    Between,
    /// Something else follows, which everyone ignores.
    Beyond,
}

impl Codec {
    fn new(coding: Coding, window: usize) -> Option<Self> {
        Some(match coding {
            Coding::Gzip => {
                Self::Gzip { inflate: Decompress::new_gzip(15), member: Member::Within }
            }
            Coding::Deflate => Self::Deflate(Deflate::Nothing),
            Coding::Brotli => {
                let alloc = StandardAlloc::default();
                let state = Box::new(Brotli::new_strict(alloc, alloc, alloc));
                Self::Brotli { state, window, begun: false, over: false }
            }
            Coding::Zstd => {
                let mut decoder = raw::Decoder::new().ok()?;
                let log = window.min(ZSTD_WINDOW).checked_ilog2()?.max(10);
                decoder.set_parameter(raw::DParameter::WindowLogMax(log)).ok()?;
                Self::Zstd { decoder, at_end: true }
            }
        })
    }

    const fn coding(&self) -> Coding {
        match self {
            Self::Gzip { .. } => Coding::Gzip,
            Self::Deflate(_) => Coding::Deflate,
            Self::Brotli { .. } => Coding::Brotli,
            Self::Zstd { .. } => Coding::Zstd,
        }
    }

    /// Bytes of memory, about, once so many have been made: of a window, those that were written.
    fn held(&self, made: usize, window: usize) -> usize {
        match self {
            Self::Gzip { .. } | Self::Deflate(_) => INFLATE,
            Self::Brotli { .. } => BROTLI + made.min(window),
            Self::Zstd { .. } => ZSTD + made.min(window).min(ZSTD_WINDOW),
        }
    }

    const fn at_end(&self) -> bool {
        match self {
            Self::Gzip { member, .. } => !matches!(member, Member::Within),
            Self::Deflate(deflate) => matches!(deflate, Deflate::Over),
            Self::Brotli { over, .. } => *over,
            Self::Zstd { at_end, .. } => *at_end,
        }
    }

    /// Bytes read and bytes written. Reads all of what follows the end of the data.
    fn step(&mut self, input: &[u8], output: &mut [u8]) -> Result<(usize, usize), Fault> {
        match self {
            Self::Gzip { inflate, member } => {
                if *member == Member::Between {
                    match input.first() {
                        None => return Ok((0, 0)),
                        Some(0x1f) => {
                            *inflate = Decompress::new_gzip(15);
                            *member = Member::Within;
                        }
                        Some(_) => *member = Member::Beyond,
                    }
                }
                if *member == Member::Beyond {
                    return Ok((input.len(), 0));
                }
                let (used, wrote, over) = step(inflate, input, output, Coding::Gzip)?;
                if over {
                    *member = Member::Between;
                }
                Ok((used, wrote))
            }
            Self::Deflate(deflate) => deflate.step(input, output),
            Self::Brotli { state, window, begun, over } => {
                if *over {
                    return Ok((input.len(), 0));
                }
                if let (false, Some(first)) = (*begun, input.first()) {
                    *begun = true;
                    if brotli_window(*first) > *window {
                        return Err(Fault::Window(Coding::Brotli));
                    }
                }
                let (mut left, mut used) = (input.len(), 0);
                let (mut room, mut wrote, mut total) = (output.len(), 0, 0);
                let result = BrotliDecompressStream(
                    &mut left, &mut used, input, &mut room, &mut wrote, output, &mut total, state,
                );
                match result {
                    BrotliResult::ResultFailure => return Err(Fault::Broken(Coding::Brotli)),
                    BrotliResult::ResultSuccess => *over = true,
                    BrotliResult::NeedsMoreInput | BrotliResult::NeedsMoreOutput => {}
                }
                Ok((used, wrote))
            }
            Self::Zstd { decoder, at_end } => {
                if input.is_empty() && *at_end {
                    return Ok((0, 0));
                }
                let status = raw::Operation::run_on_buffers(decoder, input, output)
                    .map_err(|_| Fault::Broken(Coding::Zstd))?;
                *at_end = status.remaining == 0;
                Ok((status.bytes_read, status.bytes_written))
            }
        }
    }
}

/// `deflate` is sent in two formats: which one, the first two bytes tell.
enum Deflate {
    Nothing,
    First(u8),
    Within(Decompress),
    Over,
}

impl Deflate {
    fn step(&mut self, input: &[u8], output: &mut [u8]) -> Result<(usize, usize), Fault> {
        match (&mut *self, input) {
            (Self::Nothing, [first]) => {
                *self = Self::First(*first);
                Ok((1, 0))
            }
            (Self::Nothing, [first, second, ..]) => {
                *self = Self::Within(Decompress::new(is_zlib(*first, *second)));
                self.step(input, output)
            }
            (Self::First(first), [second, ..]) => {
                let first = *first;
                let mut inflate = Decompress::new(is_zlib(first, *second));
                let (_, wrote, _) = step(&mut inflate, &[first], output, Coding::Deflate)?;
                *self = Self::Within(inflate);
                let room = output.get_mut(wrote..).unwrap_or_default();
                self.step(input, room).map(|(used, more)| (used, wrote + more))
            }
            (Self::Within(inflate), _) => {
                let (used, wrote, over) = step(inflate, input, output, Coding::Deflate)?;
                if over {
                    *self = Self::Over;
                }
                Ok((used, wrote))
            }
            (Self::Over, _) => Ok((input.len(), 0)),
            (Self::Nothing | Self::First(_), []) => Ok((0, 0)),
        }
    }
}

/// CMF and FLG of RFC 1950 §2.2: method 8, and a multiple of 31.
fn is_zlib(cmf: u8, flg: u8) -> bool {
    cmf & 0x0f == 8 && u16::from_be_bytes([cmf, flg]).is_multiple_of(31)
}

fn step(
    inflate: &mut Decompress,
    input: &[u8],
    output: &mut [u8],
    coding: Coding,
) -> Result<(usize, usize, bool), Fault> {
    let (before_in, before_out) = (inflate.total_in(), inflate.total_out());
    let status = inflate
        .decompress(input, output, FlushDecompress::None)
        .map_err(|_| Fault::Broken(coding))?;
    let used = usize::try_from(inflate.total_in() - before_in).unwrap_or(input.len());
    let wrote = usize::try_from(inflate.total_out() - before_out).unwrap_or(output.len());
    Ok((used, wrote, status == Status::StreamEnd))
}

/// The window that a brotli stream's first byte asks for, as a power of two (RFC 7932 §9.1).
const fn brotli_window(first: u8) -> usize {
    match (first & 1, first >> 1 & 7, first >> 4 & 7) {
        (0, ..) | (_, 0, 0) => 1 << 17,
        (_, 0, n) => 1 << (8 + n),
        (_, n, _) => 1 << (17 + n),
    }
}

/// Encoded bytes that are decoded at a time: most bodies of a page are one batch.
const BATCH: usize = 128 << 10;

/// Each decoder writes this much before the next one reads it: four times the window of deflate,
/// so that most copies come from what was written just now, not from the window kept apart.
const SCRATCH: usize = 128 << 10;

/// What decoders take beside their windows: tables, and buffers for a block.
const INFLATE: usize = 48 << 10;
const BROTLI: usize = 64 << 10;
const ZSTD: usize = 320 << 10;

/// Decoded bytes for which no ratio is asked.
const FREE: u64 = 1 << 20;

/// RFC 9659 §3: a recipient need not support more.
const ZSTD_WINDOW: usize = 8 << 20;

#[cfg(test)]
mod tests;

//! Reads a file, a pipe or a compressed stream in large blocks and hands out slices of them.
//!
//! Takes anything that reads; gives [`Bytes`] that share the block they lie in, so nothing is
//! copied but the record that crosses a block's edge. Never holds more than a few blocks itself,
//! never keeps one from being freed, never knows what the bytes mean.

use std::fs::File;
use std::io::{self, BufReader, Cursor, ErrorKind, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::{Buf as _, Bytes, BytesMut};
use flate2::bufread::MultiGzDecoder;

/// How far reading has come, for a progress bar in another thread.
///
/// Counts bytes as they stand on disk: of a compressed file, the compressed ones.
#[derive(Debug, Default)]
pub struct Progress {
    read: AtomicU64,
    total: AtomicU64,
}

impl Progress {
    /// Nothing read yet, of `total` bytes; 0 where the size is not known.
    pub const fn of(total: u64) -> Self {
        Self { read: AtomicU64::new(0), total: AtomicU64::new(total) }
    }

    /// Bytes read so far.
    pub fn read(&self) -> u64 {
        self.read.load(Ordering::Relaxed)
    }

    /// Bytes of all files, where every file has a size.
    pub fn total(&self) -> Option<u64> {
        Some(self.total.load(Ordering::Relaxed)).filter(|total| *total > 0)
    }
}

/// Bytes in order, a block at a time.
pub struct BlockReader {
    input: Box<dyn Read + Send>,
    /// What has been read and not been handed out.
    rest: Bytes,
    pool: Pool,
    /// Bytes (uncompressed) that have ever stood in `rest`.
    filled: u64,
    /// True where waiting for a full block delays nobody: a regular file.
    fills_blocks: bool,
    at_end: bool,
    failure: Option<Arc<io::Error>>,
    compression: Option<&'static str>,
}

impl BlockReader {
    /// From anything that reads, decompressed if it begins as gzip or zstd does.
    ///
    /// `fills_blocks`: true for a regular file. A pipe may be live; from it, what has arrived is
    /// handed out without waiting for more.
    pub fn new(
        mut input: impl Read + Send + 'static,
        fills_blocks: bool,
        block_len: usize,
    ) -> io::Result<Self> {
        let mut magic = Vec::with_capacity(4);
        input.by_ref().take(4).read_to_end(&mut magic)?;
        let compression = match *magic {
            [0x1f, 0x8b, ..] => Some("gzip"),
            [0x28, 0xb5, 0x2f, 0xfd] => Some("zstd"),
            _ => None,
        };
        let whole = Read::chain(Cursor::new(magic), input);
        let input: Box<dyn Read + Send> = match compression {
            Some("gzip") => {
                Box::new(MultiGzDecoder::new(BufReader::with_capacity(64 << 10, whole)))
            }
            Some(_) => Box::new(zstd::Decoder::new(whole)?),
            None => Box::new(whole),
        };
        Ok(Self {
            input,
            rest: Bytes::new(),
            pool: Pool { block_len: block_len.max(1), blocks: Vec::new() },
            filled: 0,
            fills_blocks,
            at_end: false,
            failure: None,
            compression,
        })
    }

    /// From an open file (a regular one or a pipe); what it gives is counted in `progress`.
    pub fn from_file(file: File, progress: &Arc<Progress>) -> io::Result<Self> {
        let regular = file.metadata()?.is_file();
        Self::new(Counted { input: file, progress: Arc::clone(progress) }, regular, BLOCK_LEN)
    }

    /// From memory; nothing is copied unless it is compressed.
    pub fn from_bytes(bytes: Bytes) -> io::Result<Self> {
        let mut reader = Self::new(Cursor::new(bytes.clone()), true, BLOCK_LEN)?;
        if reader.compression.is_none() {
            reader.filled = bytes.len() as u64;
            reader.rest = bytes;
            reader.at_end = true;
        }
        Ok(reader)
    }

    /// Makes sure that [`Self::rest`] has at least `n` bytes; false where the input ends before.
    #[inline]
    pub fn ensure(&mut self, n: usize) -> bool {
        self.rest.len() >= n || self.refill(n)
    }

    /// The next `n` bytes, which [`Self::ensure`] has confirmed, as a slice of their block.
    /// (Fewer where it has not.)
    #[inline]
    pub fn split(&mut self, n: usize) -> Bytes {
        self.rest.split_to(n.min(self.rest.len()))
    }

    /// As [`Self::split`], without passing over them.
    pub fn peek(&self, n: usize) -> Bytes {
        let mut shared = self.rest.clone();
        shared.truncate(n);
        shared
    }

    /// Passes over `n` bytes that [`Self::ensure`] has confirmed.
    #[inline]
    pub fn advance(&mut self, n: usize) {
        self.rest.advance(n.min(self.rest.len()));
    }

    /// Passes over `n` bytes that need not be in memory at once; false where the input ends
    /// before.
    pub fn skip(&mut self, n: u64) -> bool {
        let mut left = n;
        while left > 0 {
            if !self.ensure(1) {
                return false;
            }
            let step = usize::try_from(left).unwrap_or(usize::MAX).min(self.rest.len());
            self.advance(step);
            left = left.saturating_sub(step as u64);
        }
        true
    }

    /// What is in memory and has not been handed out.
    #[inline]
    pub fn rest(&self) -> &[u8] {
        &self.rest
    }

    /// Where `rest` begins, in bytes from the uncompressed start.
    pub fn offset(&self) -> u64 {
        self.filled.saturating_sub(self.rest.len() as u64)
    }

    /// Why the input ended, where that was not its proper end.
    pub fn failure(&self) -> Option<&Arc<io::Error>> {
        self.failure.as_ref()
    }

    /// `gzip` or `zstd`.
    pub const fn compression(&self) -> Option<&'static str> {
        self.compression
    }

    /// Moves what is left to the front of another block and reads behind it.
    #[cold]
    fn refill(&mut self, need: usize) -> bool {
        if self.at_end {
            return false;
        }
        let mut block = self.pool.take(need);
        let carried = self.rest.len();
        if let Some(front) = block.get_mut(..carried) {
            front.copy_from_slice(&self.rest);
        }
        self.rest = Bytes::new();
        let enough = if self.fills_blocks { block.len() } else { need };
        let mut filled = carried;
        while filled < enough {
            let room = block.get_mut(filled..).unwrap_or_default();
            match self.input.read(room) {
                Ok(0) => {
                    self.at_end = true;
                    break;
                }
                Ok(n) => filled = filled.saturating_add(n).min(block.len()),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => {
                    self.failure = Some(Arc::new(error));
                    self.at_end = true;
                    break;
                }
            }
        }
        self.filled = self.filled.saturating_add(filled.saturating_sub(carried) as u64);
        self.rest = self.pool.share(block, filled);
        self.rest.len() >= need
    }
}

/// Blocks that were handed out, to be used again once nobody looks at them any more.
///
/// A block that stays in use is not waited for: the pool lets go of it and whoever holds the last
/// slice frees it. Memory is therefore what the consumers hold, plus at most [`POOL_LEN`] blocks.
struct Pool {
    block_len: usize,
    blocks: Vec<Bytes>,
}

impl Pool {
    /// A block of at least `len` bytes; what stands in it means nothing.
    fn take(&mut self, len: usize) -> BytesMut {
        if len > self.block_len {
            return BytesMut::zeroed(len);
        }
        // the last one used is the one most likely to be in the CPU's cache
        let free = self.blocks.iter().rposition(Bytes::is_unique);
        free.and_then(|index| self.blocks.remove(index).try_into_mut().ok())
            .unwrap_or_else(|| BytesMut::zeroed(self.block_len))
    }

    /// The first `filled` bytes of `block`, which comes back to the pool in time.
    fn share(&mut self, block: BytesMut, filled: usize) -> Bytes {
        let block = block.freeze();
        // a slow pipe gives a packet at a time: it shall not hold a whole block for each
        let mut shared = if filled < block.len() / 4 {
            Bytes::copy_from_slice(block.get(..filled).unwrap_or_default())
        } else {
            block.clone()
        };
        shared.truncate(filled);
        if block.len() == self.block_len {
            if self.blocks.len() >= POOL_LEN {
                self.blocks.remove(0);
            }
            self.blocks.push(block);
        }
        shared
    }
}

/// Counts what is read.
struct Counted<R> {
    input: R,
    progress: Arc<Progress>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.input.read(buffer)?;
        self.progress.read.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
}

/// Measured: from 256 KiB on, system calls no longer count; larger blocks leave the cache.
pub const BLOCK_LEN: usize = 256 << 10;

/// More than the rounds on their way through the pipeline hold (16 MiB): a block that the pool
/// lets go is memory that the system has to clear once more.
const POOL_LEN: usize = 64;

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    /// Gives one byte at a time, as the slowest of pipes.
    struct Drip(Cursor<Vec<u8>>);

    impl Read for Drip {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let one = buffer.len().min(1);
            self.0.read(&mut buffer[..one])
        }
    }

    fn numbers(n: usize) -> Vec<u8> {
        (0..=250).cycle().take(n).collect()
    }

    fn drain(reader: &mut BlockReader, step: usize) -> Vec<u8> {
        let mut all = Vec::new();
        while reader.ensure(step) {
            assert_eq!(reader.offset(), all.len() as u64);
            all.extend_from_slice(&reader.split(step));
        }
        all.extend_from_slice(reader.rest());
        all
    }

    #[test]
    fn gives_what_was_read_across_block_edges() {
        let bytes = numbers(10_000);
        for block_len in [1, 7, 64, 1000, 1 << 20] {
            for step in [1, 3, 100, 9_999] {
                let input = Cursor::new(bytes.clone());
                let mut reader = BlockReader::new(input, true, block_len).unwrap();
                assert_eq!(drain(&mut reader, step), bytes, "{block_len} {step}");
                let input = Drip(Cursor::new(bytes.clone()));
                let mut reader = BlockReader::new(input, false, block_len).unwrap();
                assert_eq!(drain(&mut reader, step), bytes, "{block_len} {step} drip");
                assert_eq!(reader.offset(), 10_000 - (10_000 % step as u64));
            }
        }
    }

    #[test]
    fn a_record_inside_a_block_is_not_copied() {
        let mut reader = BlockReader::new(Cursor::new(numbers(1000)), true, 1000).unwrap();
        assert!(reader.ensure(1000));
        let at = reader.rest().as_ptr();
        assert_eq!(reader.split(10).as_ptr(), at);
    }

    #[test]
    fn blocks_are_used_again_and_held_ones_are_let_go() {
        let mut reader = BlockReader::new(Cursor::new(numbers(100_000)), true, 100).unwrap();
        let mut seen = Vec::new();
        for _ in 0..500 {
            assert!(reader.ensure(100));
            seen.push(reader.split(100).as_ptr() as usize);
        }
        seen.sort_unstable();
        seen.dedup();
        assert!(seen.len() <= 2, "{} blocks for a consumer that keeps none", seen.len());
        let held: Vec<Bytes> = (0..400)
            .map(|_| {
                assert!(reader.ensure(100));
                reader.split(100)
            })
            .collect();
        assert!(reader.pool.blocks.len() <= POOL_LEN);
        assert_eq!(held.concat(), numbers(100_000)[50_000..90_000]);
    }

    #[test]
    fn a_slow_pipe_holds_what_it_gave_not_whole_blocks() {
        let mut reader = BlockReader::new(Drip(Cursor::new(numbers(40))), false, 1000).unwrap();
        let held: Vec<Bytes> =
            std::iter::from_fn(|| reader.ensure(4).then(|| reader.split(4))).collect();
        assert_eq!(held.concat(), numbers(40));
        assert!(reader.pool.blocks.len() <= 2);
        assert!(reader.pool.blocks.iter().all(Bytes::is_unique));
    }

    #[test]
    fn skips_more_than_a_block() {
        let mut reader = BlockReader::new(Cursor::new(numbers(1000)), true, 10).unwrap();
        assert!(reader.skip(777));
        assert!(reader.ensure(3));
        assert_eq!(reader.rest()[..3], numbers(1000)[777..780]);
        assert!(!reader.skip(224));
        assert_eq!(reader.offset(), 1000);
    }

    fn gz(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn gzip_and_zstd_by_their_magic() {
        let bytes = numbers(300_000);
        let zst = zstd::encode_all(&*bytes, 1).unwrap();
        // several members in one file are one stream (RFC 1952 §2.2), as are zstd frames
        let members = [gz(&bytes[..1000]), gz(&bytes[1000..])].concat();
        let frames = [zst.clone(), zstd::encode_all(&b"more"[..], 1).unwrap()].concat();
        for (packed, name, want) in [
            (gz(&bytes), "gzip", bytes.clone()),
            (members, "gzip", bytes.clone()),
            (zst, "zstd", bytes.clone()),
            (frames, "zstd", [&bytes[..], b"more"].concat()),
        ] {
            let mut reader = BlockReader::from_bytes(packed.into()).unwrap();
            assert_eq!(reader.compression(), Some(name));
            assert_eq!(drain(&mut reader, 1000), want);
            assert!(reader.failure().is_none());
        }
    }

    #[test]
    fn a_cut_compressed_stream_gives_what_it_can_and_says_why() {
        let bytes = numbers(300_000);
        let mut packed = gz(&bytes);
        packed.truncate(packed.len() - 9);
        let mut reader = BlockReader::from_bytes(packed.into()).unwrap();
        let read = drain(&mut reader, 1);
        assert!(read.len() > 100_000 && bytes.starts_with(&read));
        assert_eq!(reader.failure().unwrap().kind(), ErrorKind::UnexpectedEof);
    }

    #[test]
    fn progress_counts_what_stands_on_disk() {
        let mut file = tempfile::tempfile().unwrap();
        let packed = gz(&numbers(300_000));
        file.write_all(&packed).unwrap();
        io::Seek::rewind(&mut file).unwrap();
        let progress = Arc::new(Progress::of(packed.len() as u64));
        let mut reader = BlockReader::from_file(file, &progress).unwrap();
        assert!(reader.skip(300_000));
        assert!(!reader.ensure(1));
        assert_eq!(progress.read(), packed.len() as u64);
        assert_eq!(progress.total(), Some(packed.len() as u64));
    }
}

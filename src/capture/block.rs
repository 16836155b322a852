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

use crate::limits::Limits;

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
            Some(_) => {
                let mut decoder = zstd::Decoder::new(whole)?;
                decoder.window_log_max(Limits::CAPTURE_WINDOW_LOG)?;
                Box::new(decoder)
            }
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
mod tests;

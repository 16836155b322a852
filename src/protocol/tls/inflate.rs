//! DEFLATE within records (RFC 3749): long given up, and still in old captures.

use bytes::Bytes;
use flate2::{Decompress, FlushDecompress};

/// One direction's compression, which goes on from record to record.
pub(super) struct Inflate(Decompress);

/// What a record can have in the clear (RFC 5246 §6.2.1).
const LONGEST: usize = 1 << 14;

impl Inflate {
    /// What it takes: a window of 32 KiB, and tables.
    pub(super) const HELD: usize = 48 << 10;

    pub(super) fn new() -> Self {
        Self(Decompress::new(true))
    }

    /// What a record was before it was compressed; none where it is broken, or too long.
    pub(super) fn record(&mut self, bytes: &[u8]) -> Option<Bytes> {
        let mut text = Vec::with_capacity(LONGEST + 1);
        let before = self.0.total_in();
        self.0.decompress_vec(bytes, &mut text, FlushDecompress::Sync).ok()?;
        let read = self.0.total_in() - before;
        let is_whole = read == bytes.len() as u64 && text.len() <= LONGEST;
        is_whole.then(|| Bytes::from(text))
    }
}

#[cfg(test)]
mod tests {
    use flate2::{Compress, Compression, FlushCompress};

    use super::*;

    #[test]
    fn records_go_on_where_the_last_one_ended_and_bombs_do_not_go_off() {
        let mut deflate = Compress::new(Compression::best(), true);
        let mut packed = |text: &[u8]| {
            let mut room = Vec::with_capacity(text.len() + 100);
            deflate.compress_vec(text, &mut room, FlushCompress::Sync).unwrap();
            room
        };
        let (one, two, bomb) =
            (packed(b"GET / HTTP/1.1"), packed(b"GET / HTTP/1.1"), packed(&vec![0; 99_000]));
        assert!(two.len() < one.len());
        let mut inflate = Inflate::new();
        assert_eq!(inflate.record(&one).unwrap(), "GET / HTTP/1.1");
        assert_eq!(inflate.record(&two).unwrap(), "GET / HTTP/1.1");
        assert!(inflate.record(&bomb).is_none());
    }
}

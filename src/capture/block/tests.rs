//! Blocks of a file, whole and cut.

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

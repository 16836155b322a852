use std::io::Write;

use flate2::Compression;
use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};

use super::*;

fn decode(names: &str, bytes: &[u8], piece: usize) -> Result<u64, Fault> {
    decode_within(names, bytes, piece, &Limits::default())
}

fn decode_within(names: &str, bytes: &[u8], piece: usize, limits: &Limits) -> Result<u64, Fault> {
    let fields = [("Content-Encoding", names)].into_iter().collect();
    let mut decoder =
        Decoder::new(codings(&fields).unwrap(), limits, &Budget::new(32 << 20)).unwrap();
    // Every piece is a batch, so that decoders are tried with every cut.
    decoder.batch = piece;
    for part in bytes.chunks(piece) {
        decoder.push(part)?;
    }
    decoder.finish()
}

fn text() -> Vec<u8> {
    (0..20_000u32).flat_map(|n| format!("line {}\n", n * n % 977).into_bytes()).collect()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// "hello hello hello hello" by the brotli command, window 22.
const BROTLI: &[u8] =
    &[0x1b, 0x16, 0x00, 0x00, 0x24, 0x40, 0x6a, 0x10, 0x65, 0xea, 0xf0, 0x9c, 0x3e];

#[test]
fn each_coding_is_undone_whatever_the_pieces() {
    let text = text();
    let mut zlib = ZlibEncoder::new(Vec::new(), Compression::default());
    zlib.write_all(&text).unwrap();
    let mut raw = DeflateEncoder::new(Vec::new(), Compression::default());
    raw.write_all(&text).unwrap();
    let zstd = zstd::bulk::compress(&text, 3).unwrap();
    let cases = [
        ("gzip", gzip(&text)),
        ("X-GZip", gzip(&text)),
        ("deflate", zlib.finish().unwrap()),
        ("deflate", raw.finish().unwrap()),
        ("zstd", zstd),
        ("identity, gzip , GZIP", gzip(&gzip(&text))),
    ];
    for (name, bytes) in cases {
        for piece in [1, 2, 7, 1460, usize::MAX] {
            assert_eq!(decode(name, &bytes, piece), Ok(text.len() as u64), "{name} {piece}");
        }
    }
}

#[test]
fn an_early_end_and_a_wrong_byte_are_faults() {
    let bytes = gzip(&text());
    assert_eq!(decode("gzip", &bytes[..bytes.len() - 1], 999), Err(Fault::Broken(Coding::Gzip)));
    assert_eq!(decode("gzip", b"<html>", 999), Err(Fault::Broken(Coding::Gzip)));
    assert_eq!(decode("deflate", &[0x78], 1), Err(Fault::Broken(Coding::Deflate)));
    assert_eq!(decode("br", b"\xff\xff\xff", 999), Err(Fault::Broken(Coding::Brotli)));
    assert_eq!(decode("zstd", b"zstd", 999), Err(Fault::Broken(Coding::Zstd)));
    assert_eq!(decode("gzip", b"", 1), Ok(0), "no body at all is no fault");
}

#[test]
fn members_follow_each_other_and_padding_is_ignored() {
    let mut bytes = gzip(b"one");
    bytes.extend(gzip(b"three"));
    assert_eq!(decode("gzip", &bytes, 3), Ok(8));
    bytes.extend([0; 20]);
    assert_eq!(decode("gzip", &bytes, 3), Ok(8));
}

#[test]
fn bombs_and_huge_windows_end_at_the_bound() {
    let bomb = gzip(&vec![0; 4 << 20]);
    let limits = Limits { decoded_body: 2 << 20, ..Limits::default() };
    assert_eq!(decode_within("gzip", &bomb, 1460, &limits), Err(Fault::TooLarge));
    let limits = Limits { decoded_ratio: 100, ..Limits::default() };
    assert_eq!(decode_within("gzip", &bomb, 1460, &limits), Err(Fault::TooLarge));
    let limits = Limits { decoder_window: 1 << 20, ..Limits::default() };
    assert_eq!(decode_within("br", BROTLI, 9, &limits), Err(Fault::Window(Coding::Brotli)));
}

#[test]
fn brotli_is_undone() {
    for piece in [1, 5, 99] {
        assert_eq!(decode("br", BROTLI, piece), Ok(23), "{piece}");
    }
    assert_eq!(brotli_window(BROTLI[0]), 1 << 22);
}

#[test]
fn unknown_codings_are_not_guessed() {
    for (name, known) in [("", Some(0)), ("identity", Some(0)), ("br", Some(1)), ("dcb", None)] {
        let fields = [("Content-Encoding", name)].into_iter().collect();
        assert_eq!(codings(&fields).map(|c| c.len()), known, "{name}");
    }
    let fields = [("Content-Encoding", "gzip, gzip, gzip, gzip")].into_iter().collect();
    assert_eq!(codings(&fields), None);
}

#[test]
fn a_body_that_came_whole_is_counted_the_same() {
    let text = text();
    let mut broken = gzip(&text);
    let middle = broken.len() / 2;
    broken[middle] ^= 1;
    let mut members = gzip(b"one");
    members.extend(gzip(b"three"));
    for (bytes, whole) in [(gzip(&text), true), (broken, false), (members, false)] {
        for _again in 0..2 {
            assert_eq!(whole::gzip(&bytes, u64::MAX).is_some(), whole);
        }
        // A batch that is never full leaves all of it to `finish`.
        assert_eq!(decode("gzip", &bytes, bytes.len() + 1), decode("gzip", &bytes, 99));
    }
    assert_eq!(whole::gzip(&gzip(&text), 5), None, "more than is allowed");
    assert_eq!(whole::gzip(b"\x1f\x8b", u64::MAX), None);
}

#[test]
fn a_body_for_which_there_is_no_room_is_not_decoded_and_gives_back_what_it_had() {
    let budget = Budget::new(BATCH + INFLATE);
    let packed = gzip(&noise(3 * BATCH));
    let names = [("Content-Encoding", "gzip")].into_iter().collect();
    let decoder = || Decoder::new(codings(&names).unwrap(), &Limits::default(), &budget).unwrap();
    let mut first = decoder();
    assert_eq!(first.push(&packed[..100]), Ok(()), "it waits");
    assert!(budget.left() <= BATCH + INFLATE - 100);
    let mut second = decoder();
    assert_eq!(second.push(&packed[..BATCH]), Err(Fault::NoRoom), "a decoder, and what waits");
    drop((first, second));
    assert_eq!(budget.left(), BATCH + INFLATE);
    // what is there whole needs a decoder for an instant only
    let mut whole = decoder();
    assert_eq!(whole.push(&gzip(&text())), Ok(()));
    assert_eq!(whole.finish(), Ok(text().len() as u64));
}

/// Bytes that no coding makes shorter.
fn noise(length: usize) -> Vec<u8> {
    let mut state = 1u64;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        state.to_be_bytes()[0]
    };
    (0..length).map(|_| next()).collect()
}

use proptest::prelude::*;

use super::vectors::{ANSWER, DESTINATION, HELLO, SECRET, Sealed, V1, V2, Vectors};
use super::*;
use crate::flow::event::Direction;
use crate::protocol::crypto::hex;
use crate::protocol::quic::sealer::{Number, Sealer, retry};
use crate::protocol::quic::version::Version;

/// The client's frames fill its packet.
fn payloads() -> PerDirection<Vec<u8>> {
    let mut hello = hex(HELLO);
    hello.resize(1162, 0);
    PerDirection { to_server: hello, to_client: hex(ANSWER) }
}

fn protection(vectors: &Vectors) -> &'static Protection {
    Version(vectors.version).protection().unwrap()
}

fn destination() -> ConnectionId {
    ConnectionId::new(&hex(DESTINATION)).unwrap()
}

fn ends(vectors: &Vectors) -> [(Direction, &Sealed); 2] {
    [(Direction::ToServer, &vectors.client), (Direction::ToClient, &vectors.server)]
}

/// Sections A.1 to A.3.
#[test]
fn the_first_packets_are_opened() {
    for vectors in [V1, V2] {
        let made = initial(protection(&vectors), &destination()).unwrap();
        for (way, sealed) in ends(&vectors) {
            let (header, keys) = made.of(way);
            assert_eq!(keys.secret.bytes(), hex(sealed.secret));
            assert_eq!(keys.iv[..], hex(sealed.iv));
            let sample: [u8; SAMPLE] = hex(sealed.sample).try_into().unwrap();
            assert_eq!(header.mask(&sample)[..], hex(sealed.mask));

            let mut packet = hex(sealed.packet);
            let unmasked = unmask(header, &mut packet, 18).unwrap();
            let head = 18 + unmasked.length;
            assert_eq!(packet[..head], hex(sealed.head));
            assert!(unmasked.is_likely());
            let number = unmasked.number(0);
            assert_eq!(number, if way == Direction::ToServer { 2 } else { 1 });
            let end = keys.open(number, head, &mut packet).unwrap();
            assert_eq!(packet[head..end], *payloads().of(way));
        }
    }
}

/// The same, byte for byte the other way round.
#[test]
fn the_sealer_of_tests_makes_the_packets_of_the_rfcs() {
    for vectors in [V1, V2] {
        let version = Version(vectors.version);
        for (way, sealed) in ends(&vectors) {
            let sealer = Sealer::initial(version, &hex(DESTINATION), way).unwrap();
            let (whole, length) = if way == Direction::ToServer { (2, 4) } else { (1, 2) };
            let mut head = hex(sealed.head);
            head.truncate(18);
            head[0] &= 0xfc;
            let packet =
                sealer.seal(head, Number { whole, length }, payloads().of(way).clone()).unwrap();
            assert_eq!(packet, hex(sealed.packet));
        }
        let source = hex("f067a5502a4262b5");
        let mut made = retry(version, &hex(DESTINATION), (&[], &source), b"token").unwrap();
        // the RFC sets the four bits that nobody reads; they are authenticated too
        made.truncate(made.len() - 16);
        made[0] |= 0x0f;
        assert_eq!(made, hex(vectors.retry)[..made.len()]);
    }
}

/// Section A.4.
#[test]
fn a_retry_is_of_the_packet_that_it_answers() {
    for vectors in [V1, V2] {
        let packet = hex(vectors.retry);
        let (bytes, tag) = packet.split_last_chunk().unwrap();
        let said = |id: &ConnectionId, bytes: &[u8], tag: [u8; 16]| {
            is_authentic(protection(&vectors), id, bytes, tag)
        };
        assert_eq!(said(&destination(), bytes, *tag), Some(true));
        assert_eq!(said(&ConnectionId::default(), bytes, *tag), Some(false));
        assert_eq!(said(&destination(), &bytes[..bytes.len() - 1], *tag), Some(false));
        assert_eq!(said(&destination(), bytes, [0; 16]), Some(false));
    }
    let draft = Version(0xff00_0016).protection().unwrap();
    assert_eq!(is_authentic(draft, &destination(), b"", [0; 16]), None);
}

/// Section A.5: a number of 654,360,564 in three bytes, and nothing but a PING.
#[test]
fn a_short_packet_under_chacha_is_opened() {
    for vectors in [V1, V2] {
        let suite = (Aead::ChaCha20Poly1305, Hash::Sha256);
        let secret = Secret::new(&hex(SECRET)).unwrap();
        let header = header_key(protection(&vectors), suite, &secret).unwrap();
        let keys = Keys::new(protection(&vectors), suite, &secret).unwrap();
        let mut packet = hex(vectors.chacha);
        let unmasked = unmask(&header, &mut packet, 1).unwrap();
        let wanted = Unmasked { first: 0x42, truncated: 0xbff4, length: 3 };
        assert_eq!(unmasked, wanted);
        assert!(unmasked.is_likely() && !unmasked.phase());
        let number = unmasked.number(654_360_000);
        assert_eq!(number, 654_360_564);
        let end = keys.open(number, 4, &mut packet).unwrap();
        assert_eq!(packet[4..end], [1]);
        assert_eq!(keys.next().unwrap().secret.bytes(), hex(vectors.updated));

        let sealer = Sealer::chacha(Version(vectors.version), &hex(SECRET)).unwrap();
        let number = Number { whole: number, length: 3 };
        assert_eq!(sealer.short(&[], false, number, &[1]).unwrap(), hex(vectors.chacha));
    }
}

#[test]
fn what_was_changed_on_the_way_does_not_open() {
    let made = initial(protection(&V1), &destination()).unwrap();
    let (header, keys) = made.of(Direction::ToClient);
    let whole = hex(V1.server.packet);
    for at in 0..whole.len() {
        let mut packet = whole.clone();
        packet[at] ^= 1;
        let opened = unmask(header, &mut packet, 18)
            .and_then(|unmasked| keys.open(unmasked.number(0), 18 + unmasked.length, &mut packet));
        assert_eq!(opened, None, "byte {at}");
    }
    for length in 0..whole.len() {
        let mut packet = whole[..length].to_vec();
        let opened = unmask(header, &mut packet, 18)
            .and_then(|unmasked| keys.open(unmasked.number(0), 18 + unmasked.length, &mut packet));
        assert_eq!(opened, None, "{length} bytes");
    }
}

#[test]
fn a_secret_has_the_length_of_its_hash() {
    let secret = Secret::new(&[7; 48]).unwrap();
    let short = (Aead::Aes128Gcm, Hash::Sha256);
    assert!(Keys::new(protection(&V1), short, &secret).is_none());
    assert!(header_key(protection(&V1), short, &secret).is_none());
    let long = (Aead::Aes256Gcm, Hash::Sha384);
    assert_eq!(Keys::new(protection(&V1), long, &secret).unwrap().next().unwrap().hash.size(), 48);
}

fn number(truncated: u32, length: usize, expected: u64) -> u64 {
    Unmasked { first: 0x40, truncated, length }.number(expected)
}

/// RFC 9000 §A.3: behind 0xa82f30ea, two bytes of 0x9b32 are 0xa82f9b32.
#[test]
fn a_number_is_the_one_nearest_to_the_next() {
    assert_eq!(number(0x9b32, 2, 0xa82f_30eb), 0xa82f_9b32);
    assert_eq!(number(0, 1, 256), 256);
    assert_eq!(number(0, 1, 128), 0x100);
    assert_eq!(number(0, 1, 127), 0);
    assert_eq!(number(0xff, 1, 0x100), 0xff);
    assert_eq!(number(0xff, 1, 0), 0xff, "there is nothing below 0");
    assert_eq!(number(0, 2, 0xffff), 0x1_0000);
    assert_eq!(number(5, 4, (1 << 62) - 1), (1 << 62) - (1 << 32) + 5, "nor above the last");
}

/// All numbers that end so, and of them the nearest to the next: of two, as near as each other, the
/// higher one.
fn model(truncated: u32, length: usize, expected: u64) -> u64 {
    let window = 1_i128 << (8 * length);
    let base = i128::from(expected) / window * window + i128::from(truncated);
    let all = (-2..=2).map(|turn| base + turn * window);
    let numbers = all.filter(|number| (0..1 << 62).contains(number));
    let nearest =
        numbers.min_by_key(|number| ((number - i128::from(expected)).abs(), -number)).unwrap();
    u64::try_from(nearest).unwrap()
}

proptest! {
    #[test]
    fn numbers_are_decoded_as_the_model_says(
        any in any::<u32>(),
        length in 1_usize..=4,
        bits in 0_u32..=62,
        expected in any::<u64>(),
        from_the_end in any::<bool>(),
    ) {
        let low = if bits == 0 { 0 } else { expected >> (64 - bits) };
        let expected = if from_the_end { (1 << 62) - 1 - low } else { low };
        let truncated = any >> (32 - 8 * length);
        prop_assert_eq!(number(truncated, length, expected), model(truncated, length, expected));
    }

    /// What a sender that knows what was acknowledged writes (RFC 9000 §A.2) is read as it meant it.
    #[test]
    fn a_number_that_is_written_as_the_rfc_says_is_found(
        acked in 0_u64..1 << 61,
        ahead in 1_u64..1 << 30,
        came in 0_u64..1 << 30,
    ) {
        let whole = acked + ahead;
        let bits = 64 - (2 * ahead).leading_zeros();
        let length = bits.div_ceil(8) as usize;
        prop_assume!(length <= 4);
        let truncated = u32::try_from(whole & ((1 << (8 * length)) - 1)).unwrap();
        // whatever came of those between
        let expected = acked + 1 + came % ahead;
        prop_assert_eq!(number(truncated, length, expected), whole);
    }
}

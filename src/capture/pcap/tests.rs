use std::io;

use super::*;

/// A file in one of the variants, with the version, the link field and records of
/// (seconds, fraction, captured, original).
struct Written {
    endian: Endian,
    magic: u32,
    version: (u16, u16),
    link: u32,
}

const PLAIN: Written =
    Written { endian: Endian::Little, magic: 0xa1b2_c3d4, version: (2, 4), link: 1 };

impl Written {
    fn u16(&self, n: u16) -> [u8; 2] {
        if self.endian == Endian::Big { n.to_be_bytes() } else { n.to_le_bytes() }
    }

    fn u32(&self, n: u32) -> [u8; 4] {
        if self.endian == Endian::Big { n.to_be_bytes() } else { n.to_le_bytes() }
    }

    fn file(&self, records: &[([u32; 4], &[u8])]) -> Vec<u8> {
        let mut file = self.u32(self.magic).to_vec();
        file.extend(self.u16(self.version.0));
        file.extend(self.u16(self.version.1));
        file.extend([0; 8]);
        file.extend(self.u32(65_535));
        file.extend(self.u32(self.link));
        if matches!(self.magic, 0x1c00_01ac | 0x1c00_01ab) {
            file.extend([0; 4]);
        }
        for (header, data) in records {
            file.extend(header.iter().flat_map(|n| self.u32(*n)));
            if self.magic == 0xa1b2_cd34 {
                file.extend([0; 8]);
            }
            file.extend_from_slice(data);
        }
        file
    }
}

fn read(bytes: &[u8], block_len: usize) -> (Vec<Packet>, CaptureSummary) {
    let input = io::Cursor::new(bytes.to_vec());
    let reader = BlockReader::new(input, true, block_len).unwrap();
    let file = File { name: "f.pcap".to_owned(), bytes: None, reader, base: Base::default() };
    let mut source = (FORMAT.open)(file);
    let mut packets = Vec::new();
    while let Some(Record::Packet(packet)) = source.next_record().unwrap() {
        packets.push(packet);
    }
    assert!(source.next_record().unwrap().is_none(), "the end is the end");
    (packets, source.summary())
}

#[test]
fn every_byte_order_and_resolution() {
    let records: &[([u32; 4], &[u8])] = &[
        ([1_700_000_000, 999_999, 3, 3], b"abc"),
        ([u32::MAX, 7, 0, 9], b""),
        ([3, 4, 1, 1], b"x"),
    ];
    for endian in [Endian::Little, Endian::Big] {
        for (magic, scale, words) in [
            (0xa1b2_c3d4, 1000, "microseconds"),
            (0xa1b2_3c4d, 1, "nanoseconds"),
            (0xa1b2_cd34, 1000, "microseconds, modified"),
            (0x1c00_01ac, 1000, "microseconds, IXIA"),
            (0x1c00_01ab, 1000, "microseconds, IXIA"),
        ] {
            let file = Written { endian, magic, ..PLAIN }.file(records);
            assert!(FORMAT.magics.iter().any(|magic| file.starts_with(magic)));
            for block_len in [1, 20, 1 << 20] {
                let (packets, summary) = read(&file, block_len);
                let seen: Vec<_> = packets
                    .iter()
                    .map(|p| (p.frame.0, p.at.as_nanos(), p.orig_len, &*p.data))
                    .collect();
                assert_eq!(
                    seen,
                    [
                        (1, 1_700_000_000_000_000_000 + 999_999 * scale, 3, &b"abc"[..]),
                        (2, 4_294_967_295_000_000_000 + 7 * scale, 9, b""),
                        (3, 3_000_000_000 + 4 * scale, 1, b"x"),
                    ]
                );
                assert_eq!(summary.damage, []);
                assert_eq!(summary.files[0].format, format!("pcap ({}, {words})", endian.name()));
                assert_eq!(summary.interfaces[0].snaplen, 65_535);
            }
        }
    }
}

#[test]
fn the_link_type_shares_its_field_with_the_frame_check_length() {
    for (field, link) in [(0x4400_0001, 1), (0x1000_0071, 113), (101, 101), (12, 101), (14, 101)] {
        let file = Written { link: field, ..PLAIN }.file(&[([0, 0, 1, 1], b"x")]);
        assert_eq!(read(&file, 100).0[0].link, LinkType(link));
    }
}

#[test]
fn old_versions_have_the_lengths_the_other_way_round() {
    for (version, header) in [
        ((2, 2), [0, 0, 9, 2]),
        ((2, 3), [0, 0, 9, 2]),
        ((2, 3), [0, 0, 2, 9]),
        ((2, 4), [0, 0, 2, 9]),
    ] {
        let file = Written { version, ..PLAIN }.file(&[(header, b"ab"), ([0, 0, 1, 1], b"c")]);
        let (packets, summary) = read(&file, 100);
        let seen: Vec<_> = packets.iter().map(|p| (p.orig_len, &*p.data)).collect();
        assert_eq!(seen, [(9, &b"ab"[..]), (1, b"c")], "{version:?}");
        assert_eq!(summary.damage, []);
    }
}

#[test]
fn an_original_length_below_the_captured_one_is_raised() {
    let (packets, summary) = read(&PLAIN.file(&[([0, 0, 3, 1], b"abc")]), 100);
    assert_eq!((packets[0].orig_len, packets[0].data.len()), (3, 3));
    assert_eq!(summary.damage, []);
}

#[test]
fn an_absurd_length_ends_the_file_at_its_record() {
    for absurd in [Limits::CAPTURED_PACKET + 1, u32::MAX] {
        let file = PLAIN.file(&[([0, 0, 3, 3], b"abc"), ([0, 0, absurd, absurd], b"rest")]);
        let (packets, summary) = read(&file, 1000);
        assert_eq!(packets.len(), 1);
        let [damage] = &summary.damage[..] else { panic!("{:?}", summary.damage) };
        assert_eq!((damage.offset, damage.after_frame, damage.fatal), (43, FrameNo(1), true));
        assert!(damage.what.contains(&absurd.to_string()), "{}", damage.what);
    }
}

#[test]
fn cut_anywhere_all_whole_records_are_given_and_the_damage_has_its_place() {
    let file = PLAIN.file(&[([1, 0, 3, 3], b"abc"), ([2, 0, 0, 5], b""), ([3, 0, 4, 4], b"defg")]);
    let ends = [24, 43, 59, 79];
    assert_eq!(file.len(), 79);
    for cut in 4..=file.len() {
        for block_len in [5, 1000] {
            let (packets, summary) = read(&file[..cut], block_len);
            let whole = ends.iter().filter(|end| **end <= cut).count();
            assert_eq!(packets.len(), whole.saturating_sub(1), "cut at {cut}");
            let damage: Vec<_> =
                summary.damage.iter().map(|d| (d.offset, d.after_frame.0, d.fatal)).collect();
            if ends.contains(&cut) {
                assert_eq!(damage, [], "cut at {cut}");
            } else {
                let at = ends.iter().rev().find(|end| **end <= cut).copied().unwrap_or(0);
                assert_eq!(damage, [(at as u64, packets.len() as u64, true)], "cut at {cut}");
                assert_eq!(summary.damage[0].file, "f.pcap");
            }
        }
    }
}

#[test]
fn numbers_go_on_from_the_files_before() {
    let reader = BlockReader::from_bytes(PLAIN.file(&[([0, 0, 1, 1], b"x")]).into()).unwrap();
    let base = Base { frames: 41, interfaces: 3 };
    let mut source = (FORMAT.open)(File { name: "g".to_owned(), bytes: Some(41), reader, base });
    let Ok(Some(Record::Packet(packet))) = source.next_record() else { panic!("a packet") };
    assert_eq!((packet.frame, packet.interface), (FrameNo(42), 3));
    assert_eq!(source.summary().interfaces.len(), 1);
}

mod damage;

use std::io;

use bytes::Bytes;

use super::*;
use crate::capture::block::BlockReader;
use crate::capture::format::Base;
use crate::capture::pcapng::codes::{
    IF_NAME, IF_TSOFFSET, IF_TSRESOL, ISB_IFDROP, ISB_IFRECV, ISB_OSDROP,
};
use crate::capture::source::{Damage, Secrets};

/// Writes blocks in one byte order.
#[derive(Clone, Copy)]
struct Ng(Endian);

const LE: Ng = Ng(Endian::Little);

type Options<'a> = &'a [(u16, &'a [u8])];

impl Ng {
    fn u16(self, n: u16) -> [u8; 2] {
        if self.0 == Endian::Big { n.to_be_bytes() } else { n.to_le_bytes() }
    }

    fn u32(self, n: u32) -> [u8; 4] {
        if self.0 == Endian::Big { n.to_be_bytes() } else { n.to_le_bytes() }
    }

    fn u64(self, n: u64) -> [u8; 8] {
        if self.0 == Endian::Big { n.to_be_bytes() } else { n.to_le_bytes() }
    }

    fn block(self, kind: u32, body: &[u8]) -> Vec<u8> {
        let body = pad(body);
        let len = self.u32(u32::try_from(body.len() + 12).unwrap());
        [&self.u32(kind)[..], &len, &body, &len].concat()
    }

    fn options(self, options: Options<'_>) -> Vec<u8> {
        let mut bytes = Vec::new();
        for (code, value) in options {
            bytes.extend(self.u16(*code));
            bytes.extend(self.u16(u16::try_from(value.len()).unwrap()));
            bytes.extend(pad(value));
        }
        if !options.is_empty() {
            bytes.extend([0; 4]);
        }
        bytes
    }

    fn section(self, options: Options<'_>) -> Vec<u8> {
        let body = [
            &self.u32(0x1a2b_3c4d)[..],
            &self.u16(1),
            &self.u16(0),
            &[0xff; 8],
            &self.options(options),
        ]
        .concat();
        self.block(SECTION_HEADER, &body)
    }

    fn interface(self, link: u16, snaplen: u32, options: Options<'_>) -> Vec<u8> {
        let body =
            [&self.u16(link)[..], &[0; 2], &self.u32(snaplen), &self.options(options)].concat();
        self.block(INTERFACE, &body)
    }

    fn enhanced(self, id: u32, ticks: u64, data: &[u8], options: Options<'_>) -> Vec<u8> {
        let len = u32::try_from(data.len()).unwrap();
        let fields = [id, (ticks >> 32) as u32, (ticks & 0xffff_ffff) as u32, len, len + 2];
        let fields: Vec<u8> = fields.iter().flat_map(|n| self.u32(*n)).collect();
        self.block(ENHANCED_PACKET, &[&fields[..], &pad(data), &self.options(options)].concat())
    }

    fn simple(self, original: u32, data: &[u8]) -> Vec<u8> {
        self.block(SIMPLE_PACKET, &[&self.u32(original)[..], data].concat())
    }

    fn statistics(self, id: u32, options: Options<'_>) -> Vec<u8> {
        let body = [&self.u32(id)[..], &[0; 8], &self.options(options)].concat();
        self.block(STATISTICS, &body)
    }
}

fn pad(bytes: &[u8]) -> Vec<u8> {
    let mut padded = bytes.to_vec();
    padded.resize(bytes.len().next_multiple_of(4), 0);
    padded
}

fn read_in(bytes: &[u8], block_len: usize) -> (Vec<Record>, CaptureSummary) {
    let reader = BlockReader::new(io::Cursor::new(bytes.to_vec()), true, block_len).unwrap();
    let file = File { name: "f.pcapng".to_owned(), bytes: None, reader, base: Base::default() };
    let mut source = (FORMAT.open)(file);
    let mut records = Vec::new();
    while let Some(record) = source.next_record().unwrap() {
        records.push(record);
    }
    assert!(source.next_record().unwrap().is_none(), "the end is the end");
    (records, source.summary())
}

fn read(blocks: &[Vec<u8>]) -> (Vec<Packet>, CaptureSummary) {
    let bytes = blocks.concat();
    let (records, summary) = read_in(&bytes, 1 << 20);
    let (again, summary_again) = read_in(&bytes, 13);
    assert_eq!(records.len(), again.len(), "the same in small blocks");
    assert_eq!(summary, summary_again, "the same in small blocks");
    (records.into_iter().filter_map(packet_of).collect(), summary)
}

fn packet_of(record: Record) -> Option<Packet> {
    if let Record::Packet(packet) = record { Some(packet) } else { None }
}

/// (frame, nanoseconds, link, interface, original length, bytes)
type Facts<'a> = (u64, i64, u16, u32, u32, &'a [u8]);

fn facts(packets: &[Packet]) -> Vec<Facts<'_>> {
    packets
        .iter()
        .map(|p| (p.frame.0, p.at.as_nanos(), p.link.0, p.interface, p.orig_len, &p.data[..]))
        .collect()
}

#[test]
fn sections_in_both_byte_orders_and_interfaces_numbered_on() {
    let be = Ng(Endian::Big);
    let (packets, summary) = read(&[
        LE.section(&[]),
        LE.interface(1, 262_144, &[(IF_NAME, b"eth0"), (IF_TSRESOL, &[9])]),
        LE.interface(113, 0, &[]),
        LE.enhanced(1, 1_700_000_000_000_001, b"sll", &[]),
        LE.enhanced(0, 1_700_000_000_000_000_123, b"eth", &[]),
        be.section(&[]),
        be.interface(101, 96, &[(IF_TSRESOL, &[0x8a]), (IF_TSOFFSET, &be.u64(5))]),
        be.enhanced(0, 1536, b"rawip", &[]),
    ]);
    assert_eq!(
        facts(&packets),
        [
            (1, 1_700_000_000_000_001_000, 113, 1, 5, &b"sll"[..]),
            (2, 1_700_000_000_000_000_123, 1, 0, 5, b"eth"),
            (3, 6_500_000_000, 101, 2, 7, b"rawip"),
        ]
    );
    let names: Vec<_> = summary.interfaces.iter().map(|i| (i.name.as_deref(), i.link.0)).collect();
    assert_eq!(names, [(Some("eth0"), 1), (None, 113), (None, 101)]);
    assert_eq!(summary.interfaces[2].snaplen, 96);
    assert_eq!(summary.files[0].format, "pcapng");
    assert_eq!(summary.damage, []);
}

#[test]
fn time_may_be_counted_from_before_the_epoch() {
    let offset = (-3600i64).to_le_bytes();
    let (packets, _) = read(&[
        LE.section(&[]),
        LE.interface(1, 0, &[(IF_TSOFFSET, &offset), (IF_TSRESOL, &[3])]),
        LE.enhanced(0, 1000, b"", &[]),
        LE.enhanced(0, u64::MAX, b"", &[]),
    ]);
    let at: Vec<_> = packets.iter().map(|p| p.at.as_nanos()).collect();
    assert_eq!(at, [-3_599_000_000_000, i64::MAX]);
}

#[test]
fn simple_packets_take_their_length_from_the_interface() {
    let (packets, summary) = read(&[
        LE.section(&[]),
        LE.interface(1, 4, &[]),
        LE.interface(1, 0, &[]),
        LE.enhanced(1, 7, b"timed", &[]),
        LE.simple(9, b"abcd"),
        LE.simple(3, b"abc"),
        LE.section(&[]),
        LE.interface(1, 0, &[]),
        LE.simple(6, b"abcdef"),
    ]);
    assert_eq!(
        facts(&packets)[1..],
        [
            (2, 7000, 1, 0, 9, &b"abcd"[..]),
            (3, 7000, 1, 0, 3, b"abc"),
            (4, 7000, 1, 2, 6, b"abcdef"),
        ]
    );
    assert_eq!(summary.damage, []);
}

#[test]
fn the_obsolete_packet_block() {
    let fields = [&[1, 0, 0xff, 0xff][..], &LE.u32(0), &LE.u32(5), &LE.u32(2), &LE.u32(60)];
    let body = [&fields.concat()[..], &pad(b"ab"), &LE.options(&[(1, b"old")])].concat();
    let (packets, summary) = read(&[
        LE.section(&[]),
        LE.interface(1, 0, &[]),
        LE.interface(105, 0, &[]),
        LE.block(PACKET, &body),
    ]);
    assert_eq!(facts(&packets), [(1, 5000, 105, 1, 60, &b"ab"[..])]);
    assert_eq!(summary.comments, [(Some(FrameNo(1)), "old".to_owned())]);
}

#[test]
fn what_is_said_of_the_last_packet_is_asked_one_by_one() {
    let le = Ng(Endian::Little);
    let blocks = [
        le.section(&[(1, b"a visit")]),
        le.interface(1, 0, &[(2, b"eth0")]),
        le.interface(1, 0, &[]),
        le.enhanced(0, 1, b"abc", &[(1, b"first"), (1, b"again")]),
        le.enhanced(1, 2, b"abc", &[]),
        le.enhanced(0, 3, b"abc", &[(1, b"third")]),
    ];
    let bytes = blocks.concat();
    let reader = BlockReader::new(io::Cursor::new(bytes), true, 1 << 20).unwrap();
    let base = Base { frames: 7, interfaces: 3 };
    let file = File { name: "f.pcapng".to_owned(), bytes: None, reader, base };
    let mut source = (FORMAT.open)(file);
    let mut told = Vec::new();
    while let Some(record) = source.next_record().unwrap() {
        let packet = packet_of(record).unwrap();
        let about = source.about(&packet);
        told.push(format!("{:?} {:?}", about.interface, about.comments));
    }
    let expected = [r#"Some("eth0") ["first", "again"]"#, "None []", r#"Some("eth0") ["third"]"#];
    assert_eq!(told, expected);
}

#[test]
fn comments_names_statistics_and_what_we_do_not_know() {
    let be = Ng(Endian::Big);
    let names = [
        &be.u16(1)[..],
        &be.u16(18),
        &pad(b"\x0a\0\0\x01web.test\0www\0x"),
        &be.u16(2),
        &be.u16(21),
        &pad(&[&[0; 15][..], b"\x01self\0"].concat()),
        &be.u16(9),
        &be.u16(1),
        &pad(b"?"),
        &[0; 4],
        &be.options(&[(1, b"from hosts")]),
    ]
    .concat();
    let (packets, summary) = read(&[
        be.section(&[(1, b"a visit"), (4, b"urltrace")]),
        be.interface(1, 0, &[(1, b"cable")]),
        be.block(NAMES, &names),
        be.block(0x0bad_cafe, b"who knows"),
        be.enhanced(0, 1, b"abc", &[(2, &[0; 4]), (1, b"first"), (1, "zwei \u{fc}\0".as_bytes())]),
        be.statistics(0, &[(ISB_IFRECV, &be.u64(10)), (ISB_IFDROP, &be.u64(1))]),
        be.statistics(
            0,
            &[(ISB_IFRECV, &be.u64(12)), (ISB_IFDROP, &be.u64(2)), (ISB_OSDROP, &be.u64(3))],
        ),
        be.block(0x0000_0bad, b"custom"),
    ]);
    assert_eq!(packets.len(), 1);
    let comment = |frame: Option<u64>, text: &str| (frame.map(FrameNo), text.to_owned());
    assert_eq!(
        summary.comments,
        [
            comment(None, "a visit"),
            comment(None, "cable"),
            comment(None, "from hosts"),
            comment(Some(1), "first"),
            comment(Some(1), "zwei \u{fc}"),
        ]
    );
    let name = |address: &str, name: &str| (address.parse().unwrap(), name.to_owned());
    assert_eq!(
        summary.names,
        [
            name("10.0.0.1", "web.test"),
            name("10.0.0.1", "www"),
            name("10.0.0.1", "x"),
            name("::1", "self")
        ]
    );
    assert_eq!(
        (summary.interfaces[0].received, summary.interfaces[0].dropped),
        (Some(12), Some(5))
    );
    assert_eq!(summary.skipped_blocks, 2);
    assert_eq!(summary.damage, []);
}

#[test]
fn secrets_come_in_their_place() {
    let secrets = [&LE.u32(0x544c_534b)[..], &LE.u32(7), &pad(b"CLIENT_")].concat();
    let bytes = [
        LE.section(&[]),
        LE.interface(1, 0, &[]),
        LE.enhanced(0, 1, b"a", &[]),
        LE.block(SECRETS, &secrets),
        LE.enhanced(0, 2, b"b", &[]),
    ]
    .concat();
    let (records, _) = read_in(&bytes, 64);
    let want = Secrets { kind: 0x544c_534b, data: Bytes::from_static(b"CLIENT_") };
    assert!(
        matches!(&records[..], [Record::Packet(_), Record::Secrets(got), Record::Packet(_)] if *got == want)
    );
    assert_eq!(format!("{:?}", records[1]), "Secrets(7 secret bytes of type 0x544c534b)");
}

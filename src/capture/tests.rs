use std::io::Write;

use super::*;
use crate::capture::source::LinkType;

/// A pcap file of packets of one byte each, at these seconds.
fn pcap(seconds: &[u8]) -> Vec<u8> {
    let mut file =
        vec![0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 101, 0, 0, 0];
    for second in seconds {
        file.extend([*second, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, *second]);
    }
    file
}

fn drain(source: &mut impl PacketSource) -> Vec<(u64, i64, u32)> {
    let mut seen = Vec::new();
    while let Some(record) = source.next_record().unwrap() {
        if let Record::Packet(packet) = record {
            seen.push((packet.frame.0, packet.at.as_nanos() / 1_000_000_000, packet.interface));
        }
    }
    seen
}

fn gz(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn several_files_are_one_capture() {
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str, bytes: &[u8]| {
        let path = dir.path().join(name);
        fs::write(&path, bytes).unwrap();
        path
    };
    let damaged = pcap(&[3, 4]);
    let paths = [
        path("a.pcap", &pcap(&[1, 2])),
        path("b.pcap.gz", &gz(&damaged[..damaged.len() - 5])),
        path("text.txt", b"no capture"),
        dir.path().join("missing.pcap"),
        path("c.pcap.zst", &zstd::encode_all(&pcap(&[5])[..], 1).unwrap()),
        path("empty.pcap", &pcap(&[])),
    ];
    let mut files = open_all(&paths).unwrap();
    let progress = files.progress();
    assert_eq!(drain(&mut files), [(1, 1, 0), (2, 2, 0), (3, 3, 1), (4, 5, 2)]);
    assert!(files.next_record().unwrap().is_none());
    let summary = files.summary();
    let formats: Vec<_> = summary.files.iter().map(|file| &*file.format).collect();
    let plain = "pcap (little-endian, microseconds)";
    assert_eq!(
        formats,
        [
            plain,
            &format!("{plain}, gzip"),
            "unreadable",
            "unreadable",
            &format!("{plain}, zstd"),
            plain
        ]
    );
    assert_eq!(summary.interfaces.len(), 4);
    let damage: Vec<_> =
        summary.damage.iter().map(|d| (d.offset, d.after_frame.0, d.fatal)).collect();
    assert_eq!(damage, [(41, 3, true), (0, 3, true), (0, 3, true)]);
    assert!(summary.damage[0].file.ends_with("b.pcap.gz"));
    assert!(summary.damage[1].what.contains("is not a capture file"));
    assert!(summary.damage[2].what.contains("no such file"));
    // the missing file has no size, so there is no total
    assert_eq!(progress.total(), None);
    let sizes: u64 = paths.iter().filter_map(|path| path.metadata().ok()).map(|m| m.len()).sum();
    assert_eq!(progress.read(), sizes);
}

#[test]
fn a_first_file_that_cannot_be_read_is_an_error() {
    let dir = tempfile::tempdir().unwrap();
    let empty = dir.path().join("empty.pcap");
    fs::write(&empty, b"").unwrap();
    let broken = dir.path().join("broken.gz");
    fs::write(&broken, b"\x1f\x8b\x09\0\0\0\0\0\0\0").unwrap();
    for (path, words) in [
        (dir.path().join("missing"), "there is no such file"),
        (dir.path().to_path_buf(), "it is a directory"),
        (empty, "it is empty"),
        (broken, "cannot read"),
    ] {
        let Err(error) = open(&path) else { panic!("{}", path.display()) };
        assert!(error.to_string().contains(words), "{error}");
    }
}

#[test]
fn the_bytes_on_disk_are_all_read() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.pcap");
    let bytes = pcap(&[7; 100]);
    fs::write(&path, &bytes).unwrap();
    let mut files = open(&path).unwrap();
    assert_eq!(files.progress().total(), Some(bytes.len() as u64));
    assert_eq!(drain(&mut files).len(), 100);
    assert_eq!(files.progress().read(), bytes.len() as u64);
    assert_eq!(files.summary().files[0].bytes, Some(bytes.len() as u64));
}

#[test]
fn a_pipe_gives_each_packet_as_it_comes() {
    let (pipe, mut writer) = io::pipe().unwrap();
    let file = fs::File::from(std::os::fd::OwnedFd::from(pipe));
    let bytes = pcap(&[1, 2]);
    writer.write_all(&bytes[..41]).unwrap();
    let progress = Arc::new(Progress::default());
    let reader = BlockReader::from_file(file, &progress).unwrap();
    let mut source = recognize("-".to_owned(), None, reader, Base::default()).unwrap();
    // would hang here if a full block were waited for
    assert!(matches!(source.next_record(), Ok(Some(Record::Packet(_)))));
    writer.write_all(&bytes[41..50]).unwrap();
    drop(writer);
    assert!(matches!(source.next_record(), Ok(None)));
    assert_eq!(source.summary().damage[0].offset, 41);
    assert_eq!(progress.total(), None);
}

#[test]
fn a_capture_in_memory() {
    let (packets, summary) = read_all(gz(&pcap(&[1, 2, 3])).into()).unwrap();
    assert_eq!(packets.len(), 3);
    assert_eq!(packets[2].link, LinkType::RAW);
    assert_eq!(summary.files[0].format, "pcap (little-endian, microseconds), gzip");
    assert!(read_all(Bytes::from_static(b"{}")).is_err());
}

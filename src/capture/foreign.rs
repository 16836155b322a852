//! What to tell somebody whose file is no capture, or cannot be read: what it is, what to do.

use std::io::{self, ErrorKind};
use std::sync::Arc;

use crate::capture::source::CaptureError;

/// Why a file cannot be read, in words that help.
pub(super) fn unreadable(file: &str, error: io::Error) -> CaptureError {
    let advice = match error.kind() {
        ErrorKind::NotFound => "there is no such file; check its name and the directory",
        ErrorKind::PermissionDenied => {
            "permission denied; a capture written by root is made yours by `sudo chown $USER FILE`"
        }
        ErrorKind::IsADirectory => {
            "it is a directory; name the capture files in it, such as DIRECTORY/*.pcapng"
        }
        _ => "",
    };
    let source =
        if advice.is_empty() { error } else { io::Error::new(error.kind(), advice.to_owned()) };
    CaptureError::Read { file: file.to_owned(), source: Arc::new(source) }
}

/// Why a file that begins with these bytes is no capture.
pub(super) fn not_a_capture(file: String, begin: &[u8]) -> CaptureError {
    let known = KNOWN.iter().find(|(magic, _)| begin.starts_with(magic));
    let printable = |byte: &u8| matches!(byte, b'\t' | b'\n' | b'\r' | b' '..=b'~' | 0x80..);
    let looked_at = begin.get(..LOOK_AT.min(begin.len())).unwrap_or_default();
    let hint = match (known, looked_at.trim_ascii_start()) {
        _ if begin.is_empty() => "it is empty: was the capture stopped before the first packet?",
        (Some((_, hint)), _) => hint,
        (None, [b'{' | b'[', ..]) => {
            "it looks like JSON (a HAR?), but packets are needed: record the visit again with \
             `urltrace --iface NAME --write visit.pcapng` or `tcpdump -w visit.pcap`"
        }
        (None, [b'<', ..]) => "it looks like HTML or XML; a download page instead of the capture?",
        _ if looked_at.iter().all(printable) => {
            "it looks like text, perhaps what tcpdump or tshark printed; let them write packets \
             with `-w FILE` and name that file"
        }
        _ => {
            "pcap and pcapng are read, as they are or compressed by gzip or zstd; Wireshark's \
             `editcap -F pcapng IN OUT` converts what else it knows"
        }
    };
    let magic = match looked_at.get(..4.min(looked_at.len())) {
        None | Some([]) => "nothing (0 bytes)".to_owned(),
        Some(bytes) => bytes.iter().map(|b| format!("{b:02x}")).collect::<Vec<_>>().join(" "),
    };
    CaptureError::NotACapture { file, magic, hint: hint.to_owned() }
}

/// Bytes of a file's begin that say what it is.
pub(super) const LOOK_AT: usize = 64;

/// What people name in error, by how it begins.
const KNOWN: &[(&[u8], &str)] = &[
    (b"\x1f\x8b", "it is compressed twice; unpack it once with `gzip -d`"),
    (b"\x28\xb5\x2f\xfd", "it is compressed twice; unpack it once with `zstd -d`"),
    (b"\xfd7zXZ", "it is compressed by xz; unpack it with `xz -d`"),
    (b"BZh", "it is compressed by bzip2; unpack it with `bzip2 -d`"),
    (b"\x04\x22\x4d\x18", "it is compressed by lz4; unpack it with `lz4 -d`"),
    (b"PK\x03\x04", "it is a zip archive; unpack it first"),
    (b"7z\xbc\xaf", "it is a 7z archive; unpack it first"),
    (b"snoop\0", "it is a snoop capture; convert it with `editcap -F pcapng IN OUT`"),
    (b"GMBU", "it is a Network Monitor capture; convert it with `editcap -F pcapng IN OUT`"),
    (b"RTSS", "it is a Network Monitor capture; convert it with `editcap -F pcapng IN OUT`"),
    (b"CLIENT_", "it is a TLS key log; name the capture too, and the key log apart"),
    (b"SERVER_", "it is a TLS key log; name the capture too, and the key log apart"),
    (b"# SSL/TLS", "it is a TLS key log; name the capture too, and the key log apart"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_what_it_is_and_what_to_do() {
        for (begin, words) in [
            (&b""[..], ["nothing (0 bytes)", "it is empty"]),
            (b"{\"log\":{", ["7b 22 6c 6f", "HAR"]),
            (b"\n  [1]", ["0a 20 20 5b", "JSON"]),
            (b"12:00:01.000 IP 10.0.0.1 > ", ["31 32 3a 30", "tcpdump or tshark printed"]),
            (b"PK\x03\x04....", ["50 4b 03 04", "zip archive"]),
            (b"\0\x01\x02", ["00 01 02", "editcap"]),
            (b"<!DOCTYPE", ["3c 21 44 4f", "HTML"]),
        ] {
            let message = not_a_capture("visit.x".to_owned(), begin).to_string();
            assert!(message.starts_with("visit.x is not a capture file"), "{message}");
            for word in words {
                assert!(message.contains(word), "{message}");
            }
        }
        let message = unreadable("gone.pcap", ErrorKind::NotFound.into()).to_string();
        assert!(message.starts_with("cannot read gone.pcap: there is no such file"), "{message}");
    }
}

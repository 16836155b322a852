//! What is not as it should be, in words.

use crate::anomaly::{Anomaly, Class};
use crate::limits::Limits;
use crate::protocol::http3::qpack;

/// A frame breaks the rules of its kind or place: how, in words.
pub(super) fn bad_frame(stream: u64, how: &'static str) -> Anomaly {
    let text = format!("stream {stream}: {how}");
    Anomaly::new("http3.frame", Class::Malformed, text).citing("RFC 9114 §7")
}

/// A stream is not what it may be: how, in words.
pub(super) fn bad_stream(stream: u64, how: &'static str) -> Anomaly {
    let text = format!("stream {stream}: {how}");
    Anomaly::new("http3.stream", Class::Malformed, text).citing("RFC 9114 §6")
}

/// A field section could not be read to its end.
pub(super) fn bad_section(stream: u64, fault: qpack::Fault) -> Anomaly {
    let text = format!("a field section of stream {stream} {}", words(fault));
    Anomaly::new("http3.qpack", Class::Malformed, text).citing("RFC 9204 §2.2")
}

/// An instruction could not be read.
pub(super) fn bad_instruction(stream: u64, fault: qpack::Fault) -> Anomaly {
    let text = format!(
        "an instruction of stream {stream} {}: what later fields say by reference to its table is \
         unknown",
        words(fault)
    );
    if matches!(fault, qpack::Fault::Beyond(_)) {
        return Anomaly::new("http3.table-too-large", Class::Limit, text);
    }
    Anomaly::new("http3.qpack", Class::Malformed, text).citing("RFC 9204 §4.3")
}

/// An answer of a decoder could not be read.
pub(super) fn bad_answer(stream: u64, fault: qpack::Fault) -> Anomaly {
    let text = format!("an instruction of stream {stream} {}", words(fault));
    Anomaly::new("http3.qpack", Class::Malformed, text).citing("RFC 9204 §4.4")
}

fn words(fault: qpack::Fault) -> String {
    match fault {
        qpack::Fault::Short => "ends within a field".to_owned(),
        qpack::Fault::Number => "has a number beyond all that is sensible".to_owned(),
        qpack::Fault::Huffman => "has a string that is not in the Huffman code".to_owned(),
        qpack::Fault::Index(index) => format!("refers to entry {index}, which does not exist"),
        qpack::Fault::Required => "needs a number of entries that cannot be".to_owned(),
        qpack::Fault::TooLarge => "makes an entry or a table larger than it may be".to_owned(),
        qpack::Fault::Beyond(bytes) => format!("makes a table of {bytes} bytes, more than is kept"),
    }
}

/// A piece of an encoder stream is missing.
pub(super) fn lost_table(stream: u64) -> Anomaly {
    let text = format!(
        "a part of the encoder stream {stream} is missing: what later fields say by reference to \
         its table is unknown"
    );
    Anomaly::new("http3.qpack-cut", Class::Lost, text)
}

/// A piece of a field section is missing.
pub(super) fn lost_section(stream: u64) -> Anomaly {
    let text = format!("a part of a field section of stream {stream} is missing");
    Anomaly::new("http3.head-cut", Class::Lost, text)
}

/// More waits for entries of the table than is held.
pub(super) fn much_waits(limits: &Limits) -> Anomaly {
    let text = format!(
        "more than {} bytes wait for entries of the table of fields: they are read without",
        limits.http3_blocked
    );
    Anomaly::new("http3.blocked-full", Class::Limit, text)
}

/// A head breaks the rules of HTTP.
pub(super) fn bad_head(stream: u64, how: &'static str) -> Anomaly {
    let text = format!("stream {stream}: {how}");
    Anomaly::new("http3.head-syntax", Class::Malformed, text).citing("RFC 9114 §4.2")
}

/// A frame is longer than is kept of one at a time.
pub(super) fn large_frame(stream: u64, length: u64) -> Anomaly {
    let text = format!("a frame of stream {stream} has {length} bytes: it is passed over");
    Anomaly::new("http3.frame-too-long", Class::Limit, text)
}

/// More streams are open than are followed.
pub(super) fn many_streams(limits: &Limits) -> Anomaly {
    let text = format!("more than {} streams at once: the oldest is given up", limits.http_streams);
    Anomaly::new("http3.streams-full", Class::Limit, text)
}

/// More streams of one direction are open than are followed.
pub(super) fn many_singles(limits: &Limits) -> Anomaly {
    let text = format!(
        "more than {} streams of one direction at once: further ones are passed over",
        limits.http_streams
    );
    Anomaly::new("http3.streams-full", Class::Limit, text)
}

/// More pushes are promised and not begun, or begun and not promised, than are followed.
pub(super) fn many_pushes(most: usize) -> Anomaly {
    let text = format!(
        "more than {most} pushes are promised and not begun, or begun and not promised: further ones \
         are not told as such"
    );
    Anomaly::new("http3.pushes-full", Class::Limit, text)
}

/// A datagram is too short to say of which request it is.
pub(super) fn bad_datagram() -> Anomaly {
    let text = "a datagram that does not say of which request it is";
    Anomaly::new("http3.datagram", Class::Malformed, text).citing("RFC 9297 §2.1")
}

//! What the types of frames are called, and where that is written.

/// The name of a type of frame, where it has one.
pub const fn name_of(kind: u64) -> Option<&'static str> {
    match row(kind) {
        Some((name, _)) => Some(name),
        None => None,
    }
}

/// Name and section of a type of frame.
pub(super) const fn row(kind: u64) -> Option<(&'static str, &'static str)> {
    Some(match kind {
        0x00 => ("PADDING", "RFC 9000 §19.1"),
        0x01 => ("PING", "RFC 9000 §19.2"),
        0x02 | 0x03 => ("ACK", "RFC 9000 §19.3"),
        0x04 => ("RESET_STREAM", "RFC 9000 §19.4"),
        0x05 => ("STOP_SENDING", "RFC 9000 §19.5"),
        0x06 => ("CRYPTO", "RFC 9000 §19.6"),
        0x07 => ("NEW_TOKEN", "RFC 9000 §19.7"),
        0x08..=0x0f => ("STREAM", "RFC 9000 §19.8"),
        0x10 => ("MAX_DATA", "RFC 9000 §19.9"),
        0x11 => ("MAX_STREAM_DATA", "RFC 9000 §19.10"),
        0x12 | 0x13 => ("MAX_STREAMS", "RFC 9000 §19.11"),
        0x14 => ("DATA_BLOCKED", "RFC 9000 §19.12"),
        0x15 => ("STREAM_DATA_BLOCKED", "RFC 9000 §19.13"),
        0x16 | 0x17 => ("STREAMS_BLOCKED", "RFC 9000 §19.14"),
        0x18 => ("NEW_CONNECTION_ID", "RFC 9000 §19.15"),
        0x19 => ("RETIRE_CONNECTION_ID", "RFC 9000 §19.16"),
        0x1a => ("PATH_CHALLENGE", "RFC 9000 §19.17"),
        0x1b => ("PATH_RESPONSE", "RFC 9000 §19.18"),
        0x1c | 0x1d => ("CONNECTION_CLOSE", "RFC 9000 §19.19"),
        0x1e => ("HANDSHAKE_DONE", "RFC 9000 §19.20"),
        0x1f => ("IMMEDIATE_ACK", "draft-ietf-quic-ack-frequency-10 §5"),
        0x30 | 0x31 => ("DATAGRAM", "RFC 9221 §4"),
        0xaf => ("ACK_FREQUENCY", "draft-ietf-quic-ack-frequency-10 §4"),
        _ => return None,
    })
}

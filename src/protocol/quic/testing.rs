//! Frames and transport parameters as they are written (RFC 9000 §16, §18, §19), for tests.

/// Writes a number in as few bytes as it needs (RFC 9000 §16). It has 62 bits at most.
pub(crate) fn varint(number: u64, out: &mut Vec<u8>) {
    let length = match number {
        0..=0x3f => 1,
        0x40..=0x3fff => 2,
        0x4000..=0x3fff_ffff => 4,
        _ => 8,
    };
    varint_of(length, number, out);
}

/// Writes a number in 1, 2, 4 or 8 bytes.
pub(crate) fn varint_of(length: usize, number: u64, out: &mut Vec<u8>) {
    let bits = u64::from(length.trailing_zeros()) << 62;
    let bytes = (number << (64 - 8 * length) | bits).to_be_bytes();
    out.extend(bytes.iter().take(length));
}

fn numbers(numbers: &[u64], out: &mut Vec<u8>) {
    for number in numbers {
        varint(*number, out);
    }
}

fn counted(bytes: &[u8], out: &mut Vec<u8>) {
    varint(bytes.len() as u64, out);
    out.extend(bytes);
}

/// Any type with nothing but numbers behind it: MAX_DATA, RESET_STREAM, ...
pub(crate) fn plain(kind: u64, fields: &[u64], out: &mut Vec<u8>) {
    varint(kind, out);
    numbers(fields, out);
}

/// PADDING.
pub(crate) fn padding(length: usize, out: &mut Vec<u8>) {
    out.resize(out.len() + length, 0);
}

/// ACK: the first range's length, then a gap and a length for each that follows.
pub(crate) fn ack(
    largest: u64,
    delay: u64,
    first: u64,
    ranges: &[(u64, u64)],
    ecn: Option<[u64; 3]>,
    out: &mut Vec<u8>,
) {
    plain(0x02 + u64::from(ecn.is_some()), &[largest, delay, ranges.len() as u64, first], out);
    for (gap, length) in ranges {
        numbers(&[*gap, *length], out);
    }
    numbers(ecn.as_ref().map_or(&[], |counts| counts), out);
}

/// CRYPTO.
pub(crate) fn crypto(offset: u64, data: &[u8], out: &mut Vec<u8>) {
    plain(0x06, &[offset], out);
    counted(data, out);
}

/// NEW_TOKEN.
pub(crate) fn new_token(token: &[u8], out: &mut Vec<u8>) {
    varint(0x07, out);
    counted(token, out);
}

/// STREAM, with an offset where it is not 0 and always with a length.
pub(crate) fn stream(id: u64, offset: u64, fin: bool, data: &[u8], out: &mut Vec<u8>) {
    plain(0x0a | u64::from(offset != 0) << 2 | u64::from(fin), &[id], out);
    if offset != 0 {
        varint(offset, out);
    }
    counted(data, out);
}

/// STREAM without a length: the last frame of its packet.
pub(crate) fn last_stream(id: u64, offset: u64, fin: bool, data: &[u8], out: &mut Vec<u8>) {
    plain(0x0c | u64::from(fin), &[id, offset], out);
    out.extend(data);
}

/// NEW_CONNECTION_ID.
pub(crate) fn new_connection_id(
    sequence: u64,
    retire_prior_to: u64,
    id: &[u8],
    token: [u8; 16],
    out: &mut Vec<u8>,
) {
    plain(0x18, &[sequence, retire_prior_to], out);
    counted(id, out);
    out.extend(token);
}

/// PATH_CHALLENGE.
pub(crate) fn path_challenge(data: [u8; 8], out: &mut Vec<u8>) {
    out.push(0x1a);
    out.extend(data);
}

/// PATH_RESPONSE.
pub(crate) fn path_response(data: [u8; 8], out: &mut Vec<u8>) {
    out.push(0x1b);
    out.extend(data);
}

/// CONNECTION_CLOSE: of QUIC itself where a type of frame is given, else of the application.
pub(crate) fn connection_close(code: u64, frame: Option<u64>, reason: &[u8], out: &mut Vec<u8>) {
    plain(if frame.is_some() { 0x1c } else { 0x1d }, &[code], out);
    if let Some(frame) = frame {
        varint(frame, out);
    }
    counted(reason, out);
}

/// DATAGRAM with its length.
pub(crate) fn datagram(data: &[u8], out: &mut Vec<u8>) {
    varint(0x31, out);
    counted(data, out);
}

/// DATAGRAM without a length: the last frame of its packet.
pub(crate) fn last_datagram(data: &[u8], out: &mut Vec<u8>) {
    varint(0x30, out);
    out.extend(data);
}

/// A transport parameter (RFC 9000 §18).
pub(crate) fn parameter(id: u64, value: &[u8], out: &mut Vec<u8>) {
    varint(id, out);
    counted(value, out);
}

//! One frame of a packet.

use serde_json::{Value, json};

use crate::protocol::quic::error::TransportError;
use crate::protocol::quic::seen::Frame;

/// A frame as qlog has it; delays of acknowledgments are shifted by the sender's exponent.
pub(super) fn value(frame: &Frame, exponent: u32) -> Value {
    match frame {
        Frame::Padding(length) => json!({ "frame_type": "padding", "length": length }),
        Frame::Ping => json!({ "frame_type": "ping" }),
        Frame::Ack { ranges, delay, ecn } => ack(ranges, *delay << exponent, *ecn),
        Frame::ResetStream { id, code, size } => json!({
            "frame_type": "reset_stream",
            "stream_id": id,
            "error_code": code,
            "final_size": size,
        }),
        Frame::StopSending { id, code } => {
            json!({ "frame_type": "stop_sending", "stream_id": id, "error_code": code })
        }
        Frame::Crypto { offset, length } => {
            json!({ "frame_type": "crypto", "offset": offset, "length": length })
        }
        Frame::NewToken(length) => {
            json!({ "frame_type": "new_token", "token": { "length": length } })
        }
        Frame::Stream { id, offset, length, fin } => json!({
            "frame_type": "stream",
            "stream_id": id,
            "offset": offset,
            "length": length,
            "fin": fin,
        }),
        Frame::MaxData(limit) => json!({ "frame_type": "max_data", "maximum": limit }),
        Frame::MaxStreamData { id, limit } => {
            json!({ "frame_type": "max_stream_data", "stream_id": id, "maximum": limit })
        }
        Frame::MaxStreams { one_way, limit } => {
            json!({ "frame_type": "max_streams", "stream_type": ways(*one_way), "maximum": limit })
        }
        Frame::DataBlocked(limit) => json!({ "frame_type": "data_blocked", "limit": limit }),
        Frame::StreamDataBlocked { id, limit } => {
            json!({ "frame_type": "stream_data_blocked", "stream_id": id, "limit": limit })
        }
        Frame::StreamsBlocked { one_way, limit } => {
            json!({ "frame_type": "streams_blocked", "stream_type": ways(*one_way), "limit": limit })
        }
        Frame::NewConnectionId { sequence, retire_prior_to, id } => json!({
            "frame_type": "new_connection_id",
            "sequence_number": sequence,
            "retire_prior_to": retire_prior_to,
            "connection_id_length": id.len(),
            "connection_id": id.to_string(),
        }),
        Frame::RetireConnectionId(sequence) => {
            json!({ "frame_type": "retire_connection_id", "sequence_number": sequence })
        }
        Frame::PathChallenge => json!({ "frame_type": "path_challenge" }),
        Frame::PathResponse => json!({ "frame_type": "path_response" }),
        Frame::ConnectionClose { is_application, code, frame, reason } => {
            close(*is_application, *code, *frame, reason)
        }
        Frame::HandshakeDone => json!({ "frame_type": "handshake_done" }),
        Frame::Datagram(length) => json!({ "frame_type": "datagram", "length": length }),
        Frame::AckFrequency => json!({ "frame_type": "ack_frequency" }),
        Frame::ImmediateAck => json!({ "frame_type": "immediate_ack" }),
        Frame::Unknown(kind) => json!({ "frame_type": "unknown", "raw_frame_type": kind }),
    }
}

const fn ways(one_way: bool) -> &'static str {
    if one_way { "unidirectional" } else { "bidirectional" }
}

/// Ranges ascend, and delays are milliseconds.
#[expect(clippy::cast_precision_loss, reason = "a delay of more than 2^53 µs is no delay")]
fn ack(ranges: &[(u64, u64)], micros: u64, ecn: Option<[u64; 3]>) -> Value {
    let ranges: Vec<[u64; 2]> = ranges.iter().rev().map(|(low, high)| [*low, *high]).collect();
    let mut value = json!({
        "frame_type": "ack",
        "ack_delay": micros as f64 / 1000.0,
        "acked_ranges": ranges,
    });
    if let (Some([ect0, ect1, ce]), Some(object)) = (ecn, value.as_object_mut()) {
        for (name, count) in [("ect0", ect0), ("ect1", ect1), ("ce", ce)] {
            object.insert(name.to_owned(), count.into());
        }
    }
    value
}

fn close(is_application: bool, code: u64, frame: Option<u64>, reason: &str) -> Value {
    let space = if is_application { "application" } else { "transport" };
    let name = TransportError(code).name().filter(|_| !is_application);
    let error = name.map_or_else(|| json!(code), |name| json!(name.to_ascii_lowercase()));
    json!({
        "frame_type": "connection_close",
        "error_space": space,
        "error_code": error,
        "raw_error_code": code,
        "reason": reason,
        "trigger_frame_type": frame,
    })
}

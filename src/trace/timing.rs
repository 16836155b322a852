//! The phases of an exchange, as HAR has them.

use crate::time::TimeDelta;

/// Where the time of an exchange went, in the phases of HAR 1.2. A phase that did not happen is
/// none, not zero. None is negative.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Timings {
    /// Between the other phases before the request could be sent: between answer and SYN, and
    /// between handshake and request.
    pub blocked: Option<TimeDelta>,
    /// From the first question for the host to the last answer that the connect waited for.
    pub dns: Option<TimeDelta>,
    /// From the first SYN to the client's ACK, and TLS where there is any; on QUIC from the client's
    /// first packet to its Finished.
    pub connect: Option<TimeDelta>,
    /// The part of `connect` that is TLS: all of it on QUIC.
    pub ssl: Option<TimeDelta>,
    /// From the first to the last byte of the request; none where it was not captured.
    pub send: Option<TimeDelta>,
    /// From the request's last byte to the final response's first; none without a response.
    pub wait: Option<TimeDelta>,
    /// From the response's first byte to its last; none without a response.
    pub receive: Option<TimeDelta>,
}

impl Timings {
    /// The sum of the phases, without `ssl`, which lies inside `connect`.
    pub fn total(&self) -> TimeDelta {
        let phases = [self.blocked, self.dns, self.connect, self.send, self.wait, self.receive];
        phases.into_iter().flatten().fold(TimeDelta::ZERO, |sum, phase| sum + phase)
    }
}

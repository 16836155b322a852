//! Why a QUIC connection is closed, in words (RFC 9000 §20).

use std::fmt;

use crate::protocol::tls::alert::Description;

/// A code of QUIC itself; those of the protocol above are its own. Prints as its name in the RFC,
/// with the alert of TLS where it is one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TransportError(pub u64);

impl TransportError {
    /// Nothing is wrong.
    pub const NO_ERROR: Self = Self(0x00);
    /// The application closed it before the handshake was over, and what it said is kept back
    /// (RFC 9000 §10.2.3).
    pub const APPLICATION_ERROR: Self = Self(0x0c);

    /// Its name; none where no RFC has one.
    pub const fn name(self) -> Option<&'static str> {
        Some(match self.0 {
            0x00 => "NO_ERROR",
            0x01 => "INTERNAL_ERROR",
            0x02 => "CONNECTION_REFUSED",
            0x03 => "FLOW_CONTROL_ERROR",
            0x04 => "STREAM_LIMIT_ERROR",
            0x05 => "STREAM_STATE_ERROR",
            0x06 => "FINAL_SIZE_ERROR",
            0x07 => "FRAME_ENCODING_ERROR",
            0x08 => "TRANSPORT_PARAMETER_ERROR",
            0x09 => "CONNECTION_ID_LIMIT_ERROR",
            0x0a => "PROTOCOL_VIOLATION",
            0x0b => "INVALID_TOKEN",
            0x0c => "APPLICATION_ERROR",
            0x0d => "CRYPTO_BUFFER_EXCEEDED",
            0x0e => "KEY_UPDATE_ERROR",
            0x0f => "AEAD_LIMIT_REACHED",
            0x10 => "NO_VIABLE_PATH",
            // RFC 9368 §10.2
            0x11 => "VERSION_NEGOTIATION_ERROR",
            0x100..=0x1ff => "CRYPTO_ERROR",
            _ => return None,
        })
    }

    /// The alert of TLS that closes the connection (RFC 9001 §4.8).
    pub const fn alert(self) -> Option<Description> {
        match self.0.to_be_bytes() {
            [0, 0, 0, 0, 0, 0, 1, alert] => Some(Description(alert)),
            _ => None,
        }
    }
}

impl fmt::Display for TransportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.name(), self.alert()) {
            (Some(name), Some(alert)) => write!(f, "{name} ({alert})"),
            (Some(name), None) => f.write_str(name),
            (None, _) => write!(f, "error {:#x}", self.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_have_names_or_print_as_numbers() {
        let cases = [
            (0, "NO_ERROR"),
            (0x0a, "PROTOCOL_VIOLATION"),
            (0x0f, "AEAD_LIMIT_REACHED"),
            (0x10, "NO_VIABLE_PATH"),
            (0x11, "VERSION_NEGOTIATION_ERROR"),
            (0x12, "error 0x12"),
            (0xff, "error 0xff"),
            (0x200, "error 0x200"),
            ((1 << 62) - 1, "error 0x3fffffffffffffff"),
        ];
        for (code, words) in cases {
            assert_eq!(TransportError(code).to_string(), words);
            assert_eq!(TransportError(code).alert(), None);
        }
    }

    #[test]
    fn alerts_of_tls_have_theirs() {
        let error = TransportError(0x0178);
        assert_eq!(error.name(), Some("CRYPTO_ERROR"));
        assert_eq!(error.alert(), Some(Description(120)));
        assert_eq!(error.to_string(), "CRYPTO_ERROR (no_application_protocol)");
        assert_eq!(TransportError(0x0100).to_string(), "CRYPTO_ERROR (close_notify)");
        assert_eq!(TransportError(0x01ff).to_string(), "CRYPTO_ERROR (alert 255)");
    }
}

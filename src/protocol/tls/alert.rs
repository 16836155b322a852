//! Alerts in words (RFC 8446 §6, RFC 5246 §7.2).

use std::fmt;

/// How grave an alert says it is. TLS 1.3 ends with any but close_notify and user_canceled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Level(pub u8);

impl Level {
    /// The connection may go on.
    pub const WARNING: Self = Self(1);
    /// It may not.
    pub const FATAL: Self = Self(2);
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::WARNING => f.write_str("warning"),
            Self::FATAL => f.write_str("fatal"),
            Self(other) => write!(f, "level {other}"),
        }
    }
}

/// What an alert says. Prints as its name in the RFC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Description(pub u8);

impl Description {
    /// Nothing more will be sent.
    pub const CLOSE_NOTIFY: Self = Self(0);
    /// The sender does not want to go on with the handshake.
    pub const USER_CANCELED: Self = Self(90);
    /// The sender does not want another handshake (TLS 1.2 and before).
    pub const NO_RENEGOTIATION: Self = Self(100);

    /// True where it only closes.
    pub const fn is_closure(self) -> bool {
        matches!(self, Self::CLOSE_NOTIFY | Self::USER_CANCELED)
    }

    /// Its name in the RFC.
    pub const fn name(self) -> Option<&'static str> {
        match self.row() {
            Some((name, _)) => Some(name),
            None => None,
        }
    }

    /// What it means, said by its sender of the other side.
    pub const fn meaning(self) -> Option<&'static str> {
        match self.row() {
            Some((_, meaning)) => Some(meaning),
            None => None,
        }
    }

    const fn row(self) -> Option<(&'static str, &'static str)> {
        Some(match self.0 {
            0 => ("close_notify", "nothing more will be sent"),
            10 => ("unexpected_message", "a message came that does not belong there"),
            20 => ("bad_record_mac", "a record was not authentic: damaged, or other keys"),
            21 => ("decryption_failed", "a record could not be decrypted"),
            22 => ("record_overflow", "a record was too long"),
            30 => ("decompression_failure", "a record could not be unpacked"),
            40 => ("handshake_failure", "nothing acceptable was offered"),
            41 => ("no_certificate", "there is no certificate to send"),
            42 => ("bad_certificate", "the certificate is damaged, or its signature is wrong"),
            43 => ("unsupported_certificate", "the certificate is of a kind that is not accepted"),
            44 => ("certificate_revoked", "the certificate was revoked by who signed it"),
            45 => ("certificate_expired", "the certificate has expired, or is not valid yet"),
            46 => ("certificate_unknown", "the certificate is not accepted"),
            47 => ("illegal_parameter", "a field of a message is wrong"),
            48 => ("unknown_ca", "who signed the certificate is not known or not trusted"),
            49 => ("access_denied", "the certificate is good, its owner is not let in"),
            50 => ("decode_error", "a message could not be read"),
            51 => ("decrypt_error", "a signature or a Finished is wrong"),
            60 => ("export_restriction", "the keys are longer than was allowed"),
            70 => ("protocol_version", "the version is known but not supported"),
            71 => ("insufficient_security", "stronger ciphers are asked for"),
            80 => ("internal_error", "something failed that has nothing to do with the other side"),
            86 => ("inappropriate_fallback", "an older version was tried than both sides speak"),
            90 => ("user_canceled", "the handshake is given up for a reason of its own"),
            100 => ("no_renegotiation", "another handshake is not wanted"),
            109 => ("missing_extension", "an extension that must be there is not"),
            110 => ("unsupported_extension", "an extension came that was not offered"),
            111 => ("certificate_unobtainable", "the certificate could not be fetched"),
            112 => ("unrecognized_name", "no server of that name is here"),
            113 => ("bad_certificate_status_response", "the certificate's status is not good"),
            114 => ("bad_certificate_hash_value", "the certificate is not the one that was named"),
            115 => ("unknown_psk_identity", "no key is known by that identity"),
            116 => ("certificate_required", "a certificate of the client is asked for"),
            117 => ("general_error", "something failed"),
            120 => ("no_application_protocol", "none of the protocols that were offered is spoken"),
            121 => ("ech_required", "the encrypted ClientHello was not accepted"),
            _ => return None,
        })
    }
}

impl fmt::Display for Description {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "alert {}", self.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_alert_has_a_name_and_a_meaning_or_its_number() {
        assert_eq!(Description(48).to_string(), "unknown_ca");
        assert!(Description(112).meaning().unwrap().starts_with("no server"));
        assert_eq!(Description(99).to_string(), "alert 99");
        assert_eq!(Level::FATAL.to_string(), "fatal");
        assert_eq!(Level(7).to_string(), "level 7");
        assert!(Description::CLOSE_NOTIFY.is_closure() && !Description(40).is_closure());
    }
}

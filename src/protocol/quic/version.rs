//! The versions of QUIC, and what each protects its packets with.

use std::fmt;

/// A version of QUIC, by its number in long headers (RFC 9000 §15).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version(pub u32);

impl Version {
    /// No version: a packet of version negotiation (RFC 9000 §17.2.1).
    pub const NEGOTIATION: Self = Self(0);
    /// QUIC version 1 (RFC 9000).
    pub const V1: Self = Self(1);
    /// QUIC version 2 (RFC 9369).
    pub const V2: Self = Self(0x6b33_43cf);

    /// Its name as Wireshark and the registry of IANA have it; none where it has none.
    pub fn name(self) -> Option<String> {
        Some(match self.0 {
            0 => "version negotiation".to_owned(),
            1 => "1".to_owned(),
            0x6b33_43cf => "2".to_owned(),
            0x709a_50c4 => "2-draft-00".to_owned(),
            0xff00_0000..=0xff00_00ff => format!("draft-{:02}", self.0 & 0xff),
            0xface_b000..=0xface_b00f => format!("Facebook mvfst ({:#x})", self.0),
            _ if self.gquic().is_some() => {
                let [_, digits @ ..] = self.0.to_be_bytes();
                format!("Google Q{}", String::from_utf8_lossy(&digits))
            }
            _ => return None,
        })
    }

    /// True for the numbers that are sent to see that unknown ones are passed over
    /// (RFC 9000 §15): each of their bytes ends in `a`.
    pub const fn is_grease(self) -> bool {
        self.0 & 0x0f0f_0f0f == 0x0a0a_0a0a
    }

    /// Which of Google's own versions it is, from before the IETF's: `Q046` is 46.
    pub fn gquic(self) -> Option<u32> {
        let [first, digits @ ..] = self.0.to_be_bytes();
        let is_google = matches!(first, b'Q' | b'T') && digits.iter().all(u8::is_ascii_digit);
        is_google.then(|| digits.iter().fold(0, |n, digit| n * 10 + u32::from(digit - b'0')))
    }

    /// The draft of version 1 that it is, or that it follows; none for version 1 itself, and all
    /// others.
    const fn draft(self) -> Option<u32> {
        match self.0 {
            0xff00_0000..=0xff00_00ff => Some(self.0 & 0xff),
            // Facebook's, by what its Initial packets are protected with
            0xface_b001 => Some(22),
            0xface_b002 | 0xface_b00e => Some(27),
            _ => None,
        }
    }

    /// What makes the keys of its packets; none where that is not known.
    pub(super) fn protection(self) -> Option<&'static Protection> {
        self.protections().first().copied()
    }

    /// Likewise; several where it is one of these: which it is shows when a packet authenticates.
    pub(super) const fn protections(self) -> &'static [&'static Protection] {
        match (self.0, self.draft()) {
            (1, _) | (_, Some(33..)) => &[&V1],
            (0x6b33_43cf, _) => &[&V2],
            (0x709a_50c4, _) => &[&V2_DRAFT_00],
            (_, Some(29..=32)) => &[&DRAFT_29],
            (_, Some(25..=28)) => &[&DRAFT_25],
            (_, Some(23..=24)) => &[&DRAFT_23],
            (_, Some(21..=22)) => &[&DRAFT_21],
            // who forces a negotiation writes such a packet as one of a version that it has
            _ if self.is_grease() => &[&V1, &DRAFT_29, &DRAFT_25],
            _ => &[],
        }
    }

    /// True where the types of long headers have the numbers of version 2 (RFC 9369 §3.2).
    pub(super) const fn has_types_of_v2(self) -> bool {
        matches!(self, Self::V2 | Self(0x709a_50c4))
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.write_str(&name),
            None if self.is_grease() => write!(f, "GREASE ({:#010x})", self.0),
            None => write!(f, "{:#010x}", self.0),
        }
    }
}

/// What the packets of a version are protected with (RFC 9001 §5, RFC 9369 §3.3).
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Protection {
    /// What the first keys are made of, beside the first connection ID of the client.
    pub(super) salt: [u8; 20],
    /// The labels of packet key, initialization vector, header protection and key update.
    pub(super) labels: Labels,
    /// What authenticates a Retry: key and nonce.
    pub(super) retry: ([u8; 16], [u8; 12]),
}

/// Labels of key derivation, behind `tls13 `.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Labels {
    pub(super) key: &'static str,
    pub(super) iv: &'static str,
    pub(super) header: &'static str,
    pub(super) update: &'static str,
}

const LABELS: Labels =
    Labels { key: "quic key", iv: "quic iv", header: "quic hp", update: "quic ku" };

/// RFC 9001 §5.2, §5.8.
const V1: Protection = Protection {
    salt: [
        0x38, 0x76, 0x2c, 0xf7, 0xf5, 0x59, 0x34, 0xb3, 0x4d, 0x17, 0x9a, 0xe6, 0xa4, 0xc8, 0x0c,
        0xad, 0xcc, 0xbb, 0x7f, 0x0a,
    ],
    labels: LABELS,
    retry: (
        [
            0xbe, 0x0c, 0x69, 0x0b, 0x9f, 0x66, 0x57, 0x5a, 0x1d, 0x76, 0x6b, 0x54, 0xe3, 0x68,
            0xc8, 0x4e,
        ],
        [0x46, 0x15, 0x99, 0xd3, 0x5d, 0x63, 0x2b, 0xf2, 0x23, 0x98, 0x25, 0xbb],
    ),
};

/// RFC 9369 §3.3.
const V2: Protection = Protection {
    salt: [
        0x0d, 0xed, 0xe3, 0xde, 0xf7, 0x00, 0xa6, 0xdb, 0x81, 0x93, 0x81, 0xbe, 0x6e, 0x26, 0x9d,
        0xcb, 0xf9, 0xbd, 0x2e, 0xd9,
    ],
    labels: Labels { key: "quicv2 key", iv: "quicv2 iv", header: "quicv2 hp", update: "quicv2 ku" },
    retry: (
        [
            0x8f, 0xb4, 0xb0, 0x1b, 0x56, 0xac, 0x48, 0xe2, 0x60, 0xfb, 0xcb, 0xce, 0xad, 0x7c,
            0xcc, 0x92,
        ],
        [0xd8, 0x69, 0x69, 0xbc, 0x2d, 0x7c, 0x6d, 0x99, 0x90, 0xef, 0xb0, 0x4a],
    ),
};

/// draft-ietf-quic-v2-00. How a Retry is authenticated in it nobody needs to know any more.
const V2_DRAFT_00: Protection = Protection {
    salt: [
        0xa7, 0x07, 0xc2, 0x03, 0xa5, 0x9b, 0x47, 0x18, 0x4a, 0x1d, 0x62, 0xca, 0x57, 0x04, 0x06,
        0xea, 0x7a, 0xe3, 0xe5, 0xd3,
    ],
    labels: V2.labels,
    retry: ([0; 16], [0; 12]),
};

/// draft-ietf-quic-tls-29 §5.2, §5.8.
const DRAFT_29: Protection = Protection {
    salt: [
        0xaf, 0xbf, 0xec, 0x28, 0x99, 0x93, 0xd2, 0x4c, 0x9e, 0x97, 0x86, 0xf1, 0x9c, 0x61, 0x11,
        0xe0, 0x43, 0x90, 0xa8, 0x99,
    ],
    labels: LABELS,
    retry: (
        [
            0xcc, 0xce, 0x18, 0x7e, 0xd0, 0x9a, 0x09, 0xd0, 0x57, 0x28, 0x15, 0x5a, 0x6c, 0xb9,
            0x6b, 0xe1,
        ],
        [0xe5, 0x49, 0x30, 0xf9, 0x7f, 0x21, 0x36, 0xf0, 0x53, 0x0a, 0x8c, 0x1c],
    ),
};

/// draft-ietf-quic-tls-25 §5.2, §5.8.
const DRAFT_25: Protection = Protection {
    salt: [
        0xc3, 0xee, 0xf7, 0x12, 0xc7, 0x2e, 0xbb, 0x5a, 0x11, 0xa7, 0xd2, 0x43, 0x2b, 0xb4, 0x63,
        0x65, 0xbe, 0xf9, 0xf5, 0x02,
    ],
    labels: LABELS,
    retry: (
        [
            0x4d, 0x32, 0xec, 0xdb, 0x2a, 0x21, 0x33, 0xc8, 0x41, 0xe4, 0x04, 0x3d, 0xf2, 0x7d,
            0x44, 0x30,
        ],
        [0x4d, 0x16, 0x11, 0xd0, 0x55, 0x13, 0xa5, 0x52, 0xc5, 0x87, 0xd5, 0x75],
    ),
};

/// draft-ietf-quic-tls-23 §5.2. A Retry is not authenticated yet.
const DRAFT_23: Protection =
    Protection { salt: DRAFT_25.salt, labels: LABELS, retry: ([0; 16], [0; 12]) };

/// draft-ietf-quic-tls-21 §5.2. A Retry is not authenticated yet.
const DRAFT_21: Protection = Protection {
    salt: [
        0x7f, 0xbc, 0xdb, 0x0e, 0x7c, 0x66, 0xbb, 0xe9, 0x19, 0x3a, 0x96, 0xcd, 0x21, 0x51, 0x9e,
        0xbd, 0x7a, 0x02, 0x64, 0x4a,
    ],
    labels: LABELS,
    retry: ([0; 16], [0; 12]),
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_have_names() {
        for (number, name) in [
            (1, "1"),
            (0x6b33_43cf, "2"),
            (0xff00_001d, "draft-29"),
            (0x5130_3436, "Google Q046"),
            (0x5430_3531, "Google Q051"),
            (0x1a2a_3a4a, "GREASE (0x1a2a3a4a)"),
            (0xface_b002, "Facebook mvfst (0xfaceb002)"),
            (0x1234_5678, "0x12345678"),
        ] {
            assert_eq!(Version(number).to_string(), name);
        }
    }

    #[test]
    fn each_version_has_its_own_keys() {
        let salt = |number| Version(number).protection().map(|protection| protection.salt[0]);
        assert_eq!(salt(1), Some(0x38));
        assert_eq!(salt(0x6b33_43cf), Some(0x0d));
        assert_eq!(salt(0x709a_50c4), Some(0xa7));
        assert_eq!(salt(0xff00_0022), Some(0x38));
        assert_eq!(salt(0xff00_001d), Some(0xaf));
        assert_eq!(salt(0xff00_001b), Some(0xc3));
        assert_eq!(salt(0xff00_0016), Some(0x7f));
        assert_eq!(salt(0x5130_3436), None);
        assert_eq!(salt(0x0a0a_0a0a), Some(0x38));
    }
}

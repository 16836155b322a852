//! The numbers of TLS and their names, as IANA's registries have them.
//!
//! Whatever is not known prints as its number, and what is there to be ignored as GREASE.

use std::fmt;

/// True for the sixteen numbers that clients and servers send to see that unknown ones are passed
/// over (RFC 8701 §2): both bytes are the same and end in `a`.
pub const fn is_grease(number: u16) -> bool {
    let [high, low] = number.to_be_bytes();
    high == low && low & 0x0f == 0x0a
}

/// Prints a number of 16 bits by its name.
pub(super) fn number(
    number: u16,
    name: Option<&'static str>,
    f: &mut fmt::Formatter<'_>,
) -> fmt::Result {
    match name {
        Some(name) => f.write_str(name),
        None if is_grease(number) => write!(f, "GREASE (0x{number:04x})"),
        None => write!(f, "0x{number:04x}"),
    }
}

/// A number of TLS with its names: `NAME = number, "text";`.
macro_rules! registry {
    (
        $(#[$doc:meta])* $type:ident($int:ty) prints $print:ident {
            $($constant:ident = $number:literal, $name:literal;)*
        }
    ) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $type(pub $int);

        impl $type {
            $(
                #[doc = concat!("`", $name, "`.")]
                pub const $constant: Self = Self($number);
            )*

            /// Its name.
            pub const fn name(self) -> Option<&'static str> {
                Some(match self.0 {
                    $($number => $name,)*
                    _ => return None,
                })
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                $print(self.0, self.name(), f)
            }
        }
    };
}

fn small(number: u8, name: Option<&'static str>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match name {
        Some(name) => f.write_str(name),
        None => write!(f, "{number}"),
    }
}

registry! {
    /// A version (RFC 8446 §4.1.2, §4.2.1). Ordered as the versions are, but for SSL 2.0's number.
    Version(u16) prints number {
        SSL_2_0 = 0x0002, "SSLv2";
        SSL_3_0 = 0x0300, "SSLv3";
        TLS_1_0 = 0x0301, "TLSv1.0";
        TLS_1_1 = 0x0302, "TLSv1.1";
        TLS_1_2 = 0x0303, "TLSv1.2";
        TLS_1_3 = 0x0304, "TLSv1.3";
    }
}

impl ExtensionType {
    /// What [`Self::QUIC_TRANSPORT_PARAMETERS`] was in drafts of QUIC until 32.
    pub const QUIC_DRAFT: Self = Self(0xffa5);
}

impl Version {
    /// True for a number that means nothing (RFC 8701 §2).
    pub const fn is_grease(self) -> bool {
        is_grease(self.0)
    }

    /// The version that a number stands for: drafts of TLS 1.3 (`0x7f..`) and Facebook's
    /// (`0xfb..`) are that.
    #[must_use]
    pub const fn settled(self) -> Self {
        match self.0 {
            0x7f0e..=0x7f1c | 0xfb17 | 0xfb1a => Self::TLS_1_3,
            _ => self,
        }
    }
}

registry! {
    /// The kind of a handshake message (RFC 8446 §4, and those of TLS 1.2 and before).
    HandshakeType(u8) prints small {
        HELLO_REQUEST = 0, "Hello Request";
        CLIENT_HELLO = 1, "Client Hello";
        SERVER_HELLO = 2, "Server Hello";
        NEW_SESSION_TICKET = 4, "New Session Ticket";
        END_OF_EARLY_DATA = 5, "End of Early Data";
        ENCRYPTED_EXTENSIONS = 8, "Encrypted Extensions";
        CERTIFICATE = 11, "Certificate";
        SERVER_KEY_EXCHANGE = 12, "Server Key Exchange";
        CERTIFICATE_REQUEST = 13, "Certificate Request";
        SERVER_HELLO_DONE = 14, "Server Hello Done";
        CERTIFICATE_VERIFY = 15, "Certificate Verify";
        CLIENT_KEY_EXCHANGE = 16, "Client Key Exchange";
        FINISHED = 20, "Finished";
        CERTIFICATE_URL = 21, "Certificate URL";
        CERTIFICATE_STATUS = 22, "Certificate Status";
        SUPPLEMENTAL_DATA = 23, "Supplemental Data";
        KEY_UPDATE = 24, "Key Update";
        COMPRESSED_CERTIFICATE = 25, "Compressed Certificate";
        NEXT_PROTOCOL = 67, "Next Protocol";
        CHANNEL_ID = 203, "Channel ID";
        MESSAGE_HASH = 254, "Message Hash";
    }
}

registry! {
    /// The kind of an extension (RFC 8446 §4.2).
    ExtensionType(u16) prints number {
        SERVER_NAME = 0, "server_name";
        MAX_FRAGMENT_LENGTH = 1, "max_fragment_length";
        CLIENT_CERTIFICATE_URL = 2, "client_certificate_url";
        TRUSTED_CA_KEYS = 3, "trusted_ca_keys";
        TRUNCATED_HMAC = 4, "truncated_hmac";
        STATUS_REQUEST = 5, "status_request";
        USER_MAPPING = 6, "user_mapping";
        CLIENT_AUTHZ = 7, "client_authz";
        SERVER_AUTHZ = 8, "server_authz";
        CERT_TYPE = 9, "cert_type";
        SUPPORTED_GROUPS = 10, "supported_groups";
        EC_POINT_FORMATS = 11, "ec_point_formats";
        SRP = 12, "srp";
        SIGNATURE_ALGORITHMS = 13, "signature_algorithms";
        USE_SRTP = 14, "use_srtp";
        HEARTBEAT = 15, "heartbeat";
        ALPN = 16, "application_layer_protocol_negotiation";
        STATUS_REQUEST_V2 = 17, "status_request_v2";
        SIGNED_CERTIFICATE_TIMESTAMP = 18, "signed_certificate_timestamp";
        CLIENT_CERTIFICATE_TYPE = 19, "client_certificate_type";
        SERVER_CERTIFICATE_TYPE = 20, "server_certificate_type";
        PADDING = 21, "padding";
        ENCRYPT_THEN_MAC = 22, "encrypt_then_mac";
        EXTENDED_MASTER_SECRET = 23, "extended_master_secret";
        TOKEN_BINDING = 24, "token_binding";
        CACHED_INFO = 25, "cached_info";
        COMPRESS_CERTIFICATE = 27, "compress_certificate";
        RECORD_SIZE_LIMIT = 28, "record_size_limit";
        DELEGATED_CREDENTIAL = 34, "delegated_credential";
        SESSION_TICKET = 35, "session_ticket";
        PRE_SHARED_KEY = 41, "pre_shared_key";
        EARLY_DATA = 42, "early_data";
        SUPPORTED_VERSIONS = 43, "supported_versions";
        COOKIE = 44, "cookie";
        PSK_KEY_EXCHANGE_MODES = 45, "psk_key_exchange_modes";
        CERTIFICATE_AUTHORITIES = 47, "certificate_authorities";
        OID_FILTERS = 48, "oid_filters";
        POST_HANDSHAKE_AUTH = 49, "post_handshake_auth";
        SIGNATURE_ALGORITHMS_CERT = 50, "signature_algorithms_cert";
        KEY_SHARE = 51, "key_share";
        TRANSPARENCY_INFO = 52, "transparency_info";
        CONNECTION_ID = 54, "connection_id";
        EXTERNAL_ID_HASH = 55, "external_id_hash";
        EXTERNAL_SESSION_ID = 56, "external_session_id";
        QUIC_TRANSPORT_PARAMETERS = 57, "quic_transport_parameters";
        TICKET_REQUEST = 58, "ticket_request";
        DNSSEC_CHAIN = 59, "dnssec_chain";
        TRUST_ANCHORS = 0xca34, "trust_anchors";
        NEXT_PROTOCOL_NEGOTIATION = 13172, "next_protocol_negotiation";
        APPLICATION_SETTINGS_OLD = 17513, "application_settings (old)";
        APPLICATION_SETTINGS = 17613, "application_settings";
        CHANNEL_ID_OLD = 30031, "channel_id (old)";
        CHANNEL_ID = 30032, "channel_id";
        ECH_OUTER_EXTENSIONS = 0xfd00, "ech_outer_extensions";
        ENCRYPTED_CLIENT_HELLO = 0xfe0d, "encrypted_client_hello";
        ENCRYPTED_SERVER_NAME = 0xffce, "encrypted_server_name";
        RENEGOTIATION_INFO = 0xff01, "renegotiation_info";
    }
}

impl ExtensionType {
    /// True for a number that means nothing (RFC 8701 §2).
    pub const fn is_grease(self) -> bool {
        is_grease(self.0)
    }
}

registry! {
    /// A group for the key exchange (RFC 8446 §4.2.7); before TLS 1.3 a curve (RFC 8422 §5.1.1).
    Group(u16) prints number {
        SECT163K1 = 1, "sect163k1";
        SECT163R1 = 2, "sect163r1";
        SECT163R2 = 3, "sect163r2";
        SECT193R1 = 4, "sect193r1";
        SECT193R2 = 5, "sect193r2";
        SECT233K1 = 6, "sect233k1";
        SECT233R1 = 7, "sect233r1";
        SECT239K1 = 8, "sect239k1";
        SECT283K1 = 9, "sect283k1";
        SECT283R1 = 10, "sect283r1";
        SECT409K1 = 11, "sect409k1";
        SECT409R1 = 12, "sect409r1";
        SECT571K1 = 13, "sect571k1";
        SECT571R1 = 14, "sect571r1";
        SECP160K1 = 15, "secp160k1";
        SECP160R1 = 16, "secp160r1";
        SECP160R2 = 17, "secp160r2";
        SECP192K1 = 18, "secp192k1";
        SECP192R1 = 19, "secp192r1";
        SECP224K1 = 20, "secp224k1";
        SECP224R1 = 21, "secp224r1";
        SECP256K1 = 22, "secp256k1";
        SECP256R1 = 23, "secp256r1";
        SECP384R1 = 24, "secp384r1";
        SECP521R1 = 25, "secp521r1";
        BRAINPOOL_P256R1 = 26, "brainpoolP256r1";
        BRAINPOOL_P384R1 = 27, "brainpoolP384r1";
        BRAINPOOL_P512R1 = 28, "brainpoolP512r1";
        X25519 = 29, "x25519";
        X448 = 30, "x448";
        BRAINPOOL_P256R1_TLS13 = 31, "brainpoolP256r1tls13";
        BRAINPOOL_P384R1_TLS13 = 32, "brainpoolP384r1tls13";
        BRAINPOOL_P512R1_TLS13 = 33, "brainpoolP512r1tls13";
        CURVE_SM2 = 41, "curveSM2";
        FFDHE2048 = 0x0100, "ffdhe2048";
        FFDHE3072 = 0x0101, "ffdhe3072";
        FFDHE4096 = 0x0102, "ffdhe4096";
        FFDHE6144 = 0x0103, "ffdhe6144";
        FFDHE8192 = 0x0104, "ffdhe8192";
        ML_KEM_512 = 0x0200, "MLKEM512";
        ML_KEM_768 = 0x0201, "MLKEM768";
        ML_KEM_1024 = 0x0202, "MLKEM1024";
        SECP256R1_ML_KEM_768 = 0x11eb, "SecP256r1MLKEM768";
        X25519_ML_KEM_768 = 0x11ec, "X25519MLKEM768";
        SECP384R1_ML_KEM_1024 = 0x11ed, "SecP384r1MLKEM1024";
        X25519_KYBER_768_DRAFT = 0x6399, "X25519Kyber768Draft00";
        SECP256R1_KYBER_768_DRAFT = 0x639a, "SecP256r1Kyber768Draft00";
        CECPQ2 = 0x4138, "CECPQ2";
        EXPLICIT_PRIME = 0xff01, "arbitrary_explicit_prime_curves";
        EXPLICIT_CHAR2 = 0xff02, "arbitrary_explicit_char2_curves";
    }
}

impl Group {
    /// True for a number that means nothing (RFC 8701 §2).
    pub const fn is_grease(self) -> bool {
        is_grease(self.0)
    }

    /// True where a quantum computer would not help who recorded the connection.
    pub const fn is_post_quantum(self) -> bool {
        matches!(self.0, 0x0200..=0x0202 | 0x11eb..=0x11ed | 0x6399 | 0x639a | 0x4138)
    }
}

registry! {
    /// How a handshake or a certificate is signed (RFC 8446 §4.2.3).
    SignatureScheme(u16) prints number {
        RSA_PKCS1_MD5 = 0x0101, "rsa_pkcs1_md5";
        RSA_PKCS1_SHA1 = 0x0201, "rsa_pkcs1_sha1";
        DSA_SHA1 = 0x0202, "dsa_sha1";
        ECDSA_SHA1 = 0x0203, "ecdsa_sha1";
        RSA_PKCS1_SHA224 = 0x0301, "rsa_pkcs1_sha224";
        DSA_SHA224 = 0x0302, "dsa_sha224";
        ECDSA_SHA224 = 0x0303, "ecdsa_sha224";
        RSA_PKCS1_SHA256 = 0x0401, "rsa_pkcs1_sha256";
        DSA_SHA256 = 0x0402, "dsa_sha256";
        ECDSA_SECP256R1_SHA256 = 0x0403, "ecdsa_secp256r1_sha256";
        RSA_PKCS1_SHA256_LEGACY = 0x0420, "rsa_pkcs1_sha256_legacy";
        RSA_PKCS1_SHA384 = 0x0501, "rsa_pkcs1_sha384";
        DSA_SHA384 = 0x0502, "dsa_sha384";
        ECDSA_SECP384R1_SHA384 = 0x0503, "ecdsa_secp384r1_sha384";
        RSA_PKCS1_SHA512 = 0x0601, "rsa_pkcs1_sha512";
        DSA_SHA512 = 0x0602, "dsa_sha512";
        ECDSA_SECP521R1_SHA512 = 0x0603, "ecdsa_secp521r1_sha512";
        SM2SIG_SM3 = 0x0708, "sm2sig_sm3";
        RSA_PSS_RSAE_SHA256 = 0x0804, "rsa_pss_rsae_sha256";
        RSA_PSS_RSAE_SHA384 = 0x0805, "rsa_pss_rsae_sha384";
        RSA_PSS_RSAE_SHA512 = 0x0806, "rsa_pss_rsae_sha512";
        ED25519 = 0x0807, "ed25519";
        ED448 = 0x0808, "ed448";
        RSA_PSS_PSS_SHA256 = 0x0809, "rsa_pss_pss_sha256";
        RSA_PSS_PSS_SHA384 = 0x080a, "rsa_pss_pss_sha384";
        RSA_PSS_PSS_SHA512 = 0x080b, "rsa_pss_pss_sha512";
        ML_DSA_44 = 0x0904, "mldsa44";
        ML_DSA_65 = 0x0905, "mldsa65";
        ML_DSA_87 = 0x0906, "mldsa87";
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::tls::suite::CipherSuite;

    #[test]
    fn what_is_known_has_a_name_and_the_rest_its_number() {
        assert_eq!(Version::TLS_1_3.to_string(), "TLSv1.3");
        assert_eq!(Version(0x0305).to_string(), "0x0305");
        assert_eq!(Version(0x7f17).settled(), Version::TLS_1_3);
        assert_eq!(HandshakeType::CLIENT_HELLO.to_string(), "Client Hello");
        assert_eq!(HandshakeType(99).to_string(), "99");
        assert_eq!(Group(0x11ec).to_string(), "X25519MLKEM768");
        assert!(Group(0x11ec).is_post_quantum() && !Group::X25519.is_post_quantum());
        assert_eq!(SignatureScheme(0x0403).to_string(), "ecdsa_secp256r1_sha256");
        assert_eq!(CipherSuite(0x1301).to_string(), "TLS_AES_128_GCM_SHA256");
        assert_eq!(CipherSuite(0xc02f).to_string(), "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256");
        assert_eq!(CipherSuite(0x1234).to_string(), "0x1234");
    }

    #[test]
    fn sixteen_numbers_are_grease() {
        assert_eq!((0..=u16::MAX).filter(|number| is_grease(*number)).count(), 16);
        assert_eq!(CipherSuite(0x2a2a).to_string(), "GREASE (0x2a2a)");
        assert_eq!(Group(0xfafa).to_string(), "GREASE (0xfafa)");
    }
}

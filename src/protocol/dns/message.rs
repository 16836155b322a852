//! A DNS message as values: what lookups are made of, whatever transport carried it.

use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};

use crate::address::Endpoint;
use crate::protocol::buffer::Span;
use crate::protocol::http::message::MessageId;

/// One query or response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Which of the protocols that share the format.
    pub flavor: Flavor,
    /// What carried it.
    pub over: Carrier,
    /// Who asked.
    pub client: Endpoint,
    /// Who was asked (for multicast: the group, in a query).
    pub resolver: Endpoint,
    /// When its first and last byte came.
    pub span: Span,
    /// Bytes of the message.
    pub size: u32,
    /// Transaction identifier.
    pub id: u16,
    /// The header's flags.
    pub flags: Flags,
    /// Kind of query: 0 standard, 4 notify, 5 update.
    pub opcode: u8,
    /// Result, extended by EDNS (RFC 6891 §6.1.3).
    pub rcode: Rcode,
    /// What is asked.
    pub questions: Vec<Question>,
    /// The answer section.
    pub answers: Vec<Record>,
    /// The authority section.
    pub authority: Vec<Record>,
    /// The additional section, without OPT.
    pub additional: Vec<Record>,
    /// The OPT pseudo-record (RFC 6891).
    pub edns: Option<Edns>,
    /// True where records are missing: cut off by the snapshot length or malformed.
    pub incomplete: bool,
}

/// Which protocol with the format of DNS.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Flavor {
    /// DNS.
    Dns,
    /// Multicast DNS (RFC 6762).
    Mdns,
    /// Link-Local Multicast Name Resolution (RFC 4795).
    Llmnr,
}

impl Flavor {
    /// What flows of it go by.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Dns => "dns",
            Self::Mdns => "mdns",
            Self::Llmnr => "llmnr",
        }
    }

    /// The one that flows of this protocol carry; none where they carry no lookups.
    pub fn of_name(protocol: &str) -> Option<Self> {
        [Self::Dns, Self::Mdns, Self::Llmnr].into_iter().find(|flavor| flavor.name() == protocol)
    }
}

/// What carries a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Carrier {
    /// UDP.
    Udp,
    /// TCP, with a length before each message (RFC 1035 §4.2.2).
    Tcp,
    /// The same within TLS (RFC 7858).
    Tls,
    /// A stream of QUIC, likewise (RFC 9250).
    Quic,
    /// An exchange of HTTP within TLS (RFC 8484), or in the clear: this one of its connection.
    Https(MessageId),
}

impl Carrier {
    /// The word that reports print.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Udp => "UDP",
            Self::Tcp => "TCP",
            Self::Tls => "TLS",
            Self::Quic => "QUIC",
            Self::Https(_) => "HTTPS",
        }
    }

    /// True where it is a connection, of TCP or QUIC, whatever is in it.
    pub const fn is_stream(self) -> bool {
        !matches!(self, Self::Udp)
    }
}

/// Flags of the header (RFC 1035 §4.1.1, RFC 4035 §3).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Flags {
    /// QR: a response.
    pub response: bool,
    /// AA: the responder is an authority for the name.
    pub authoritative: bool,
    /// TC: cut to fit the datagram; ask again over TCP.
    pub truncated: bool,
    /// RD: please ask others.
    pub recursion_desired: bool,
    /// RA: the responder asks others.
    pub recursion_available: bool,
    /// AD: validated by DNSSEC.
    pub authentic_data: bool,
    /// CD: do not validate.
    pub checking_disabled: bool,
}

/// A response code.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Rcode(pub u16);

impl Rcode {
    /// No error.
    pub const NOERROR: Self = Self(0);
    /// The server could not.
    pub const SERVFAIL: Self = Self(2);
    /// The name does not exist.
    pub const NXDOMAIN: Self = Self(3);
    /// The server does not want to.
    pub const REFUSED: Self = Self(5);
}

impl fmt::Display for Rcode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match self.0 {
            0 => "NOERROR",
            1 => "FORMERR",
            2 => "SERVFAIL",
            3 => "NXDOMAIN",
            4 => "NOTIMP",
            5 => "REFUSED",
            6 => "YXDOMAIN",
            7 => "YXRRSET",
            8 => "NXRRSET",
            9 => "NOTAUTH",
            10 => "NOTZONE",
            16 => "BADVERS",
            23 => "BADCOOKIE",
            other => return write!(f, "RCODE{other}"),
        };
        f.write_str(name)
    }
}

/// A record type, as IANA numbers them. Unknown ones print as TYPE123 (RFC 3597 §5).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RecordType(pub u16);

impl RecordType {
    /// IPv4 address.
    pub const A: Self = Self(1);
    /// Name server.
    pub const NS: Self = Self(2);
    /// Canonical name.
    pub const CNAME: Self = Self(5);
    /// Start of authority.
    pub const SOA: Self = Self(6);
    /// Pointer.
    pub const PTR: Self = Self(12);
    /// Mail exchange.
    pub const MX: Self = Self(15);
    /// Text.
    pub const TXT: Self = Self(16);
    /// IPv6 address.
    pub const AAAA: Self = Self(28);
    /// Service location.
    pub const SRV: Self = Self(33);
    /// Signature of DNSSEC (RFC 4034 §3).
    pub const RRSIG: Self = Self(46);
    /// EDNS pseudo-record.
    pub const OPT: Self = Self(41);
    /// Service binding (RFC 9460).
    pub const SVCB: Self = Self(64);
    /// Service binding for https (RFC 9460).
    pub const HTTPS: Self = Self(65);
    /// All types.
    pub const ANY: Self = Self(255);
}

impl fmt::Display for RecordType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match self.0 {
            1 => "A",
            2 => "NS",
            5 => "CNAME",
            6 => "SOA",
            7 => "MB",
            8 => "MG",
            9 => "MR",
            10 => "NULL",
            12 => "PTR",
            13 => "HINFO",
            14 => "MINFO",
            15 => "MX",
            16 => "TXT",
            17 => "RP",
            18 => "AFSDB",
            21 => "RT",
            24 => "SIG",
            25 => "KEY",
            28 => "AAAA",
            29 => "LOC",
            33 => "SRV",
            35 => "NAPTR",
            36 => "KX",
            37 => "CERT",
            39 => "DNAME",
            41 => "OPT",
            43 => "DS",
            44 => "SSHFP",
            45 => "IPSECKEY",
            46 => "RRSIG",
            47 => "NSEC",
            48 => "DNSKEY",
            49 => "DHCID",
            50 => "NSEC3",
            51 => "NSEC3PARAM",
            52 => "TLSA",
            53 => "SMIMEA",
            55 => "HIP",
            59 => "CDS",
            60 => "CDNSKEY",
            61 => "OPENPGPKEY",
            62 => "CSYNC",
            63 => "ZONEMD",
            64 => "SVCB",
            65 => "HTTPS",
            99 => "SPF",
            104 => "NID",
            105 => "L32",
            106 => "L64",
            107 => "LP",
            108 => "EUI48",
            109 => "EUI64",
            249 => "TKEY",
            250 => "TSIG",
            251 => "IXFR",
            252 => "AXFR",
            255 => "ANY",
            256 => "URI",
            257 => "CAA",
            other => return write!(f, "TYPE{other}"),
        };
        f.write_str(name)
    }
}

/// A class. Unknown ones print as CLASS123 (RFC 3597 §5).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Class(pub u16);

impl Class {
    /// The Internet.
    pub const IN: Self = Self(1);
}

impl fmt::Display for Class {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            1 => f.write_str("IN"),
            3 => f.write_str("CH"),
            4 => f.write_str("HS"),
            254 => f.write_str("NONE"),
            255 => f.write_str("ANY"),
            other => write!(f, "CLASS{other}"),
        }
    }
}

/// A domain name in presentation form, no dot at the end, `.` for the root; case as sent; bytes
/// that are not printable ASCII escaped as `\DDD` (RFC 1035 §5.1).
pub type Name = Box<str>;

/// One question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// The name.
    pub name: Name,
    /// The type.
    pub rtype: RecordType,
    /// The class, without mDNS's top bit.
    pub class: Class,
    /// mDNS: an answer by unicast is wanted (RFC 6762 §5.4).
    pub unicast_response: bool,
}

/// One resource record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// The name that owns it.
    pub name: Name,
    /// The type.
    pub rtype: RecordType,
    /// The class, without mDNS's top bit.
    pub class: Class,
    /// mDNS: forget older ones (RFC 6762 §10.2).
    pub cache_flush: bool,
    /// How long it may be kept, in seconds.
    pub ttl: u32,
    /// What it says.
    pub data: RecordData,
}

/// What a record says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RecordData {
    /// An IPv4 address.
    A(Ipv4Addr),
    /// An IPv6 address.
    Aaaa(Ipv6Addr),
    /// Another name for it: CNAME, DNAME, NS, PTR.
    Name(Name),
    /// Mail exchange.
    Mx {
        /// Lower is preferred.
        preference: u16,
        /// The host.
        exchange: Name,
    },
    /// Start of authority.
    Soa {
        /// Primary server.
        mname: Name,
        /// Mailbox of who is responsible.
        rname: Name,
        /// Version of the zone.
        serial: u32,
        /// How long a negative answer may be kept, in seconds (RFC 2308 §4).
        minimum: u32,
    },
    /// Text strings, escaped.
    Txt(Vec<Box<str>>),
    /// Service location.
    Srv {
        /// Lower is preferred.
        priority: u16,
        /// Share among equals.
        weight: u16,
        /// Port.
        port: u16,
        /// Host.
        target: Name,
    },
    /// SVCB or HTTPS.
    Svcb {
        /// 0 is alias mode.
        priority: u16,
        /// Another host, or `.`.
        target: Name,
        /// Parameters in presentation form, such as (`alpn`, `h2,h3`).
        params: Vec<(Box<str>, Box<str>)>,
    },
    /// Any other, in presentation form; RFC 3597's `\# length hex` where the type is unknown.
    Other(Box<str>),
}

/// What OPT says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Edns {
    /// Largest datagram that the sender takes.
    pub udp_size: u16,
    /// Version.
    pub version: u8,
    /// DO: DNSSEC records are wanted.
    pub dnssec_ok: bool,
    /// Options: code, and what they say in words.
    pub options: Vec<(u16, Box<str>)>,
}

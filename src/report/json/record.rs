//! DNS resource records, as the document has them.

use std::net::IpAddr;

use schemars::JsonSchema;
use serde::Serialize;

use crate::protocol::dns::message as model;
use crate::report::json::value::Text;

/// One resource record.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Record<'a> {
    /// The name that owns it.
    pub name: &'a str,
    /// Its type, such as `A`; `TYPE123` where it has no name here.
    #[serde(rename = "type")]
    pub rtype: Text<model::RecordType>,
    /// Its class, such as `IN`.
    pub class: Text<model::Class>,
    /// How long it may be kept, in seconds.
    pub ttl: u32,
    /// mDNS: older records are to be forgotten.
    pub cache_flush: bool,
    /// What it says; the keys depend on the type.
    pub data: RecordData<'a>,
}

/// What a record says.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum RecordData<'a> {
    /// A, AAAA.
    Address {
        /// The address.
        address: IpAddr,
    },
    /// MX.
    Mail {
        /// Lower is preferred.
        preference: u16,
        /// The host.
        exchange: &'a str,
    },
    /// SOA.
    Authority {
        /// Primary server.
        mname: &'a str,
        /// Mailbox of who is responsible.
        rname: &'a str,
        /// Version of the zone.
        serial: u32,
        /// How long a negative answer may be kept, in seconds.
        minimum: u32,
    },
    /// TXT.
    Strings {
        /// The strings, escaped as in a zone file.
        strings: &'a [Box<str>],
    },
    /// SRV.
    Service {
        /// Lower is preferred.
        priority: u16,
        /// Share among equals.
        weight: u16,
        /// The port.
        port: u16,
        /// The host.
        target: &'a str,
    },
    /// SVCB, HTTPS.
    Binding {
        /// 0 is alias mode.
        priority: u16,
        /// Another host, or `.`.
        target: &'a str,
        /// Parameters.
        params: Vec<Parameter<'a>>,
    },
    /// CNAME, DNAME, NS, PTR.
    Name {
        /// The other name.
        target: &'a str,
    },
    /// Any other type.
    Other {
        /// As a zone file has it.
        presentation: &'a str,
    },
}

/// A parameter of a service binding.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Parameter<'a> {
    /// Such as `alpn`.
    pub name: &'a str,
    /// Such as `h2,h3`.
    pub value: &'a str,
}

impl<'a> From<&'a model::Record> for Record<'a> {
    fn from(record: &'a model::Record) -> Self {
        Self {
            name: &record.name,
            rtype: Text(record.rtype),
            class: Text(record.class),
            ttl: record.ttl,
            cache_flush: record.cache_flush,
            data: RecordData::from(&record.data),
        }
    }
}

impl<'a> From<&'a model::RecordData> for RecordData<'a> {
    fn from(data: &'a model::RecordData) -> Self {
        match data {
            model::RecordData::A(ip) => Self::Address { address: IpAddr::V4(*ip) },
            model::RecordData::Aaaa(ip) => Self::Address { address: IpAddr::V6(*ip) },
            model::RecordData::Name(target) => Self::Name { target },
            model::RecordData::Mx { preference, exchange } => {
                Self::Mail { preference: *preference, exchange }
            }
            model::RecordData::Soa { mname, rname, serial, minimum } => {
                Self::Authority { mname, rname, serial: *serial, minimum: *minimum }
            }
            model::RecordData::Txt(strings) => Self::Strings { strings },
            model::RecordData::Srv { priority, weight, port, target } => {
                Self::Service { priority: *priority, weight: *weight, port: *port, target }
            }
            model::RecordData::Svcb { priority, target, params } => Self::Binding {
                priority: *priority,
                target,
                params: params.iter().map(|(name, value)| Parameter { name, value }).collect(),
            },
            model::RecordData::Other(presentation) => Self::Other { presentation },
        }
    }
}

//! One message: its type, and the options that concern us (RFC 8415 §21, RFC 3646).

use std::net::{IpAddr, Ipv6Addr};

use crate::address::MacAddr;
use crate::cursor::{Cursor, Short};
use crate::protocol::configuration::{Configuration, ConfiguredBy};

/// What a message says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Message {
    kind: u8,
    mac: Option<MacAddr>,
    address: Option<Ipv6Addr>,
    lifetime: Option<u32>,
    dns: Vec<IpAddr>,
}

/// Addresses kept of one option: hosts use three.
const ADDRESSES: usize = 16;

impl Message {
    pub(super) fn read(bytes: &[u8]) -> Result<Self, Short> {
        let mut cursor = Cursor::new(bytes);
        let mut message = Self { kind: cursor.u8()?, ..Self::default() };
        // relays have another head, and carry messages that are seen on the client's own link
        if matches!(message.kind, 12 | 13) {
            return Ok(message);
        }
        cursor.take(3)?;
        while !cursor.is_empty() {
            let (code, length) = (cursor.u16()?, cursor.u16()?);
            message.option(code, cursor.sub(usize::from(length))?)?;
        }
        Ok(message)
    }

    fn option(&mut self, code: u16, mut value: Cursor<'_>) -> Result<(), Short> {
        match code {
            1 => self.mac = hardware_address(value.rest()),
            // an identity association: three numbers, then options
            3 => {
                value.take(12)?;
                while !value.is_empty() {
                    let (code, length) = (value.u16()?, value.u16()?);
                    let mut inner = value.sub(usize::from(length))?;
                    if code == 5 && self.address.is_none() {
                        self.address = Some(Ipv6Addr::from(*inner.array::<16>()?));
                        inner.u32()?;
                        self.lifetime = Some(inner.u32()?);
                    }
                }
            }
            23 => {
                let (whole, _) = value.rest().as_chunks::<16>();
                self.dns = whole.iter().take(ADDRESSES).map(|ip| IpAddr::from(*ip)).collect();
            }
            _ => {}
        }
        Ok(())
    }

    /// What a reply gives its client.
    pub(super) fn configuration(self, server: IpAddr) -> Option<Configuration> {
        const REPLY: u8 = 7;
        if self.kind != REPLY || self.address.is_none() && self.dns.is_empty() {
            return None;
        }
        Some(Configuration {
            mac: self.mac,
            address: self.address.map(IpAddr::V6),
            dns: self.dns,
            lifetime: self.lifetime,
            server: Some(server),
            ..Configuration::new(ConfiguredBy::Dhcpv6)
        })
    }

    /// It in one line.
    pub(super) fn words(&self) -> String {
        let name = match self.kind {
            1 => "solicit",
            2 => "advertise",
            3 => "request",
            4 => "confirm",
            5 => "renew",
            6 => "rebind",
            7 => "reply",
            8 => "release",
            9 => "decline",
            10 => "reconfigure",
            11 => "information request",
            12 => "relay forward",
            13 => "relay reply",
            kind => return format!("message of type {kind}"),
        };
        let address = self.address.map(|ip| format!(": {ip}")).unwrap_or_default();
        let mac = self.mac.map(|mac| format!(", for {mac}")).unwrap_or_default();
        format!("{name}{address}{mac}")
    }
}

/// The Ethernet address in a client's identifier, where it has one (RFC 8415 §11.2, §11.4).
fn hardware_address(identifier: &[u8]) -> Option<MacAddr> {
    let ([0, 1, 0, 1, _, _, _, _, mac @ ..] | [0, 3, 0, 1, mac @ ..]) = identifier else {
        return None;
    };
    <[u8; 6]>::try_from(mac).ok().map(MacAddr)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn option(code: u8, value: &[u8]) -> Vec<u8> {
        [&[0, code, 0, u8::try_from(value.len()).unwrap()], value].concat()
    }

    fn reply() -> Vec<u8> {
        let address: Ipv6Addr = "2001:db8::9".parse().unwrap();
        let given = [&address.octets()[..], &[0, 0, 1, 0, 0, 0, 2, 0]].concat();
        let association = [&[0; 12][..], &option(5, &given)].concat();
        let resolver: Ipv6Addr = "2001:db8::53".parse().unwrap();
        [
            vec![7, 1, 2, 3],
            option(1, &[0, 3, 0, 1, 2, 0, 0, 0, 0, 7]),
            option(3, &association),
            option(23, &resolver.octets()),
        ]
        .concat()
    }

    #[test]
    fn a_reply_is_a_configuration() {
        let message = Message::read(&reply()).unwrap();
        assert_eq!(message.words(), "reply: 2001:db8::9, for 02:00:00:00:00:07");
        let server: IpAddr = "fe80::1".parse().unwrap();
        let configuration = message.configuration(server).unwrap();
        assert_eq!(configuration.address, "2001:db8::9".parse().ok());
        assert_eq!(configuration.dns, ["2001:db8::53".parse::<IpAddr>().unwrap()]);
        assert_eq!((configuration.lifetime, configuration.server), (Some(512), Some(server)));
        assert!(configuration.networks.is_empty(), "the router tells those");
    }

    #[test]
    fn questions_and_relays_are_none() {
        let mut bytes = reply();
        bytes[0] = 3;
        let server: IpAddr = "fe80::1".parse().unwrap();
        assert_eq!(Message::read(&bytes).unwrap().configuration(server), None);
        assert_eq!(Message::read(&[12, 0]).unwrap().words(), "relay forward");
        for cut in 0..bytes.len() {
            let _ = Message::read(&bytes[..cut]);
        }
    }
}

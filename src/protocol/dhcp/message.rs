//! One message: the fixed part that BOOTP had (RFC 951), and the options that concern us (RFC
//! 2132).

use std::net::{IpAddr, Ipv4Addr};

use crate::address::MacAddr;
use crate::cursor::{Cursor, Short};
use crate::protocol::configuration::{Configuration, ConfiguredBy};

/// What a message says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Message {
    /// Option 53; 0 for BOOTP.
    kind: u8,
    mac: Option<MacAddr>,
    /// The client's own address, where it has one.
    client: Option<Ipv4Addr>,
    /// The address that the server gives.
    given: Option<Ipv4Addr>,
    requested: Option<Ipv4Addr>,
    mask: Option<Ipv4Addr>,
    routers: Vec<IpAddr>,
    dns: Vec<IpAddr>,
    domain: Option<String>,
    host: Option<String>,
    lease: Option<u32>,
    server: Option<Ipv4Addr>,
}

/// Before the options: the fixed part.
const FIXED: usize = 236;
const COOKIE: [u8; 4] = [0x63, 0x82, 0x53, 0x63];
/// Addresses kept of one option: hosts use three.
const ADDRESSES: usize = 16;

impl Message {
    /// True where the bytes can be one: its cookie is there.
    pub(super) fn is_one(bytes: &[u8]) -> bool {
        bytes.get(FIXED..).is_some_and(|options| options.starts_with(&COOKIE))
    }

    pub(super) fn read(bytes: &[u8]) -> Result<Self, Short> {
        let mut cursor = Cursor::new(bytes);
        let [_, hardware, length, _] = *cursor.array()?;
        cursor.take(8)?;
        let (client, given) = (address(&mut cursor)?, address(&mut cursor)?);
        cursor.take(8)?;
        let mac = *cursor.array::<6>()?;
        cursor.take(FIXED - cursor.offset())?;
        cursor.take(COOKIE.len())?;
        let mac = ((hardware, length) == (1, 6)).then_some(MacAddr(mac));
        let mut message = Self { mac, client, given, ..Self::default() };
        while !cursor.is_empty() {
            match cursor.u8()? {
                0 => {}
                255 => break,
                code => {
                    let length = cursor.u8()?;
                    message.option(code, cursor.take(usize::from(length))?)?;
                }
            }
        }
        Ok(message)
    }

    fn option(&mut self, code: u8, value: &[u8]) -> Result<(), Short> {
        let mut cursor = Cursor::new(value);
        match code {
            1 => self.mask = address(&mut cursor)?,
            3 => self.routers = addresses(value),
            6 => self.dns = addresses(value),
            12 => self.host = Some(text(value)),
            15 => self.domain = Some(text(value)),
            50 => self.requested = address(&mut cursor)?,
            51 => self.lease = Some(cursor.u32()?),
            53 => self.kind = cursor.u8()?,
            54 => self.server = address(&mut cursor)?,
            _ => {}
        }
        Ok(())
    }

    /// What an acknowledgment gives its client.
    pub(super) fn configuration(self) -> Option<Configuration> {
        const ACKNOWLEDGMENT: u8 = 5;
        if self.kind != ACKNOWLEDGMENT {
            return None;
        }
        let address = self.given.or(self.client)?;
        let network = self.mask.map(|mask| {
            let network = Ipv4Addr::from_bits(address.to_bits() & mask.to_bits());
            (IpAddr::V4(network), prefix_length(mask))
        });
        Some(Configuration {
            mac: self.mac,
            address: Some(address.into()),
            networks: network.into_iter().collect(),
            routers: self.routers,
            dns: self.dns,
            domain: self.domain,
            lifetime: self.lease,
            server: self.server.map(IpAddr::V4),
            ..Configuration::new(ConfiguredBy::Dhcp)
        })
    }

    /// It in one line.
    pub(super) fn words(&self) -> String {
        let who = self.mac.map_or_else(|| "a host".to_owned(), |mac| mac.to_string());
        let host = self.host.as_ref().map(|host| format!(" ({host})")).unwrap_or_default();
        let given = self.given.or(self.client);
        let given = given.map_or_else(|| "no address".to_owned(), |ip| ip.to_string());
        let wanted = self.requested.or(self.client);
        let wanted = wanted.map_or_else(|| "an address".to_owned(), |ip| ip.to_string());
        let by = self.server.map(|server| format!(" by {server}")).unwrap_or_default();
        match self.kind {
            1 => format!("discover: {who}{host} looks for a server"),
            2 => format!("offer of {given} to {who}{by}"),
            3 => format!("request: {who}{host} asks for {wanted}"),
            4 => format!("decline: {who} found {wanted} in use"),
            5 => format!("acknowledgment: {given} for {who}{by}"),
            6 => format!("refusal{by}: {who} may not have the address it asked for"),
            7 => format!("release of {wanted} by {who}"),
            8 => format!("inform: {who}{host} at {wanted} asks for parameters"),
            0 => format!("BOOTP message of {who}"),
            kind => format!("message of type {kind} of {who}"),
        }
    }
}

/// An address; none where it is all zeros.
fn address(cursor: &mut Cursor<'_>) -> Result<Option<Ipv4Addr>, Short> {
    let ip = Ipv4Addr::from(*cursor.array::<4>()?);
    Ok((!ip.is_unspecified()).then_some(ip))
}

fn addresses(value: &[u8]) -> Vec<IpAddr> {
    let (whole, _) = value.as_chunks::<4>();
    whole.iter().take(ADDRESSES).map(|ip| IpAddr::from(*ip)).collect()
}

/// Text that may end with zeros, as some servers have it.
fn text(value: &[u8]) -> String {
    String::from_utf8_lossy(value).trim_end_matches('\0').to_owned()
}

/// The length of the mask's leading ones: what lies behind a first zero is no netmask.
fn prefix_length(mask: Ipv4Addr) -> u8 {
    u8::try_from(mask.to_bits().leading_ones()).unwrap_or(32)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(kind: u8, given: [u8; 4], options: &[&[u8]]) -> Vec<u8> {
        let mut bytes = vec![2, 1, 6, 0, 1, 2, 3, 4, 0, 0, 0, 0, 0, 0, 0, 0];
        bytes.extend(given);
        bytes.extend([0; 8]);
        bytes.extend([2, 0, 0, 0, 0, 7]);
        bytes.resize(FIXED, 0);
        bytes.extend(COOKIE);
        bytes.extend([53, 1, kind]);
        bytes.extend(options.concat());
        bytes.push(255);
        bytes
    }

    fn acknowledgment() -> Vec<u8> {
        let options: [&[u8]; 6] = [
            &[1, 4, 255, 255, 255, 128],
            &[3, 4, 192, 0, 2, 1],
            &[0, 0, 6, 8, 192, 0, 2, 53, 192, 0, 2, 54],
            &[15, 5, b'l', b'o', b'c', b'a', b'l'],
            &[51, 4, 0, 0, 0x0e, 0x10],
            &[54, 4, 192, 0, 2, 1],
        ];
        message(5, [192, 0, 2, 9], &options)
    }

    #[test]
    fn an_acknowledgment_is_a_configuration() {
        let bytes = acknowledgment();
        assert!(Message::is_one(&bytes));
        let message = Message::read(&bytes).unwrap();
        assert_eq!(message.words(), "acknowledgment: 192.0.2.9 for 02:00:00:00:00:07 by 192.0.2.1");
        let ip = |last| IpAddr::from([192, 0, 2, last]);
        let expected = Configuration {
            mac: Some(MacAddr([2, 0, 0, 0, 0, 7])),
            address: Some(ip(9)),
            networks: vec![(ip(0), 25)],
            routers: vec![ip(1)],
            dns: vec![ip(53), ip(54)],
            domain: Some("local".to_owned()),
            lifetime: Some(3600),
            server: Some(ip(1)),
            ..Configuration::new(ConfiguredBy::Dhcp)
        };
        assert_eq!(message.configuration(), Some(expected));
    }

    #[test]
    fn an_offer_is_none_yet() {
        let bytes = message(2, [192, 0, 2, 9], &[&[54, 4, 192, 0, 2, 1]]);
        let message = Message::read(&bytes).unwrap();
        assert_eq!(message.words(), "offer of 192.0.2.9 to 02:00:00:00:00:07 by 192.0.2.1");
        assert_eq!(message.configuration(), None);
        let asked = Message::read(&self::message(1, [0; 4], &[&[12, 2, b'p', b'c']])).unwrap();
        assert_eq!(asked.words(), "discover: 02:00:00:00:00:07 (pc) looks for a server");
    }

    #[test]
    fn cut_anywhere_it_is_short_or_says_less() {
        let bytes = acknowledgment();
        for cut in 0..bytes.len() {
            let read = Message::read(&bytes[..cut]);
            assert!(cut >= FIXED + 4 || read.is_err(), "{cut}");
        }
    }
}

//! SVCB and HTTPS parameters in presentation form (RFC 9460 §2.1, §7).

use std::net::{Ipv4Addr, Ipv6Addr};

use crate::cursor::{Cursor, Short};
use crate::protocol::dns::text;

/// Name and value of a parameter. A value that breaks its own format is shown as hex.
pub(super) fn parameter(key: u16, value: &[u8]) -> (Box<str>, Box<str>) {
    let name = match key {
        0 => "mandatory",
        1 => "alpn",
        2 => "no-default-alpn",
        3 => "port",
        4 => "ipv4hint",
        5 => "ech",
        6 => "ipv6hint",
        7 => "dohpath",
        8 => "ohttp",
        _ => return (key_name(key).into_boxed_str(), text::string(value)),
    };
    let shown = match key {
        0 => list(value, |cursor| cursor.u16().map(key_name)),
        1 => list(value, |cursor| {
            let len = usize::from(cursor.u8()?);
            cursor.take(len).map(alpn)
        }),
        2 | 8 if value.is_empty() => Ok(String::new()),
        3 => list(value, |cursor| cursor.u16().map(|port| port.to_string())),
        4 => list(value, |cursor| cursor.array().map(|ip| Ipv4Addr::from(*ip).to_string())),
        5 => Ok(format!("{} bytes", value.len())),
        6 => list(value, |cursor| cursor.array().map(|ip| Ipv6Addr::from(*ip).to_string())),
        _ => Ok(text::string(value).into_string()),
    };
    let shown = shown.unwrap_or_else(|_| text::unknown(value).into_string());
    (name.into(), shown.into_boxed_str())
}

/// Names of keys that are only listed.
fn key_name(key: u16) -> String {
    match key {
        0 => "mandatory".to_owned(),
        1 => "alpn".to_owned(),
        2 => "no-default-alpn".to_owned(),
        3 => "port".to_owned(),
        4 => "ipv4hint".to_owned(),
        5 => "ech".to_owned(),
        6 => "ipv6hint".to_owned(),
        7 => "dohpath".to_owned(),
        8 => "ohttp".to_owned(),
        other => format!("key{other}"),
    }
}

/// One protocol, with the commas and backslashes of its own escaped (RFC 9460 §A.1).
fn alpn(id: &[u8]) -> String {
    text::string(id).replace(',', "\\,")
}

fn list(
    value: &[u8],
    mut item: impl FnMut(&mut Cursor<'_>) -> Result<String, Short>,
) -> Result<String, Short> {
    let mut cursor = Cursor::new(value);
    let mut items = Vec::new();
    while !cursor.is_empty() {
        items.push(item(&mut cursor)?);
    }
    Ok(items.join(","))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(key: u16, value: &[u8]) -> String {
        let (name, value) = parameter(key, value);
        format!("{name}={value}")
    }

    #[test]
    fn each_parameter_has_its_form() {
        assert_eq!(shown(0, &[0, 1, 0, 4]), "mandatory=alpn,ipv4hint");
        assert_eq!(shown(1, b"\x02h2\x02h3\x03a,b"), "alpn=h2,h3,a\\,b");
        assert_eq!(shown(2, b""), "no-default-alpn=");
        assert_eq!(shown(3, &[0x20, 0xfb]), "port=8443");
        assert_eq!(shown(4, &[192, 0, 2, 1, 192, 0, 2, 2]), "ipv4hint=192.0.2.1,192.0.2.2");
        assert_eq!(shown(5, &[0; 71]), "ech=71 bytes");
        let mut ip = [0; 16];
        ip[0] = 0x20;
        ip[15] = 1;
        assert_eq!(shown(6, &ip), "ipv6hint=2000::1");
        assert_eq!(shown(7, b"/q{?dns}"), "dohpath=/q{?dns}");
        assert_eq!(shown(667, b"x"), "key667=x");
    }

    #[test]
    fn a_broken_value_is_hex() {
        assert_eq!(shown(1, b"\x05h2"), "alpn=\\# 3 056832");
        assert_eq!(shown(4, &[1, 2, 3]), "ipv4hint=\\# 3 010203");
    }
}

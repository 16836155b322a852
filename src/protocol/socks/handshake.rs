//! The messages of a handshake, each with its length. The two directions are read apart, each by
//! what came before in it: a client need not wait for answers, and may be captured behind them.

use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};

use crate::cursor::{Cursor, Short};

/// No message is longer: that of RFC 1929 with a name and a password of 255 bytes each.
pub(super) const LONGEST: usize = 3 + 2 * 255;

/// Where one direction is in its handshake.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Step {
    /// At its first message.
    #[default]
    First,
    /// The client's request or password, in SOCKS 5; the proxy's word on a password.
    Second,
    /// The proxy's answer to a request, in SOCKS 5.
    Answer,
    /// Behind it.
    Open,
}

/// What a message says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Said {
    /// The handshake goes on.
    Next(Step),
    /// The client asks for a connection.
    Connect(Target),
    /// The proxy has made it.
    Granted,
    /// The proxy has not.
    Refused(String),
    /// Something whose continuation is not read.
    Other(&'static str),
    /// No message of SOCKS.
    Nonsense,
}

/// Whom a client wants to be connected with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Target {
    host: String,
    port: u16,
}

impl Target {
    /// True where it can be connected with.
    pub(super) fn is_possible(&self) -> bool {
        !self.host.is_empty() && self.host != "0.0.0.0" && self.port != 0
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}

/// The message of a client at the front of `bytes`, and its length.
///
/// # Errors
///
/// It is not whole.
pub(super) fn of_client(bytes: &[u8], step: Step) -> Result<(Said, usize), Short> {
    let mut cursor = Cursor::new(bytes);
    let said = match (step, cursor.u8()?) {
        (Step::First, 4) => four(&mut cursor)?,
        // RFC 1928 §3: methods of authentication
        (Step::First, 5) => {
            skip_counted(&mut cursor)?;
            Said::Next(Step::Second)
        }
        // RFC 1929 §2: a name and a password
        (Step::Second, 1) => {
            skip_counted(&mut cursor)?;
            skip_counted(&mut cursor)?;
            Said::Next(Step::Second)
        }
        (Step::Second, 5) => request(&mut cursor)?,
        _ => Said::Nonsense,
    };
    Ok((said, cursor.offset()))
}

/// The message of a proxy at the front of `bytes`, and its length.
///
/// # Errors
///
/// It is not whole.
pub(super) fn of_proxy(bytes: &[u8], step: Step) -> Result<(Said, usize), Short> {
    let mut cursor = Cursor::new(bytes);
    let said = match (step, cursor.u8()?) {
        // SOCKS 4: a code, a port and an address
        (Step::First, 0) => {
            let code = cursor.u8()?;
            cursor.take(6)?;
            if code == 90 { Said::Granted } else { Said::Refused(format!("code {code}")) }
        }
        (Step::First, 5) => match cursor.u8()? {
            0 => Said::Next(Step::Answer),
            2 => Said::Next(Step::Second),
            0xff => Said::Refused("no method of authentication is acceptable".to_owned()),
            _ => Said::Other("authenticates by a method that is not read"),
        },
        (Step::Second, 1) => match cursor.u8()? {
            0 => Said::Next(Step::Answer),
            _ => Said::Refused("the password is wrong".to_owned()),
        },
        (Step::Answer, 5) => answer(&mut cursor)?,
        _ => Said::Nonsense,
    };
    Ok((said, cursor.offset()))
}

/// SOCKS 4, and 4A, where an address of 0.0.0.x announces a name.
fn four(cursor: &mut Cursor<'_>) -> Result<Said, Short> {
    let command = cursor.u8()?;
    let port = cursor.u16()?;
    let address = *cursor.array::<4>()?;
    text(cursor)?;
    let host = match address {
        [0, 0, 0, 1..=255] => String::from_utf8_lossy(text(cursor)?).into_owned(),
        address => Ipv4Addr::from(address).to_string(),
    };
    Ok(asked(command, Target { host, port }))
}

/// RFC 1928 §4.
fn request(cursor: &mut Cursor<'_>) -> Result<Said, Short> {
    let command = cursor.u8()?;
    cursor.u8()?;
    let Some(host) = address(cursor)? else { return Ok(Said::Nonsense) };
    let port = cursor.u16()?;
    Ok(asked(command, Target { host, port }))
}

/// RFC 1928 §6.
fn answer(cursor: &mut Cursor<'_>) -> Result<Said, Short> {
    let code = cursor.u8()?;
    cursor.u8()?;
    if address(cursor)?.is_none() {
        return Ok(Said::Nonsense);
    }
    cursor.u16()?;
    let why = match code {
        0 => return Ok(Said::Granted),
        1 => "general failure",
        2 => "not allowed",
        3 => "network unreachable",
        4 => "host unreachable",
        5 => "connection refused",
        6 => "TTL expired",
        7 => "command not supported",
        8 => "kind of address not supported",
        _ => return Ok(Said::Refused(format!("code {code}"))),
    };
    Ok(Said::Refused(why.to_owned()))
}

fn asked(command: u8, target: Target) -> Said {
    match command {
        1 => Said::Connect(target),
        2 => Said::Other("asks to be connected with"),
        3 => Said::Other("asks for datagrams"),
        _ => Said::Nonsense,
    }
}

/// An address with its kind before it (RFC 1928 §5); none where the kind is unknown.
fn address(cursor: &mut Cursor<'_>) -> Result<Option<String>, Short> {
    Ok(Some(match cursor.u8()? {
        1 => Ipv4Addr::from(*cursor.array::<4>()?).to_string(),
        3 => {
            let length = cursor.u8()?;
            String::from_utf8_lossy(cursor.take(length.into())?).into_owned()
        }
        4 => Ipv6Addr::from(*cursor.array::<16>()?).to_string(),
        _ => return Ok(None),
    }))
}

/// Bytes with their number before them.
fn skip_counted(cursor: &mut Cursor<'_>) -> Result<(), Short> {
    let count = cursor.u8()?;
    cursor.take(count.into())?;
    Ok(())
}

/// Bytes up to a NUL.
fn text<'a>(cursor: &mut Cursor<'a>) -> Result<&'a [u8], Short> {
    let rest = cursor.rest();
    let length = rest.iter().position(|byte| *byte == 0).unwrap_or(rest.len());
    let text = cursor.take(length)?;
    cursor.u8()?;
    Ok(text)
}

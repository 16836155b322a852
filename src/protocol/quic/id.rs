//! Connection IDs: what tells a QUIC connection's packets, whatever addresses they have
//! (RFC 9000 §5.1).

use std::fmt;

/// A connection ID of 0 to 20 bytes. Prints as hexadecimal digits, an empty one as `empty`.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConnectionId {
    /// Zeros behind the last byte, so that equal ones are equal.
    bytes: [u8; Self::LONGEST],
    length: u8,
}

impl ConnectionId {
    /// Bytes of the longest in versions 1 and 2 (RFC 9000 §17.2).
    pub const LONGEST: usize = 20;

    /// The connection ID of these bytes; none where they are more than 20.
    pub fn new(bytes: &[u8]) -> Option<Self> {
        let mut all = [0; Self::LONGEST];
        all.get_mut(..bytes.len())?.copy_from_slice(bytes);
        Some(Self { bytes: all, length: u8::try_from(bytes.len()).ok()? })
    }

    /// Its bytes.
    pub fn bytes(&self) -> &[u8] {
        self.bytes.get(..usize::from(self.length)).unwrap_or_default()
    }

    /// How many bytes it has.
    pub const fn len(&self) -> usize {
        self.length as usize
    }

    /// True for one without bytes, which stands for the address and port.
    pub const fn is_empty(&self) -> bool {
        self.length == 0
    }
}

impl fmt::Display for ConnectionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_empty() {
            return f.write_str("empty");
        }
        self.bytes().iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for ConnectionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_has_up_to_twenty_bytes() {
        let id = ConnectionId::new(&[0x83, 0x94, 0xc8, 0xf0, 0x0e]).unwrap();
        assert_eq!(id.bytes(), [0x83, 0x94, 0xc8, 0xf0, 0x0e]);
        assert_eq!((id.len(), id.to_string()), (5, "8394c8f00e".to_owned()));
        assert_eq!(format!("{id:?}"), "8394c8f00e");
        assert_eq!(ConnectionId::new(&[0xab; 20]).unwrap().to_string(), "ab".repeat(20));
        assert_eq!(ConnectionId::new(&[0; 21]), None);
    }

    #[test]
    fn zeros_count() {
        let (one, two) = (ConnectionId::new(&[0]).unwrap(), ConnectionId::new(&[0, 0]).unwrap());
        assert!(ConnectionId::default().is_empty());
        assert_eq!(ConnectionId::new(&[]), Some(ConnectionId::default()));
        assert_eq!(ConnectionId::default().to_string(), "empty");
        assert!(one != two && one < two && ConnectionId::default() < one);
    }
}

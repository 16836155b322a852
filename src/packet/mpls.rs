//! MPLS: a stack of labels of four bytes each (RFC 3032 §2.1).

/// A checked view of a whole stack.
///
/// Invariant: `entries` is a multiple of four bytes long, and only the last entry has the bottom
/// bit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mpls<'p> {
    entries: &'p [u8],
}

/// One entry of a stack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Label {
    /// The label: 20 bits.
    pub value: u32,
    /// Traffic class (RFC 5462): 3 bits.
    pub class: u8,
    /// Time to live.
    pub ttl: u8,
}

impl<'p> Mpls<'p> {
    const ENTRY: usize = 4;

    /// The stack at the start of `bytes`, or how many bytes it needs at least.
    pub fn new(bytes: &'p [u8]) -> Result<Self, usize> {
        let bottom = bytes
            .chunks_exact(Self::ENTRY)
            .position(|entry| entry.get(2).is_some_and(|b| b & 1 == 1));
        let whole = bytes.len() / Self::ENTRY * Self::ENTRY;
        let length = bottom.map_or(whole, |at| at * Self::ENTRY) + Self::ENTRY;
        bytes.get(..length).map(|entries| Self { entries }).ok_or(length)
    }

    /// Its bytes.
    pub const fn slice(self) -> &'p [u8] {
        self.entries
    }

    /// Its entries, the outermost first.
    pub fn labels(self) -> impl Iterator<Item = Label> + use<'p> {
        let (entries, _) = self.entries.as_chunks::<{ Mpls::ENTRY }>();
        entries.iter().map(|[a, b, c, ttl]| Label {
            value: u32::from_be_bytes([0, *a, *b, *c]) >> 4,
            class: c >> 1 & 7,
            ttl: *ttl,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stack_ends_at_its_bottom() {
        let bytes = [0, 1, 0x02, 64, 0xff, 0xff, 0xfb, 63, 0x45, 0];
        let mpls = Mpls::new(&bytes).unwrap();
        assert_eq!(mpls.slice().len(), 8);
        let labels: Vec<Label> = mpls.labels().collect();
        let expected =
            [Label { value: 16, class: 1, ttl: 64 }, Label { value: 0xf_ffff, class: 5, ttl: 63 }];
        assert_eq!(labels, expected);
    }

    #[test]
    fn a_stack_without_bottom_needs_more() {
        assert_eq!(Mpls::new(&[]), Err(4));
        assert_eq!(Mpls::new(&[0, 0, 0, 1]), Err(8));
        assert_eq!(Mpls::new(&[0, 0, 0, 1, 0, 0, 1]), Err(8));
    }
}

//! The options of a TCP header (RFC 9293 §3.1), read where they stand.
//!
//! etherparse's iterator ends at the first option it does not know (TCP Fast Open, MPTCP), and
//! with it those behind; here they are stepped over by their length.

/// No-operation, twice, before timestamps: how nearly every stack lays them out (RFC 7323
/// appendix A).
const PADDED_TIMESTAMPS: [u8; 4] = [1, 1, 8, 10];

/// A timestamps option (RFC 7323 §3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Timestamps {
    /// The sender's clock, in ticks of its own.
    pub(super) value: u32,
    /// The last clock of the other end that the sender saw: an echo.
    pub(super) echo: u32,
}

/// Kind and body of each option, up to the end of the list or to the first that is cut.
pub(super) struct Options<'p> {
    rest: &'p [u8],
}

impl<'p> Options<'p> {
    pub(super) const fn new(bytes: &'p [u8]) -> Self {
        Self { rest: bytes }
    }
}

impl<'p> Iterator for Options<'p> {
    type Item = (u8, &'p [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let [kind, tail @ ..] = self.rest else { return None };
            match kind {
                0 => return None,
                1 => self.rest = tail,
                _ => {
                    let [length, tail @ ..] = tail else { return None };
                    let body = usize::from(*length).checked_sub(2)?;
                    let (body, tail) = tail.split_at_checked(body)?;
                    self.rest = tail;
                    return Some((*kind, body));
                }
            }
        }
    }
}

/// The timestamps of a header with these options.
#[inline]
pub(super) fn timestamps(options: &[u8]) -> Option<Timestamps> {
    let body = match options {
        [] => return None,
        [a, b, c, d, body @ ..] if [*a, *b, *c, *d] == PADDED_TIMESTAMPS => body,
        _ => Options::new(options).find(|(kind, _)| *kind == 8)?.1,
    };
    let (value, rest) = body.split_first_chunk::<4>()?;
    let echo = rest.first_chunk::<4>()?;
    Some(Timestamps { value: u32::from_be_bytes(*value), echo: u32::from_be_bytes(*echo) })
}

/// Whether there may be something beside timestamps, so that it is worth to look.
#[inline]
pub(super) fn has_more_than_timestamps(options: &[u8]) -> bool {
    options.len() > 12 || !(options.is_empty() || options.starts_with(&PADDED_TIMESTAMPS))
}

/// The blocks of a selective acknowledgment (RFC 2018 §3): sequence numbers of the first byte
/// and of the one behind the last.
pub(super) fn sack_blocks(options: &[u8]) -> impl Iterator<Item = (u32, u32)> {
    let body = Options::new(options).find(|(kind, _)| *kind == 5).map_or(&[][..], |(_, body)| body);
    let (blocks, _) = body.as_chunks::<8>();
    blocks.iter().map(|&[a, b, c, d, e, f, g, h]| {
        (u32::from_be_bytes([a, b, c, d]), u32::from_be_bytes([e, f, g, h]))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const SACK: [u8; 24] =
        [1, 1, 8, 10, 0, 0, 0, 7, 0, 0, 0, 9, 1, 1, 5, 10, 0, 0, 1, 0, 0, 0, 2, 0];

    #[test]
    fn timestamps_wherever_they_stand() {
        let both = Some(Timestamps { value: 7, echo: 9 });
        assert_eq!(timestamps(&SACK), both);
        assert_eq!(timestamps(&[8, 10, 0, 0, 0, 7, 0, 0, 0, 9, 0, 0]), both);
        assert_eq!(timestamps(&[2, 4, 5, 180, 34, 2, 8, 10, 0, 0, 0, 7, 0, 0, 0, 9]), both);
        assert_eq!(timestamps(&[]), None);
    }

    #[test]
    fn sack_blocks_are_read() {
        assert!(has_more_than_timestamps(&SACK) && !has_more_than_timestamps(&SACK[..12]));
        assert_eq!(sack_blocks(&SACK).collect::<Vec<_>>(), [(0x100, 0x200)]);
        assert_eq!(sack_blocks(&SACK[..12]).count(), 0);
    }

    #[test]
    fn every_cut_is_survived() {
        for end in 0..SACK.len() {
            let cut = &SACK[..end];
            assert_eq!(timestamps(cut).is_some(), end >= 12, "{end}");
            assert_eq!(sack_blocks(cut).count(), 0, "{end}");
        }
        assert_eq!(Options::new(&[5, 1, 1, 1]).count(), 0, "a length below 2");
    }
}

//! Is it UTF-8? Asked of text that comes in pieces (RFC 6455 §8.1).

use arrayvec::ArrayVec;

/// What came so far.
#[derive(Debug, Default)]
pub(super) struct Utf8 {
    /// The beginning of a character whose end has not come.
    begun: ArrayVec<u8, 4>,
    is_broken: bool,
}

impl Utf8 {
    /// More of the text.
    pub(super) fn push(&mut self, mut bytes: &[u8]) {
        while !self.begun.is_empty() && !self.is_broken {
            let Some((first, rest)) = bytes.split_first() else { return };
            bytes = rest;
            self.is_broken |= self.begun.try_push(*first).is_err();
            match std::str::from_utf8(&self.begun) {
                Ok(_) => self.begun.clear(),
                Err(error) => self.is_broken |= error.error_len().is_some(),
            }
        }
        if self.is_broken {
            return;
        }
        if let Err(error) = std::str::from_utf8(bytes) {
            let rest = bytes.get(error.valid_up_to()..).unwrap_or_default();
            self.is_broken = error.error_len().is_some();
            self.begun = rest.iter().copied().take(4).collect();
        }
    }

    /// True where all of it was UTF-8, and no character is left without its end.
    pub(super) const fn is_whole(&self) -> bool {
        !self.is_broken && self.begun.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn is_utf8(bytes: &[u8], piece: usize) -> bool {
        let mut utf8 = Utf8::default();
        bytes.chunks(piece).for_each(|part| utf8.push(part));
        utf8.is_whole()
    }

    proptest! {
        #[test]
        fn it_is_what_the_standard_library_says_of_the_whole(
            bytes in prop_oneof![
                any::<Vec<u8>>(),
                any::<String>().prop_map(String::into_bytes),
                proptest::collection::vec(prop_oneof![Just(0xf0u8), Just(0x9f), Just(0x98), Just(0x80), Just(b'a'), Just(0xed)], 0..12),
            ],
            piece in 1usize..9,
        ) {
            prop_assert_eq!(is_utf8(&bytes, piece), std::str::from_utf8(&bytes).is_ok());
        }
    }
}

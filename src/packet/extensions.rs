//! The chain of IPv6 extension headers (RFC 8200 §4).
//!
//! The single headers are etherparse's; the walk is ours for two reasons. etherparse reads on
//! behind the fragment header of a real fragment, into bytes that are a piece of something and
//! no header. And its iterator over a chain that broke off trusts the number of the header that
//! is not there, and reads past the end.

use etherparse::{
    IpAuthHeaderSlice, IpNumber, Ipv6ExtensionSlice, Ipv6FragmentHeaderSlice,
    Ipv6RawExtHeaderSlice, err, ip_number,
};

/// A checked view of a chain of extension headers.
///
/// Invariant: `bytes` are whole headers, the first of which has the number `first`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extensions<'p> {
    first: IpNumber,
    bytes: &'p [u8],
}

/// Where a chain ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::packet) enum ChainEnd {
    /// At something that is no extension header, or behind the header of a fragment.
    Payload,
    /// At a header that needs this many bytes.
    Short(usize),
    /// At a header that breaks the rules.
    Malformed(&'static str),
}

impl<'p> Extensions<'p> {
    /// True where an extension header has this number.
    #[inline]
    pub(in crate::packet) const fn is_one(number: IpNumber) -> bool {
        matches!(
            number,
            ip_number::IPV6_HOP_BY_HOP
                | ip_number::IPV6_ROUTE
                | ip_number::IPV6_FRAG
                | ip_number::IPV6_DEST_OPTIONS
                | ip_number::AUTH
        )
    }

    /// The chain at the start of `bytes`, the number of what follows it, and why it ended.
    pub(in crate::packet) fn chain(first: IpNumber, bytes: &'p [u8]) -> (Self, IpNumber, ChainEnd) {
        let mut walk = Walk { next: first, rest: bytes, at_start: true };
        let mut end = ChainEnd::Payload;
        while Self::is_one(walk.next) {
            match walk.step() {
                Ok(Ipv6ExtensionSlice::Fragment(header)) if header.is_fragmenting_payload() => {
                    break;
                }
                Ok(_) => {}
                Err(why) => {
                    end = why;
                    break;
                }
            }
        }
        let length = bytes.len().saturating_sub(walk.rest.len());
        let bytes = bytes.get(..length).unwrap_or_default();
        (Self { first, bytes }, walk.next, end)
    }

    /// The headers as bytes.
    pub const fn slice(&self) -> &'p [u8] {
        self.bytes
    }

    /// The headers in order.
    pub fn iter(&self) -> impl Iterator<Item = Ipv6ExtensionSlice<'p>> + use<'p> {
        let mut walk = Walk { next: self.first, rest: self.bytes, at_start: true };
        std::iter::from_fn(move || if walk.rest.is_empty() { None } else { walk.step().ok() })
    }
}

/// Goes from header to header.
#[derive(Clone, Copy)]
struct Walk<'p> {
    next: IpNumber,
    rest: &'p [u8],
    at_start: bool,
}

impl<'p> Walk<'p> {
    /// The header that `next` announces. Where it cannot be read nothing moves.
    fn step(&mut self) -> Result<Ipv6ExtensionSlice<'p>, ChainEnd> {
        let raw = |bytes| {
            Ipv6RawExtHeaderSlice::from_slice(bytes)
                .map_err(|short| ChainEnd::Short(short.required_len))
        };
        let extension = match self.next {
            ip_number::IPV6_HOP_BY_HOP if !self.at_start => {
                return Err(ChainEnd::Malformed("hop-by-hop options behind another header"));
            }
            ip_number::IPV6_HOP_BY_HOP => Ipv6ExtensionSlice::HopByHop(raw(self.rest)?),
            ip_number::IPV6_ROUTE => Ipv6ExtensionSlice::Routing(raw(self.rest)?),
            ip_number::IPV6_DEST_OPTIONS => Ipv6ExtensionSlice::DestinationOptions(raw(self.rest)?),
            ip_number::IPV6_FRAG => Ipv6ExtensionSlice::Fragment(
                Ipv6FragmentHeaderSlice::from_slice(self.rest)
                    .map_err(|short| ChainEnd::Short(short.required_len))?,
            ),
            ip_number::AUTH => Ipv6ExtensionSlice::Authentication(auth(self.rest)?),
            _ => return Err(ChainEnd::Payload),
        };
        let (bytes, next) = whole(&extension);
        self.rest = self.rest.get(bytes.len()..).unwrap_or_default();
        self.next = next;
        self.at_start = false;
        Ok(extension)
    }
}

/// An authentication header (RFC 4302), which IPv4 can have as well.
pub(in crate::packet) fn auth(bytes: &[u8]) -> Result<IpAuthHeaderSlice<'_>, ChainEnd> {
    IpAuthHeaderSlice::from_slice(bytes).map_err(|error| match error {
        err::ip_auth::HeaderSliceError::Len(short) => ChainEnd::Short(short.required_len),
        err::ip_auth::HeaderSliceError::Content(_) => {
            ChainEnd::Malformed("a payload length of 0, below its fixed part")
        }
    })
}

/// The bytes of an extension header, and the number of what follows it.
pub(in crate::packet) fn whole<'p>(extension: &Ipv6ExtensionSlice<'p>) -> (&'p [u8], IpNumber) {
    match extension {
        Ipv6ExtensionSlice::HopByHop(header)
        | Ipv6ExtensionSlice::Routing(header)
        | Ipv6ExtensionSlice::DestinationOptions(header) => (header.slice(), header.next_header()),
        Ipv6ExtensionSlice::Fragment(header) => (header.slice(), header.next_header()),
        Ipv6ExtensionSlice::Authentication(header) => (header.slice(), header.next_header()),
    }
}

/// The name that Wireshark has for an extension header of this number.
pub(in crate::packet) const fn name(number: IpNumber) -> &'static str {
    match number {
        ip_number::IPV6_HOP_BY_HOP => "ipv6.hopopts",
        ip_number::IPV6_ROUTE => "ipv6.routing",
        ip_number::IPV6_FRAG => "ipv6.fraghdr",
        ip_number::IPV6_DEST_OPTIONS => "ipv6.dstopts",
        _ => "ah",
    }
}

/// The number of an extension header.
pub(in crate::packet) const fn number(extension: &Ipv6ExtensionSlice<'_>) -> IpNumber {
    match extension {
        Ipv6ExtensionSlice::HopByHop(_) => ip_number::IPV6_HOP_BY_HOP,
        Ipv6ExtensionSlice::Routing(_) => ip_number::IPV6_ROUTE,
        Ipv6ExtensionSlice::Fragment(_) => ip_number::IPV6_FRAG,
        Ipv6ExtensionSlice::DestinationOptions(_) => ip_number::IPV6_DEST_OPTIONS,
        Ipv6ExtensionSlice::Authentication(_) => ip_number::AUTH,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TCP: u8 = 6;

    fn names(chain: Extensions<'_>) -> Vec<&'static str> {
        chain.iter().map(|extension| name(number(&extension))).collect()
    }

    #[test]
    fn every_header_to_the_payload() {
        let bytes = [
            [43, 0, 1, 4, 0, 0, 0, 0],            // hop-by-hop, then routing
            [60, 0, 0, 0, 0, 0, 0, 0],            // routing, then destination
            [44, 0, 1, 4, 0, 0, 0, 0],            // destination, then fragment
            [51, 0, 0, 0, 0, 0, 0, 9],            // atomic fragment, then authentication
            [TCP, 1, 0, 0, 0, 0, 0, 1],           // authentication ...
            [0, 0, 0, 2, 0xff, 0xff, 0xff, 0xff], // ... its last 4 bytes, then payload
        ]
        .concat();
        let (chain, next, end) = Extensions::chain(ip_number::IPV6_HOP_BY_HOP, &bytes);
        assert_eq!((next.0, end), (TCP, ChainEnd::Payload));
        assert_eq!(chain.slice().len(), 44);
        let expected = ["ipv6.hopopts", "ipv6.routing", "ipv6.dstopts", "ipv6.fraghdr", "ah"];
        assert_eq!(names(chain), expected);
        for length in 0..44 {
            let (chain, _, end) = Extensions::chain(ip_number::IPV6_HOP_BY_HOP, &bytes[..length]);
            assert!(matches!(end, ChainEnd::Short(_)), "{length}: {end:?}");
            assert!(names(chain).len() <= length / 8);
        }
    }

    #[test]
    fn a_fragment_ends_the_chain() {
        let bytes = [60, 0, 0, 1, 0, 0, 0, 9, TCP, 0, 0, 0, 0, 0, 0, 0];
        let (chain, next, end) = Extensions::chain(ip_number::IPV6_FRAG, &bytes);
        assert_eq!((chain.slice().len(), next.0, end), (8, 60, ChainEnd::Payload));
        assert_eq!(names(chain), ["ipv6.fraghdr"]);
    }

    #[test]
    fn broken_headers() {
        let late = [0, 0, 0, 0, 0, 0, 0, 0, TCP, 0, 0, 0, 0, 0, 0, 0];
        let (chain, next, end) = Extensions::chain(ip_number::IPV6_DEST_OPTIONS, &late);
        assert_eq!((chain.slice().len(), next.0), (8, 0));
        assert!(matches!(end, ChainEnd::Malformed(_)));
        let no_icv = [TCP, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 2];
        let (chain, _, end) = Extensions::chain(ip_number::AUTH, &no_icv);
        assert!(chain.slice().is_empty());
        assert!(matches!(end, ChainEnd::Malformed(_)));
    }
}

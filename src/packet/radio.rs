//! What a wireless card says of a frame that it received: radiotap, PPI, Prism and AVS headers.

/// A checked view of such a header, whose own length field has been followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Radio<'p> {
    kind: RadioKind,
    header: &'p [u8],
    /// What follows, as a LINKTYPE_ number.
    next: u32,
    has_fcs: bool,
    is_padded: bool,
}

/// The kinds of these headers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RadioKind {
    /// <https://www.radiotap.org>
    Radiotap,
    /// CACE's Per-Packet Information.
    Ppi,
    /// Intersil Prism.
    Prism,
    /// AVS.
    Avs,
}

impl RadioKind {
    /// The name that Wireshark has for it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Radiotap => "radiotap",
            Self::Ppi => "ppi",
            Self::Prism => "prism",
            Self::Avs => "wlancap",
        }
    }
}

const WLAN: u32 = 105;

impl<'p> Radio<'p> {
    /// A radiotap header at the start of `bytes`, or how many bytes it needs.
    pub fn radiotap(bytes: &'p [u8]) -> Result<Self, usize> {
        let fixed = bytes.first_chunk::<8>().ok_or(8_usize)?;
        let length = usize::from(u16::from_le_bytes([fixed[2], fixed[3]])).max(8);
        let header = bytes.get(..length).ok_or(length)?;
        let flags = radiotap_flags(header).unwrap_or_default();
        Ok(Self {
            kind: RadioKind::Radiotap,
            header,
            next: WLAN,
            has_fcs: flags & 0x10 != 0,
            is_padded: flags & 0x20 != 0,
        })
    }

    /// A PPI header at the start of `bytes`, or how many bytes it needs.
    pub fn ppi(bytes: &'p [u8]) -> Result<Self, usize> {
        let fixed = bytes.first_chunk::<8>().ok_or(8_usize)?;
        let [_, _, lo, hi, next @ ..] = *fixed;
        let length = usize::from(u16::from_le_bytes([lo, hi])).max(8);
        let header = bytes.get(..length).ok_or(length)?;
        let has_fcs = ppi_flags(header).is_some_and(|flags| flags & 1 != 0);
        let next = u32::from_le_bytes(next);
        Ok(Self { kind: RadioKind::Ppi, header, next, has_fcs, is_padded: false })
    }

    /// A Prism header at the start of `bytes`, or an AVS one, which old drivers announce so; or
    /// how many bytes it needs.
    pub fn prism(bytes: &'p [u8]) -> Result<Self, usize> {
        let fixed = bytes.first_chunk::<8>().ok_or(8_usize)?;
        let [a, b, c, _, length @ ..] = *fixed;
        let (kind, length) = if [a, b, c] == [0x80, 0x21, 0x10] {
            (RadioKind::Avs, u32::from_be_bytes(length))
        } else {
            (RadioKind::Prism, u32::from_le_bytes(length))
        };
        let length = usize::try_from(length).unwrap_or(usize::MAX).max(8);
        let header = bytes.get(..length).ok_or(length)?;
        Ok(Self { kind, header, next: WLAN, has_fcs: false, is_padded: false })
    }

    /// Which header it is.
    pub const fn kind(self) -> RadioKind {
        self.kind
    }

    /// Its bytes.
    pub const fn slice(self) -> &'p [u8] {
        self.header
    }

    /// The link type of what follows.
    pub const fn next(self) -> u32 {
        self.next
    }

    /// How the frame was received, as far as a radiotap header says.
    pub fn reception(self) -> Reception {
        let mut reception = Reception::default();
        if self.kind == RadioKind::Radiotap {
            // what is cut off is not said
            let _ = reception.read(self.header);
        }
        reception
    }

    /// True where the frame ends with its check sequence of four bytes.
    pub const fn has_fcs(self) -> bool {
        self.has_fcs
    }

    /// True where the frame's header is padded to a multiple of four bytes.
    pub const fn is_padded(self) -> bool {
        self.is_padded
    }
}

/// How a frame was received.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reception {
    /// The rate, in units of 500 kbit/s.
    pub rate: Option<u8>,
    /// The channel's frequency, in MHz.
    pub frequency: Option<u16>,
    /// The signal at the antenna, in dBm.
    pub signal: Option<i8>,
    /// The noise there, in dBm.
    pub noise: Option<i8>,
    /// Which antenna.
    pub antenna: Option<u8>,
}

impl Reception {
    /// Reads the first fields of a radiotap header: each is aligned to its own size, from the
    /// header's start.
    fn read(&mut self, header: &[u8]) -> Option<()> {
        // alignment and length of TSFT, flags, rate, channel, FHSS, signal, noise, lock quality,
        // transmit attenuation (twice), transmit power, antenna
        const FIELDS: [(usize, usize); 12] = [
            (8, 8),
            (1, 1),
            (1, 1),
            (2, 4),
            (2, 2),
            (1, 1),
            (1, 1),
            (2, 2),
            (2, 2),
            (2, 2),
            (1, 1),
            (1, 1),
        ];
        let (bitmaps, _) = header.get(4..)?.as_chunks::<4>();
        let first = u32::from_le_bytes(*bitmaps.first()?);
        let count = bitmaps.iter().position(|map| u32::from_le_bytes(*map) >> 31 == 0)? + 1;
        let mut at = 4 + 4 * count;
        for (bit, (alignment, length)) in FIELDS.into_iter().enumerate() {
            if first >> bit & 1 == 0 {
                continue;
            }
            at = at.next_multiple_of(alignment);
            let field = header.get(at..at.saturating_add(length))?;
            at = at.saturating_add(length);
            match (bit, field) {
                (2, [rate]) => self.rate = Some(*rate),
                (3, [low, high, ..]) => self.frequency = Some(u16::from_le_bytes([*low, *high])),
                (5, [signal]) => self.signal = Some(signal.cast_signed()),
                (6, [noise]) => self.noise = Some(noise.cast_signed()),
                (11, [antenna]) => self.antenna = Some(*antenna),
                _ => {}
            }
        }
        Some(())
    }
}

/// The field "flags" of a radiotap header, which stands behind "TSFT" and all bitmaps.
fn radiotap_flags(header: &[u8]) -> Option<u8> {
    const TSFT: u32 = 1;
    const FLAGS: u32 = 2;
    const MORE: u32 = 1 << 31;
    let (bitmaps, _) = header.get(4..)?.as_chunks::<4>();
    let first = u32::from_le_bytes(*bitmaps.first()?);
    let count = bitmaps.iter().position(|map| u32::from_le_bytes(*map) & MORE == 0)? + 1;
    if first & FLAGS == 0 {
        return None;
    }
    let mut at = 4 + 4 * count;
    if first & TSFT != 0 {
        // fields are aligned to their size, from the header's start
        at = at.next_multiple_of(8) + 8;
    }
    header.get(at).copied()
}

/// The field "flags" of the 802.11 common field of a PPI header.
fn ppi_flags(header: &[u8]) -> Option<u16> {
    const COMMON: u16 = 2;
    let mut fields = header.get(8..)?;
    while let Some((&[k0, k1, l0, l1], rest)) = fields.split_first_chunk::<4>() {
        let length = usize::from(u16::from_le_bytes([l0, l1]));
        if u16::from_le_bytes([k0, k1]) == COMMON {
            let flags = rest.get(8..10)?;
            return flags.first_chunk::<2>().map(|flags| u16::from_le_bytes(*flags));
        }
        fields = rest.get(length..)?;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn radiotap_with_flags_behind_a_time() {
        let mut bytes = vec![0, 0, 18, 0, 3, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 0x10, 2, 9];
        let radio = Radio::radiotap(&bytes).unwrap();
        assert_eq!((radio.slice().len(), radio.next()), (18, 105));
        assert!(radio.has_fcs() && !radio.is_padded());
        bytes[4] = 2;
        bytes[8] = 0x20;
        let radio = Radio::radiotap(&bytes).unwrap();
        assert!(!radio.has_fcs() && radio.is_padded());
        assert_eq!(Radio::radiotap(&bytes[..17]), Err(18));
        assert_eq!(Radio::radiotap(&bytes[..7]), Err(8));
    }

    #[test]
    fn how_a_frame_was_received() {
        // flags, rate, channel, signal, noise, antenna: the channel is aligned to two bytes
        let fields = [0x10, 108, 0x3c, 0x14, 0x40, 1, 0xc4, 0xa1, 1];
        let header = [&[0, 0, 17, 0, 0x6e, 8, 0, 0][..], &fields].concat();
        let expected = Reception {
            rate: Some(108),
            frequency: Some(5180),
            signal: Some(-60),
            noise: Some(-95),
            antenna: Some(1),
        };
        assert_eq!(Radio::radiotap(&header).unwrap().reception(), expected);
        let mut cut = header.clone();
        cut[2] = 15;
        let cut = Radio::radiotap(&cut).unwrap().reception();
        assert_eq!(cut, Reception { noise: None, antenna: None, ..expected });
    }

    #[test]
    fn radiotap_with_two_bitmaps() {
        let bytes = [0, 0, 13, 0, 2, 0, 0, 0x80, 0, 0, 0, 0, 0x10];
        assert!(Radio::radiotap(&bytes).unwrap().has_fcs());
        let endless = [0, 0, 12, 0, 2, 0, 0, 0x80, 2, 0, 0, 0x80];
        assert!(!Radio::radiotap(&endless).unwrap().has_fcs());
    }

    #[test]
    fn ppi_names_what_follows() {
        let mut bytes = vec![0, 0, 32, 0, 105, 0, 0, 0, 2, 0, 20, 0];
        bytes.extend([0; 20]);
        bytes[20] = 1;
        let radio = Radio::ppi(&bytes).unwrap();
        assert_eq!((radio.slice().len(), radio.next(), radio.has_fcs()), (32, 105, true));
        bytes[8] = 3;
        assert!(!Radio::ppi(&bytes).unwrap().has_fcs());
        assert_eq!(Radio::ppi(&bytes[..31]), Err(32));
    }

    #[test]
    fn prism_and_what_calls_itself_so() {
        let bytes = [0x44, 0, 0, 0, 12, 0, 0, 0, 1, 2, 3, 4, 9];
        let radio = Radio::prism(&bytes).unwrap();
        assert_eq!((radio.kind(), radio.slice().len()), (RadioKind::Prism, 12));
        let bytes = [0x80, 0x21, 0x10, 1, 0, 0, 0, 10, 1, 2, 9];
        let radio = Radio::prism(&bytes).unwrap();
        assert_eq!((radio.kind(), radio.slice().len()), (RadioKind::Avs, 10));
    }
}

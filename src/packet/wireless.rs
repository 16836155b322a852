//! Wireless frames, down to the LLC that they carry.

use crate::capture::source::LinkType;
use crate::packet::inner::Inner;
use crate::packet::layer::{Decoded, Layer, Macs};
use crate::packet::piece::Piece;
use crate::packet::radio::{Radio, RadioKind};
use crate::packet::stop::StopKind;
use crate::packet::wlan::{Wlan, WlanKind};

/// The check sequence at the end of a frame.
const FCS: usize = 4;

pub(in crate::packet) fn radiotap<'p>(
    decoded: &mut Decoded<'p>,
    piece: Piece<'p>,
) -> Option<Inner<'p>> {
    radio(decoded, piece, RadioKind::Radiotap, Radio::radiotap(piece.bytes))
}

pub(in crate::packet) fn prism<'p>(
    decoded: &mut Decoded<'p>,
    piece: Piece<'p>,
) -> Option<Inner<'p>> {
    radio(decoded, piece, RadioKind::Prism, Radio::prism(piece.bytes))
}

pub(in crate::packet) fn ppi<'p>(decoded: &mut Decoded<'p>, piece: Piece<'p>) -> Option<Inner<'p>> {
    radio(decoded, piece, RadioKind::Ppi, Radio::ppi(piece.bytes))
}

fn radio<'p>(
    decoded: &mut Decoded<'p>,
    piece: Piece<'p>,
    kind: RadioKind,
    header: Result<Radio<'p>, usize>,
) -> Option<Inner<'p>> {
    let header = match header {
        Ok(header) => header,
        Err(needed) => {
            decoded.stop_short(piece, kind.name(), needed);
            return None;
        }
    };
    if !decoded.push(Layer::Radio(header), piece) {
        return None;
    }
    let rest = piece.after(header.slice().len());
    let rest = if header.has_fcs() { rest.cut(rest.promised.saturating_sub(FCS)) } else { rest };
    match u16::try_from(header.next()).map(LinkType) {
        Ok(LinkType::IEEE802_11) => frame(decoded, rest, header.is_padded()),
        // PPI may stand before anything but itself
        Ok(LinkType::PPI) | Err(_) => {
            let why = format!("link type {} is not decoded", header.next());
            decoded.stop_at(rest, "data", StopKind::Unknown, why);
            None
        }
        Ok(next) => Inner::link(next, rest),
    }
}

/// An IEEE 802.11 frame. Of several frames in one (A-MSDU) the first is decoded.
pub(in crate::packet) fn frame<'p>(
    decoded: &mut Decoded<'p>,
    piece: Piece<'p>,
    is_padded: bool,
) -> Option<Inner<'p>> {
    /// Addresses and length before each frame of an A-MSDU (IEEE 802.11-2020 §9.3.2.2).
    const SUBFRAME: usize = 14;
    let header = match Wlan::new(piece.bytes, is_padded) {
        Ok(header) => header,
        Err(needed) => {
            decoded.stop_short(piece, "wlan", needed);
            return None;
        }
    };
    decoded.macs =
        header.ends().map(|(source, destination)| Macs { source, destination: Some(destination) });
    let rest = piece.after(header.slice().len());
    if !decoded.push(Layer::Wlan(header), piece) {
        return None;
    }
    let why = match header.kind() {
        WlanKind::Data(false) | WlanKind::Management | WlanKind::Control | WlanKind::Extension => {
            decoded.end_with(rest);
            return None;
        }
        WlanKind::Data(true) if header.is_protected() => "encrypted by the wireless LAN",
        WlanKind::Data(true) if header.is_fragment() => {
            "a fragment of a wireless frame; these are not put together"
        }
        WlanKind::Data(true) if header.is_aggregate() => {
            let length = rest.bytes.get(12..SUBFRAME).and_then(|bytes| bytes.first_chunk());
            let Some(length) = length.map(|bytes| usize::from(u16::from_be_bytes(*bytes))) else {
                decoded.stop_short(rest, "wlan", SUBFRAME);
                return None;
            };
            let first = rest.after(SUBFRAME);
            let first = if length <= first.promised { first.cut(length) } else { first };
            return Inner::link(LinkType::ATM_RFC1483, first);
        }
        // LLC is what remains once the header is off, as in ATM (RFC 2684)
        WlanKind::Data(true) => return Inner::link(LinkType::ATM_RFC1483, rest),
    };
    decoded.stop_at(rest, "data", StopKind::Unknown, why);
    None
}

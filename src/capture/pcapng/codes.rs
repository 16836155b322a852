//! The numbers of blocks (draft-ietf-opsawg-pcapng §4) and options (§3.5), for the reader and the
//! writer.

pub(in crate::capture) const SECTION_HEADER: u32 = 0x0a0d_0d0a;
pub(in crate::capture) const INTERFACE: u32 = 1;
pub(in crate::capture) const PACKET: u32 = 2;
pub(in crate::capture) const SIMPLE_PACKET: u32 = 3;
pub(in crate::capture) const NAMES: u32 = 4;
pub(in crate::capture) const STATISTICS: u32 = 5;
pub(in crate::capture) const ENHANCED_PACKET: u32 = 6;
pub(in crate::capture) const SECRETS: u32 = 10;

pub(in crate::capture) const OPT_END: u16 = 0;
pub(in crate::capture) const OPT_COMMENT: u16 = 1;
pub(in crate::capture) const IF_NAME: u16 = 2;
pub(in crate::capture) const SHB_USERAPPL: u16 = 4;
/// Options of an interface that are text or addresses, the same in any byte order: description,
/// IPv4, IPv6, MAC and EUI-64 addresses, filter, system, hardware.
pub(in crate::capture) const IF_DESCRIBED: [u16; 8] = [3, 4, 5, 6, 7, 11, 12, 15];
pub(in crate::capture) const IF_TSRESOL: u16 = 9;
pub(in crate::capture) const IF_TSOFFSET: u16 = 14;
pub(in crate::capture) const ISB_IFRECV: u16 = 4;
pub(in crate::capture) const ISB_IFDROP: u16 = 5;
pub(in crate::capture) const ISB_OSDROP: u16 = 7;

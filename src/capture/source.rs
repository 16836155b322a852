//! What every source of packets gives: records in capture order, and a summary.

use std::cmp::Ordering;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use bytes::Bytes;
use thiserror::Error;

use crate::limits::Limits;
use crate::time::{FrameNo, Timestamp};

/// The link type of an interface: a LINKTYPE_ number as tcpdump.org registers them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LinkType(pub u16);

impl LinkType {
    /// BSD loopback: a 4-byte address family in the byte order of the machine that captured.
    pub const NULL: Self = Self(0);
    /// Ethernet II or IEEE 802.3.
    pub const ETHERNET: Self = Self(1);
    /// IPv4 or IPv6 at once, no link header.
    pub const RAW: Self = Self(101);
    /// OpenBSD loopback: a 4-byte address family in network order.
    pub const LOOP: Self = Self(108);
    /// Linux cooked capture, version 1 (the `any` device).
    pub const LINUX_SLL: Self = Self(113);
    /// IPv4, no link header.
    pub const IPV4: Self = Self(228);
    /// IPv6, no link header.
    pub const IPV6: Self = Self(229);
    /// Linux cooked capture, version 2.
    pub const LINUX_SLL2: Self = Self(276);
    /// Token Ring.
    pub const TOKEN_RING: Self = Self(6);
    /// SLIP, with a header that BPF makes.
    pub const SLIP: Self = Self(8);
    /// PPP, with or without HDLC's address and control.
    pub const PPP: Self = Self(9);
    /// FDDI.
    pub const FDDI: Self = Self(10);
    /// PPP in HDLC framing, or Cisco's.
    pub const PPP_HDLC: Self = Self(50);
    /// PPPoE without Ethernet before it.
    pub const PPPOE: Self = Self(51);
    /// LLC, as ATM carries it (RFC 2684).
    pub const ATM_RFC1483: Self = Self(100);
    /// Cisco HDLC.
    pub const CISCO_HDLC: Self = Self(104);
    /// IEEE 802.11.
    pub const IEEE802_11: Self = Self(105);
    /// Classical IP over ATM on Linux.
    pub const ATM_CLIP: Self = Self(106);
    /// Frame Relay.
    pub const FRAME_RELAY: Self = Self(107);
    /// OpenBSD's encapsulation device.
    pub const ENC: Self = Self(109);
    /// What the packet filter of the BSDs logs.
    pub const PFLOG: Self = Self(117);
    /// IEEE 802.11 with a Prism header.
    pub const IEEE802_11_PRISM: Self = Self(119);
    /// SunATM devices.
    pub const SUNATM: Self = Self(123);
    /// IEEE 802.11 with radiotap.
    pub const IEEE802_11_RADIOTAP: Self = Self(127);
    /// IEEE 802.11 with an AVS header.
    pub const IEEE802_11_AVS: Self = Self(163);
    /// Per-Packet Information, before any other link type.
    pub const PPI: Self = Self(192);
    /// PPP after a byte that tells the direction.
    pub const PPP_WITH_DIRECTION: Self = Self(204);
    /// Solaris' IP observability device.
    pub const IPNET: Self = Self(226);
    /// What Linux's packet filter logs.
    pub const NFLOG: Self = Self(239);
    /// macOS' packet tap, before any other link type.
    pub const PKTAP: Self = Self(258);

    /// From the number in a file or from libpcap.
    ///
    /// Raw IP goes by DLT_RAW on a live device and in files of old programs: 12 on most systems,
    /// 14 on OpenBSD. Neither is a registered LINKTYPE_ number, so they become [`Self::RAW`].
    pub const fn from_dlt(number: u16) -> Self {
        match number {
            12 | 14 => Self::RAW,
            number => Self(number),
        }
    }
}

/// One captured packet.
///
/// Invariant: `data.len() <= orig_len`. Frames count from 1 over all files of a run.
#[derive(Clone, Debug)]
pub struct Packet {
    /// Its number in capture order.
    pub frame: FrameNo,
    /// When it was captured. May step back; the pipeline's clock does not.
    pub at: Timestamp,
    /// How its first bytes are to be read.
    pub link: LinkType,
    /// Index into [`CaptureSummary::interfaces`].
    pub interface: u32,
    /// Its length on the wire.
    pub orig_len: u32,
    /// The bytes that were captured.
    pub data: Bytes,
}

/// TLS secrets that the capture itself carries (pcapng Decryption Secrets Block).
#[derive(Clone, PartialEq, Eq)]
pub struct Secrets {
    /// The block's secrets type, such as 0x544c534b for an NSS key log.
    pub kind: u32,
    /// The secrets as they stand in the block.
    pub data: Bytes,
}

impl Secrets {
    /// The lines of an NSS key log (SSLKEYLOGFILE, RFC 9850).
    pub const TLS_KEY_LOG: u32 = 0x544c_534b;
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} secret bytes of type {:#x}", self.data.len(), self.kind)
    }
}

/// What a source hands out, in capture order.
#[derive(Clone, Debug)]
pub enum Record {
    /// A packet.
    Packet(Packet),
    /// Secrets for what follows.
    Secrets(Secrets),
    /// Nothing came for a while (live only): time to show what is complete so far.
    Idle,
}

/// A place where packets come from.
///
/// Implemented by files, devices and memory; the pipeline pulls until `None`.
pub trait PacketSource: Send {
    /// The next record, or `None` at the end. After an error the source is at its end: all
    /// records before the damage have been handed out.
    fn next_record(&mut self) -> Result<Option<Record>, CaptureError>;

    /// What is known about the capture so far; complete once `next_record` gave `None` or failed.
    fn summary(&self) -> CaptureSummary;

    /// What else the capture says of the packet that was handed out last; nothing, where this is
    /// not asked in time, or the source does not know.
    fn about(&self, packet: &Packet) -> About<'_> {
        let _ = packet;
        About::default()
    }

    /// True where secrets may come behind the packets that they open.
    fn may_bring_secrets(&self) -> bool {
        false
    }
}

/// What a capture says of a packet beside the packet.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct About<'s> {
    /// The name of its interface.
    pub interface: Option<&'s str>,
    /// Comments on it.
    pub comments: Vec<&'s str>,
}

impl<S: PacketSource + ?Sized> PacketSource for Box<S> {
    fn next_record(&mut self) -> Result<Option<Record>, CaptureError> {
        (**self).next_record()
    }

    fn summary(&self) -> CaptureSummary {
        (**self).summary()
    }

    fn about(&self, packet: &Packet) -> About<'_> {
        (**self).about(packet)
    }

    fn may_bring_secrets(&self) -> bool {
        (**self).may_bring_secrets()
    }
}

/// What the capture was, apart from its packets.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CaptureSummary {
    /// The files or the device, in order.
    pub files: Vec<FileInfo>,
    /// Every interface of every file; [`Packet::interface`] is an index into it.
    pub interfaces: Vec<InterfaceInfo>,
    /// Damage that was stepped over or that ended a file.
    pub damage: Vec<Damage>,
    /// Name resolution blocks: address and names.
    pub names: Vec<(std::net::IpAddr, String)>,
    /// Comments of sections and packets (frame, or none for the section's own).
    pub comments: Vec<(Option<FrameNo>, String)>,
    /// Blocks of a type that we do not know, skipped.
    pub skipped_blocks: u64,
}

impl CaptureSummary {
    /// Notes damage; past the bound only that there is more.
    pub fn note_damage(&mut self, damage: Damage) {
        match self.damage.len().cmp(&Limits::DAMAGE_LISTED) {
            Ordering::Less => self.damage.push(damage),
            Ordering::Equal => {
                let what = format!("more damage, beyond the {} listed", Limits::DAMAGE_LISTED);
                self.damage.push(Damage { what, ..damage });
            }
            Ordering::Greater => {
                if let Some(last) = self.damage.last_mut() {
                    last.fatal |= damage.fatal;
                }
            }
        }
    }

    /// What is said of the packet that was read last; its interface is the n-th here.
    pub fn about_last(&self, packet: &Packet, interface: usize) -> About<'_> {
        let of_it = self.comments.iter().rev().take_while(|it| it.0 == Some(packet.frame));
        let mut comments: Vec<&str> = of_it.map(|it| it.1.as_str()).collect();
        comments.reverse();
        let interface = self.interfaces.get(interface).and_then(|it| it.name.as_deref());
        About { interface, comments }
    }

    /// Adds what the next file of the run was. Its interfaces are numbered on from ours.
    pub fn append(&mut self, next: Self) {
        self.files.extend(next.files);
        self.interfaces.extend(next.interfaces);
        for damage in next.damage {
            self.note_damage(damage);
        }
        self.names.extend(next.names);
        self.comments.extend(next.comments);
        self.skipped_blocks = self.skipped_blocks.saturating_add(next.skipped_blocks);
    }
}

/// One file (or device) of the capture.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FileInfo {
    /// As the user named it; `-` is standard input.
    pub name: String,
    /// Such as `pcap (little-endian, microseconds)`, `pcapng, gzip` or `live`.
    pub format: String,
    /// Its size where it has one.
    pub bytes: Option<u64>,
}

/// One interface.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InterfaceInfo {
    /// `if_name`, or the device.
    pub name: Option<String>,
    /// How its packets begin.
    pub link: LinkType,
    /// Bytes kept of each packet; 0 is no limit.
    pub snaplen: u32,
    /// Packets the device saw (`isb_ifrecv`, or the kernel's counter).
    pub received: Option<u64>,
    /// Packets dropped for want of buffer (`isb_ifdrop`, `isb_osdrop`, or the kernel's counter).
    pub dropped: Option<u64>,
    /// What else a pcapng says of it (description, filter, system, hardware, addresses): options
    /// by their codes, as they stand. Never asked; a copy of the capture has them too.
    pub described: Vec<(u16, Box<[u8]>)>,
}

/// A place where the file is not what it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Damage {
    /// Which file.
    pub file: String,
    /// Where, in bytes from its (uncompressed) start.
    pub offset: u64,
    /// The last good frame before it.
    pub after_frame: FrameNo,
    /// What is wrong, in words.
    pub what: String,
    /// True where reading ended there, false where it was stepped over.
    pub fatal: bool,
}

/// Why packets could not be had at all.
#[derive(Clone, Debug, Error)]
pub enum CaptureError {
    /// The file could not be opened or read.
    #[error("cannot read {file}: {source}")]
    Read {
        /// As the user named it.
        file: String,
        /// What the system says.
        source: Arc<std::io::Error>,
    },
    /// Not a capture.
    #[error("{file} is not a capture file: it begins with {magic}; {hint}")]
    NotACapture {
        /// As the user named it.
        file: String,
        /// Its first bytes in hex.
        magic: String,
        /// What to do.
        hint: String,
    },
    /// The device cannot be opened.
    #[error("cannot capture on {device}: {reason}\n{advice}")]
    Device {
        /// The device.
        device: String,
        /// What libpcap says.
        reason: String,
        /// What to run instead.
        advice: String,
    },
    /// The BPF filter does not compile.
    #[error("filter `{filter}` does not compile: {reason}")]
    Filter {
        /// The filter.
        filter: String,
        /// What libpcap says.
        reason: String,
    },
    /// The capture file to write could not be written.
    #[error("cannot write {file}: {source}")]
    Write {
        /// Where to.
        file: PathBuf,
        /// What the system says.
        source: Arc<std::io::Error>,
    },
}

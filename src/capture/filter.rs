//! A BPF filter on packets that are already captured, in libpcap's language.
//!
//! Takes a source, gives the same records without the packets that do not match. Frame numbers
//! stay those of the file, so that they can be found there.

use pcap::{BpfProgram, Capture, Linktype};

use crate::capture::source::{
    About, CaptureError, CaptureSummary, LinkType, Packet, PacketSource, Record,
};
use crate::limits::Limits;

/// A source whose packets all match a filter.
pub struct Filtered<S> {
    source: S,
    filter: String,
    /// One program for each link type met: offsets in the packet differ. `None` where the filter
    /// asks what this link type cannot answer (`vlan` on raw IP): nothing matches then.
    programs: Vec<(LinkType, Option<Program>)>,
    /// A cut packet at its full length.
    padded: Vec<u8>,
}

/// A compiled filter.
struct Program {
    code: BpfProgram,
    /// True where it asks for the packet's length (`less`, `greater`, `len`).
    asks_length: bool,
}

impl<S: PacketSource> Filtered<S> {
    /// Fails where the filter compiles for no common link type.
    pub fn new(source: S, filter: &str) -> Result<Self, CaptureError> {
        let links = [LinkType::ETHERNET, LinkType::RAW, LinkType::LINUX_SLL, LinkType::NULL];
        let mut compiled = links.iter().map(|link| compile(filter, *link));
        let first = compiled.next().unwrap_or(Err(pcap::Error::InvalidLinktype));
        if let Err(error) = first
            && compiled.all(|program| program.is_err())
        {
            return Err(refused(filter, &error));
        }
        let (filter, programs, padded) = (filter.to_owned(), Vec::new(), Vec::new());
        Ok(Self { source, filter, programs, padded })
    }

    fn matches(&mut self, packet: &Packet) -> bool {
        let known = self.programs.iter().position(|(link, _)| *link == packet.link);
        let index = known.unwrap_or_else(|| {
            self.programs.push((packet.link, compile(&self.filter, packet.link).ok()));
            self.programs.len().saturating_sub(1)
        });
        let Some((_, Some(program))) = self.programs.get(index) else { return false };
        if program.asks_length && packet.orig_len as usize > packet.data.len() {
            // libpcap's binding takes the captured length for the length on the wire
            let full = packet.orig_len.min(Limits::CAPTURED_PACKET) as usize;
            self.padded.clear();
            self.padded.extend_from_slice(&packet.data);
            self.padded.resize(full.max(packet.data.len()), 0);
            return program.code.filter(&self.padded);
        }
        program.code.filter(&packet.data)
    }
}

impl<S: PacketSource> PacketSource for Filtered<S> {
    fn next_record(&mut self) -> Result<Option<Record>, CaptureError> {
        loop {
            match self.source.next_record()? {
                Some(Record::Packet(packet)) if !self.matches(&packet) => {}
                record => return Ok(record),
            }
        }
    }

    fn summary(&self) -> CaptureSummary {
        self.source.summary()
    }

    fn about(&self, packet: &Packet) -> About<'_> {
        self.source.about(packet)
    }

    fn may_bring_secrets(&self) -> bool {
        self.source.may_bring_secrets()
    }
}

fn compile(filter: &str, link: LinkType) -> Result<Program, pcap::Error> {
    // libpcap's own number for raw IP, see `LinkType::from_dlt`
    let dlt = if link == LinkType::RAW { 12 } else { i32::from(link.0) };
    let code = Capture::dead(Linktype(dlt))?.compile(filter, true)?;
    let asks_length = code.get_instructions().iter().any(|instruction| {
        // printed as "code jt jf k": the only way to its code
        let text = instruction.to_string();
        matches!(text.split(' ').next(), Some(LOAD_LENGTH | LOAD_LENGTH_TO_INDEX))
    });
    Ok(Program { code, asks_length })
}

/// A filter that does not compile, in libpcap's words.
pub(super) fn refused(filter: &str, error: &pcap::Error) -> CaptureError {
    let reason = error.to_string().trim_start_matches("libpcap error: ").to_owned();
    CaptureError::Filter { filter: filter.to_owned(), reason }
}

/// `BPF_LD | BPF_W | BPF_LEN` (McCanne and Jacobson, The BSD Packet Filter, table 1).
const LOAD_LENGTH: &str = "128";
/// `BPF_LDX | BPF_W | BPF_LEN`.
const LOAD_LENGTH_TO_INDEX: &str = "129";

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::capture::memory::Memory;
    use crate::time::{FrameNo, Timestamp};

    /// An IPv4 header of a protocol.
    fn ipv4(protocol: u8) -> Vec<u8> {
        vec![0x45, 0, 0, 20, 0, 0, 0, 0, 64, protocol, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2]
    }

    fn ethernet(protocol: u8) -> Vec<u8> {
        [&[2; 12][..], &[8, 0], &ipv4(protocol)].concat()
    }

    fn frames(filter: &str, packets: &[(LinkType, Vec<u8>, u32)]) -> Vec<u64> {
        let records = (1..).zip(packets).map(|(n, (link, data, orig_len))| {
            Record::Packet(Packet {
                frame: FrameNo(n),
                at: Timestamp::default(),
                link: *link,
                interface: 0,
                orig_len: *orig_len,
                data: Bytes::copy_from_slice(data),
            })
        });
        let mut source = Filtered::new(Memory::new(records), filter).unwrap();
        let mut seen = Vec::new();
        while let Some(Record::Packet(packet)) = source.next_record().unwrap() {
            seen.push(packet.frame.0);
        }
        seen
    }

    #[test]
    fn each_link_type_has_its_program_and_frames_keep_their_numbers() {
        let packets = [
            (LinkType::ETHERNET, ethernet(6), 34),
            (LinkType::ETHERNET, ethernet(17), 34),
            (LinkType::RAW, ipv4(17), 20),
            (LinkType::RAW, ipv4(6), 20),
            (LinkType::ETHERNET, ethernet(6), 34),
            (LinkType(9999), ipv4(6), 20),
        ];
        assert_eq!(frames("tcp", &packets), [1, 4, 5]);
        assert_eq!(frames("udp and host 10.0.0.2", &packets), [2, 3]);
        // a question that raw IP cannot answer
        assert_eq!(frames("ether host 02:02:02:02:02:02", &packets), [1, 2, 5]);
    }

    #[test]
    fn the_length_asked_for_is_that_on_the_wire() {
        let packets = [(LinkType::RAW, ipv4(6), 1500), (LinkType::RAW, ipv4(6), 20)];
        assert_eq!(frames("greater 1000", &packets), [1]);
        assert_eq!(frames("less 100 and tcp", &packets), [2]);
    }

    #[test]
    fn a_filter_that_does_not_compile_is_an_error_at_once() {
        let Err(error) = Filtered::new(Memory::new([]), "port htp") else { panic!("compiles") };
        let text = error.to_string();
        assert!(text.starts_with("filter `port htp` does not compile: "), "{text}");
        assert!(!text.contains("libpcap error"), "{text}");
    }
}

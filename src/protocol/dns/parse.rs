//! Bytes to a [`Message`] (RFC 1035 §4).
//!
//! Takes the bytes of one message, gives all records before the first that cannot be read, and
//! what was wrong with that one.

use domain::base::name::ParsedName;
use domain::base::record::ParsedRecord;
use domain::base::wire::ParseError;
use domain::dep::octseq::parse::Parser;

use crate::address::Endpoint;
use crate::cursor::Cursor;
use crate::limits::Limits;
use crate::protocol::buffer::Span;
use crate::protocol::dns::message::{
    Carrier, Class, Flags, Flavor, Message, Question, Rcode, Record, RecordData, RecordType,
};
use crate::protocol::dns::{edns, rdata, text};

/// What is known of a message before its bytes are read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Envelope {
    pub(super) flavor: Flavor,
    pub(super) over: Carrier,
    pub(super) sender: Endpoint,
    pub(super) receiver: Endpoint,
    pub(super) span: Span,
    /// Bytes of the message that were not captured.
    pub(super) missing: u32,
}

/// A message as far as it could be read.
#[derive(Debug)]
pub(super) struct Reading {
    /// None where not even the header was there.
    pub(super) message: Option<Message>,
    /// The first thing that was wrong.
    pub(super) fault: Option<Fault>,
    /// Bytes behind the last record.
    pub(super) trailing: usize,
}

/// Why a message could not be read, or not to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// Bytes that break the format, with their offset in the message.
    Malformed { offset: usize, what: &'static str, error: ParseError },
    /// Names longer than we keep, all together.
    LongNames,
}

/// The header (RFC 1035 §4.1.1).
#[derive(Clone, Copy, Debug)]
pub(super) struct Header {
    pub(super) id: u16,
    pub(super) flags: Flags,
    pub(super) opcode: u8,
    pub(super) rcode: Rcode,
    /// The bit that is always zero.
    pub(super) reserved: bool,
    /// Entries of the four sections.
    pub(super) counts: [u16; 4],
}

impl Header {
    /// Bytes of a header.
    pub(super) const LEN: usize = 12;

    /// The header at the front of a message, where it is whole.
    pub(super) fn read(bytes: &[u8]) -> Option<Self> {
        let mut cursor = Cursor::new(bytes);
        let mut next = || cursor.u16().ok();
        let (id, bits) = (next()?, next()?);
        let bit = |n: u16| bits & (1 << n) != 0;
        Some(Self {
            id,
            flags: Flags {
                response: bit(15),
                authoritative: bit(10),
                truncated: bit(9),
                recursion_desired: bit(8),
                recursion_available: bit(7),
                authentic_data: bit(5),
                checking_disabled: bit(4),
            },
            opcode: (bits >> 11 & 0xf) as u8,
            rcode: Rcode(bits & 0xf),
            reserved: bit(6),
            counts: [next()?, next()?, next()?, next()?],
        })
    }

    /// True where a message of `len` bytes could hold what the header promises: 5 bytes at least
    /// for a question, 11 for a record.
    pub(super) fn fits(&self, len: usize) -> bool {
        let [questions, answers, authority, additional] = self.counts.map(usize::from);
        Self::LEN + questions * 5 + (answers + authority + additional) * 11 <= len
    }
}

/// Reads a message.
pub(super) fn read(bytes: &[u8], envelope: &Envelope, limits: &Limits) -> Reading {
    let Some(header) = Header::read(bytes) else {
        let error = ParseError::ShortInput;
        let fault = Fault::Malformed { offset: bytes.len(), what: "header", error };
        let fault = (envelope.missing == 0).then_some(fault);
        return Reading { message: None, fault, trailing: 0 };
    };
    let (client, resolver) = if header.flags.response {
        (envelope.receiver, envelope.sender)
    } else {
        (envelope.sender, envelope.receiver)
    };
    let size = u32::try_from(bytes.len()).unwrap_or(u32::MAX).saturating_add(envelope.missing);
    let message = Message {
        flavor: envelope.flavor,
        over: envelope.over,
        client,
        resolver,
        span: envelope.span,
        size,
        id: header.id,
        flags: header.flags,
        opcode: header.opcode,
        rcode: header.rcode,
        questions: Vec::new(),
        answers: Vec::new(),
        authority: Vec::new(),
        additional: Vec::new(),
        edns: None,
        incomplete: false,
    };
    let mut parser = Parser::from_ref(bytes);
    // the header was read, so it is there
    let _ = parser.advance(Header::LEN);
    let mut reader = Reader { bytes, parser, message, fault: None, room: limits.dns_names };
    let whole = reader.sections(header.counts);
    if whole.is_err() {
        reader.message.incomplete = true;
    }
    let short = Fault::is_short;
    let fault = reader.fault.filter(|fault| envelope.missing == 0 || !short(fault));
    let trailing = if whole.is_ok() { reader.parser.remaining() } else { 0 };
    Reading { message: Some(reader.message), fault, trailing }
}

impl Fault {
    fn is_short(&self) -> bool {
        matches!(self, Self::Malformed { error: ParseError::ShortInput, .. })
    }
}

/// No further entry can be read; the fault says why.
struct Stop;

struct Reader<'a> {
    bytes: &'a [u8],
    parser: Parser<'a, [u8]>,
    message: Message,
    fault: Option<Fault>,
    /// Bytes of names that may still be kept.
    room: usize,
}

impl<'a> Reader<'a> {
    fn sections(&mut self, counts: [u16; 4]) -> Result<(), Stop> {
        let [questions, answers, authority, additional] = counts;
        for _ in 0..questions {
            let question = self.question()?;
            self.message.questions.push(question);
        }
        for _ in 0..answers {
            let record = self.record()?;
            self.message.answers.push(record);
        }
        for _ in 0..authority {
            let record = self.record()?;
            self.message.authority.push(record);
        }
        for _ in 0..additional {
            if self.message.edns.is_none() && self.option_record()? {
                continue;
            }
            let record = self.record()?;
            self.message.additional.push(record);
        }
        Ok(())
    }

    fn question(&mut self) -> Result<Question, Stop> {
        let offset = self.parser.pos();
        let parser = &mut self.parser;
        let read = ParsedName::parse_ref(parser).and_then(|name| {
            Ok((text::name(&name), parser.parse_u16_be()?, parser.parse_u16_be()?))
        });
        match read {
            Ok((name, rtype, class)) => {
                self.make_room(name.len())?;
                let (class, unicast_response) = self.class(class);
                Ok(Question { name, rtype: RecordType(rtype), class, unicast_response })
            }
            Err(error) => Err(self.stop(offset, "question", error)),
        }
    }

    fn record(&mut self) -> Result<Record, Stop> {
        let (record, raw) = self.raw_record()?;
        let (class, cache_flush) = self.class(record.class().to_int());
        let name = text::name(&record.owner());
        let data = rdata::data(&record, raw).unwrap_or_else(|error| {
            let offset = self.parser.pos().saturating_sub(raw.len());
            self.complain(offset, "record data", error);
            RecordData::Other(text::unknown(raw))
        });
        self.make_room(name.len().saturating_add(names(&data)))?;
        Ok(Record {
            name,
            rtype: RecordType(record.rtype().to_int()),
            class,
            cache_flush,
            ttl: record.ttl().as_secs(),
            data,
        })
    }

    /// Reads the next record if it is an OPT.
    fn option_record(&mut self) -> Result<bool, Stop> {
        let before = self.parser;
        let (record, raw) = self.raw_record()?;
        if RecordType(record.rtype().to_int()) != RecordType::OPT {
            self.parser = before;
            return Ok(false);
        }
        let (edns, rcode, options) = edns::edns(&record, self.message.rcode);
        self.message.rcode = rcode;
        self.message.edns = Some(edns);
        if let Err(error) = options {
            let offset = self.parser.pos().saturating_sub(raw.len());
            self.complain(offset, "EDNS options", error);
        }
        Ok(true)
    }

    fn raw_record(&mut self) -> Result<(ParsedRecord<'a, [u8]>, &'a [u8]), Stop> {
        let offset = self.parser.pos();
        let record = match ParsedRecord::parse(&mut self.parser) {
            Ok(record) => record,
            Err(error) => return Err(self.stop(offset, "record", error)),
        };
        let end = self.parser.pos();
        let start = end.saturating_sub(usize::from(record.rdlen()));
        Ok((record, self.bytes.get(start..end).unwrap_or_default()))
    }

    /// RFC 6762 §5.4, §10.2: mDNS uses the top bit of the class for itself.
    fn class(&self, class: u16) -> (Class, bool) {
        match self.message.flavor {
            Flavor::Mdns => (Class(class & 0x7fff), class & 0x8000 != 0),
            Flavor::Dns | Flavor::Llmnr => (Class(class), false),
        }
    }

    fn make_room(&mut self, wanted: usize) -> Result<(), Stop> {
        let Some(room) = self.room.checked_sub(wanted) else {
            self.fault = Some(Fault::LongNames);
            return Err(Stop);
        };
        self.room = room;
        Ok(())
    }

    fn stop(&mut self, offset: usize, what: &'static str, error: ParseError) -> Stop {
        self.complain(offset, what, error);
        Stop
    }

    fn complain(&mut self, offset: usize, what: &'static str, error: ParseError) {
        self.fault = self.fault.or(Some(Fault::Malformed { offset, what, error }));
    }
}

/// Bytes of names in data: only those can be much longer than the bytes they were read from.
fn names(data: &RecordData) -> usize {
    match data {
        RecordData::Name(name)
        | RecordData::Mx { exchange: name, .. }
        | RecordData::Srv { target: name, .. }
        | RecordData::Svcb { target: name, .. } => name.len(),
        RecordData::Soa { mname, rname, .. } => mname.len().saturating_add(rname.len()),
        RecordData::Other(text) => text.len(),
        RecordData::A(_) | RecordData::Aaaa(_) | RecordData::Txt(_) => 0,
    }
}

#[cfg(test)]
mod tests;

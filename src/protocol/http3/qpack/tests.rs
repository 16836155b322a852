use proptest::prelude::*;

use super::*;
use crate::protocol::http::prefixed::{write_integer, write_string};

const BOUND: usize = 1 << 16;

/// The fields of a section, `name: value`, unknown parts as `?`.
fn fields(decoder: &mut Decoder, section: &[u8]) -> Result<Vec<String>, Fault> {
    let text = |text: Text<'_>| {
        text.map_or_else(|| "?".into(), |t| String::from_utf8_lossy(t).into_owned())
    };
    let mut fields = Vec::new();
    decoder
        .decode(section, |name, value| fields.push(format!("{}: {}", text(name), text(value))))
        .map(|()| fields)
}

/// Gives an encoder stream to a decoder, instruction by instruction.
fn instruct(decoder: &mut Decoder, mut stream: &[u8]) -> Result<(), Fault> {
    while !stream.is_empty() {
        let length = measure(stream, BOUND)?;
        let (instruction, rest) = stream.split_at(length);
        decoder.instruct(instruction)?;
        stream = rest;
    }
    Ok(())
}

fn hex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> =
        text.chars().filter_map(|c| c.to_digit(16)).map(|digit| digit.to_le_bytes()[0]).collect();
    digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect()
}

/// A decoder whose table may have so many bytes.
fn decoder(allowed: u64) -> Decoder {
    let mut decoder = Decoder::new(BOUND);
    decoder.allow(allowed);
    decoder
}

/// A section that needs nothing, with fields that are written out.
pub(in crate::protocol::http3) fn section(fields: &[(&str, &str)]) -> Vec<u8> {
    let mut section = vec![0, 0];
    for (name, value) in fields {
        let at = section.len();
        write_string(3, name.as_bytes(), true, &mut section);
        section[at] |= 0x20;
        write_string(7, value.as_bytes(), true, &mut section);
    }
    section
}

/// The instruction that makes an entry with a name of its own.
pub(in crate::protocol::http3) fn insert(name: &str, value: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    write_string(5, name.as_bytes(), true, &mut bytes);
    bytes[0] |= 0x40;
    write_string(7, value.as_bytes(), true, &mut bytes);
    bytes
}

/// The instruction that says how large the table is.
pub(in crate::protocol::http3) fn capacity(bytes: u64) -> Vec<u8> {
    let mut instruction = Vec::new();
    write_integer(0x20, 5, bytes, &mut instruction);
    instruction
}

/// A section of entries by their places in the table, of which so many must be there; the table may
/// have 4,096 bytes.
pub(in crate::protocol::http3) fn references(required: u64, places: &[u64]) -> Vec<u8> {
    let mut section = Vec::new();
    write_integer(0, 8, required % (2 * 128) + 1, &mut section);
    section.push(0);
    for place in places {
        write_integer(0x80, 6, required - 1 - place, &mut section);
    }
    section
}

#[test]
fn the_examples_of_the_rfc_are_read() {
    // RFC 9204 §B.1: without the table
    let mut decoder = decoder(220);
    let section = hex("0000 510b 2f69 6e64 6578 2e68 746d 6c");
    assert_eq!(fields(&mut decoder, &section).unwrap(), [":path: /index.html"]);

    // §B.2: two entries, and a section that refers to them from behind its base
    let section = hex("0381 10 11");
    assert_eq!(decoder.need(&section), Need::Inserts(2));
    let stream = "3fbd01 c00f 7777 772e 6578 616d 706c 652e 636f 6d \
                  c10c 2f73 616d 706c 652f 7061 7468";
    instruct(&mut decoder, &hex(stream)).unwrap();
    assert_eq!(decoder.need(&section), Need::Nothing);
    let said = fields(&mut decoder, &section).unwrap();
    assert_eq!(said, [":authority: www.example.com", ":path: /sample/path"]);
    assert_eq!(answer(&hex("84")), Ok(Some((Answer::Section(4), 1))));

    // §B.3: an entry that nothing refers to yet
    let stream = "4a63 7573 746f 6d2d 6b65 790c 6375 7374 6f6d 2d76 616c 7565";
    instruct(&mut decoder, &hex(stream)).unwrap();
    assert_eq!((decoder.inserted(), decoder.table.size()), (3, 160));
    assert_eq!(answer(&hex("01")), Ok(Some((Answer::Inserts(1), 1))));

    // §B.4: an entry once more
    instruct(&mut decoder, &hex("02")).unwrap();
    assert_eq!((decoder.inserted(), decoder.table.size()), (4, 217));
    let kept = |place| decoder.table.at(place).map(|(_, value)| value.as_ptr());
    assert_eq!(kept(0), kept(3), "it is not copied");
    let said = fields(&mut decoder, &hex("0500 80 c1 81")).unwrap();
    assert_eq!(said, [":authority: www.example.com", ":path: /", "custom-key: custom-value"]);
    assert_eq!(answer(&hex("48")), Ok(Some((Answer::Cancelled(8), 1))));

    // §B.5: the oldest has to go
    instruct(&mut decoder, &hex("810d 6375 7374 6f6d 2d76 616c 7565 32")).unwrap();
    assert_eq!((decoder.inserted(), decoder.table.size()), (5, 215));
    let entries: Vec<_> = (0..6).map(|place| decoder.table.at(place)).collect();
    let entry = |name: &'static str, value: &'static str| Some((name.as_bytes(), value.as_bytes()));
    let wanted = [
        None,
        entry(":path", "/sample/path"),
        entry("custom-key", "custom-value"),
        entry(":authority", "www.example.com"),
        entry("custom-key", "custom-value2"),
        None,
    ];
    assert_eq!(entries, wanted);
    let named = |place| decoder.table.at(place).map(|(name, _)| name.as_ptr());
    assert_eq!(named(2), named(4), "nor is a name");
}

#[test]
fn an_instruction_is_whole_when_its_last_byte_is_there() {
    let stream = [capacity(220), insert("a-rather-long-name", &"value".repeat(60)), vec![0x02]];
    for instruction in stream {
        for cut in 0..instruction.len() {
            let length = measure(&instruction[..cut], BOUND).unwrap();
            assert!(length > cut && length <= instruction.len(), "{cut} of {instruction:x?}");
        }
        let longer = [&instruction[..], b"more"].concat();
        assert_eq!(measure(&longer, BOUND), Ok(instruction.len()));
    }
    assert_eq!(measure(&insert("name", "a value"), 3), Err(Fault::TooLarge));
}

#[test]
fn how_many_entries_a_section_needs_is_counted_modulo_twice_the_most() {
    // RFC 9204 §4.5.1.1: a table of 100 bytes has three entries at most, so six numbers go round
    let mut decoder = decoder(100);
    instruct(&mut decoder, &capacity(100)).unwrap();
    for n in 0..10 {
        instruct(&mut decoder, &insert("n", &n.to_string())).unwrap();
    }
    assert_eq!(fields(&mut decoder, &[4, 0, 0x80]).unwrap(), ["n: 8"], "9 is 3 of 6, and 1");
    assert_eq!(decoder.need(&[6, 0]), Need::Inserts(11));
    assert_eq!(decoder.need(&[1, 0]), Need::Inserts(12));
    assert_eq!(fields(&mut decoder, &[7, 0]), Err(Fault::Required), "six at most");
}

#[test]
fn without_the_other_sides_settings_the_number_is_known_until_it_can_have_gone_round() {
    let mut decoder = Decoder::new(BOUND);
    let section = references(2, &[0, 1]);
    assert_eq!(decoder.need(&section), Need::Settings);
    assert_eq!(decoder.need(&[0, 0, 0xc1]), Need::Nothing);
    assert_eq!(fields(&mut decoder, &section).unwrap(), ["?: ?", "?: ?"]);
    // the encoder uses three entries' room, so that the number goes round at six or later
    instruct(&mut decoder, &[capacity(100), insert("n", "0")].concat()).unwrap();
    assert_eq!(decoder.need(&section), Need::Inserts(2));
    instruct(&mut decoder, &insert("n", "1")).unwrap();
    assert_eq!(fields(&mut decoder, &section).unwrap(), ["n: 0", "n: 1"]);
    instruct(&mut decoder, &insert("n", "2")).unwrap();
    assert_eq!(decoder.need(&section), Need::Settings);
    assert_eq!(fields(&mut decoder, &section).unwrap(), ["?: ?", "?: ?"]);
    decoder.miss_settings();
    assert_eq!(decoder.need(&section), Need::Nothing);
    decoder.allow(100);
    assert_eq!(fields(&mut decoder, &[4, 0, 0x80]).unwrap(), ["n: 2"]);
}

#[test]
fn what_stands_in_entries_that_are_not_known_is_unknown_and_the_rest_is_not() {
    let mut decoder = decoder(4096);
    decoder.forget();
    // an entry, GET, the name of an entry, one behind the base, its name, a literal
    let mut section = vec![5, 0, 0x80, 0xd1, 0x41, 0x01, b'v', 0x10, 0x00, 0x01, b'w'];
    section.extend(&tests::section(&[("x", "1")])[2..]);
    assert_eq!(decoder.need(&section), Need::Nothing);
    assert_eq!(
        fields(&mut decoder, &section).unwrap(),
        ["?: ?", ":method: GET", "?: v", "?: ?", "?: w", "x: 1"]
    );
    // an entry that has not come
    let mut decoder = tests::decoder(4096);
    instruct(&mut decoder, &[capacity(4096), insert("name", "value")].concat()).unwrap();
    let said = fields(&mut decoder, &references(3, &[0, 2])).unwrap();
    assert_eq!(said, ["name: value", "?: ?"]);
}

#[test]
fn faults_are_told() {
    for (section, fault) in [
        (&b"\x00"[..], Fault::Short),
        (b"\x00\x80", Fault::Required),
        (b"\x00\x00\x80", Fault::Index(0)),
        (b"\x00\x00\xff\x24", Fault::Index(99)),
        (b"\x00\x00\x10", Fault::Index(0)),
        (b"\x02\x00\x81", Fault::Index(1)),
        (b"\x02\x00\x10", Fault::Index(1)),
        (b"\x00\x00\x21a", Fault::Short),
        (b"\x00\x00\x29\x00\x00", Fault::Huffman),
        (b"\x00\x00\xff\xff\xff\xff\xff\xff\xff", Fault::Number),
        (b"\xff\xff\x7f\x00", Fault::Required),
    ] {
        let mut decoder = decoder(4096);
        instruct(&mut decoder, &[capacity(4096), insert("name", "value")].concat()).unwrap();
        assert_eq!(fields(&mut decoder, section), Err(fault), "{section:x?}");
        assert_eq!(fields(&mut decoder, &references(1, &[0])).unwrap(), ["name: value"]);
    }
    for (stream, fault) in [
        (insert("name", "value"), Fault::TooLarge),
        (capacity(4097), Fault::TooLarge),
        ([capacity(40), insert("name", "value")].concat(), Fault::TooLarge),
        (vec![0x00], Fault::Index(0)),
        (vec![0x80, 0x00], Fault::Index(0)),
        (vec![0xff, 0x24, 0x00], Fault::Index(99)),
        (vec![0x61, 0x00, 0x00], Fault::Huffman),
    ] {
        let mut decoder = decoder(4096);
        assert_eq!(instruct(&mut decoder, &stream), Err(fault), "{stream:x?}");
        assert!(!decoder.is_known());
        assert_eq!(fields(&mut decoder, &references(1, &[0])).unwrap(), ["?: ?"]);
    }
}

/// A field, and how it is written.
#[derive(Clone, Debug)]
struct Written {
    name: String,
    value: String,
    how: u8,
    is_huffman: bool,
}

fn written() -> impl Strategy<Value = Written> {
    ("[a-z-]{1,12}", "[ -~]{0,30}", 0..4u8, any::<bool>())
        .prop_map(|(name, value, how, is_huffman)| Written { name, value, how, is_huffman })
}

/// An encoder of the simplest kind: it never drops an entry.
#[derive(Default)]
struct Encoder {
    entries: Vec<(String, String)>,
    size: usize,
    stream: Vec<u8>,
}

impl Encoder {
    /// Makes an entry where there is room.
    fn make(&mut self, field: &Written) {
        let size = field.name.len() + field.value.len() + 32;
        if self.size + size > 4096 {
            return;
        }
        self.size += size;
        let known = self.entries.iter().rev().position(|entry| entry.0 == field.name);
        let same = self.entries.iter().rev().position(|entry| entry.1 == field.value);
        if let Some(age) = known.filter(|age| Some(*age) == same) {
            write_integer(0, 5, age as u64, &mut self.stream);
        } else if let Some(age) = known {
            write_integer(0x80, 6, age as u64, &mut self.stream);
            write_string(7, field.value.as_bytes(), field.is_huffman, &mut self.stream);
        } else {
            self.stream.extend(insert(&field.name, &field.value));
        }
        self.entries.push((field.name.clone(), field.value.clone()));
    }

    /// Writes a section, which counts from `base`.
    fn section(&mut self, fields: &[Written], base: u64) -> Vec<u8> {
        for field in fields.iter().filter(|field| field.how == 0) {
            self.make(field);
        }
        let base = base.min(self.entries.len() as u64);
        let (mut lines, mut required) = (Vec::new(), 0);
        for Written { name, value, how, is_huffman } in fields {
            let whole = self.entries.iter().rposition(|e| e.0 == *name && e.1 == *value);
            let named = self.entries.iter().rposition(|entry| entry.0 == *name);
            if let Some(place) = whole.or(named).map(|place| place as u64).filter(|_| *how != 3) {
                required = required.max(place + 1);
                match (whole, place.checked_sub(base)) {
                    (Some(_), None) => write_integer(0x80, 6, base - 1 - place, &mut lines),
                    (Some(_), Some(behind)) => write_integer(0x10, 4, behind, &mut lines),
                    (None, None) => write_integer(0x40, 4, base - 1 - place, &mut lines),
                    (None, Some(behind)) => write_integer(0x00, 3, behind, &mut lines),
                }
                if whole.is_none() {
                    write_string(7, value.as_bytes(), *is_huffman, &mut lines);
                }
                continue;
            }
            let at = lines.len();
            write_string(3, name.as_bytes(), *is_huffman, &mut lines);
            lines[at] |= 0x20;
            write_string(7, value.as_bytes(), *is_huffman, &mut lines);
        }
        let mut section = Vec::new();
        if required == 0 {
            section.extend([0, 0]);
        } else {
            write_integer(0, 8, required % 256 + 1, &mut section);
            match base.checked_sub(required) {
                Some(more) => write_integer(0, 7, more, &mut section),
                None => write_integer(0x80, 7, required - base - 1, &mut section),
            }
        }
        section.extend(lines);
        section
    }
}

proptest! {
    #[test]
    fn what_is_written_is_read_as_soon_as_its_entries_have_come(
        sections in prop::collection::vec(
            (prop::collection::vec(written(), 0..10), 0..60u64),
            1..12,
        ),
        pace in 1..9usize,
    ) {
        let mut encoder = Encoder { stream: capacity(4096), ..Encoder::default() };
        let mut waiting: Vec<(Vec<u8>, Vec<String>)> = Vec::new();
        for (fields, base) in &sections {
            let wanted = fields.iter().map(|field| format!("{}: {}", field.name, field.value));
            waiting.push((encoder.section(fields, *base), wanted.collect()));
        }
        let mut decoder = decoder(4096);
        let mut stream = &encoder.stream[..];
        loop {
            waiting.retain(|(section, wanted)| {
                let is_ready = decoder.need(section) == Need::Nothing;
                if is_ready {
                    assert_eq!(fields(&mut decoder, section).as_ref(), Ok(wanted));
                }
                !is_ready
            });
            for _ in 0..pace {
                let Ok(length) = measure(stream, BOUND) else { panic!("{stream:x?}") };
                let Some((instruction, rest)) = stream.split_at_checked(length) else { break };
                prop_assert_eq!(decoder.instruct(instruction), Ok(()));
                stream = rest;
            }
            if stream.is_empty() && waiting.is_empty() {
                break;
            }
        }
    }

    #[test]
    fn any_bytes_are_read_in_bounds(
        pieces in prop::collection::vec(
            (any::<bool>(), prop::collection::vec(any::<u8>(), 0..60)),
            0..20,
        ),
    ) {
        let mut decoder = Decoder::new(300);
        decoder.allow(300);
        decoder.instruct(&capacity(300)).unwrap();
        for (is_section, bytes) in pieces {
            if is_section {
                let mut count = 0;
                let _ = decoder.decode(&bytes, |name, value| {
                    count += 1;
                    let most = 300 + bytes.len() * 8 / 5;
                    assert!(name.map_or(0, <[u8]>::len) + value.map_or(0, <[u8]>::len) <= most);
                });
                prop_assert!(count <= bytes.len());
            } else {
                let _ = instruct(&mut decoder, &bytes[..whole(&bytes)]);
            }
            prop_assert!(decoder.table.size() <= 300);
        }
    }
}

/// How many bytes whole instructions have.
fn whole(bytes: &[u8]) -> usize {
    let mut at = 0;
    while let Ok(length) = measure(&bytes[at..], BOUND) {
        if at + length > bytes.len() {
            return at;
        }
        at += length;
    }
    at
}

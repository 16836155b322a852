use proptest::prelude::*;

use super::*;
use crate::protocol::http::prefixed::{write_integer, write_string};

const BOUND: usize = 1 << 16;

/// The fields of a block, `name: value`, unknown parts as `?`.
fn fields(decoder: &mut Decoder, block: &[u8]) -> Result<Vec<String>, Fault> {
    let text = |text: Text<'_>| {
        text.map_or_else(|| "?".into(), |t| String::from_utf8_lossy(t).into_owned())
    };
    let mut fields = Vec::new();
    decoder
        .decode(block, |name, value| fields.push(format!("{}: {}", text(name), text(value))))
        .map(|_| fields)
}

fn hex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> =
        text.chars().filter_map(|c| c.to_digit(16)).map(|digit| digit.to_le_bytes()[0]).collect();
    digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect()
}

/// A field that is added to the table, named in full.
pub(in crate::protocol::http2) fn literal(name: &str, value: &str) -> Vec<u8> {
    let mut block = vec![0x40];
    write_string(7, name.as_bytes(), true, &mut block);
    write_string(7, value.as_bytes(), true, &mut block);
    block
}

/// A field of the table.
pub(in crate::protocol::http2) fn indexed(index: u64) -> Vec<u8> {
    let mut block = Vec::new();
    write_integer(0x80, 7, index, &mut block);
    block
}

#[test]
fn the_examples_of_the_rfc_are_read() {
    // RFC 7541 §C.3, §C.4: three requests, without and with the Huffman code.
    let plain = [
        "8286 8441 0f77 7777 2e65 7861 6d70 6c65 2e63 6f6d",
        "8286 84be 5808 6e6f 2d63 6163 6865",
        "8287 85bf 400a 6375 7374 6f6d 2d6b 6579 0c63 7573 746f 6d2d 7661 6c75 65",
    ];
    let huffman = [
        "8286 8441 8cf1 e3c2 e5f2 3a6b a0ab 90f4 ff",
        "8286 84be 5886 a8eb 1064 9cbf",
        "8287 85bf 4088 25a8 49e9 5ba9 7d7f 8925 a849 e95b b8e8 b4bf",
    ];
    for blocks in [plain, huffman] {
        let mut decoder = Decoder::new(BOUND);
        let read = blocks.map(|block| fields(&mut decoder, &hex(block)).unwrap().join(", "));
        let [get, host] = [":method: GET", ":authority: www.example.com"];
        assert_eq!(read[0], format!("{get}, :scheme: http, :path: /, {host}"));
        assert_eq!(
            read[1],
            format!("{get}, :scheme: http, :path: /, {host}, cache-control: no-cache")
        );
        assert_eq!(
            read[2],
            format!("{get}, :scheme: https, :path: /index.html, {host}, custom-key: custom-value")
        );
    }
}

#[test]
fn entries_of_one_name_keep_it_once() {
    let mut decoder = Decoder::new(BOUND);
    // two values, the second by the name of the first; and one by a name of the static table
    let block = [&literal("name", "a")[..], &[0x7e, 1, b'b'], &[0x41, 1, b'c']].concat();
    assert_eq!(fields(&mut decoder, &block).unwrap(), ["name: a", "name: b", ":authority: c"]);
    let name = |index| match decoder.table.at(index) {
        Found::Entry(Some(name), _) => name,
        found => panic!("{found:?}"),
    };
    assert_eq!(name(62), b":authority");
    assert_eq!(name(63).as_ptr(), name(64).as_ptr());
}

#[test]
fn entries_are_evicted_as_in_the_rfc() {
    // RFC 7541 §C.6: three responses with a table of 256 bytes.
    let blocks = [
        "3fe1 01 4882 6402 5885 aec3 771a 4b61 96d0 7abe 9410 54d4 44a8 2005 9504 0b81 66e0 82a6 \
         2d1b ff6e 919d 29ad 1718 63c7 8f0b 97c8 e9ae 82ae 43d3",
        "4883 640e ffc1 c0bf",
        "88c1 6196 d07a be94 1054 d444 a820 0595 040b 8166 e084 a62d 1bff c05a 839b d9ab 77ad 94e7 \
         821d d7f2 e6c7 b335 dfdf cd5b 3960 d5af 2708 7f36 72c1 ab27 0fb5 291f 9587 3160 65c0 03ed \
         4ee5 b106 3d50 07",
    ];
    let mut decoder = Decoder::new(BOUND);
    let read = blocks.map(|block| fields(&mut decoder, &hex(block)).unwrap());
    let date = |second| format!("date: Mon, 21 Oct 2013 20:13:{second} GMT");
    let location = "location: https://www.example.com";
    assert_eq!(read[0], [":status: 302", "cache-control: private", &date(21), location]);
    assert_eq!(read[1], [":status: 307", "cache-control: private", &date(21), location]);
    let cookie = "set-cookie: foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1";
    let last = [
        ":status: 200",
        "cache-control: private",
        &date(22),
        location,
        "content-encoding: gzip",
        cookie,
    ];
    assert_eq!(read[2], last);
    assert_eq!(fields(&mut decoder, &indexed(65)), Err(Fault::Index(65)));
}

#[test]
fn what_stands_in_unseen_entries_is_unknown_and_the_rest_is_not() {
    let mut decoder = Decoder::new(BOUND);
    decoder.forget();
    // :method GET, two unseen entries, a value for an unseen name that is added, a literal
    let mut block = [indexed(2), indexed(62), indexed(70), vec![0x7f, 0x00]].concat();
    write_string(7, b"/known", true, &mut block);
    block.extend(literal("x", "1"));
    let read = fields(&mut decoder, &block).unwrap();
    assert_eq!(read, [":method: GET", "?: ?", "?: ?", "?: /known", "x: 1"]);
    let next = [indexed(62), indexed(63), indexed(64)].concat();
    assert_eq!(fields(&mut decoder, &next).unwrap(), ["x: 1", "?: /known", "?: ?"]);
}

#[test]
fn a_fault_ends_a_block_and_all_that_the_table_is_known_to_hold() {
    let cases = [
        (vec![0x80], Fault::Index(0)),
        (indexed(62), Fault::Index(62)),
        (vec![0x7e, 0x01, b'a'], Fault::Index(62)),
        (vec![0x40, 0x03, b'a'], Fault::Short),
        (vec![0x40, 0x81, 0x00, 0x01, b'a'], Fault::Huffman),
        (vec![0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0f], Fault::Number),
        (vec![0x82, 0x20], Fault::LateResize),
    ];
    for (block, fault) in cases {
        let mut decoder = Decoder::new(BOUND);
        assert_eq!(fields(&mut decoder, &block), Err(fault), "{block:x?}");
        assert_eq!(fields(&mut decoder, &indexed(62)).unwrap(), ["?: ?"]);
    }
}

#[test]
fn the_table_grows_as_far_as_the_other_side_allows() {
    let resize = |size| {
        let mut block = Vec::new();
        write_integer(0x20, 5, size, &mut block);
        block
    };
    let mut decoder = Decoder::new(BOUND);
    assert_eq!(decoder.decode(&resize(4097), |_, _| ()).unwrap().too_large, Some(4097));
    decoder.allow(8192);
    assert_eq!(decoder.decode(&resize(8192), |_, _| ()).unwrap().too_large, None);
    assert_eq!(decoder.decode(&resize(8193), |_, _| ()).unwrap().too_large, Some(8193));
    decoder.forget();
    assert_eq!(decoder.decode(&resize(1 << 20), |_, _| ()).unwrap().too_large, None);
}

/// Writes a field as an encoder of the simplest kind does.
#[derive(Clone, Debug)]
struct Written {
    name: String,
    value: String,
    how: u8,
    is_huffman: bool,
}

fn written() -> impl Strategy<Value = Written> {
    ("[a-z-]{1,12}", "[ -~]{0,40}", 0..3u8, any::<bool>())
        .prop_map(|(name, value, how, is_huffman)| Written { name, value, how, is_huffman })
}

proptest! {
    #[test]
    fn what_is_written_is_read(
        blocks in prop::collection::vec(prop::collection::vec(written(), 0..12), 1..12),
    ) {
        // The table as the encoder has it: the newest first, of 4,096 bytes.
        let mut table: Vec<(String, String)> = Vec::new();
        let mut decoder = Decoder::new(BOUND);
        for block in blocks {
            let (mut bytes, mut wanted) = (Vec::new(), Vec::new());
            for Written { name, value, how, is_huffman } in block {
                wanted.push(format!("{name}: {value}"));
                let known = |entry: &(String, String)| entry.0 == name && entry.1 == value;
                if let Some(index) = table.iter().position(known) {
                    write_integer(0x80, 7, index as u64 + 62, &mut bytes);
                    continue;
                }
                let (pattern, bits) = [(0x40, 6), (0x10, 4), (0x00, 4)][usize::from(how)];
                let index = table.iter().position(|entry| entry.0 == name);
                write_integer(pattern, bits, index.map_or(0, |index| index as u64 + 62), &mut bytes);
                if index.is_none() {
                    write_string(7, name.as_bytes(), is_huffman, &mut bytes);
                }
                write_string(7, value.as_bytes(), is_huffman, &mut bytes);
                if how == 0 {
                    table.insert(0, (name, value));
                    while table.iter().map(|(n, v)| n.len() + v.len() + 32).sum::<usize>() > 4096 {
                        table.pop();
                    }
                }
            }
            prop_assert_eq!(fields(&mut decoder, &bytes), Ok(wanted));
        }
    }

    #[test]
    fn any_bytes_are_read_in_bounds(
        blocks in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..60), 0..20),
    ) {
        let mut decoder = Decoder::new(300);
        for block in blocks {
            let mut count = 0;
            let _ = decoder.decode(&block, |name, value| {
                count += 1;
                // Nothing longer than the densest code makes of the block, or than an entry.
                let most = 300 + block.len() * 8 / 5;
                assert!(name.map_or(0, <[u8]>::len) + value.map_or(0, <[u8]>::len) <= most);
            });
            prop_assert!(count <= block.len());
        }
    }
}

//! Broken, cut and hostile files.

use super::*;

#[test]
fn broken_blocks_are_stepped_over() {
    let good = |n: u64| LE.enhanced(0, n, b"good", &[]);
    let mut liar = good(2);
    liar[20..24].copy_from_slice(&LE.u32(1000)); // captured length
    let mut ends_otherwise = good(3);
    let at = ends_otherwise.len() - 4;
    ends_otherwise[at] ^= 4;
    let mut bad_option = LE.enhanced(0, 4, b"good", &[(1, b"text")]);
    let at = bad_option.len() - 14;
    bad_option[at] = 200; // length of the comment
    let start = [LE.section(&[]), LE.interface(1, 0, &[])];
    let first = start.concat().len() as u64;
    let len = good(0).len() as u64;
    let (packets, summary) = read(
        &[
            &start[..],
            &[
                good(1),
                liar,
                LE.enhanced(7, 0, b"lost", &[]),
                LE.block(SECRETS, &[0; 4]),
                ends_otherwise,
                bad_option,
                good(5),
            ],
        ]
        .concat(),
    );
    let at: Vec<_> = packets.iter().map(|p| p.at.as_nanos()).collect();
    assert_eq!(at, [1000, 3000, 4000, 5000]);
    let damage: Vec<_> =
        summary.damage.iter().map(|d| (d.offset - first, d.after_frame.0, d.fatal)).collect();
    let secrets = 3 * len;
    assert_eq!(
        damage,
        [
            (len, 1, false),
            (2 * len, 1, false),
            (secrets, 1, false),
            (secrets + 16, 1, false),
            (secrets + 16 + len, 2, false),
        ]
    );
}

#[test]
fn a_length_that_cannot_be_ends_the_file() {
    for (len, words) in
        [(0u32, "claims to be 0"), (8, "claims"), (30, "claims to be 30"), (u32::MAX - 3, "claims")]
    {
        let mut bad = LE.enhanced(0, 2, b"bad", &[]);
        bad[4..8].copy_from_slice(&LE.u32(len));
        let blocks =
            [LE.section(&[]), LE.interface(1, 0, &[]), LE.enhanced(0, 1, b"good", &[]), bad];
        let offset = blocks[..3].concat().len() as u64;
        let (packets, summary) = read(&blocks);
        assert_eq!(packets.len(), 1);
        let [damage] = &summary.damage[..] else { panic!("{:?}", summary.damage) };
        assert_eq!((damage.offset, damage.after_frame.0, damage.fatal), (offset, 1, true));
        assert!(damage.what.contains(words), "{}", damage.what);
    }
}

#[test]
fn a_block_too_long_to_hold_is_passed_over() {
    let huge = LE.block(0x0bad, &vec![0; Limits::CAPTURE_BLOCK as usize]);
    let bytes = [LE.section(&[]), LE.interface(1, 0, &[]), huge, LE.enhanced(0, 1, b"behind", &[])]
        .concat();
    let (records, summary) = read_in(&bytes, 1 << 16);
    assert_eq!(records.len(), 1);
    assert_eq!(summary.skipped_blocks, 1);
    assert!(matches!(&summary.damage[..], [Damage { fatal: false, offset: 48, .. }]));
}

#[test]
fn cut_anywhere_all_whole_blocks_are_given_and_the_damage_has_its_place() {
    let blocks = [
        LE.section(&[(1, b"note")]),
        LE.interface(1, 0, &[(IF_NAME, b"eth0")]),
        LE.enhanced(0, 1, b"abc", &[]),
        LE.simple(4, b"defg"),
        LE.statistics(0, &[(ISB_IFRECV, &LE.u64(2))]),
        LE.enhanced(0, 2, b"hijkl", &[(1, b"last")]),
    ];
    let bytes = blocks.concat();
    let mut ends = vec![0];
    for block in &blocks {
        ends.push(ends.last().unwrap() + block.len());
    }
    for cut in 0..=bytes.len() {
        for block_len in [7, 1000] {
            let (records, summary) = read_in(&bytes[..cut], block_len);
            let whole = ends.iter().filter(|end| **end <= cut).count() - 1;
            let packets = [0, 0, 0, 1, 2, 2, 3][whole];
            assert_eq!(records.len(), packets, "cut at {cut}");
            let damage: Vec<_> =
                summary.damage.iter().map(|d| (d.offset, d.after_frame.0, d.fatal)).collect();
            if ends[whole] == cut {
                assert_eq!(damage, [], "cut at {cut}");
            } else {
                assert_eq!(damage, [(ends[whole] as u64, packets as u64, true)], "cut at {cut}");
            }
        }
    }
}

#[test]
fn what_a_file_can_make_us_keep_is_bounded() {
    let mut blocks = vec![LE.section(&[]), LE.interface(1, 0, &[])];
    let comment = vec![b'x'; 65_000];
    blocks.extend((0..300).map(|n| LE.enhanced(0, n, b"", &[(1, &comment)])));
    blocks.extend((0..300).map(|_| LE.enhanced(9, 0, b"", &[])));
    let (records, summary) = read_in(&blocks.concat(), 1 << 20);
    assert_eq!(records.len(), 300);
    let kept: usize = summary.comments.iter().map(|(_, text)| text.len()).sum();
    assert!(kept <= Limits::CAPTURE_TEXT && kept > Limits::CAPTURE_TEXT - 100_000);
    assert!(summary.damage[0].what.contains("comments and names beyond 16 MiB"));
    assert_eq!(summary.damage.len(), Limits::DAMAGE_LISTED + 1);
    assert!(summary.damage.last().unwrap().what.contains("more damage"));
}

/// What follows a block is not read as its own.
#[test]
fn a_packet_block_too_short_for_its_header() {
    for (kind, fields) in [(ENHANCED_PACKET, 20), (PACKET, 20), (SIMPLE_PACKET, 4)] {
        for missing in [4, fields] {
            let short = LE.block(kind, &vec![0; fields - missing]);
            let start = [LE.section(&[]), LE.interface(1, 0, &[])].concat();
            let behind = LE.enhanced(0, 1, b"behind", &[]);
            for bytes in [[&start[..], &short, &behind].concat(), [&start[..], &short].concat()] {
                let (_, summary) = read(std::slice::from_ref(&bytes));
                let [damage] = &summary.damage[..] else { panic!("{:?}", summary.damage) };
                assert!(damage.what.starts_with("a block is too short"), "{}", damage.what);
            }
        }
    }
}

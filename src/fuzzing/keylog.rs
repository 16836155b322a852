//! Key logs: any text is read, and what was read of it can be written and read again.

use crate::protocol::secrets::Secrets;

/// One key log.
///
/// # Panics
///
/// Where a rule is broken.
pub fn fuzz(input: &[u8]) {
    let mut secrets = Secrets::default();
    let is_new = secrets.read(input);
    let counted = secrets.counted();
    assert_eq!(is_new, counted.secrets > 0);
    let lines = input.split(|byte| matches!(byte, b'\n' | b'\r')).count() as u64;
    let told = counted.secrets
        + counted.duplicates
        + counted.conflicting
        + counted.unused
        + counted.broken
        + counted.dropped;
    assert!(told <= lines, "a line is one thing");
    // in two parts at the end of a line, as a log that grows
    let half = input.iter().take(input.len() / 2).rposition(|byte| *byte == b'\n');
    let (first, rest) = input.split_at(half.map_or(0, |end| end + 1));
    let mut grown = Secrets::default();
    grown.read(first);
    let shared = grown.share();
    grown.read(rest);
    assert_eq!(grown.counted(), counted, "a log that grows is the same");
    assert!(shared.counted().secrets <= counted.secrets, "what was shared stays as it was");
    let randoms: Vec<_> = secrets.randoms().collect();
    let written = secrets.write(&randoms);
    let mut again = Secrets::default();
    again.read(written.as_bytes());
    assert_eq!(again.counted().secrets, counted.secrets);
    assert_eq!(*again.write(&randoms), *written);
    assert!(format!("{secrets:?}").len() < 100, "no secret is printed");
}

/// Logs of both versions, and what is none.
pub(super) fn seeds() -> Vec<Vec<u8>> {
    let line = |label: &str, secret: usize| {
        format!("{label} {} {}\n", "1f".repeat(32), "e0".repeat(secret))
    };
    let new = ["CLIENT_HANDSHAKE_TRAFFIC_SECRET", "SERVER_TRAFFIC_SECRET_0", "EXPORTER_SECRET"];
    let new: String = new.iter().map(|label| line(label, 32)).collect();
    vec![
        line("CLIENT_RANDOM", 48).into_bytes(),
        new.clone().into_bytes(),
        (new.clone() + "# again\r\n" + &new + "CLIENT_RANDOM 12").into_bytes(),
    ]
}

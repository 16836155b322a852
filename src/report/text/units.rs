//! Times, sizes and moments as people read them.

use jiff::tz::TimeZone;

use crate::time::{TimeDelta, Timestamp};

/// Milliseconds with one decimal, two below one: `1289.4`, `0.04`, `-0.36`.
pub fn millis(time: TimeDelta) -> String {
    let nanos = time.as_nanos();
    if nanos.unsigned_abs() < 1_000_000 && nanos != 0 {
        if nanos.unsigned_abs() < 5_000 {
            return if nanos < 0 { "-0.00" } else { "<0.01" }.to_owned();
        }
        return format!("{:.2}", time.as_millis_f64());
    }
    format!("{:.1}", time.as_millis_f64())
}

/// Milliseconds with one decimal: a position in time.
pub fn position(time: TimeDelta) -> String {
    let text = format!("{:.1}", time.as_millis_f64());
    if text == "-0.0" { "0.0".to_owned() } else { text }
}

/// Seconds with three decimals: a position in a long time.
pub fn position_in_seconds(time: TimeDelta) -> String {
    let text = format!("{:.3}", time.as_millis_f64() / 1e3);
    if text == "-0.000" { "0.000".to_owned() } else { text }
}

/// A length of time with its unit: `40 µs`, `20.3 ms`, `1.437 s`, `2 min 5 s`, `3 h 4 min`.
pub fn span(time: TimeDelta) -> String {
    let nanos = time.as_nanos();
    let sign = if nanos < 0 { "-" } else { "" };
    let nanos = nanos.unsigned_abs();
    let (millis, seconds) = (nanos as f64 / 1e6, nanos / 1_000_000_000);
    match nanos {
        0 => "0 ms".to_owned(),
        1..1_000 => format!("{sign}{nanos} ns"),
        1_000..999_500 => format!("{sign}{:.0} µs", nanos as f64 / 1e3),
        999_500..999_950_000 => format!("{sign}{millis:.1} ms"),
        999_950_000..120_000_000_000 => format!("{sign}{:.3} s", millis / 1e3),
        120_000_000_000..7_200_000_000_000 => {
            format!("{sign}{} min {} s", seconds / 60, seconds % 60)
        }
        _ => format!("{sign}{} h {} min", seconds / 3600, seconds / 60 % 60),
    }
}

/// Bytes in decimal units, as browsers count: `640 B`, `61.6 kB`, `1.2 MB`.
pub fn bytes(count: u64) -> String {
    let scaled = count as f64;
    match count {
        0..1_000 => format!("{count} B"),
        1_000..999_950 => format!("{:.1} kB", scaled / 1e3),
        999_950..999_950_000 => format!("{:.1} MB", scaled / 1e6),
        _ => format!("{:.1} GB", scaled / 1e9),
    }
}

/// A number with commas between its thousands: `61,612`.
pub fn grouped(count: u64) -> String {
    let digits = count.to_string();
    let mut out = String::with_capacity(digits.len() * 4 / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A count with its word: `1 packet`, `3 packets`; the plural by `s` or as told.
pub fn count(number: u64, one: &str, many: &str) -> String {
    format!("{} {}", grouped(number), if number == 1 { one } else { many })
}

/// Seconds of a TTL: `300 s`, `20 min`, `6 h`, `2 days`, in the largest unit that is exact.
pub fn ttl(seconds: u32) -> String {
    match seconds {
        0 => "0 s".to_owned(),
        s if s >= 172_800 && s.is_multiple_of(86_400) => format!("{} days", s / 86_400),
        s if s >= 7_200 && s.is_multiple_of(3_600) => format!("{} h", s / 3_600),
        s if s >= 600 && s.is_multiple_of(60) => format!("{} min", s / 60),
        s => format!("{s} s"),
    }
}

/// A moment: `2026-11-21 14:03:22.123456 UTC`.
pub fn moment(at: Timestamp, zone: &TimeZone) -> String {
    let Ok(at) = jiff::Timestamp::from_nanosecond(i128::from(at.as_nanos())) else {
        return format!("{} ns", at.as_nanos());
    };
    at.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M:%S%.6f %Z").to_string()
}

/// The time of day: `14:03:22.123`.
pub fn clock(at: Timestamp, zone: &TimeZone) -> String {
    let Ok(at) = jiff::Timestamp::from_nanosecond(i128::from(at.as_nanos())) else {
        return format!("{} ns", at.as_nanos());
    };
    at.to_zoned(zone.clone()).strftime("%H:%M:%S%.3f").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nanos(nanos: i64) -> TimeDelta {
        TimeDelta::from_nanos(nanos)
    }

    #[test]
    fn times_read_well_at_every_size() {
        let cases: Vec<String> = [0, 999, 36_118, 999_499, 999_500, 20_300_000, 999_950_000]
            .into_iter()
            .chain([1_436_808_000, 119_999_000_000, 125_000_000_000, 11_040_000_000_000, -40_000])
            .map(|n| span(nanos(n)))
            .collect();
        assert_eq!(
            cases,
            [
                "0 ms",
                "999 ns",
                "36 µs",
                "999 µs",
                "1.0 ms",
                "20.3 ms",
                "1.000 s",
                "1.437 s",
                "119.999 s",
                "2 min 5 s",
                "3 h 4 min",
                "-40 µs"
            ]
        );
        let cases = [0, 1_000, 40_000, 999_400, 20_340_000, -781_911_000];
        assert_eq!(
            cases.map(|n| millis(nanos(n))),
            ["0.0", "<0.01", "0.04", "1.00", "20.3", "-781.9"]
        );
        assert_eq!(position(nanos(-10)), "0.0");
    }

    #[test]
    fn sizes_and_counts() {
        assert_eq!(
            [0, 999, 1_000, 61_612, 999_949, 999_950, 1_500_000_000].map(bytes),
            ["0 B", "999 B", "1.0 kB", "61.6 kB", "999.9 kB", "1.0 MB", "1.5 GB"]
        );
        assert_eq!([0, 999, 1_000, 1_234_567].map(grouped), ["0", "999", "1,000", "1,234,567"]);
        assert_eq!(count(1, "query", "queries"), "1 query");
        assert_eq!(
            [300, 600, 3_600, 7_200, 172_800, 61].map(ttl),
            ["300 s", "10 min", "60 min", "2 h", "2 days", "61 s"]
        );
    }

    #[test]
    fn moments_are_in_the_zone_asked_for() {
        let at = Timestamp::from_parts(1_790_000_000, 123_456_789);
        assert_eq!(moment(at, &TimeZone::UTC), "2026-09-21 14:13:20.123456 UTC");
        assert_eq!(moment(Timestamp::MAX, &TimeZone::UTC), "2262-04-11 23:47:16.854775 UTC");
    }
}

//! Moments as HAR writes them: ISO 8601, in UTC.

use jiff::fmt::rfc2822;
use serde::{Serialize, Serializer};

use crate::time::Timestamp;

/// A moment, such as `2026-11-22T08:14:23.123456Z`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Iso {
    /// The moment.
    pub(super) at: Timestamp,
    /// How fine.
    pub(super) digits: Digits,
}

/// How many decimals a second has: the same in one document, so that its times sort as text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Digits {
    /// Six, for captures that count microseconds: some readers take no more than seven.
    Micros,
    /// Nine, for captures that count nanoseconds.
    Nanos,
}

impl Digits {
    /// The fewest that lose nothing of these moments.
    pub(super) fn enough_for(mut moments: impl Iterator<Item = Timestamp>) -> Self {
        if moments.all(|at| at.as_nanos() % 1000 == 0) { Self::Micros } else { Self::Nanos }
    }
}

impl Serialize for Iso {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let nanos = i128::from(self.at.as_nanos());
        // All of `Timestamp` (1677 to 2262) is within jiff's range.
        let at = jiff::Timestamp::from_nanosecond(nanos).unwrap_or_default();
        match self.digits {
            Digits::Micros => serializer.collect_str(&format_args!("{at:.6}")),
            Digits::Nanos => serializer.collect_str(&format_args!("{at:.9}")),
        }
    }
}

/// A date as cookies have it, in ISO 8601: `Wed, 09 Nov 1999 23:12:40 GMT` and the old form with
/// hyphens (RFC 6265 §5.1.1 reads both). None where it is neither.
pub(super) fn cookie_date(text: &str) -> Option<String> {
    let after_weekday = text.split_once(',').map_or(text, |(_, date)| date);
    let date = after_weekday.trim().replace('-', " ");
    Some(rfc2822::DateTimeParser::new().parse_timestamp(&date).ok()?.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn iso(nanos: i64, digits: Digits) -> String {
        serde_json::to_string(&Iso { at: Timestamp::from_nanos(nanos), digits }).unwrap()
    }

    #[test]
    fn moments_have_as_many_decimals_as_they_need() {
        let at = 1_763_776_487_123_456_000;
        assert_eq!(iso(at, Digits::Micros), "\"2025-11-22T01:54:47.123456Z\"");
        assert_eq!(iso(at + 7, Digits::Nanos), "\"2025-11-22T01:54:47.123456007Z\"");
        assert_eq!(iso(0, Digits::Micros), "\"1970-01-01T00:00:00.000000Z\"");
        assert_eq!(iso(-1, Digits::Nanos), "\"1969-12-31T23:59:59.999999999Z\"");
        let of = |nanos: i64| Digits::enough_for([0, nanos].map(Timestamp::from_nanos).into_iter());
        assert_eq!((of(at), of(at + 7), of(-1)), (Digits::Micros, Digits::Nanos, Digits::Nanos));
    }

    #[test]
    fn the_ends_of_time_can_be_written() {
        assert!(iso(i64::MIN, Digits::Nanos).starts_with("\"1677-"));
        assert!(iso(i64::MAX, Digits::Nanos).starts_with("\"2262-"));
    }

    #[test]
    fn cookie_dates_are_read_in_both_forms() {
        let whole = Some("2015-10-21T07:28:00Z".to_owned());
        assert_eq!(cookie_date("Wed, 21 Oct 2015 07:28:00 GMT"), whole);
        assert_eq!(cookie_date("Wednesday, 21-Oct-15 07:28:00 GMT"), whole);
        assert_eq!(cookie_date("Thu, 21-Oct-2015 07:28:00 GMT"), whole, "a wrong weekday is usual");
        assert_eq!(cookie_date("tomorrow"), None);
    }
}

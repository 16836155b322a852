//! Why a WebSocket closes: its status codes in words.

/// A status code in words (RFC 6455 §7.4.1 and the registry of IANA that it founded).
pub const fn close_words(code: u16) -> &'static str {
    match code {
        1000 => "normal closure",
        1001 => "going away",
        1002 => "protocol error",
        1003 => "unsupported data",
        1005 => "no status",
        1006 => "abnormal closure",
        1007 => "payload that does not fit its type",
        1008 => "policy violation",
        1009 => "message too big",
        1010 => "an extension is missing",
        1011 => "internal error",
        1012 => "service restart",
        1013 => "try again later",
        1014 => "bad gateway",
        1015 => "TLS handshake failed",
        3000 => "unauthorized",
        3003 => "forbidden",
        3008 => "timeout",
        3001 | 3002 | 3004..=3007 | 3009..=3999 => "registered by a library",
        4000..=4999 => "of the application's own",
        _ => "not a status code in use",
    }
}

/// True for codes that may stand in a Close frame (RFC 6455 §7.4.1, §7.4.2).
pub(super) const fn may_be_sent(code: u16) -> bool {
    matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_that_only_an_end_itself_concludes_are_never_sent() {
        for code in [0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, u16::MAX] {
            assert!(!may_be_sent(code), "{code}");
        }
        for code in [1000, 1001, 1003, 1007, 1011, 1014, 3000, 4999] {
            assert!(may_be_sent(code), "{code}");
            assert_ne!(close_words(code), close_words(0), "{code}");
        }
        assert_eq!(close_words(1009), "message too big");
    }
}

//! Status codes in words (RFC 9110 §15 and the IANA registry).

/// The class that a status code's first digit tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// 1xx: received, going on.
    Informational,
    /// 2xx: received, understood, accepted.
    Successful,
    /// 3xx: more is to be done.
    Redirection,
    /// 4xx: the request is at fault.
    ClientError,
    /// 5xx: the server is at fault.
    ServerError,
}

impl Class {
    /// The class of a code; none where it has none (below 100, above 599).
    pub const fn of(status: u16) -> Option<Self> {
        Some(match status {
            100..=199 => Self::Informational,
            200..=299 => Self::Successful,
            300..=399 => Self::Redirection,
            400..=499 => Self::ClientError,
            500..=599 => Self::ServerError,
            _ => return None,
        })
    }

    /// Its name in RFC 9110.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Informational => "informational",
            Self::Successful => "successful",
            Self::Redirection => "redirection",
            Self::ClientError => "client error",
            Self::ServerError => "server error",
        }
    }
}

/// The registered reason phrase of a code.
pub fn reason(status: u16) -> Option<&'static str> {
    REASONS.iter().find(|(code, _)| *code == status).map(|(_, reason)| *reason)
}

/// True where the answer sends the client elsewhere by `Location`.
pub const fn is_redirect(status: u16) -> bool {
    matches!(status, 301 | 302 | 303 | 307 | 308)
}

const REASONS: [(u16, &str); 62] = [
    (100, "Continue"),
    (101, "Switching Protocols"),
    (102, "Processing"),
    (103, "Early Hints"),
    (104, "Upload Resumption Supported"),
    (200, "OK"),
    (201, "Created"),
    (202, "Accepted"),
    (203, "Non-Authoritative Information"),
    (204, "No Content"),
    (205, "Reset Content"),
    (206, "Partial Content"),
    (207, "Multi-Status"),
    (208, "Already Reported"),
    (226, "IM Used"),
    (300, "Multiple Choices"),
    (301, "Moved Permanently"),
    (302, "Found"),
    (303, "See Other"),
    (304, "Not Modified"),
    (305, "Use Proxy"),
    (307, "Temporary Redirect"),
    (308, "Permanent Redirect"),
    (400, "Bad Request"),
    (401, "Unauthorized"),
    (402, "Payment Required"),
    (403, "Forbidden"),
    (404, "Not Found"),
    (405, "Method Not Allowed"),
    (406, "Not Acceptable"),
    (407, "Proxy Authentication Required"),
    (408, "Request Timeout"),
    (409, "Conflict"),
    (410, "Gone"),
    (411, "Length Required"),
    (412, "Precondition Failed"),
    (413, "Content Too Large"),
    (414, "URI Too Long"),
    (415, "Unsupported Media Type"),
    (416, "Range Not Satisfiable"),
    (417, "Expectation Failed"),
    (421, "Misdirected Request"),
    (422, "Unprocessable Content"),
    (423, "Locked"),
    (424, "Failed Dependency"),
    (425, "Too Early"),
    (426, "Upgrade Required"),
    (428, "Precondition Required"),
    (429, "Too Many Requests"),
    (431, "Request Header Fields Too Large"),
    (451, "Unavailable For Legal Reasons"),
    (500, "Internal Server Error"),
    (501, "Not Implemented"),
    (502, "Bad Gateway"),
    (503, "Service Unavailable"),
    (504, "Gateway Timeout"),
    (505, "HTTP Version Not Supported"),
    (506, "Variant Also Negotiates"),
    (507, "Insufficient Storage"),
    (508, "Loop Detected"),
    (510, "Not Extended"),
    (511, "Network Authentication Required"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_have_classes_and_most_have_reasons() {
        assert_eq!(Class::of(103).map(Class::name), Some("informational"));
        assert_eq!(Class::of(599).map(Class::name), Some("server error"));
        assert_eq!((Class::of(0), Class::of(99), Class::of(600)), (None, None, None));
        assert_eq!((reason(404), reason(499)), (Some("Not Found"), None));
        assert!(REASONS.is_sorted_by_key(|(code, _)| *code));
        assert!(is_redirect(308) && !is_redirect(304) && !is_redirect(300));
    }
}

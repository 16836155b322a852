//! The groups in which header fields are shown: general, request, response, representation.
//!
//! RFC 2616 drew these lines (§4.5, §5.3, §6.2, §7.1), and people still learn them; RFC 9110
//! calls what describes the body "representation" instead of "entity" (§8).

/// A group of header fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Group {
    /// About the message and its way, in either direction.
    General,
    /// About the request or its sender.
    Request,
    /// About the response or its sender.
    Response,
    /// About the body.
    Representation,
}

impl Group {
    /// The group of a field. One of no known group belongs to the message that it stands in.
    pub fn of(name: &str, in_request: bool) -> Self {
        let is_in = |list: &[&str]| list.iter().any(|n| n.eq_ignore_ascii_case(name));
        if is_in(GENERAL) {
            Self::General
        } else if is_in(REPRESENTATION) {
            Self::Representation
        } else if in_request {
            Self::Request
        } else {
            Self::Response
        }
    }

    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::General => "general",
            Self::Request => "request",
            Self::Response => "response",
            Self::Representation => "representation",
        }
    }
}

const GENERAL: &[&str] = &[
    "cache-control",
    "connection",
    "date",
    "keep-alive",
    "mime-version",
    "pragma",
    "proxy-connection",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "via",
    "warning",
];

const REPRESENTATION: &[&str] = &[
    "content-digest",
    "content-disposition",
    "content-encoding",
    "content-language",
    "content-length",
    "content-location",
    "content-md5",
    "content-range",
    "content-type",
    "digest",
    "etag",
    "expires",
    "last-modified",
    "repr-digest",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_have_their_group() {
        let cases = [
            ("Cache-Control", true, Group::General),
            ("Host", true, Group::Request),
            ("Server", false, Group::Response),
            ("ETag", false, Group::Representation),
            ("Content-Type", true, Group::Representation),
            ("X-Own", true, Group::Request),
            ("Content-Security-Policy", false, Group::Response),
        ];
        for (name, in_request, group) in cases {
            assert_eq!(Group::of(name, in_request), group, "{name}");
        }
    }
}

//! Which codings a body has, by its head.

use arrayvec::ArrayVec;

use crate::protocol::http::fields::Fields;

/// A coding that can be undone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::protocol::http) enum Coding {
    /// `gzip` or `x-gzip`.
    Gzip,
    /// `deflate`: zlib format by the RFC, raw deflate by some servers.
    Deflate,
    /// `br`.
    Brotli,
    /// `zstd`.
    Zstd,
}

impl Coding {
    /// Its registered name.
    pub(in crate::protocol::http) const fn name(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Deflate => "deflate",
            Self::Brotli => "br",
            Self::Zstd => "zstd",
        }
    }

    fn named(token: &str) -> Option<Self> {
        [
            ("gzip", Self::Gzip),
            ("x-gzip", Self::Gzip),
            ("deflate", Self::Deflate),
            ("br", Self::Brotli),
            ("zstd", Self::Zstd),
        ]
        .into_iter()
        .find_map(|(name, coding)| token.eq_ignore_ascii_case(name).then_some(coding))
    }
}

/// Codings in the order in which they were applied.
pub(in crate::protocol::http) type Codings = ArrayVec<Coding, MAX_CODINGS>;

/// The codings of a body; none where one of them is unknown, or there are too many.
///
/// Transfer codings other than `chunked` (RFC 9112 §7.2) were applied after the content codings.
pub(in crate::protocol::http) fn codings(fields: &Fields) -> Option<Codings> {
    let mut all = Codings::new();
    for name in ["content-encoding", "transfer-encoding"] {
        let tokens = fields.all(name).flat_map(|value| value.split(','));
        for token in tokens {
            let token = token.split(';').next().unwrap_or_default().trim();
            let plain = token.is_empty()
                || token.eq_ignore_ascii_case("identity")
                || token.eq_ignore_ascii_case("chunked");
            if !plain {
                all.try_push(Coding::named(token)?).ok()?;
            }
        }
    }
    Some(all)
}

/// Codings on one body that are undone; more than two were never seen in earnest.
pub(in crate::protocol::http) const MAX_CODINGS: usize = 3;

//! Who answered: what a response says of caches and proxies on its way (RFC 9111, RFC 9211).

use crate::protocol::http::fields::Fields;

/// Who answered a request, as far as the response tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answered {
    /// Who.
    pub by: By,
    /// The field that says so, as sent: `Age: 120`.
    pub evidence: String,
}

/// Who answered a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum By {
    /// A cache on the way had it.
    Cache,
    /// The server behind a proxy or a cache that had to ask it.
    Proxy,
    /// The server says that the client's own copy is still good (304).
    ClientCopy,
}

impl By {
    /// In words.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Cache => "answered by a cache",
            Self::Proxy => "answered through a proxy",
            Self::ClientCopy => "not modified: the client's own copy is used",
        }
    }
}

/// Who answered; none where nothing says that it was not the server itself.
pub fn answered(status: Option<u16>, fields: &Fields) -> Option<Answered> {
    let found =
        |by, name: &str, value: &str| Some(Answered { by, evidence: format!("{name}: {value}") });
    for (name, is_hit) in HITS {
        for value in fields.all(name) {
            if is_hit(value) {
                return found(By::Cache, name, value);
            }
        }
    }
    if status == Some(304) {
        return Some(Answered { by: By::ClientCopy, evidence: "304 Not Modified".into() });
    }
    PASSED.iter().find_map(|name| found(By::Proxy, name, fields.get(name)?))
}

/// Does this value say that a cache had the answer?
type Says = fn(&str) -> bool;

/// Fields, and what they say where a cache had the answer.
const HITS: [(&str, Says); 5] = [
    ("Cache-Status", is_cache_status_hit),
    ("CF-Cache-Status", |value| is_one_of(value, &["HIT", "STALE", "UPDATING", "REVALIDATED"])),
    ("X-Cache", is_x_cache_hit),
    ("X-Cache-Status", |value| is_one_of(value, &["HIT", "STALE", "UPDATING", "REVALIDATED"])),
    // RFC 9111 §5.1: the answer was not made for this request. Many caches send 0 with a miss.
    ("Age", |value| value.trim().parse::<u64>().is_ok_and(|age| age > 0)),
];

/// Fields that only something between client and server adds.
const PASSED: [&str; 6] =
    ["Via", "Cache-Status", "CF-Cache-Status", "X-Cache", "X-Cache-Status", "Age"];

fn is_one_of(value: &str, words: &[&str]) -> bool {
    words.iter().any(|word| value.trim().eq_ignore_ascii_case(word))
}

/// A list of caches, each with parameters, the one nearest to the client last (RFC 9211 §2).
fn is_cache_status_hit(value: &str) -> bool {
    value.split(',').any(|cache| {
        let mut parameters = cache.split(';').skip(1).map(str::trim);
        parameters.any(|p| p.eq_ignore_ascii_case("hit") || p.eq_ignore_ascii_case("hit=?1"))
    })
}

/// `HIT`, `Hit from cloudfront`, `TCP_MEM_HIT from a.test`, `MISS, HIT`: one hit on the way will
/// do.
fn is_x_cache_hit(value: &str) -> bool {
    value.split(',').any(|cache| {
        let word = cache.split_whitespace().next().unwrap_or_default().to_ascii_uppercase();
        word == "HIT" || word.ends_with("_HIT") || word.starts_with("HIT:")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn by(status: u16, fields: &[(&str, &str)]) -> Option<By> {
        answered(Some(status), &fields.iter().copied().collect()).map(|a| a.by)
    }

    #[test]
    fn hits_misses_and_nothing() {
        let hits = [
            ("Age", "120"),
            ("x-cache", "Hit from cloudfront"),
            ("X-Cache", "MISS, TCP_MEM_HIT from a"),
            ("cf-cache-status", "HIT"),
            ("Cache-Status", "origin; fwd=miss, edge; hit; ttl=30"),
        ];
        for field in hits {
            assert_eq!(by(200, &[("Via", "1.1 a"), field]), Some(By::Cache), "{field:?}");
        }
        let passed = [
            ("Via", "1.1 a"),
            ("Age", "0"),
            ("X-Cache", "Miss from cloudfront"),
            ("X-Cache", "UNHIT"),
            ("CF-Cache-Status", "DYNAMIC"),
            ("Cache-Status", "edge; fwd=uri-miss; stored"),
        ];
        for field in passed {
            assert_eq!(by(200, &[field]), Some(By::Proxy), "{field:?}");
        }
        assert_eq!(by(200, &[("Server", "x")]), None);
        assert_eq!(by(304, &[]), Some(By::ClientCopy));
        assert_eq!(by(304, &[("Via", "1.1 a")]), Some(By::ClientCopy));
        assert_eq!(
            answered(Some(200), &[("age", "9")].into_iter().collect()).unwrap().evidence,
            "Age: 9"
        );
    }
}

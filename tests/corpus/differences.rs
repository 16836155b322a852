//! A list of explained differences: what we found is on it, and all that is on it is found.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;

use crate::corpus::agreement::Agreement;
use crate::corpus::compare::Difference;
use crate::corpus::verdict::Right;
use crate::support::root;

const HEAD: &str = "capture\tclass\tours\ttshark\tright\twhy\n";

/// Set to write the list anew, with the explanations that are still true; what is new has none
/// yet, and the test fails until somebody has found out who is right.
const REWRITE: &str = "URLTRACE_REWRITE_DIFFERENCES";

/// The list as it is committed.
pub(super) struct List {
    /// Where it stands in the project.
    path: &'static str,
    /// Who is right and why, by the four columns before; nobody where nobody has found out.
    rows: BTreeMap<String, (Option<Right>, String)>,
}

impl List {
    /// Reads it. Fails on a row that cannot be read or stands there twice.
    pub(super) fn read(path: &'static str) -> Self {
        let text = fs::read_to_string(root().join(path)).unwrap_or_default();
        let mut rows = BTreeMap::new();
        for line in text.lines().skip(1) {
            let columns: Vec<&str> = line.split('\t').collect();
            let [capture, class, ours, theirs, right, why] = columns[..] else {
                panic!("{path}: not six columns: {line}");
            };
            let right = (!right.is_empty()).then(|| {
                Right::parse(right).unwrap_or_else(|| panic!("{path}: who is `{right}`? {line}"))
            });
            let key = [capture, class, ours, theirs].join("\t");
            let before = rows.insert(key, (right, why.to_owned()));
            assert!(before.is_none(), "{path}: twice: {line}");
        }
        Self { path, rows }
    }

    /// Notes who is right in each of the differences; what nobody explained is undecided.
    pub(super) fn judge(&self, differences: &[Difference], agreement: &mut Agreement) {
        for difference in differences {
            let row = self.rows.get(&key(difference));
            let right = row.and_then(|(right, _)| *right).unwrap_or(Right::Undecided);
            agreement.judged(difference.class, difference.sight, right, difference.values);
        }
    }

    /// Fails on differences that nobody explained, and on explanations of nothing.
    pub(super) fn explains(&self, differences: &[Difference]) {
        let keys: Vec<String> = differences.iter().map(key).collect();
        if std::env::var_os(REWRITE).is_some() {
            self.rewrite(&keys);
        }
        let explained = |key: &&String| {
            self.rows.get(*key).is_some_and(|(right, why)| right.is_some() && !why.is_empty())
        };
        let unexplained: Vec<&String> = keys.iter().filter(|key| !explained(key)).collect();
        let found: BTreeSet<&String> = keys.iter().collect();
        let stale: Vec<&String> = self.rows.keys().filter(|key| !found.contains(key)).collect();
        println!(
            "{} differences, {} of them explained",
            keys.len(),
            keys.len() - unexplained.len()
        );
        let path = self.path;
        assert!(unexplained.is_empty(), "not explained in {path}:\n{}", lines(&unexplained));
        assert!(stale.is_empty(), "explained in {path}, but no longer so:\n{}", lines(&stale));
    }

    fn rewrite(&self, keys: &[String]) {
        let mut list = HEAD.to_owned();
        for key in keys {
            let (right, why) = self.rows.get(key).cloned().unwrap_or_default();
            let _ = writeln!(list, "{key}\t{}\t{why}", right.map_or("", Right::word));
        }
        fs::write(root().join(self.path), list).unwrap();
    }
}

/// The first four columns of the list.
fn key(difference: &Difference) -> String {
    let Difference { capture, class, ours, theirs, .. } = difference;
    [capture, *class, ours, theirs].join("\t")
}

fn lines(keys: &[&String]) -> String {
    keys.iter().map(|key| format!("  {}", key.replace('\t', "  "))).collect::<Vec<_>>().join("\n")
}

//! The list of explained differences: what we found is on it, and all that is on it is found.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;

use crate::corpus::compare::Difference;
use crate::support::root;

const LIST: &str = "tests/corpus/differences.tsv";

const HEAD: &str = "capture\tclass\tours\ttshark\tright\twhy\n";

/// Set to write the list anew, with the explanations that are still true; what is new has none
/// yet, and the test fails until somebody has found out who is right.
const REWRITE: &str = "URLTRACE_REWRITE_DIFFERENCES";

/// Fails on differences that nobody explained, and on explanations of nothing.
pub(super) fn explained(differences: &[Difference]) {
    let path = root().join(LIST);
    let list = fs::read_to_string(&path).unwrap_or_default();
    let mut rows: BTreeMap<String, (String, String)> = BTreeMap::new();
    for line in list.lines().skip(1) {
        let columns: Vec<&str> = line.split('\t').collect();
        let [capture, class, ours, theirs, right, why] = columns[..] else {
            panic!("{LIST}: not six columns: {line}");
        };
        let key = [capture, class, ours, theirs].join("\t");
        let before = rows.insert(key, (right.to_owned(), why.to_owned()));
        assert!(before.is_none(), "{LIST}: twice: {line}");
    }
    let keys = differences.iter().map(|difference| {
        let Difference { capture, class, ours, theirs } = difference;
        [capture, *class, ours, theirs].join("\t")
    });
    let keys: Vec<String> = keys.collect();
    if std::env::var_os(REWRITE).is_some() {
        let mut list = HEAD.to_owned();
        for key in &keys {
            let (right, why) = rows.get(key).cloned().unwrap_or_default();
            let _ = writeln!(list, "{key}\t{right}\t{why}");
        }
        fs::write(&path, list).unwrap();
    }
    let explained = |key: &&String| rows.get(*key).is_some_and(|(_, why)| !why.is_empty());
    let unexplained: Vec<&String> = keys.iter().filter(|key| !explained(key)).collect();
    let stale: Vec<&String> = rows.keys().filter(|key| !keys.contains(key)).collect();
    println!("{} differences, {} of them explained", keys.len(), keys.len() - unexplained.len());
    assert!(unexplained.is_empty(), "not explained in {LIST}:\n{}", lines(&unexplained));
    assert!(stale.is_empty(), "explained in {LIST}, but no longer so:\n{}", lines(&stale));
}

fn lines(keys: &[&String]) -> String {
    keys.iter().map(|key| format!("  {}", key.replace('\t', "  "))).collect::<Vec<_>>().join("\n")
}

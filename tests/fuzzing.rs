//! The targets of the fuzzer on stable Rust: their seeds, the same with bytes changed, and all
//! that was ever found.

use std::collections::BTreeSet;
use std::fs;

use urltrace::fuzzing::TARGETS;

use crate::support::root;

/// Every file of `testdata/fuzz/TARGET/`.
#[test]
fn what_was_found_once_is_not_found_again() {
    for target in TARGETS {
        let Ok(found) = fs::read_dir(root().join("testdata/fuzz").join(target.name)) else {
            continue;
        };
        for entry in found {
            let path = entry.unwrap().path();
            println!("{}", path.display());
            (target.fuzz)(&fs::read(&path).unwrap());
        }
    }
}

#[test]
fn seeds_and_their_mutants_break_no_rule() {
    for target in TARGETS {
        let seeds = (target.seeds)();
        assert!(!seeds.is_empty(), "{} has no seeds", target.name);
        for seed in seeds {
            (target.fuzz)(&seed);
            (target.fuzz)(seed.get(..seed.len() / 2).unwrap());
            let mut random = seed.len() as u64 + 1;
            for _ in 0..8 {
                let mut mutant = seed.clone();
                for _ in 0..4 {
                    // xorshift: the same numbers in every run
                    random ^= random << 13;
                    random ^= random >> 7;
                    random ^= random << 17;
                    let at = usize::try_from(random % mutant.len() as u64).unwrap();
                    mutant[at] = random.to_be_bytes()[0];
                }
                (target.fuzz)(&mutant);
            }
        }
    }
}

/// A target has a binary, and a folder of findings belongs to a target.
#[test]
fn targets_binaries_and_findings_go_together() {
    let names: BTreeSet<String> = TARGETS.iter().map(|target| target.name.to_owned()).collect();
    let manifest = fs::read_to_string(root().join("tests/fuzz/Cargo.toml")).unwrap();
    let binaries = manifest.split("[[bin]]").skip(1);
    let binaries: BTreeSet<String> =
        binaries.map(|bin| bin.split('"').nth(1).unwrap().to_owned()).collect();
    assert_eq!(binaries, names);
    for name in &names {
        let source = root().join("tests/fuzz/targets").join(format!("{name}.rs"));
        assert!(source.exists(), "{} is missing", source.display());
    }
    let found = fs::read_dir(root().join("testdata/fuzz")).into_iter().flatten();
    for folder in found.map(|entry| entry.unwrap().file_name().into_string().unwrap()) {
        assert!(names.contains(&folder), "testdata/fuzz/{folder} is of no target");
    }
}

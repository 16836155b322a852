//! Layers only look down, no two files name each other in a circle, and each file is a room.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// The layers from the ground up; those in one row do not know each other, but for the ground
/// floor, whose files may.
const LAYERS: &[&[&str]] = &[
    &["time", "cursor", "address", "limits", "anomaly"],
    &["capture"],
    &["packet"],
    &["flow"],
    &["protocol"],
    &["trace"],
    &["report", "tui", "pipeline"],
    &["cli", "fuzzing"],
    &["main", "lib"],
];

/// A file longer than this has more than one subject.
const LINES: usize = 400;

/// All files of the program but tests.
fn sources() -> Vec<PathBuf> {
    let mut found = files();
    found.retain(|path| !is_for_tests(path));
    found
}

fn files() -> Vec<PathBuf> {
    fn walk(dir: &Path, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, found);
            } else if path.extension().is_some_and(|e| e == "rs") {
                found.push(path);
            }
        }
    }
    let mut found = Vec::new();
    walk(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut found);
    found.sort();
    found
}

/// True where a file holds only tests, or what they need: it is `tests.rs` or in `tests`, or its
/// door has it behind `#[cfg(test)]`.
fn is_for_tests(path: &Path) -> bool {
    let name = path.file_stem().unwrap().to_str().unwrap();
    let folder = path.parent().unwrap();
    let doors = [folder.join("mod.rs"), folder.join("lib.rs"), folder.with_extension("rs")];
    let declared = format!("mod {name};");
    name == "tests"
        || folder.ends_with("tests")
        || doors.iter().filter_map(|door| fs::read_to_string(door).ok()).any(|door| {
            let lines: Vec<&str> = door.lines().map(str::trim).collect();
            lines.windows(2).any(|two| two[0] == "#[cfg(test)]" && two[1].ends_with(&declared))
        })
}

/// `capture/pcap.rs` is `capture::pcap`; `capture/mod.rs` is `capture`.
fn module_of(path: &Path) -> String {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let inside = path.strip_prefix(src).unwrap().with_extension("");
    let parts: Vec<&str> = inside.iter().map(|part| part.to_str().unwrap()).collect();
    parts.strip_suffix(&["mod"]).unwrap_or(&parts).join("::")
}

/// The text of a file up to its tests, without comments and without `pub(in ..)`, which says
/// who may look and not where it looks itself.
fn code_of(path: &Path) -> String {
    let text = fs::read_to_string(path).unwrap();
    let code = text.split("#[cfg(test)]").next().unwrap();
    let lines = code.lines().filter(|line| !line.trim_start().starts_with("//"));
    lines.collect::<Vec<_>>().join("\n").replace("(in crate::", "(in ")
}

/// Every path behind `crate::` that the code names, groups written out.
fn named_in(code: &str) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for (at, _) in code.match_indices("crate::") {
        expand(&code[at + "crate::".len()..], "", &mut names);
    }
    names
}

fn expand(rest: &str, prefix: &str, names: &mut BTreeSet<String>) {
    if let Some(group) = rest.strip_prefix('{') {
        let (mut depth, mut begin) = (0, 0);
        for (at, c) in group.char_indices() {
            match c {
                '{' => depth += 1,
                ',' | '}' if depth == 0 => {
                    expand(group[begin..at].trim_start(), prefix, names);
                    begin = at + 1;
                    if c == '}' {
                        return;
                    }
                }
                '}' => depth -= 1,
                _ => {}
            }
        }
        return;
    }
    let end = rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(rest.len());
    let (name, after) = rest.split_at(end);
    if name.is_empty() {
        return;
    }
    let path = if prefix.is_empty() { name.to_owned() } else { format!("{prefix}::{name}") };
    match after.strip_prefix("::") {
        Some(inner) => expand(inner, &path, names),
        None => {
            names.insert(path);
        }
    }
}

fn rank(module: &str) -> usize {
    let top = module.split("::").next().unwrap();
    LAYERS
        .iter()
        .position(|row| row.contains(&top))
        .unwrap_or_else(|| panic!("{module} belongs to no layer: add it to LAYERS and lib.rs"))
}

fn top(module: &str) -> &str {
    module.split("::").next().unwrap()
}

#[test]
fn layers_only_look_down() {
    let mut wrong = Vec::new();
    for path in sources() {
        let module = module_of(&path);
        for name in named_in(&code_of(&path)) {
            let (from, to) = (top(&module), top(&name));
            let ground = rank(from) == 0 && rank(to) == 0;
            if from != to && !ground && rank(to) >= rank(from) {
                wrong.push(format!("{module} names {name}"));
            }
        }
    }
    assert!(wrong.is_empty(), "layers that look up or sideways:\n{}", wrong.join("\n"));
}

#[test]
fn no_file_names_the_door_of_its_own_folder() {
    let modules: BTreeSet<String> = sources().iter().map(|path| module_of(path)).collect();
    let mut wrong = Vec::new();
    for path in sources() {
        let module = module_of(&path);
        for name in named_in(&code_of(&path)) {
            let Some(owner) = owner_of(&name, &modules) else { continue };
            if module.starts_with(&format!("{owner}::")) {
                wrong.push(format!("{module} names {name}, which its folder's door {owner} has"));
            }
        }
    }
    assert!(wrong.is_empty(), "children that name their parent:\n{}", wrong.join("\n"));
}

#[test]
fn no_two_files_name_each_other_in_a_circle() {
    let modules: BTreeSet<String> = sources().iter().map(|path| module_of(path)).collect();
    let mut arrows: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for path in sources() {
        let module = module_of(&path);
        let owners = named_in(&code_of(&path)).into_iter().filter_map(|n| owner_of(&n, &modules));
        arrows.entry(module.clone()).or_default().extend(owners.filter(|owner| *owner != module));
    }
    let reachable = |from: &str| reachable(&arrows, from);
    let circles = arrows.keys().filter_map(|file| {
        let back: Vec<_> =
            reachable(file).into_iter().filter(|other| reachable(other).contains(file)).collect();
        (!back.is_empty()).then(|| format!("{file} is in a circle with {back:?}"))
    });
    let circles: Vec<String> = circles.collect();
    assert!(circles.is_empty(), "{}", circles.join("\n"));
}

#[test]
fn a_file_is_a_room() {
    let lines = |path: &PathBuf| fs::read_to_string(path).unwrap().lines().count();
    let large: Vec<_> = files().into_iter().filter(|path| lines(path) > LINES).collect();
    assert!(large.is_empty(), "more than {LINES} lines, so more than one subject: {large:?}");
}

/// The files that a file names, and those that they name, and so on.
fn reachable(arrows: &BTreeMap<String, BTreeSet<String>>, from: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut next = vec![from];
    while let Some(file) = next.pop() {
        let named = arrows.get(file).into_iter().flatten();
        next.extend(named.filter(|name| found.insert((*name).clone())).map(String::as_str));
    }
    found
}

/// The file that holds what a path names: the longest module that is a beginning of it.
fn owner_of(name: &str, modules: &BTreeSet<String>) -> Option<String> {
    let mut owner = name;
    loop {
        if modules.contains(owner) {
            return Some(owner.to_owned());
        }
        owner = owner.rsplit_once("::")?.0;
    }
}

//! Programs that tests need and the project does not have.

use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

/// Set where a missing program is a failure and no reason to skip, as in CI.
const REQUIRE: &str = "URLTRACE_REQUIRE_TOOLS";

/// True where a program is there. Where it is not, says that the test is skipped, or fails if the
/// environment asks for it.
pub(crate) fn has(program: &str) -> bool {
    let mut version = Command::new(program);
    version.arg("--version").stdout(Stdio::null()).stderr(Stdio::null());
    let found = version.status().is_ok_and(|status| status.success());
    if !found {
        assert!(std::env::var_os(REQUIRE).is_none(), "{REQUIRE} is set, and there is no {program}");
        println!("SKIPPED: there is no {program}");
    }
    found
}

/// What tshark finds in a capture: for each frame the values of `fields`, those of one field
/// parted by commas.
pub(crate) fn tshark(capture: &Path, fields: &[&str]) -> Vec<Vec<String>> {
    let log = capture.with_file_name("keys.log");
    let mut arguments = vec!["-T", "fields"];
    arguments.extend(fields.iter().flat_map(|field| ["-e", field]));
    let said = tshark_says(capture, log.exists().then_some(&log), &arguments);
    let text = String::from_utf8(said).unwrap();
    text.lines().map(|line| line.split('\t').map(str::to_owned).collect()).collect()
}

/// What tshark finds in the frames of a capture that `filter` lets pass: for each the trees of
/// `layers`. Heads of HTTP/1 stand in the frames that make them whole, with their bodies or not.
pub(crate) fn tshark_trees(
    capture: &Path,
    keys: Option<&Path>,
    filter: &str,
    layers: &str,
) -> Vec<Value> {
    let arguments = ["-o", "http.desegment_body:FALSE", "-Y", filter, "-J", layers];
    let form = ["-T", "json", "--no-duplicate-keys"];
    let said = tshark_says(capture, keys, &[&form[..], &arguments].concat());
    let mut frames: Vec<Value> = serde_json::from_slice(&said).unwrap();
    frames.iter_mut().map(|frame| frame["_source"]["layers"].take()).collect()
}

fn tshark_says(capture: &Path, keys: Option<&Path>, arguments: &[&str]) -> Vec<u8> {
    let mut command = Command::new("tshark");
    command.args(["-n", "-o", "tcp.reassemble_out_of_order:TRUE"]).args(arguments);
    if let Some(log) = keys {
        command.arg("-o").arg(format!("tls.keylog_file:{}", log.display()));
    }
    let output = command.arg("-r").arg(capture).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

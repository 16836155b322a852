//! Programs that tests need and the project does not have.

use std::path::Path;
use std::process::{Command, Stdio};

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
    let mut command = Command::new("tshark");
    command.args(["-n", "-o", "tcp.reassemble_out_of_order:TRUE", "-T", "fields"]).arg("-r");
    command.arg(capture);
    let log = capture.with_file_name("keys.log");
    if log.exists() {
        command.arg("-o").arg(format!("tls.keylog_file:{}", log.display()));
    }
    for field in fields {
        command.args(["-e", field]);
    }
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().map(|line| line.split('\t').map(str::to_owned).collect()).collect()
}

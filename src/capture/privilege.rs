//! Root is given up once the device is open: what parses hostile bytes shall own nothing.
//!
//! Takes nothing, changes the process, says in words what it did. Call it before other threads
//! begin: capabilities belong to a thread. Never gives up what it was not told it had.

use std::fmt;

use caps::CapSet;
use privdrop::PrivDrop;
use privdrop::reexports::nix::unistd::{geteuid, getgid, getuid, setuid};
use thiserror::Error;

/// What became of the rights that the process had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GivenUp {
    /// There were none.
    Nothing,
    /// File capabilities (`setcap`).
    Capabilities,
    /// Root; the process now runs as this user, without supplementary groups.
    Root {
        /// The user: a number, or `nobody`.
        user: String,
    },
}

impl fmt::Display for GivenUp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nothing => f.write_str("no special rights to give up"),
            Self::Capabilities => f.write_str("capture rights given up"),
            Self::Root { user } => write!(f, "root given up, running as {user}"),
        }
    }
}

/// Root could not be given up.
#[derive(Clone, Debug, Error)]
#[error("cannot give up root: {0}")]
pub struct StillRoot(String);

/// Becomes the user who called sudo, or `nobody`; drops capabilities of a program that has them
/// without being root.
pub fn give_up_root() -> Result<GivenUp, StillRoot> {
    if !geteuid().is_root() {
        return give_up_capabilities();
    }
    let (user, group) = caller();
    let drop = PrivDrop::default().fallback_to_ids_if_names_are_numeric();
    let drop = match &group {
        Some(group) => drop.user(&user).group(group),
        None => drop.user(&user),
    };
    drop.apply().map_err(|error| StillRoot(error.to_string()))?;
    // trust, but try: the way back must be closed
    if geteuid().is_root() || getuid().is_root() || setuid(0.into()).is_ok() {
        return Err(StillRoot(format!("the change to {user} left a way back")));
    }
    let user = if group.is_some() { format!("user {user}, group {}", getgid()) } else { user };
    Ok(GivenUp::Root { user })
}

/// Who called sudo, as (user, group) numbers; `nobody` where nobody did, or root itself.
fn caller() -> (String, Option<String>) {
    let number = |name| std::env::var(name).ok()?.parse().ok().filter(|id: &u32| *id > 0);
    match (number("SUDO_UID"), number("SUDO_GID")) {
        (Some(user), Some(group)) => (user.to_string(), Some(group.to_string())),
        _ => ("nobody".to_owned(), None),
    }
}

fn give_up_capabilities() -> Result<GivenUp, StillRoot> {
    let failed = |error: caps::errors::CapsError| StillRoot(error.to_string());
    let had = caps::read(None, CapSet::Permitted).map_err(failed)?;
    if had.is_empty() {
        return Ok(GivenUp::Nothing);
    }
    for set in [CapSet::Ambient, CapSet::Effective, CapSet::Inheritable, CapSet::Permitted] {
        caps::clear(None, set).map_err(failed)?;
    }
    Ok(GivenUp::Capabilities)
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    /// Giving up root holds for the whole process, so a child of ours does it.
    #[test]
    fn root_becomes_the_caller_of_sudo_or_nobody() {
        if std::env::var_os(CHILD).is_some() {
            println!("{}", give_up_root().unwrap());
            let status = std::fs::read_to_string("/proc/self/status").unwrap();
            println!("{}", status.replace('\t', " "));
            return;
        }
        let given_up = |user: &str, group: &str| {
            let output = Command::new(std::env::current_exe().unwrap())
                .args(["--exact", "--nocapture", "--test-threads=1"])
                .arg("capture::privilege::tests::root_becomes_the_caller_of_sudo_or_nobody")
                .env(CHILD, "1")
                .env("SUDO_UID", user)
                .env("SUDO_GID", group)
                .output()
                .unwrap();
            assert!(output.status.success(), "{output:?}");
            String::from_utf8_lossy(&output.stdout).into_owned()
        };
        let status = given_up("1234", "5678");
        if !geteuid().is_root() {
            assert!(
                status.contains("given up") || status.contains("no special rights"),
                "{status}"
            );
            println!("not root: only the other case was tested");
            return;
        }
        for line in [
            "root given up, running as user 1234, group 5678",
            "Uid: 1234 1234 1234 1234",
            "Gid: 5678 5678 5678 5678",
            "Groups: 5678",
            "CapPrm: 0000000000000000",
            "CapEff: 0000000000000000",
        ] {
            assert!(status.contains(line), "{line}\n{status}");
        }
        // sudo called by root
        assert!(given_up("0", "0").contains("root given up, running as nobody"));
        assert!(given_up("what", "").contains("root given up, running as nobody"));
    }

    const CHILD: &str = "URLTRACE_TEST_GIVES_UP_ROOT";
}

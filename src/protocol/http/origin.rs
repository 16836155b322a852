//! What else may be asked for on a connection: ORIGIN of HTTP/2 (RFC 8336 §2.1) and of HTTP/3
//! (RFC 9412 §2), which is the same.

use crate::cursor::Cursor;

/// What a frame says, in words; none where it is not of that form.
pub fn words(cursor: &mut Cursor<'_>) -> Option<String> {
    let mut names = Vec::new();
    while !cursor.is_empty() {
        let length = cursor.u16().ok()?;
        let name = cursor.take(usize::from(length)).ok()?;
        if names.len() < ORIGINS {
            names.push(String::from_utf8_lossy(name).into_owned());
        }
    }
    Some(format!("speaks for {}", names.join(", ")))
}

/// Origins kept of one frame.
const ORIGINS: usize = 64;

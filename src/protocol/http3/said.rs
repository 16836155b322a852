//! What a frame of a control stream says: its payload taken apart.

use crate::cursor::Cursor;
use crate::protocol::http::fields;
use crate::protocol::http::multiplex::Priority;
use crate::protocol::http::origin;
use crate::protocol::http3::frame::Kind;

/// What one frame says.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Said {
    /// SETTINGS: each one's number and value.
    Settings(Vec<(u64, u64)>),
    /// GOAWAY: from which request or push on nothing is worked on.
    GoAway(u64),
    /// PRIORITY_UPDATE of a request's stream.
    Priority(u64, Priority),
    /// Something that changes nothing here, in words.
    Note(String),
    /// Something that nobody needs to know.
    Nothing,
}

impl Said {
    /// Takes a payload apart; none where it is not of its kind's form.
    pub(super) fn of(kind: Kind, payload: &[u8]) -> Option<Self> {
        let mut cursor = Cursor::new(payload);
        let said = match kind {
            Kind::SETTINGS => Self::Settings(settings(&mut cursor)?),
            Kind::GOAWAY => Self::GoAway(cursor.varint().ok()?),
            Kind::MAX_PUSH_ID => {
                cursor.varint().ok()?;
                Self::Nothing
            }
            Kind::CANCEL_PUSH => Self::Note(format!("cancels push {}", cursor.varint().ok()?)),
            Kind::PRIORITY_UPDATE | Kind::PRIORITY_UPDATE_PUSH => {
                let of = cursor.varint().ok()?;
                let value = fields::text(cursor.take(cursor.rest().len()).ok()?);
                match kind {
                    Kind::PRIORITY_UPDATE => Self::Priority(of, Priority::of_field(&value)),
                    _ => Self::Nothing,
                }
            }
            Kind::ORIGIN => Self::Note(origin::words(&mut cursor)?),
            _ => return None,
        };
        cursor.is_empty().then_some(said)
    }
}

fn settings(cursor: &mut Cursor<'_>) -> Option<Vec<(u64, u64)>> {
    let mut settings = Vec::new();
    while !cursor.is_empty() {
        settings.push((cursor.varint().ok()?, cursor.varint().ok()?));
    }
    Some(settings)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn payloads_are_taken_apart() {
        let urgent = Priority::Urgency { urgency: 1, incremental: true };
        for (kind, payload, wanted) in [
            (Kind::SETTINGS, &b""[..], Some(Said::Settings(vec![]))),
            (
                Kind::SETTINGS,
                b"\x01\x50\x00\x07\x40\x64",
                Some(Said::Settings(vec![(1, 4096), (7, 100)])),
            ),
            (Kind::SETTINGS, b"\x01", None),
            (Kind::GOAWAY, b"\x08", Some(Said::GoAway(8))),
            (Kind::GOAWAY, b"\x08\x00", None),
            (Kind::MAX_PUSH_ID, b"\x40\x00", Some(Said::Nothing)),
            (Kind::CANCEL_PUSH, b"\x02", Some(Said::Note("cancels push 2".to_owned()))),
            (Kind::PRIORITY_UPDATE, b"\x04u=1, i", Some(Said::Priority(4, urgent))),
            (Kind::PRIORITY_UPDATE, b"", None),
            (Kind::ORIGIN, b"\0\x09https://a", Some(Said::Note("speaks for https://a".to_owned()))),
        ] {
            assert_eq!(Said::of(kind, payload), wanted, "{kind:?} {payload:x?}");
        }
    }
}

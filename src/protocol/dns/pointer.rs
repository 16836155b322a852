//! What is wrong with a name whose compression pointers lead nowhere (RFC 1035 §4.1.4).

/// Why the name at `offset` cannot be read, where its form is the reason.
pub(super) fn fault(message: &[u8], offset: usize) -> Option<String> {
    let mut at = offset;
    for _ in 0..=POINTERS {
        let length = *message.get(at)?;
        match length {
            0 => return None,
            1..=63 => at = at.checked_add(usize::from(length) + 1)?,
            0xc0.. => {
                let low = *message.get(at.checked_add(1)?)?;
                let target = usize::from(u16::from_be_bytes([length & 0x3f, low]));
                if target >= at {
                    return Some(format!(
                        "the compression pointer at offset {at} leads to {target}, which is not \
                         before it"
                    ));
                }
                at = target;
            }
            _ => return Some(format!("a label of unknown type {length:#04x} at offset {at}")),
        }
    }
    Some(format!("a name of more than {POINTERS} labels and compression pointers"))
}

/// A name of 255 bytes has half as many labels.
const POINTERS: usize = 255;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pointers_lead_back() {
        let said = |message: &[u8], offset| fault(message, offset).unwrap_or_default();
        assert_eq!(fault(b"\x01a\0\x01b\xc0\x00", 3), None);
        assert_eq!(
            said(b"\xc0\x05\0\0\0\x01a\0", 0),
            "the compression pointer at offset 0 leads to 5, which is not before it"
        );
        assert!(said(b"\x01a\xc0\x02", 0).contains("offset 2 leads to 2"));
        assert_eq!(said(b"\x80a", 0), "a label of unknown type 0x80 at offset 0");
        assert_eq!(fault(b"\x05ab", 0), None, "short is another fault");
        // back to labels that run into the pointer again
        assert!(said(b"\x01a\xc0\x00", 2).contains("more than 255"));
    }
}

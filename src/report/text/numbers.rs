//! Frame numbers, as proof that fits in a column or in full.

use crate::time::Frames;

/// In a few characters: `7`, `3, 5`, `12–19` where every frame between belongs to it, `12…19` where
/// only some do.
pub fn short(frames: &Frames) -> String {
    let Some((first, last)) = frames.bounds() else { return String::new() };
    let between = last.0 - first.0 + 1;
    match frames.len() {
        1 => first.to_string(),
        2 if between > 2 => format!("{first},{last}"),
        len if len == between => format!("{first}–{last}"),
        _ => format!("{first}…{last}"),
    }
}

/// Every frame: `12, 14–16, 19`.
pub fn full(frames: &Frames) -> String {
    let mut out = String::new();
    let mut run: Option<(u64, u64)> = None;
    for frame in frames.iter().map(|frame| frame.0) {
        match run {
            Some((first, last)) if last + 1 == frame => run = Some((first, frame)),
            _ => {
                flush(run, &mut out);
                run = Some((frame, frame));
            }
        }
    }
    flush(run, &mut out);
    out
}

fn flush(run: Option<(u64, u64)>, out: &mut String) {
    let Some((first, last)) = run else { return };
    if !out.is_empty() {
        out.push_str(", ");
    }
    let text = match last - first {
        0 => first.to_string(),
        1 => format!("{first}, {last}"),
        _ => format!("{first}–{last}"),
    };
    out.push_str(&text);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::FrameNo;

    fn frames(numbers: &[u64]) -> Frames {
        numbers.iter().map(|n| FrameNo(*n)).collect()
    }

    #[test]
    fn a_dash_promises_every_frame_between() {
        assert_eq!(short(&frames(&[])), "");
        assert_eq!(short(&frames(&[7])), "7");
        assert_eq!(short(&frames(&[3, 4])), "3–4");
        assert_eq!(short(&frames(&[3, 5])), "3,5");
        assert_eq!(short(&frames(&[12, 13, 14])), "12–14");
        assert_eq!(short(&frames(&[12, 14, 19])), "12…19");
        assert_eq!(full(&frames(&[12, 14, 15, 16, 19, 20])), "12, 14–16, 19, 20");
    }
}
